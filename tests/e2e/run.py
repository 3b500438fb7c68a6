#!/usr/bin/env python3
"""Runs every test_*.py of this folder, four files at a time, and ends with the counts.

    run.py [-j N] [FILE ...]        only these files
"""

import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import textwrap
import time

HERE = os.path.dirname(os.path.abspath(__file__))
FILE_WAIT_S = 300
SLOW = {"test_day_limit.py", "test_storm.py"}    # started first, so that nobody waits for them alone


def run_file(path):
    """Output, tests passed and failed, seconds of one file."""
    begun = time.monotonic()
    code = ("import sys, unittest; sys.path.insert(0, sys.argv[1]); import harness; "
            "sys.exit(harness.report(unittest.defaultTestLoader"
            ".loadTestsFromName(sys.argv[2])))")
    name = os.path.splitext(os.path.basename(path))[0]
    try:
        done = subprocess.run([sys.executable, "-c", code, HERE, name], timeout=FILE_WAIT_S,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        output = done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode("utf-8", "replace") + "took too long\n"
    counts = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.M)
    passed, failed = map(int, counts[-1]) if counts else (0, 1)
    return output, passed, failed, time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-j", type=int, default=4, metavar="N",
                        help="files at a time (4: most of the time they wait)")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    files = arguments.files or sorted(glob.glob(os.path.join(HERE, "test_*.py")))
    files.sort(key=lambda path: os.path.basename(path) not in SLOW)
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.j) as pool:
        for path, (output, good, bad, seconds) in zip(files, pool.map(run_file, files)):
            passed, failed = passed + good, failed + bad
            print(f"{os.path.basename(path):28} {good:3} passed, {bad} failed, "
                  f"{seconds:4.1f} s", flush=True)
            if bad:
                print(textwrap.indent(output, "    "))
            else:
                for line in re.findall(r"^skipped: .*$", output, re.M):
                    print("  " + line)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
