#!/usr/bin/env python3
"""Who says what where: standard output, standard error, progress."""

import pty

from harness import *


def targets(count):
    return HEADER + "".join(rows([1], record_id=f"36523970000{n:08}") for n in range(1, count + 1))


class Output(Case):

    def test_json_alone_on_standard_output(self):
        """The summary as in the file; everything else on standard error."""
        run = self.run_job(self.sandbox(), job([1]) + rows(["x"]), "--json")
        self.assertEqual(json.loads(run.out), run.summary)
        self.says(run.err, "succeeded", "job.csv:3")

    def test_json_of_stopped_runs(self):
        run = self.run_job(self.sandbox(), targets(3), "--json", "--max-calls", "1")
        self.assertEqual((run.code, json.loads(run.out)), (8, run.summary))
        again = self.resume(None, "--json", "--max-calls", "9")
        self.assertEqual((again.code, json.loads(again.out)), (0, again.summary))

    def test_json_when_nothing_was_done(self):
        run = self.run_job(self.sandbox(), b"", "--json")
        self.assertEqual((run.code, run.out), (3, ""), run)

    def test_quiet(self):
        """Not a word on standard error, though a row failed or was rejected."""
        content = (job([1]) + rows(["x"]) +
                   f"Campaigns,{CAMPAIGN},Contacts,3652397000000000404\n")
        run = self.run_job(self.sandbox(), content, "-q")
        self.assertEqual((run.code, run.err), (4, ""))
        both = self.run_job(self.sandbox(), content, "-q", "--json", out="both")
        self.assertEqual(both.err, "")
        self.assertEqual(json.loads(both.out), both.summary)

    def test_quiet_still_tells_errors(self):
        run = self.unhitch("run", "-q", "--operation", "crm.delink", "gone.csv")
        self.assertEqual(run.code, 2)
        self.says(run.err, "gone.csv")

    def test_the_closing_summary(self):
        """What was done, what failed and why, where the files are, what to type next."""
        content = (job([1, 1, 2]) + rows(["x"]) +
                   f"Campaigns,{CAMPAIGN},Contacts,3652397000000000404\n")
        run = self.run_job(self.sandbox(), content)
        for words in (("3 of 5", "1 call"), ("INVALID_DATA", "not related"),
                      ("bad-id", "rejected"), ("out", "results.csv", "failed.csv",
                                               "rejected.csv", "summary.json")):
            self.says(run.out, *words)
        self.assertNotIn("unsent.csv", run.out)

    def test_next_steps_exist(self):
        """Every `unhitch COMMAND` it tells to type is a command."""
        run = self.run_job(self.sandbox(), targets(3), "--max-calls", "1", out="stopped")
        self.assertIn(("resume", "stopped"), re.findall(r"unhitch (\w+) (\S+)", run.out))
        run = self.run_job(self.sandbox(faults="any: status 503\n"), job([1]) + rows(["x"]),
                           "--retries", "0", out="failed")
        commands = self.unhitch("--help", token=None).out
        for command in re.findall(r"unhitch (\w+)", run.out):
            self.assertRegex(commands, rf"(?m)^  {command}\b", "told to type")

    def test_all_good_says_nothing_of_failures(self):
        run = self.run_job(self.sandbox(), job([1]))
        self.assertEqual(run.err, "")
        self.assertNotRegex(run.out.lower(), r"fail|reject|unsent|retry|resume")

    def test_plain_progress(self):
        """Without a terminal: whole lines, no control characters."""
        run = self.run_job(self.sandbox("--latency", "50ms"), targets(100), "--progress",
                           "always", "-j", "2")
        self.assertEqual(run.code, 0)
        self.assertTrue(run.err.strip(), "at least one line in 2.5 s")
        self.assertNotIn("\r", run.err)
        self.assertNotIn("\x1b", run.err)
        self.assertRegex(run.err, r"\d+ of 100|\d+/100|100")
        self.assertTrue(run.err.endswith("\n"))

    def test_no_progress_without_a_terminal(self):
        run = self.run_job(self.sandbox("--latency", "50ms"), targets(60), "-j", "2")
        self.assertEqual((run.code, run.err), (0, ""))

    def on_terminal(self, *options):
        """Standard error of a run on a terminal."""
        sandbox = self.sandbox("--latency", "50ms")
        self.write("job.csv", targets(40))
        ours, its = pty.openpty()
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "-j", "2", *options, "job.csv", stderr=its)
        os.close(its)
        seen = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
        os.close(ours)
        process.stdout.read()
        self.assertEqual(process.wait(WAIT_S), 0)
        return seen.decode()

    def test_progress_on_a_terminal(self):
        """One line, drawn anew, cleared or ended at the end."""
        seen = self.on_terminal()
        self.assertGreaterEqual(seen.count("\r"), 2)
        self.assertIn("40", seen)

    def test_never_on_a_terminal(self):
        self.assertEqual(self.on_terminal("--progress", "never"), "")

    def test_quiet_on_a_terminal(self):
        self.assertEqual(self.on_terminal("-q"), "")

    def test_a_closed_standard_output(self):
        """The reader has gone: no crash, and the results are there."""
        sandbox = self.sandbox()
        self.write("job.csv", job([1]))
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run([UNHITCH, "run", "--operation", "crm.delink", "--base-url",
                               sandbox.url, "--out", "out", "job.csv"], stdout=write_end,
                              stderr=subprocess.PIPE, cwd=self.folder, timeout=WAIT_S,
                              env=self.environment(), check=False)
        os.close(write_end)
        self.assertTrue(os.path.exists(self.path("out/results.csv")))
        self.assertIn(done.returncode, (0, 1, 141), done)

    def test_codes(self):
        """A table for people, JSON for programs; every code of our own is in it."""
        run = self.unhitch("codes", token=None)
        self.assertEqual((run.code, run.err), (0, ""))
        told = json.loads(self.unhitch("codes", "--json", token=None).out)
        text = json.dumps(told)
        for code in ("SUCCESS already-done INVALID_DATA NO_PERMISSION TOO_MANY_REQUESTS "
                     "INVALID_TOKEN OAUTH_SCOPE_MISMATCH connect-failed tls-failed timeout "
                     "connection-lost bad-response no-entry bad-syntax missing-field bad-id "
                     "mangled-id bad-value unsupported-relation unknown-operation budget window "
                     "halted interrupted").split():
            self.assertIn(code, run.out)
            self.assertIn(f'"{code}"', text)


if __name__ == "__main__":
    main()
