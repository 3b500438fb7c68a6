"""Completions as a person gets them: keys typed into real shells, Tab and Enter."""

import pty
import re
import select
import shutil
import subprocess
import time

from harness import BUILD, UNHITCH, WAIT_S, Case, clean_environment, main, os

COMPLETIONS = os.path.join(BUILD, "completions")


def completion(shell):
    return os.path.join(COMPLETIONS, f"unhitch.{shell}")


class Terminal:
    """A shell on a terminal of its own, in which `unhitch` only shows its arguments."""

    def __init__(self, command, folder):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, clean_environment(folder, TERM="dumb", PS1="> "))
        self.seen = ""

    def type(self, keys, until):
        """Type, and wait for the answer."""
        self.seen = ""
        os.write(self.fd, keys.encode())
        end = time.monotonic() + WAIT_S
        while not re.search(until, self.seen):
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {until} after {keys!r}, but {self.seen!r}")
            self.seen += os.read(self.fd, 65536).decode(errors="replace")
        return re.search(until, self.seen)

    def end(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class InShells(Case):
    def terminal(self, shell, command, set_up):
        if not shutil.which(shell):
            self.skipTest(f"{shell} is not installed")
        self.write("data/members.csv", "")
        self.write("data/job.json", "{}")
        os.mkdir(self.path("runs"))
        terminal = Terminal(command, self.folder)
        self.addCleanup(terminal.end)
        terminal.type(set_up + "; echo READY''TOTYPE\n", "READYTOTYPE")
        return terminal

    def completes(self, terminal, typed, expected):
        """Tab makes `expected` of what was typed."""
        terminal.type("\x15", "")                       # an empty line
        got = terminal.type(typed + "\t\n", r"GOT<([^<>]*)>").group(1)
        # zsh takes back what it added when the line ends there
        self.assertEqual(got.rstrip(" =/"), expected.rstrip("=/"), f"typed: {typed}")

    def all_cases(self, terminal):
        for typed, expected in (
                ("unhitch resu", "resume"),
                ("unhitch run --data-c", "run --data-center"),
                ("unhitch run --format=cs", "run --format=csv"),
                ("unhitch plan --verba-method g", "plan --verba-method get"),
                ("unhitch run --operation desk", "run --operation desk.clear_live_mapping"),
                ("unhitch run --set record", "run --set record_id="),
                ("unhitch run data/mem", "run data/members.csv"),
                ("unhitch resume ru", "resume runs/"),
                ("unhitch run --ca-file data/jo", "run --ca-file data/job.json"),
        ):
            with self.subTest(typed):
                self.completes(terminal, typed, expected)

    def test_bash(self):
        terminal = self.terminal("bash", ["bash", "--norc", "--noprofile", "-i"],
                                 f"bind 'set enable-bracketed-paste off'; . {completion('bash')}; "
                                 'unhitch() { echo "GOT""<$*>"; }')
        self.all_cases(terminal)

    def test_zsh(self):
        folder = self.path("site")
        if shutil.which("zsh"):
            os.mkdir(folder)
            shutil.copy(completion("zsh"), os.path.join(folder, "_unhitch"))
        terminal = self.terminal("zsh", ["zsh", "-f", "-i"],
                                 f"fpath=({folder} $fpath); autoload -U compinit; compinit -u -D; "
                                 'unhitch() { print -r -- "GOT""<$*>" }')
        self.all_cases(terminal)


class Everything(Case):
    """Every option and value of --help is offered, by the shells' own means to ask."""

    def commands(self):
        overview = subprocess.run([UNHITCH, "--help"], capture_output=True, text=True,
                                  check=True).stdout.split("commands:\n")[1].split("\n\n")[0]
        return re.findall(r"^  (\w+) ", overview, re.M)

    def options(self, command):
        told = subprocess.run([UNHITCH, command, "--help"], capture_output=True, text=True,
                              check=True).stdout
        return set(re.findall(r"^  (?:-\w, |    )(--[\w-]+)", told, re.M))

    def bash(self, *words):
        script = (f". {completion('bash')}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _unhitch; "
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True,
                              cwd=self.folder, check=True)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split())

    def fish(self, line):
        done = subprocess.run(["fish", "--no-config", "-c", f"source {completion('fish')}; "
                               "complete -C $argv[1]", "--", line], capture_output=True, text=True,
                              env=clean_environment(self.home), cwd=self.folder, check=True)
        return {offer.split("\t")[0] for offer in done.stdout.splitlines()}

    def test_bash_offers_all(self):
        if not shutil.which("bash"):
            self.skipTest("bash is not installed")
        self.assertLessEqual(set(self.commands()), self.bash("unhitch", ""))
        for command in self.commands():
            self.assertEqual(self.bash("unhitch", command, "--"), self.options(command))
        self.assertEqual(self.bash("unhitch", "run", "--format", ""), {"auto", "csv", "tsv", "jsonl"})
        self.assertEqual(self.bash("unhitch", "run", "--format", "="), {"auto", "csv", "tsv", "jsonl"})
        self.assertEqual(self.bash("unhitch", "run", "--set", "module", "=", "C"), set())
        self.assertEqual(self.bash("unhitch", "run", "--max-calls", ""), set())

    def test_fish_offers_all(self):
        if not shutil.which("fish"):
            self.skipTest("fish is not installed")
        self.assertLessEqual(set(self.commands()), self.fish("unhitch "))
        for command in self.commands():
            self.assertEqual({offer.rstrip("=") for offer in self.fish(f"unhitch {command} --")},
                             self.options(command))
        self.assertEqual(self.fish("unhitch run --format "), {"auto", "csv", "tsv", "jsonl"})
        self.assertIn("crm.delink", self.fish("unhitch run --operation "))
        self.assertIn("--help-faults", self.fish("unhitch-sandbox --"))


if __name__ == "__main__":
    main()
