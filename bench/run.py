#!/usr/bin/env python3
"""Measures unhitch beside its peers and writes tables and plots. bench/README.md says what is
measured and how.

usage: run.py [--build DIR] [--quick] [--only SECTION,...] [--peers NAME,...] [--rows N]
              [--results DIR] [--pages] [--check]

A full run writes bench/results/, bench/SCALING.md and the README's section on speed; --only
measures some sections again and keeps the others. --quick measures with few rows, and writes
below the build folder only.
"""
import argparse
import datetime
import json
import os
import subprocess
import sys
import time

import measures
import report
import scale_table
import scaling
from jobfile import DATA, ROOT
from machine import Failed, complain, describe

SECTIONS = {"honesty": measures.honesty, "throughput": measures.throughput,
            "latency": measures.latency, "reading": measures.reading, "calls": measures.calls,
            "http2": measures.http2, "start_up": measures.start_up, "journal": measures.journal,
            "memory": scale_table.measure}
RESULTS = os.path.join(ROOT, "bench", "results")


def rounded(value):
    """Plain data with floats of no more digits than mean something."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, (list, tuple)) else value


def measure_all(bench, wanted, results):
    """Fills in the sections; how many of them failed."""
    failed = 0
    for name, section in SECTIONS.items():
        if name not in wanted:
            continue
        print(name, flush=True)
        begun = time.monotonic()
        try:
            found = section(bench)
        except measures.Missing as missing:
            complain(f"{name} is skipped: {missing}")
            found = {"skipped": str(missing)}
        except Failed as problem:
            complain(f"{name} failed: {problem}")
            found = {"skipped": f"failed: {problem}"}
            failed += 1
        found["date"] = str(datetime.datetime.now(datetime.timezone.utc).date())
        results[name] = rounded(found)
        print(f"  took {time.monotonic() - begun:.0f} s", flush=True)
    return failed


def pages_of(results, folder):
    """Path to content of every page that shows these results."""
    pages = {os.path.join(folder, name): text for name, text in report.pages(results).items()}
    if folder == RESULTS and scaling.can_tell(results):
        pages[os.path.join(ROOT, "bench", "SCALING.md")] = scaling.page(results)
    return pages


def write(results, folder, build):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "latest.json"), "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    for path, text in pages_of(results, folder).items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    if folder == RESULTS:
        subprocess.run([sys.executable, "tests/tools/check-readme.py", build, "--write"],
                       check=True)
    print(f"written: {os.path.relpath(folder, ROOT)}/latest.md")


def read(folder):
    """The newest results there; none: empty."""
    path = os.path.join(folder, "latest.json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def stale(folder):
    """Pages that are not those of the newest results."""
    for path, text in pages_of(read(folder), folder).items():
        with open(path, encoding="utf-8") as file:
            if file.read() != text:
                yield os.path.relpath(path, ROOT)


def arguments_of(parser):
    parser.add_argument("--build", default="build")
    parser.add_argument("--quick", action="store_true", help="few rows, two minutes")
    parser.add_argument("--only", default="", help="sections: " + ", ".join(SECTIONS))
    parser.add_argument("--peers", default="", help="those alone, beside unhitch")
    parser.add_argument("--rows", type=int, help="instead of a million (--quick: 100,000)")
    parser.add_argument("--results", help="folder to write to, instead of bench/results")
    parser.add_argument("--pages", action="store_true",
                        help="measure nothing, write the pages of the newest results again")
    parser.add_argument("--check", action="store_true",
                        help="are the pages those of the newest results?")
    arguments = parser.parse_args()
    arguments.only = arguments.only.split(",") if arguments.only else []
    arguments.peers = arguments.peers.split(",") + ["unhitch"] if arguments.peers else None
    unknown = set(arguments.only) - set(SECTIONS)
    if unknown:
        parser.error("no such section: " + ", ".join(unknown))
    return arguments


def main():
    arguments = arguments_of(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    os.chdir(ROOT)
    folder = arguments.results or (os.path.join(arguments.build, "bench", "quick")
                                   if arguments.quick else RESULTS)
    if arguments.check:
        old = list(stale(folder))
        print("\n".join(f"{path} is not that of the newest results; write it with bench/run.py "
                        "--pages" for path in old) or "fresh")
        return bool(old)
    if arguments.pages:
        results = read(folder)
        results.setdefault("memory", {})["full"] = scale_table.full()
        write(results, folder, arguments.build)
        return 0
    os.makedirs(DATA, exist_ok=True)
    bench = measures.Bench(arguments.build, arguments.quick, arguments.peers, arguments.rows)
    results = read(folder) if arguments.only else {}
    results["machine"] = describe()
    failed = measure_all(bench, arguments.only or list(SECTIONS), results)
    write(results, folder, arguments.build)
    print(report.goals(results))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
