#!/usr/bin/env python3
"""Measures peak memory and time per row as jobs grow: `plan` of up to 100 million rows,
CSV and gzip, over 2,000 and 2,000,000 targets, and `run` of 10 million against the sandbox.

usage: scale.py [--build DIR] [--data DIR] [--rows N,N,...] [--run N] [--write]

The rows are in random order. Needs about 20 GB of disk for 100 million rows (--data names
the folder; what is made there is removed again). --write puts the table into
bench/results/scale.md.
"""
import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(ROOT, "bench", "results", "scale.md")
TARGETS = (2_000, 2_000_000)
CHUNK = 10_000
HEADER = "module,record_id,related_list,related_id\n"
LINE = "Campaigns,%d,Contacts,%d\n"
LIMIT_S = 3600
TOKEN = "1000.5ecre7"


# ---- job files

def make_job(path, rows, targets):
    """Each ID once; IDs and targets in an order without order."""
    step, form = 618_033_989, LINE * CHUNK          # a prime: it visits every number once
    with open(path, "w", encoding="ascii", buffering=1 << 20) as file:
        file.write(HEADER)
        for start in range(0, rows, CHUNK):
            numbers = [i * step % rows for i in range(start, start + CHUNK)]
            cells = [0] * (2 * CHUNK)
            # The sandbox refuses IDs that end in 404: these end in 0.
            cells[0::2] = [3652397000000300000 + n * 2654435761 % 4294967296 % targets * 10
                           for n in numbers]
            cells[1::2] = [3652397000010000000 + n * 10 for n in numbers]
            file.write(form % tuple(cells))


def compress(path):
    with open(path + ".gz", "wb") as file:
        subprocess.run(["gzip", "-1", "-c", path], stdout=file, check=True, timeout=LIMIT_S)


# ---- what is measured
# A child's peak memory is never below that of this process, so this one stays small.

class Result:
    def __init__(self, seconds, usage, code, output):
        self.seconds, self.cpu_s = seconds, usage.ru_utime + usage.ru_stime
        self.peak_mib = usage.ru_maxrss / 1024
        self.code, self.output = code, output


def measure(command, folder):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=folder,
                                   env={"PATH": os.environ["PATH"], "TMPDIR": folder,
                                        "ZOHO_ACCESS_TOKEN": TOKEN})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {process.returncode}\n"
                     f"{err.read().decode()[-2000:]}")
        return Result(seconds, usage, process.returncode, json.loads(out.read()))


class Sandbox:
    def __init__(self, build, folder):
        port = os.path.join(tempfile.mkdtemp(dir=folder), "port")
        self.process = subprocess.Popen(
            [os.path.join(build, "unhitch-sandbox"), "--port", "0", "--port-file", port],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            if os.path.exists(port) and os.path.getsize(port):
                break
            time.sleep(0.01)
        with open(port, encoding="ascii") as file:
            self.url = f"http://127.0.0.1:{file.read().strip()}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


def row_of(what, rows, targets, form, result, spill):
    return (f"| {what} | {rows:,} | {targets:,} | {form} | {result.peak_mib:.0f} "
            f"| {result.seconds * 1e6 / rows:.2f} | {result.cpu_s * 1e6 / rows:.2f} "
            f"| {spill / 1e9:.1f} |")


def run_job(build, folder, path, rows):
    out = os.path.join(folder, "out")
    with Sandbox(build, folder) as sandbox:
        result = measure([os.path.join(build, "unhitch"), "run", "--json", "-q", "-j", "10",
                          "--operation", "crm.delink", "--base-url", sandbox.url,
                          "--out", out, path], folder)
    summary = result.output
    if summary["success"] != rows or summary["calls"] != summary["planned_calls"]:
        sys.exit(f"run of {rows:,} rows: not done as planned: {summary}")
    shutil.rmtree(out)
    return result


def measure_all(arguments, folder, tell):
    build = os.path.abspath(arguments.build)
    for rows in arguments.rows:
        for targets in TARGETS:
            path = os.path.join(folder, "job.csv")
            make_job(path, rows, targets)
            plan = [os.path.join(build, "unhitch"), "plan", "--json", "-q", "--operation",
                    "crm.delink"]
            planned = measure(plan + [path], folder)
            spill = planned.output.get("spill_bytes", 0)
            tell(row_of("plan", rows, targets, "CSV", planned, spill))
            if rows <= arguments.run:
                tell(row_of("run", rows, targets, "CSV",
                            run_job(build, folder, path, rows), spill))
            compress(path)
            os.remove(path)
            path += ".gz"
            tell(row_of("plan", rows, targets, "gzip", measure(plan + [path], folder), spill))
            if rows <= arguments.run:
                tell(row_of("run", rows, targets, "gzip",
                            run_job(build, folder, path, rows), spill))
            os.remove(path)


def number_list(text):
    numbers = [int(part.replace("_", "")) for part in text.split(",")]
    if any(number % CHUNK for number in numbers):
        raise argparse.ArgumentTypeError(f"not a multiple of {CHUNK:,}")
    return numbers


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--data", help="folder for job files and spill")
    parser.add_argument("--rows", type=number_list,
                        default=[1_000_000, 10_000_000, 100_000_000])
    parser.add_argument("--run", type=int, default=10_000_000, metavar="N",
                        help="`run` jobs up to that many rows, too")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    lines = [
        "| | rows | targets | job file | peak MiB | µs a row | CPU µs a row | spill GB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines))

    def tell(line):
        lines.append(line)
        print(line, flush=True)

    with tempfile.TemporaryDirectory(prefix="unhitch-scale-", dir=arguments.data) as folder:
        measure_all(arguments, folder, tell)
    if arguments.write:
        with open(TABLE, "w", encoding="utf-8") as file:
            file.write(f"# Peak memory and time as jobs grow\n\n"
                       f"`bench/scale.py`, {datetime.date.today()}, "
                       f"{platform.machine()}, {os.cpu_count()} cores. `plan` "
                       f"of a file and `run` against the sandbox on the same machine.\n\n")
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
