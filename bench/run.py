#!/usr/bin/env python3
"""Measures rows per second, from the job file to the results, of unhitch and of the scripts
in bench/peers/, against the sandbox without latency. bench/README.md says how and why.

usage: run.py [--build DIR] [--quick] [--rounds N]
"""
import argparse
import datetime
import json
import multiprocessing
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.path.join(ROOT, "bench", "data")
LATEST = os.path.join(ROOT, "bench", "results", "latest.md")
ROWS_PER_TARGET = 500
IN_FLIGHT = 10
CLIENT_CORE, SANDBOX_CORE = "0", "1"
CLIENT_LIMIT_S = 300
SUCCESS = b",success,"


# ---- the job file

def paths(rows):
    return os.path.join(DATA, f"job-{rows}.csv"), os.path.join(DATA, f"job-{rows}.json")


def make_job_file(rows):
    path, facts = paths(rows)
    os.makedirs(DATA, exist_ok=True)
    dice, counts = random.Random(rows), [0] * (rows // ROWS_PER_TARGET)
    with open(path, "w", encoding="ascii") as file:
        file.write("module,record_id,related_list,related_id\n")
        for number in dice.sample(range(rows), rows):           # IDs in random order too
            target = dice.randrange(len(counts))
            counts[target] += 1
            file.write(f"Campaigns,{3652397000000300000 + 7 * target},Contacts,"
                       f"{3652397000010000000 + 3 * number}\n")
    with open(facts, "w", encoding="ascii") as file:
        json.dump({"calls": sum(-(-count // 100) for count in counts)}, file)


def job_file(rows):
    """Path of a job file of that many rows, and the fewest calls it can be done in."""
    path, facts = paths(rows)
    if not os.path.exists(facts):
        print(f"making a job file of {rows:,} rows (once)", flush=True)
        maker = multiprocessing.Process(target=make_job_file, args=(rows,))
        maker.start()
        maker.join()
    with open(facts, encoding="ascii") as file:
        return path, json.load(file)["calls"]


# ---- what is measured
# A child's peak memory is never below that of this process, so this one stays small: it
# reads files line by line and leaves the making of the job file to another.

def count_lines(path, part):
    """Lines of the file, and how many of them hold `part`."""
    lines = hits = 0
    with open(path, "rb") as file:
        for line in file:
            lines += 1
            hits += part in line
    return lines, hits


def pinned(core, command):
    able = shutil.which("taskset") and os.cpu_count() > 1
    return ["taskset", "-c", core, *command] if able else command


class Sandbox:
    """One sandbox for one run, so that every run finds every relation in place."""

    def __init__(self, build):
        self.port_file, self.books = os.path.join(DATA, "port"), os.path.join(DATA, "books")
        for path in (self.port_file, self.books):
            if os.path.exists(path):
                os.unlink(path)
        self.process = subprocess.Popen(pinned(SANDBOX_CORE, [
            os.path.join(build, "unhitch-sandbox"), "--port", "0", "--quiet", "--no-magic",
            "--port-file", self.port_file, "--books", self.books]))

    def __enter__(self):
        for _ in range(100):
            if os.path.exists(self.port_file) and os.path.getsize(self.port_file):
                with open(self.port_file, encoding="ascii") as file:
                    self.url = f"http://127.0.0.1:{int(file.read())}"
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.process.kill()
        sys.exit("bench: the sandbox did not start")

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.process.terminate()
            self.process.wait()

    def cpu(self):
        """CPU seconds used so far; NaN where /proc does not tell."""
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        """Requests that came, IDs asked for once and removed."""
        self.process.terminate()
        self.process.wait()
        with open(self.books, "rb") as file:
            requests = json.loads(file.readline().rstrip(b", \n") + b"}")["requests"]
        return requests, count_lines(self.books, b'"asked":1,"removed":1')[1]


def unhitch(build):
    def command(url, job, out):
        return [os.path.join(build, "unhitch"), "run", "--quiet", "--operation", "crm.delink",
                "--base-url", url, "-j", str(IN_FLIGHT), "--out", out, job], \
            os.path.join(out, "results.csv")
    return command


def script(python, path):
    def command(url, job, out):
        os.makedirs(out)
        results = os.path.join(out, "results.csv")
        return [python, path, url, job, results], results
    return command


def measure(make_command, build, job, rows, calls):
    """Seconds, CPU seconds and peak memory (bytes) of one run that did the whole job."""
    out = os.path.join(DATA, "out")
    shutil.rmtree(out, ignore_errors=True)
    with Sandbox(build) as sandbox:
        command, results = make_command(sandbox.url, job, out)
        environment = {"PATH": os.environ["PATH"], "ZOHO_ACCESS_TOKEN": "measured"}
        begun = time.monotonic()
        process = subprocess.Popen(pinned(CLIENT_CORE, command), env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        sandbox_cpu = sandbox.cpu()
        requests, removed = sandbox.close()
    check(command, process.returncode, results, rows, calls, requests, removed)
    shutil.rmtree(out)
    return {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss * 1024, "sandbox_cpu": sandbox_cpu}


def check(command, code, results, rows, calls, requests, removed):
    """A run that did not do the whole job has no speed."""
    lines, successes = count_lines(results, SUCCESS)
    for what, is_, should in (("exit code", code, 0),
                              ("lines of results", lines, rows + 1),
                              ("rows with success", successes, rows),
                              ("calls that the sandbox saw", requests, calls),
                              ("IDs removed by one call", removed, rows)):
        if is_ != should:
            sys.exit(f"bench: {' '.join(command)}\nbench: {what}: {is_} where {should} "
                     "were expected")


# ---- who takes part

def python_with_aiohttp():
    """A python3 that has aiohttp, installed if need be; None with the reason printed."""
    for attempt in range(2):
        for python in ("python3", "/usr/bin/python3"):
            found = subprocess.run([python, "-c", "import aiohttp; print(aiohttp.__version__)"],
                                   capture_output=True, text=True, check=False) \
                if shutil.which(python) else None
            if found and found.returncode == 0:
                return shutil.which(python), found.stdout.strip()
        if attempt == 0:
            subprocess.run([os.path.join(ROOT, "tests/tools/setup.sh"), "bench"], check=False)
    print("bench: no python3 with aiohttp: that peer is skipped", flush=True)
    return None


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True,
                              check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "?"


def machine():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpu = next(line.split(":")[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        cpu = platform.machine()
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


# ---- the report

def median(runs, key):
    return statistics.median(run[key] for run in runs)


def report(rows, calls, runs, notes):
    """Markdown; the ratios are the last line."""
    lines = [f"{rows:,} rows, {rows // ROWS_PER_TARGET:,} targets in random order, {calls:,} calls, "
             f"{IN_FLIGHT} in flight, rounds: {len(next(iter(runs.values())))}; medians:", "",
             "| | rows/s | seconds | CPU s | peak memory | slowest, fastest run |",
             "|---|---:|---:|---:|---:|---:|"]
    for name, measured in runs.items():
        seconds = [run["seconds"] for run in measured]
        lines.append(f"| {name} | {rows / median(measured, 'seconds'):,.0f} "
                     f"| {median(measured, 'seconds'):.2f} | {median(measured, 'cpu'):.2f} "
                     f"| {median(measured, 'memory') / 1e6:,.0f} MB "
                     f"| {max(seconds):.2f} s, {min(seconds):.2f} s |")
    ours = runs["unhitch"]
    busy = median(ours, "sandbox_cpu") / median(ours, "seconds")
    lines += ["", f"The sandbox was busy {busy:.0%} of the time that unhitch took.", *notes]
    for name, measured in runs.items():
        if measured is not ours:
            ratio = median(measured, "seconds") / median(ours, "seconds")
            lines += ["", f"RATIO: unhitch does {ratio:.1f} times the rows per second of {name}."]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    os.chdir(ROOT)
    rows = 100_000 if arguments.quick else 1_000_000
    job, calls = job_file(rows)
    versions = [first_line([os.path.join(arguments.build, "unhitch"), "--version"])]
    peers = {"unhitch": unhitch(arguments.build)}
    python = python_with_aiohttp()
    if python:
        peers["Python aiohttp"] = script(python[0], "bench/peers/delink_aiohttp.py")
        versions += [first_line([python[0], "--version"]), f"aiohttp {python[1]}"]
    runs = {name: [] for name in peers}
    for number in range(arguments.rounds):
        for name, command in peers.items():
            run = measure(command, arguments.build, job, rows, calls)
            runs[name].append(run)
            print(f"round {number + 1}: {name:16} {run['seconds']:7.2f} s "
                  f"{rows / run['seconds']:12,.0f} rows/s", flush=True)
    os.unlink(os.path.join(DATA, "books"))
    day = datetime.datetime.now(datetime.timezone.utc).date()
    text = report(rows, calls, runs, ["", f"{day}, {', '.join(versions)}; {machine()}."])
    print("\n" + text, end="")
    if not arguments.quick:
        with open(LATEST, "w", encoding="utf-8") as file:
            file.write("# The newest measurement\n\nWritten by `make bench`.\n\n" + text)


if __name__ == "__main__":
    main()
