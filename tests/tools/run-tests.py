#!/usr/bin/env python3
"""Runs the tests of a build and ends with `N passed, N failed`.

usage: run-tests.py BUILD [tree] [unit] [fuzz-replay] [e2e] [valgrind]

tree: the checks of the source tree; unit: BUILD/unit-tests (recorded answers are among
them); fuzz-replay: the inputs of the fuzz targets; e2e: tests/e2e against BUILD. These four
unless some are named. valgrind: the unit tests, and the program
on the ways it can end, under valgrind.
"""
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = "tests/tools/"
CMOCKA_PASSED = re.compile(r"^\[  PASSED  \] (?:\S+: )?(\d+) test", re.M)
CMOCKA_FAILED = re.compile(r"^ *(\d+) FAILED TEST\(S\)", re.M)
QUIET = re.compile(r"^\[ RUN  |^\[       OK|^\[==========\]|^\[  PASSED|^ *$")
VALGRIND = ["valgrind", "-q", "--error-exitcode=9", "--leak-check=full",
            "--errors-for-leak-kinds=definite"]
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed", re.M)


def stages(build):
    """Part, what it is called, command, is its output shown as it comes?"""
    return [
        ("tree", "folder floors", [TOOLS + "check-floors.py", "--self-test"], False),
        ("tree", "README", [TOOLS + "check-readme.py", build], False),
        ("tree", "jobs and samples", [TOOLS + "check-jobs.py", build], False),
        ("unit", "unit tests", [os.path.join(build, "unit-tests")], False),
        ("fuzz-replay", "fuzz inputs", [os.path.join(build, "fuzz-replay"), "tests/fuzz/corpus"],
         False),
        ("valgrind", "unit, valgrind", [*VALGRIND, os.path.join(build, "unit-tests")], False),
        ("valgrind", "program, valgrind", ["tests/valgrind/run.py"], False),
        ("e2e", "end-to-end tests", ["tests/e2e/run.py"], True),
    ]


def run(command, build, shown):
    """Output and exit code; the output is also printed while it comes if `shown`."""
    environment = dict(os.environ, UNHITCH_BUILD=build)
    if command[0].endswith(".py"):
        command = [sys.executable, *command]
    lines = []
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as process:
        for line in process.stdout:
            lines.append(line)
            if shown:
                print("  " + line, end="", flush=True)
    return "".join(lines), process.returncode


def count(output, code):
    """Tests passed and failed. A check without counts is one test."""
    counts = COUNTS.findall(output)
    if counts:
        passed, failed = map(int, counts[-1])
    elif CMOCKA_PASSED.search(output) or CMOCKA_FAILED.search(output):
        passed = sum(map(int, CMOCKA_PASSED.findall(output)))
        failed = sum(map(int, CMOCKA_FAILED.findall(output)))
    else:
        passed, failed = int(code == 0), int(code != 0)
    return passed, failed or int(code != 0)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build, wanted = sys.argv[1], sys.argv[2:] or ["tree", "unit", "fuzz-replay", "e2e"]
    passed = failed = 0
    closing = []
    for part, name, command, shown in stages(build):
        if part not in wanted:
            continue
        if shown:
            print(f"{name}:", flush=True)
        begun = time.monotonic()
        try:
            output, code = run(command, build, shown)
        except OSError as error:
            output, code = f"{error}\n", 1
        good, bad = count(output, code)
        if bad and not shown:
            print(f"{name}: {' '.join(command)} exited with {code}")
            print("\n".join("  " + line for line in output.splitlines()
                            if not QUIET.match(line)), flush=True)
        passed, failed = passed + good, failed + bad
        closing.append(f"  {name:18} {good:5} passed, {bad} failed, "
                       f"{time.monotonic() - begun:5.1f} s")
    print("\nTests of " + build + "\n" + "\n".join(closing))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
