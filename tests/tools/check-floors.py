#!/usr/bin/env python3
"""Checks that lower folders of src/ never include higher ones.

usage: check-floors.py [SRC]

Each folder may use itself and the ones named here; what a folder does not name, it does
not know. --self-test plants a violation in a copy and expects to find it.
"""
import os
import re
import shutil
import sys
import tempfile

MAY_USE = {
    "base": [],
    "sandbox": ["base"],                # so that it cannot share a misreading with the client
    "input": ["base"],
    "ops": ["base", "input"],
    "plan": ["base", "input", "ops"],
    "net": ["base", "input", "ops"],
    "run": ["base", "input", "ops", "plan", "net"],
    "report": ["base", "input", "ops", "plan", "net", "run"],
    "cli": ["base", "input", "ops", "plan", "net", "run", "report"],
    # writes the manual and the completions, of the sandbox's tables too
    "manual": ["base", "input", "ops", "plan", "net", "run", "report", "cli", "sandbox"],
    "": ["base", "input", "ops", "plan", "net", "run", "report", "cli"],        # main.c
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def check_file(src, path, problems):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    name = os.path.relpath(path, src)
    floor = os.path.dirname(name)
    for match in INCLUDE.finditer(text):
        wanted = match.group(1)
        line = text.count("\n", 0, match.start(1)) + 1
        folder = os.path.dirname(wanted)
        if not os.path.isfile(os.path.join(src, wanted)):
            problems.append(f"{name}:{line}: \"{wanted}\" is not a path below src/")
        elif folder != floor and folder not in MAY_USE[floor]:
            problems.append(f"{name}:{line}: {floor or 'main.c'} may not use {wanted}")


def check(src):
    problems, files, seen = [], 0, {}
    for folder, _, names in os.walk(src):
        floor = os.path.relpath(folder, src).replace(".", "")
        sources = [name for name in names if name.endswith((".c", ".h"))]
        if sources and floor not in MAY_USE:
            problems.append(f"{floor}/: not a floor; say in tests/tools/check-floors.py "
                            "what it may use")
            continue
        for name in sorted(sources):
            files += 1
            check_file(src, os.path.join(folder, name), problems)
            if name in seen and "sandbox" not in (floor, seen[name]):
                problems.append(f"{floor}/{name}: the name is taken by {seen[name]}/{name}")
            seen.setdefault(name, floor)
    return problems, files


def self_test(src):
    for floor, header in (("base/text.c", "run/engine.h"), ("plan/plan.c", "net/pool.h"),
                          ("sandbox/server.c", "ops/op.h"), ("ops/ops.c", "../cli/options.h")):
        with tempfile.TemporaryDirectory() as copy:
            shutil.copytree(src, os.path.join(copy, "src"))
            with open(os.path.join(copy, "src", floor), "a", encoding="utf-8") as file:
                file.write(f'#include "{header}"\n')
            if not check(os.path.join(copy, "src"))[0]:
                return [f"self-test: {floor} including {header} was not found"]
    return []


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    arguments = [a for a in sys.argv[1:] if a != "--self-test"]
    src = arguments[0] if arguments else os.path.join(here, "..", "..", "src")
    problems, files = check(src)
    if "--self-test" in sys.argv and not problems:
        problems = self_test(src)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{files} files keep to their floors")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
