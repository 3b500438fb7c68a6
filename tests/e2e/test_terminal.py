#!/usr/bin/env python3
"""The progress line and colours on a terminal, at any width; none of it elsewhere."""

import fcntl
import pty
import struct
import termios

from harness import *

CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def targets(count):
    return HEADER + "".join(rows([1], record_id=f"36523970000{n:08}")
                            for n in range(1, count + 1))


def cells(text):
    """Columns of a text: what our line is made of takes one each."""
    return len(CONTROL.sub("", text))


class Screen:
    """A pseudo terminal of some width, and everything that was written to it."""

    def __init__(self, columns):
        self.ours, self.its = pty.openpty()
        self.resize(columns)
        self.seen = b""

    def resize(self, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def hand_over(self):
        """The program has it now: when it ends, there is no more to read."""
        os.close(self.its)
        self.its = None

    def read(self, until=None):
        """Until the program has ended, or `until()` holds."""
        while not (until and until()):
            try:
                chunk = os.read(self.ours, 65536)
            except OSError:
                break
            if not chunk:
                break
            self.seen += chunk
        return self.seen.decode()

    def close(self):
        for end in {self.ours, self.its} - {None}:
            os.close(end)


class Terminal(Case):

    def screen(self, columns=80):
        screen = Screen(columns)
        self.addCleanup(screen.close)
        return screen

    def launch(self, screen, server, *options, content=None, name="job.csv", env=None,
               stdout=subprocess.DEVNULL):
        self.write(name, targets(30) if content is None else content)
        env = {**self.environment(), "TERM": "xterm", **(env or {})}
        process = subprocess.Popen(
            [UNHITCH, "run", "--operation", "crm.delink", "--base-url", server.url, "--out",
             "out", *options, name], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=screen.its if stdout is None else stdout, stderr=screen.its,
            env={name: value for name, value in env.items() if value is not None})
        self.addCleanup(self.end, process)
        screen.hand_over()
        return process

    def show(self, *options, columns=80, server=None, **how):
        """All that a run wrote to a terminal."""
        screen = self.screen(columns)
        process = self.launch(screen, server or self.sandbox("--latency", "50ms"), *options,
                              **how)
        seen = screen.read()
        process.wait(WAIT_S)
        return seen

    @staticmethod
    def lines(seen):
        """The lines as they were drawn, one after the other."""
        return [part.split("\x1b[K")[0] for part in seen.split("\r") if "\x1b[K" in part]

    def test_fits_every_width(self):
        for columns in 20, 21, 40, 79, 80, 132, 300:
            with self.subTest(columns):
                drawn = [line for line in self.lines(self.show("-j", "1", columns=columns,
                                                               content=targets(15))) if line]
                self.assertGreater(len(drawn), 1)
                for line in drawn:
                    self.assertLess(cells(line), columns, line)
                shutil.rmtree(self.path("out"))

    def test_what_a_wide_line_says(self):
        line = CONTROL.sub("", self.lines(self.show("-j", "2", columns=200))[1])
        self.assertRegex(line, r"^\S+ +\d+%  \d+/30 rows  ETA \d+s  [\d.]+ rows/s  "
                         r"\d in flight  \d+ calls$")

    def test_the_bar_is_of_the_locale(self):
        for name, env, blocks in (("utf-8", {"LC_ALL": "C.UTF-8"}, True),
                                  ("lang", {"LC_ALL": "", "LANG": "de_DE.utf8"}, True),
                                  ("c", {"LC_ALL": "C"}, False),
                                  ("latin", {"LC_ALL": "de_DE.ISO-8859-1"}, False),
                                  ("none", {"LC_ALL": ""}, False)):
            with self.subTest(name):
                seen = self.show("-j", "2", env=env, content=targets(15))
                shutil.rmtree(self.path("out"))
                self.assertEqual("\u2588" in seen, blocks)
                self.assertEqual(re.search(r"\[[#.]+\]", seen) is not None, not blocks)
                self.assertEqual(seen.isascii(), not blocks)

    def test_colours(self):
        for name, env, coloured in (("yes", {}, True), ("NO_COLOR", {"NO_COLOR": "1"}, False),
                                    ("empty NO_COLOR", {"NO_COLOR": ""}, True),
                                    ("dumb", {"TERM": "dumb"}, False),
                                    ("no TERM", {"TERM": None}, False)):
            with self.subTest(name):
                seen = self.show("-j", "2", env=env, content=targets(15) + rows(["x"]),
                                 stdout=None)
                shutil.rmtree(self.path("out"))
                self.assertEqual(re.search(r"\x1b\[\d+m", seen) is not None, coloured)
                self.assertEqual(seen.count("\x1b[0m") > 0, coloured)

    def test_a_dumb_terminal_is_not_redrawn(self):
        seen = self.show(env={"TERM": "dumb"})
        self.assertEqual(seen, "")
        shutil.rmtree(self.path("out"))
        seen = self.show("--progress", "always", env={"TERM": "dumb"})
        self.assertNotIn("\x1b", seen)
        self.assertIn("30/30 rows", seen)

    def test_failures_are_counted(self):
        content = HEADER + "".join(rows([404], record_id=f"36523970000{n:08}")
                                   for n in range(1, 11)) + targets(20)[len(HEADER):]
        seen = self.show("-j", "1", "--halt-after", "0", content=content)
        self.assertIn("10 failed", CONTROL.sub("", seen))

    def test_waiting_for_the_service(self):
        """429 with Retry-After: how long nothing will happen."""
        server = self.sandbox(faults='request 2: status 429 header "Retry-After: 3"\n')
        seen = CONTROL.sub("", self.show("-j", "1", server=server, content=targets(4)))
        for seconds in "3s", "2s":
            self.assertIn("next call in " + seconds, seen)

    def test_push_back(self):
        server = self.sandbox("--latency", "100ms", "--limit-in-flight", "2")
        seen = CONTROL.sub("", self.show("-j", "8", server=server, columns=120))
        self.assertRegex(seen, r"slowed to [1-4]")

    def test_stopping(self):
        """One Ctrl-C: calls in flight end, and the line says that it stops."""
        screen = self.screen()
        process = self.launch(screen, self.sandbox("--latency", "700ms"), "-j", "2")
        screen.read(lambda: b"in flight" in screen.seen)
        process.send_signal(signal.SIGINT)
        seen = CONTROL.sub("", screen.read())
        self.assertEqual(process.wait(WAIT_S), 130)
        self.assertIn("stopping", seen)

    def test_resized_while_it_runs(self):
        screen = self.screen(120)
        process = self.launch(screen, self.sandbox("--latency", "100ms"), "-j", "1")
        screen.read(lambda: screen.seen.count(b"\x1b[K") > 3)
        before = len(screen.seen)
        screen.resize(30)
        screen.read(lambda: screen.seen[before:].count(b"\x1b[K") > 6)
        process.kill()
        drawn = self.lines(screen.seen.decode("utf-8", "replace"))
        self.assertGreater(cells(drawn[2]), 30)
        for line in drawn[-4:]:
            self.assertTrue(0 < cells(line) < 30, line)

    def test_standard_input_is_shown(self):
        screen = self.screen()
        process = subprocess.Popen(
            [UNHITCH, "run", "--operation", "crm.delink", "--base-url", self.service().url,
             "--out", "out", "-"], cwd=self.folder, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=screen.its, env=self.environment())
        self.addCleanup(self.end, process)
        screen.hand_over()
        process.stdin.write(job(range(1, 40000)).encode())
        process.stdin.flush()
        time.sleep(0.5)
        process.stdin.write(rows([1] * 20000).encode())
        process.stdin.close()
        seen = CONTROL.sub("", screen.read())
        self.assertEqual(process.wait(WAIT_S), 0)
        self.assertRegex(seen, r"reading  \d MB")

    def test_in_the_background(self):
        """Not a word while the terminal is another's."""
        self.write("job.csv", targets(15))
        server = self.sandbox("--latency", "50ms")
        script = (f"set -m; '{UNHITCH}' run --operation crm.delink --base-url {server.url} "
                  "--out out -j 1 job.csv >/dev/null & wait $!; echo ended with $?")
        screen = self.screen()

        def lead():
            os.setsid()
            fcntl.ioctl(screen.its, termios.TIOCSCTTY, 0)
        process = subprocess.Popen(["bash", "-c", script], cwd=self.folder, stdin=screen.its,
                                   stdout=screen.its, stderr=screen.its, preexec_fn=lead,
                                   env=self.environment({"TERM": "xterm"}))
        self.addCleanup(self.end, process)
        screen.hand_over()
        seen = screen.read()
        self.assertIn("ended with 0", seen)
        self.assertNotIn("rows", seen)

    def test_the_table_of_runs_fits(self):
        self.run_job(self.service(), job([1]), out="runs/a-run-with-a-long-name")
        for columns in 20, 40, 80, 120:
            screen = self.screen(columns)
            process = subprocess.Popen([UNHITCH, "runs"], cwd=self.folder, stdout=screen.its,
                                       env=self.environment({"TERM": "xterm"}))
            self.addCleanup(self.end, process)
            screen.hand_over()
            seen = screen.read()
            self.assertEqual(process.wait(WAIT_S), 0)
            for line in seen.split("\r\n"):
                self.assertLessEqual(cells(line), columns)
            self.assertIn("\x1b[32mfinished", seen)

    def test_reading_and_writing_are_shown(self):
        """A large file takes a while to read, and its results to write."""
        # cells in quotes take the slow way through the reader
        content = HEADER + "".join(f'"Campaigns","{CAMPAIGN}","Contacts","{n:019}"\n' * 8000
                                   for n in range(1, 251))
        seen = CONTROL.sub("", self.show(server=self.service(), content=content))
        self.assertRegex(seen, r"reading  \S+ +\d+%  \d+,\d+ rows")
        self.assertRegex(seen, r"writing results  \S+ +\d+%  \d+,\d+ rows")

    def test_nothing_is_left_of_it(self):
        """The last thing that is drawn is nothing."""
        seen = self.show("-j", "2", content=targets(15))
        self.assertTrue(seen.endswith("\r\x1b[K"), seen[-40:])

    def test_messages_stand_alone(self):
        """A message does not share a line with the progress."""
        server = self.sandbox("--latency", "50ms", faults="request 9: status 500\n")
        seen = self.show("-j", "1", "-v", server=server)
        for part in seen.split("unhitch: ")[1:]:
            text = part.split("\r\n")[0]
            self.assertNotIn("rows/s", text)
        for before in seen.split("unhitch: ")[:-1]:
            self.assertTrue(before.endswith(("\x1b[K", "\n")) or not before, before[-60:])

    def test_piped_it_is_silent(self):
        """Neither progress nor a control character, whatever the environment."""
        run = self.run_job(self.sandbox("--latency", "30ms"), targets(20) + rows(["x"]),
                           env={"TERM": "xterm-256color", "CLICOLOR_FORCE": "1"})
        self.assertEqual(run.code, 4)
        for text in run.out, run.err:
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\r", text)
        self.assertNotIn("rows/s", run.err)


if __name__ == "__main__":
    main()
