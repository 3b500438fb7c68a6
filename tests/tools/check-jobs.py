#!/usr/bin/env python3
"""Checks that every definition of jobs/ says what it is for, keeps to the schema's keys and
can be planned, that every operation has one, that samples/ is what its generator writes, and that
each file of it is explained and can be planned, by a definition or as it is.

usage: check-jobs.py BUILD
"""
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROWS_MAY_BE_REJECTED = (0, 4)


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def check_plan(path, unhitch):
    plan = subprocess.run([unhitch, "plan", "--json", path], capture_output=True, text=True,
                          check=False)
    if plan.returncode not in ROWS_MAY_BE_REJECTED:
        yield f"`unhitch plan` exits {plan.returncode}: {plan.stderr}"
    elif not json.loads(plan.stdout)["planned_calls"]:
        yield "`unhitch plan` plans no call"


def check_job(path, keys, unhitch):
    job = read_json(path)
    problems = [f"{key} is no key of the schema" for key in job if key not in keys]
    if not job.get("description"):
        problems.append("has no description")
    if job.get("$schema") != "job.schema.json":
        problems.append('"$schema" must be "job.schema.json"')
    problems += check_plan(path, unhitch)
    return [f"{path}: {problem}" for problem in problems]


def check_coverage(jobs, unhitch):
    """Operations without a definition, samples that no definition plans and that fail alone."""
    definitions = [read_json(path) for path in jobs]
    codes = subprocess.run([unhitch, "codes", "--json"], capture_output=True, text=True,
                           check=True)
    operations = {row.get("operation") for row in json.loads(codes.stdout)}
    covered = {job.get("operation") for job in definitions}
    for name in sorted(name for name in operations - covered if name and "." in name):
        yield f"jobs/ has no definition for {name}"
    named = {os.path.basename(job["input"]) for job in definitions}
    for name in sorted(set(os.listdir("samples")) - named - {"README.md"}):
        for problem in check_plan(os.path.join("samples", name), unhitch):
            yield f"samples/{name}: no definition names it, and alone {problem}"


def main():
    os.chdir(ROOT)
    unhitch = os.path.join(sys.argv[1], "unhitch")
    keys = read_json("jobs/job.schema.json")["properties"]
    jobs = [path for path in sorted(glob.glob("jobs/*.json")) if "schema" not in path]
    problems = [problem for path in jobs for problem in check_job(path, keys, unhitch)]
    problems += check_coverage(jobs, unhitch)
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
