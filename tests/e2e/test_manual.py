"""The manual pages hold every command, option, key, code and variable that the program
knows, and their own tools find nothing wrong with them."""

import glob
import json
import re
import shutil
import subprocess
from xml.etree import ElementTree

from harness import BUILD, ROOT, SANDBOX, UNHITCH, Case, job, main, os

SVG = "{http://www.w3.org/2000/svg}"

PAGES = {"unhitch.1", "unhitch-job.5", "unhitch-sandbox.1"}


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def source(pattern):
    text = ""
    for path in sorted(glob.glob(os.path.join(ROOT, "src", pattern))):
        with open(path, encoding="utf-8") as file:
            text += file.read()
    return text


class Manual(Case):
    def page(self, name):
        """What a reader sees: without the marks of fonts and escapes."""
        path = os.path.join(BUILD, "man", name)
        self.assertTrue(os.path.exists(path), f"{path} is missing: make man")
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"\\f[BIRP]|\\&", "", file.read())
        for escape, shown in ("\\-", "-"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\e", "\\"):
            text = text.replace(escape, shown)
        return text

    def entries(self, name):
        """The heads of its lists and sections."""
        return re.findall(r"^\.TP\n(?:\.[BI]R? )?(.*)$|^\.SS \"?(.*?)\"?$", self.page(name), re.M)

    def heads(self, name):
        return [tagged or section for tagged, section in self.entries(name)]

    def holds(self, name, wanted, heads=None):
        heads = self.heads(name) if heads is None else heads
        missing = [text for text in wanted if text not in heads]
        self.assertEqual(missing, [], f"not in {name}")
        self.assertTrue(wanted)

    def test_there_are_three_pages_of_the_version(self):
        self.assertEqual(set(os.listdir(os.path.join(BUILD, "man"))), PAGES)
        version = output_of(UNHITCH, "--version").strip()
        for name in PAGES:
            self.assertRegex(self.page(name), rf'^\.TH \S+ \d \d{{4}}-\d\d-\d\d "{version}"$'.replace(
                "^", "(?m)^"))

    def test_every_command_and_option_of_help(self):
        overview = output_of(UNHITCH, "--help").split("commands:\n")[1].split("\n\n")[0]
        commands = re.findall(r"^  (\w+) +(.*?)(?:  |$)", overview, re.M)
        heads = self.heads("unhitch.1")
        self.holds("unhitch.1", [name for name, _ in commands], [h.split(" ")[0] for h in heads])
        for name, _ in commands:
            options = re.findall(r"^  (?:(-\w), |    )(--[\w-]+)(?: (\S+))? +(.*?)(?: \[.*\])?$",
                                 re.sub(r"\n {30}(?=\S)", " ",     # long lines are folded
                                        output_of(UNHITCH, name, "--help")), re.M)
            for letter, option, argument, meaning in options:
                if option == "--help":
                    continue
                head = ", ".join(filter(None, [letter, option])) + f" {argument}".rstrip()
                self.assertIn(head, heads)
                entry = self.page("unhitch.1").split(f".TP\n{head}\n")[1].split(".TP\n")[0]
                self.assertIn(meaning.replace("`", ""), entry)
                self.assertIn(name, re.search(r"Taken by (.*)\.", entry).group(1).split(", "))

    def test_every_code_with_its_status_and_meaning(self):
        page = self.page("unhitch.1")
        for row in json.loads(output_of(UNHITCH, "codes", "--json")):
            status = f"HTTP {row['http']}, " if row["http"] else ""
            part = page.split(f".SS {row['operation']}\n")[-1].split("\n.S")[0] \
                if row["operation"] != "unhitch" else page
            self.assertIn(f".TP\n{row['code']} ({status}{row['class']})\n{row['meaning']}", part)
            self.assertIn(row["advice"].replace("`", ""), part)

    def test_every_exit_code(self):
        codes = re.findall(r"^ +EXIT_(\w+) = (\d+)", source("base/err.h"), re.M)
        self.holds("unhitch.1", [n + ("+N" if name == "SIGNAL" else "") for name, n in codes])

    def test_every_operation_field_status_and_variable(self):
        page = self.page("unhitch.1")
        words = set(re.findall(r"[\w.]+", page))
        fields = re.findall(r'\[FIELD_\w+\] = "(\w+)"', source("input/field.c"))
        variables = re.findall(r'"((?:ZOHO|VERBA)_[A-Z_]+)"', source("*/*.c")) + ["NO_COLOR"]
        operations = {row["operation"] for row in json.loads(output_of(UNHITCH, "codes", "--json"))}
        statuses = ["success", "failed", "unknown", "rejected", "unsent"]
        self.assertGreater(len(fields), 10)
        self.assertGreater(len(set(variables)), 8)
        self.assertEqual([], sorted({*fields, *variables, *operations, *statuses} - words))

    def test_every_key_of_the_schema(self):
        with open(os.path.join(ROOT, "jobs/job.schema.json"), encoding="utf-8") as file:
            keys = json.load(file)["properties"]
        heads = [head.split(" (")[0] for head in self.heads("unhitch-job.5")]
        self.holds("unhitch-job.5", list(keys), heads)

    def test_every_option_and_fault_of_the_sandbox(self):
        heads = [head.split(" ")[0] for head in self.heads("unhitch-sandbox.1")]
        options = re.findall(r"^  (--[\w-]+)", output_of(SANDBOX, "--help"), re.M)
        faults = re.findall(r"^  ([a-z-]+)", output_of(SANDBOX, "--help-faults").split("WHEN is")[1],
                            re.M)
        self.assertGreater(len(faults), 20)
        self.holds("unhitch-sandbox.1", options + faults, heads)

    def test_the_example_definition_is_one(self):
        page = self.page("unhitch-job.5")
        self.write("job.json", page.split(".nf\n")[1].split(".fi")[0])
        self.write("members.csv", "Campaign Id,Member Id\n365,366\n")
        run = self.unhitch("plan", "job.json")
        self.assertEqual(run.code, 0, run)

    def test_the_picture_shows_what_the_program_prints(self):
        with open(os.path.join(ROOT, "src/manual/terminal.svg"), encoding="utf-8") as file:
            root = ElementTree.fromstring(file.read())
        lines = [text.text.replace("\xa0", " ") for text in root.iter(f"{SVG}text")]
        self.assertEqual({element.tag for element in root.iter()},
                         {SVG + tag for tag in ("svg", "title", "rect", "circle", "g", "text")})
        self.assertEqual(lines[0], "$ unhitch plan nightly.json")
        self.write("job.csv", job([1, 2]))
        plan = self.unhitch("plan", "--operation", "crm.delink", "job.csv").out
        told = re.findall(r"^  (\w+) ", plan, re.M)
        self.assertEqual([line.split()[0] for line in lines if re.match("  [a-z]", line)], told,
                         "draw it again: tests/tools/terminal-picture.py BUILD")
        self.assertTrue(any("/6,002 rows" in line for line in lines), lines)

    def test_mandoc_and_groff_find_nothing(self):
        tools = {"mandoc": ["mandoc", "-Tlint", "-Wwarning"],
                 "groff": ["groff", "-man", "-ww", "-z", "-Tutf8"]}
        missing = [tool for tool in tools if not shutil.which(tool)]
        for tool, command in tools.items():
            for name in PAGES if tool not in missing else ():
                done = subprocess.run([*command, os.path.join(BUILD, "man", name)],
                                      capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), name)
        if missing:
            self.skipTest(f"not installed: {' '.join(missing)}")


if __name__ == "__main__":
    main()
