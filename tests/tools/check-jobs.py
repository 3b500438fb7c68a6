#!/usr/bin/env python3
"""Checks that every definition of jobs/ says what it is for, keeps to the schema's keys and
can be planned, that samples/ is what its generator writes, and that each file of it is explained.

usage: check-jobs.py BUILD
"""
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROWS_MAY_BE_REJECTED = (0, 4)


def check_job(path, keys, unhitch):
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    problems = [f"{key} is no key of the schema" for key in job if key not in keys]
    if not job.get("description"):
        problems.append("has no description")
    if job.get("$schema") != "job.schema.json":
        problems.append('"$schema" must be "job.schema.json"')
    plan = subprocess.run([unhitch, "plan", "--json", path], capture_output=True, text=True,
                          check=False)
    if plan.returncode not in ROWS_MAY_BE_REJECTED:
        problems.append(f"`unhitch plan` exits {plan.returncode}: {plan.stderr}")
    elif not json.loads(plan.stdout)["planned_calls"]:
        problems.append("`unhitch plan` plans no call")
    return [f"{os.path.relpath(path)}: {problem}" for problem in problems]


def main():
    os.chdir(ROOT)
    unhitch = os.path.join(sys.argv[1], "unhitch")
    with open("jobs/job.schema.json", encoding="utf-8") as file:
        keys = json.load(file)["properties"]
    jobs = [path for path in sorted(glob.glob("jobs/*.json")) if "schema" not in path]
    problems = [problem for path in jobs for problem in check_job(path, keys, unhitch)]
    with open("samples/README.md", encoding="utf-8") as file:
        explained = file.read()
    problems += [f"samples/README.md does not explain {name}" for name in os.listdir("samples")
                 if f"`{name}`" not in explained and name != "README.md"]
    generator = subprocess.run([sys.executable, "tests/tools/make-samples.py", "--check"],
                               capture_output=True, text=True, check=False)
    if generator.returncode:
        problems.append(generator.stdout + generator.stderr)
    print("\n".join(problems) or f"{len(jobs)} job definitions can be planned")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
