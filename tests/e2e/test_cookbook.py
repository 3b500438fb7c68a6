"""Every file and command of jobs/COOKBOOK.md, run as it stands there against the sandbox: a
folder and a sandbox for each recipe.

A block of a recipe is a file (```csv NAME, ```json NAME), commands (```sh, ```sh exit=N) or what
the commands before it print (```text: each line is found in order, `...` stands for anything).
A comment `<!-- faults: RULE -->` is the sandbox's script of faults.
"""

import re
import subprocess

from harness import ROOT, TOKEN, UNHITCH, WAIT_S, Case, main, os

BOOK = os.path.join(ROOT, "jobs/COOKBOOK.md")
BLOCK = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.M | re.S)


def recipes():
    with open(BOOK, encoding="utf-8") as file:
        parts = re.split(r"^## (.*)\n", file.read(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


class CookBook(Case):
    def shell(self, commands, env):
        """The commands as they stand, in the recipe's folder."""
        commands = commands.replace("/usr/lib/unhitch/nightly", "nightly")
        return subprocess.run(["sh", "-eu", "-c", commands], cwd=self.folder, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=WAIT_S, check=False)

    def follows(self, output, lines):
        """Every line is in the output, one behind the other."""
        pattern = ".*".join(re.escape(part.strip()) for line in lines
                            for part in line.split("..."))
        pattern = re.sub(r"(\\ )+", " +", pattern)
        self.assertRegex(output, re.compile(pattern, re.S))

    def cook(self, text):
        faults = re.search(r"<!-- faults: (.*) -->", text)
        sandbox = self.sandbox(faults=faults.group(1) + "\n" if faults else None)
        env = self.environment({"UNHITCH_BASE_URL": sandbox.url, "ZOHO_ACCESS_TOKEN": TOKEN})
        env["PATH"] = ":".join([os.path.dirname(UNHITCH), os.path.join(ROOT, "jobs"), env["PATH"]])
        output, done = "", 0
        for kind, info, content in BLOCK.findall(text):
            if kind == "sh":
                ended = self.shell(content, env)
                output = ended.stdout
                wanted = int(info.removeprefix("exit=") or 0)
                self.assertEqual(ended.returncode, wanted, f"{content}\n{output}")
                done += 1
            elif kind == "text":
                self.follows(output, content.splitlines())
            else:
                self.assertIn(kind, ("csv", "json"))
                self.write(info, content)
        self.assertGreater(done, 0)
        self.assertTrue(sandbox.log())

    def test_every_recipe(self):
        found, kitchen = recipes(), self.folder
        self.assertEqual(len(found), 5)
        for title, text in found.items():
            with self.subTest(title):
                self.folder = os.path.join(kitchen, re.sub(r"\W+", "-", title))
                os.mkdir(self.folder)
                self.cook(text)

    def test_nothing_else_looks_like_a_command(self):
        """What is indented, or in other blocks, is not run: only the words at the top are."""
        for title, text in recipes().items():
            left = BLOCK.sub("", text)
            self.assertEqual(re.findall(r"^(?: {4}|```).*$", left, re.M), [], title)


if __name__ == "__main__":
    main()
