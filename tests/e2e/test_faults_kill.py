#!/usr/bin/env python3
"""Killed at every call that concerns the run directory, or the network: resume ends as if
nothing had been. Also killed while it resumes, reports or retries, and several times."""

from faults import *

NETWORK = {"CALLS": "write,fdatasync,send,recv"}


class Kill(FaultCase):

    def killed(self, run):
        """It was killed, or the point came after its end."""
        self.assertIn(run.code, (-signal.SIGKILL, 4), run)

    def end(self, trial):
        """report, then resume, of what a kill left; or the run begins anew."""
        if not trial.has_begun():
            return self.check_final(trial, trial.run())
        before = trial.report()
        self.assertEqual(before.code, 0, before)
        self.check_files(before)
        final = trial.resume()
        self.check_recorded(before, final)
        return self.check_final(trial, final)

    def kill_run(self, how, points, sample=None, **more):
        def work(point):
            trial = self.trial()
            self.killed(trial.run({"AT": point, "HOW": how, **more}))
            self.end(trial)
        self.assertTrue(self.each(work, points, sample))

    def points(self, *names):
        """Of the calls of those names; of the many `unlink`s of nothing, one in six."""
        return [number for number, (name, _) in enumerate(self.calls, 1)
                if (name in names if names else name != "unlink" or number % 6 == 0)]

    def test_before_every_call(self):
        self.kill_run("kill", self.points())
        self.check_requests()

    def test_after_a_call(self):
        self.kill_run("killed", self.points("create", "write", "fsync", "rename", "mkdir"), 12)
        self.check_requests()

    def test_in_the_middle_of_a_write(self):
        """Half of it is there: a torn journal entry, half a report."""
        self.kill_run("torn", self.points("write"))
        self.check_requests()

    def test_between_journal_and_network(self):
        """Written down but not sent; answered but not written down."""
        trial = self.trial()
        _, calls = trial.trace("run", "--base-url", self.server.url, "--out", "out",
                               *self.OPTIONS, "job.csv", **NETWORK)
        points = [number for number, (name, _) in enumerate(calls, 1) if name != "write"]
        for how in "kill", "killed":
            self.kill_run(how, points, 14, **NETWORK)
        self.check_requests()

    def stopped(self, trial, calls="3"):
        """A run that stopped early, of its own."""
        run = trial.run(None, "--max-calls", calls)
        self.assertEqual(run.code, 8, run)
        return run

    def test_while_it_resumes(self):
        """Killed in the run, and again and again in the resume."""
        trial = self.trial()
        self.stopped(trial)
        run, calls = trial.trace("resume", "--max-calls", "99", "out")
        self.check_final(trial, run)

        def work(point):
            trial = self.trial()
            before = self.stopped(trial)
            for again in range(1 + point % 3):
                run = trial.resume({"AT": point + again, "HOW": "kill"}, "--max-calls", "99")
                self.killed(run)
            self.check_recorded(before, trial.report())
            final = trial.resume(None, "--max-calls", "99")
            self.check_recorded(before, final)
            self.check_final(trial, final)
        self.each(work, [number for number, (name, _) in enumerate(calls, 1)
                         if name != "unlink"], 25)
        self.check_requests()

    def test_while_it_reports(self):
        """report can be had again and again; nothing else changes."""
        whole = self.trial()
        self.stopped(whole)
        run, calls = whole.trace("report", "out")
        self.assertEqual(run.code, 0, run)

        def work(point):
            trial = self.trial()
            before = self.stopped(trial)
            self.assertEqual(trial.report({"AT": point, "HOW": "kill"}).code, -signal.SIGKILL)
            after = trial.report()
            self.assertEqual(after.code, 0, after)
            self.check_files(after)
            self.assertEqual(before.rows(), after.rows())
        self.each(work, range(1, len(calls) + 1), 12)

    def test_while_it_retries(self):
        """The old run stays as it was; a retry that was begun can be resumed."""
        def work(point):
            trial = self.trial()
            before = self.stopped(trial)
            options = ["--max-calls", "99", "--out", "again", "out"]
            trial.out = os.path.join(trial.folder, "again")
            run = trial.call("retry", *options, fault={"AT": point, "HOW": "kill"})
            if run.code == -signal.SIGKILL:
                run = trial.call("resume", "again") if trial.has_begun() else \
                    trial.call("retry", *options)
            self.assertEqual(run.code, 4, run)
            self.check_files(run, 4)
            done = {row["record_id"] + row["related_id"] + row["call_id"] + row["extension"]
                    for row in run.rows()}
            left = [row for row in before.rows() if row["result_status"] == "unsent"]
            self.assertEqual(len(run.rows()), len(left), run)
            self.assertEqual(len(done), len({row["record_id"] + row["related_id"] +
                                             row["call_id"] + row["extension"]
                                             for row in left}))
            trial.out = os.path.join(trial.folder, "out")
            again = trial.report()
            for old, new in zip(before.rows(), again.rows()):
                if old["extension"] and old["result_status"] == "unsent":
                    self.assertIn("a retry has taken it over", new["result_message"])
                else:
                    self.assertEqual(old, new)
        self.each(work, range(1, 120), 25)

    def test_while_standard_input_is_kept(self):
        """The rows that came on standard input are gone with the process, or kept whole."""
        def work(point):
            trial = self.trial()
            with open(os.path.join(trial.folder, "job.csv"), "rb") as file:
                content = file.read()
            command = ["run", "--base-url", self.server.url, "--out", "out", *self.OPTIONS, "-"]
            self.killed(trial.call(*command, stdin=content, fault={
                "AT": point, "HOW": "torn" if point % 2 else "kill"}))
            final = trial.resume() if trial.has_begun() else trial.call(*command, stdin=content)
            self.check_final(trial, final)
        self.each(work, range(4, 40 if FULL else 25))
        self.check_requests()


if __name__ == "__main__":
    main()
