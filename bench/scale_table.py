"""Memory and scale: what bench/scale.py tells of jobs of a million and ten million rows."""
import os
import re
import subprocess
import sys

from jobfile import DATA, ROOT
from machine import Failed
from measures import Missing

LIMIT_S = 240
FULL = os.path.join(ROOT, "bench", "results", "scale.md")
NUMBER = r" ([\d,.]+) \|"
ROW = re.compile(r"^\| (\w+) \|" + 2 * NUMBER + r" (\w+) \|" + 4 * NUMBER + "$", re.M)


def measure(bench):
    path = os.path.join(ROOT, "bench", "scale.py")
    if not os.path.exists(path):
        raise Missing("bench/scale.py is not there")
    sizes = ["--rows", "200000", "--run", "0"] if bench.quick else \
        ["--rows", "1000000,10000000", "--run", "0"]
    try:
        done = subprocess.run([sys.executable, path, "--build", bench.build, "--data", DATA,
                               *sizes], check=False, capture_output=True, text=True,
                              timeout=LIMIT_S)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"scale.py took longer than {LIMIT_S} s") from late
    if done.returncode:
        raise Failed("scale.py: " + done.stderr[-300:])
    return {"markdown": done.stdout, "full": full()}


def full():
    """The page of the last full measurement (scale.py --write), if there was one."""
    if not os.path.exists(FULL):
        return ""
    with open(FULL, encoding="utf-8") as file:
        return file.read()


def read(text):
    """The rows of a table that scale.py printed."""
    names = ("what", "rows", "targets", "form", "peak_mib", "us_per_row", "cpu_us_per_row",
             "spill_gb")
    found = []
    for match in ROW.finditer(text):
        cells = [cell.replace(",", "") for cell in match.groups()]
        found.append({name: cell if name in ("what", "form") else float(cell)
                      for name, cell in zip(names, cells)})
    return found


def newest(results):
    """Rows of the full measurement where there was one, else of the newest."""
    memory = results.get("memory", {})
    return read(memory.get("full") or memory.get("markdown", ""))
