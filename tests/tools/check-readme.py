#!/usr/bin/env python3
"""Checks README.md (and the pages of samples/, bench/, src/ and jobs/) against the tree and the
program: every file, folder, make goal, command, option and code that it names exists, and its
tables of options and exit codes are those of the program.

usage: check-readme.py BUILD            check
       check-readme.py BUILD --write    write options, codes and the newest speed into README.md
"""
import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OPTIONS = ("<!-- options: written by `tests/tools/check-readme.py --write` -->\n",
           "<!-- end of options -->\n")
SPEED = ("<!-- speed: written by `tests/tools/check-readme.py --write` -->\n",
         "<!-- end of speed -->\n")
CODES = ("<!-- codes: written by `tests/tools/check-readme.py --write` -->\n",
         "<!-- end of codes -->\n")
MEASURED = "bench/results/readme.md"
FOLDERS = ("src", "jobs", "samples", "tests", "bench", "build", ".ci")
PATH = re.compile(r"(?<![\w./-])((?:\.\./)*(?:" + "|".join(map(re.escape, FOLDERS)) +
                  r")/[\w./*-]*|[A-Z]{4,}\.md|(?<=`)(?:LICENSE|Makefile)(?=`))")
MADE_LATER = ("bench/data/", "build/bench/", "runs/")
OPTION = re.compile(r"^  (?:(-\w), |    )(--[\w-]+)(?: (\S+))? +(.*?)(?: \[([^\]]*)\])?$", re.M)
OPTION_WORD = re.compile(r"(?<![\w-])--[a-z][\w-]*")
GOAL = re.compile(r"\bmake ([a-z][a-z-]*)(?=[`\s])")
COMMAND = re.compile(r"(?:`|^    (?:build/)?)unhitch ([a-z]+)\b", re.M)
NOT_A_CODE = {"resume", "plan", "run", "http-503"}


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Program:
    """What the program says of itself."""

    def __init__(self, build):
        self.build, unhitch = build, os.path.join(build, "unhitch")
        overview = output_of(unhitch, "--help")
        self.commands = re.findall(r"^  (\w+) ", overview.split("commands:\n")[1].split("\n\n")[0],
                                   re.M)
        helps = [re.sub(r"\n {30}(?=\S)", " ", output_of(unhitch, command, "--help"))
                 for command in self.commands]        # long lines are folded
        self.options = OPTION.findall(helps[self.commands.index("run")])
        helps.append(output_of(os.path.join(build, "unhitch-sandbox"), "--help"))
        self.option_words = set(OPTION_WORD.findall(overview + "".join(helps)))
        self.code_rows = json.loads(output_of(unhitch, "codes", "--json"))
        self.codes = {row["code"] for row in self.code_rows}


def option_table(program):
    rows = ["| option | default | meaning |", "|---|---|---|"]
    for letter, name, argument, meaning, default in program.options:
        if name == "--help":
            continue
        shown = ", ".join(filter(None, [letter, name])) + (" " + argument if argument else "")
        escaped = re.sub(r"\|", r"\\|", meaning)
        words = not default or default in ("none", "system") or default.startswith(("by ", "as "))
        default = default if words else f"`{default}`"
        rows.append(f"| `{shown}` | {default} | {escaped} |")
    return "\n".join(rows) + "\n"


def makefile_goals():
    with open("Makefile", encoding="utf-8") as file:
        text = file.read().replace("\\\n", " ")
    return set(re.search(r"^GOALS *= *(.*)$", text, re.M).group(1).split())


def exit_codes():
    with open("src/base/err.h", encoding="utf-8") as file:
        codes = re.findall(r"^ +EXIT_(\w+) = (\d+)", file.read(), re.M)
    return [number + "+N" if name == "SIGNAL" else number for name, number in codes]


def section(text, title):
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return match.group(1) if match else ""


def code_table(program):
    """The services' codes; unhitch's own are explained under Results."""
    operations = {}
    for row in program.code_rows:
        if row["operation"] != "unhitch":
            operations.setdefault(row["operation"], {})[f"`{row['code']}`"] = None
    rows = ["| operation | codes |", "|---|---|"]
    rows += [f"| `{name}` | {', '.join(codes)} |" for name, codes in operations.items()]
    return "\n".join(rows) + "\n"


def check_names(name, text, program, goals):
    """Problems with what any of the READMEs names."""
    folder = os.path.dirname(name)
    for match in PATH.finditer(text):
        path = match.group(1).rstrip(".")
        # "../samples/x" in a definition is relative to jobs/
        options = [path, os.path.join(folder, path), os.path.join("jobs", path)]
        if path.startswith("build/"):
            options.append(program.build + path[len("build"):])
        if path not in MADE_LATER and not any(map(glob.glob, options)):
            yield f"names {path}, which is not there"
    for goal in GOAL.findall(re.sub(r"\bmake (?=builds?\b)", "", text)):
        if goal not in goals and f"`make {goal}" in text:
            yield f"names the goal `make {goal}`, which is not in GOALS of the Makefile"
    for option in set(OPTION_WORD.findall(text)) - {"--write", "--help", "--version"}:
        if option not in program.option_words:
            yield f"names the option {option}, which no --help names"
    for command in COMMAND.findall(text):
        if command not in program.commands:
            yield f"names the command `unhitch {command}`, which there is not"


def check_tables(text, program):
    """Problems with the tables of README.md."""
    if option_table(program).join(OPTIONS) not in text:
        yield "the table of options is not that of `unhitch run --help`; write it with --write"
    if code_table(program).join(CODES) not in text:
        yield "the table of codes is not that of `unhitch codes`; write it with --write"
    if measured() and measured().join(SPEED) not in text:
        yield f"the section on speed is not that of {MEASURED}; write it with --write"
    codes = re.findall(r"^\| (\d\S*) \|", section(text, "Exit codes"), re.M)
    if codes != exit_codes():
        yield f"exit codes {' '.join(codes)}, but src/base/err.h has {' '.join(exit_codes())}"
    for row in re.findall(r"^\| `(?:success|failed|unknown|rejected|unsent)` \|.*\| (.*) \|$",
                          section(text, "Results"), re.M):
        for code in set(re.findall(r"`([^`]+)`", row)) - program.codes - NOT_A_CODE:
            yield f"names the code {code}, which `unhitch codes` does not"
    for code in program.codes:
        if code == code.lower() and f"`{code}`" not in section(text, "Results"):
            yield f"does not name the code {code}"
    for folder in glob.glob("src/*/"):
        if f"`{folder}`" not in text:
            yield f"does not explain {folder}"


def replaced(text, marks, content):
    return text.split(marks[0])[0] + content.join(marks) + text.split(marks[1])[1]


def measured():
    """What the newest measurement has for the README; None before the first one."""
    if not os.path.exists(MEASURED):
        return None
    with open(MEASURED, encoding="utf-8") as file:
        return file.read()


def write(text, program):
    text = replaced(text, OPTIONS, option_table(program))
    text = replaced(text, CODES, code_table(program))
    speed = measured()
    with open("README.md", "w", encoding="utf-8") as file:
        file.write(replaced(text, SPEED, speed) if speed else text)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    os.chdir(ROOT)
    program, goals, problems = Program(sys.argv[1]), makefile_goals(), []
    for name in ("README.md", "samples/README.md", "bench/README.md", "bench/SCALING.md",
                 "src/README.md", "jobs/COOKBOOK.md"):
        with open(name, encoding="utf-8") as file:
            text = file.read()
        if name == "README.md" and "--write" in sys.argv:
            write(text, program)
            return 0
        found = list(check_names(name, text, program, goals))
        if name == "README.md":
            found += check_tables(text, program)
        problems += [f"{name}: {problem}" for problem in found]
    print("\n".join(problems) or "what the READMEs name is there")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
