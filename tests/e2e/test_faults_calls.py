#!/usr/bin/env python3
"""Every call that concerns the run directory fails once, or from then on: exit 1 with a word on
the file, nothing false in any file, and resume carries on."""

import errno

from faults import *

# What a call can fail with; `short` is a write of half of it.
ERRORS = {
    "create": (errno.ENOSPC, errno.EMFILE, errno.EIO, errno.EACCES),
    "open": (errno.EMFILE, errno.EIO),
    "opendir": (errno.EMFILE, errno.ENOMEM),
    "write": (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EINTR, "short"),
    "fsync": (errno.EIO, errno.ENOSPC, errno.EINTR),
    "fdatasync": (errno.EIO, errno.ENOSPC, errno.EINTR),
    "rename": (errno.ENOSPC, errno.EIO, errno.EACCES),
    "mkdir": (errno.ENOSPC, errno.EACCES),
    "chmod": (errno.EPERM, errno.EIO),
    "flock": (errno.ENOLCK, errno.EIO),
    "ftruncate": (errno.EIO, errno.EINTR),
    "read": (errno.EIO, errno.EINTR),
    "mmap": (errno.ENOMEM, errno.ENODEV),
    "fallocate": (errno.ENOSPC, errno.EOPNOTSUPP),
    "unlink": (errno.EIO, errno.EACCES),
    "rmdir": (errno.EIO,),
    "close": (errno.EIO, errno.EINTR),
}
HARMLESS = ("unlink", "close", "rmdir", "fallocate")  # need not stop a run
PASSING = (errno.EINTR, "short")                      # must not, once


class Calls(FaultCase):

    def cases(self, calls, names=()):
        """(number, name, path, error) of each way in which each call can fail; the many
        `unlink`s of nothing one time in six."""
        return [(number, name, path, error)
                for number, (name, path) in enumerate(calls, 1)
                if (not names or name in names) and (name != "unlink" or number % 6 == 0)
                for error in ERRORS[name]]

    def fail_at(self, trial, case, **more):
        """A run in which that call fails; and which it was (threads may change the order)."""
        number, name, path, error = case
        run, calls = trial.trace("run", "--base-url", self.server.url, "--out", "out",
                                 *self.OPTIONS, "job.csv", AT=number, HOW=error, **more)
        if number > len(calls):  # this time there were fewer: nothing failed
            name = HARMLESS[0]
        else:
            name, path = calls[number - 1]
        return run, (number, name, path, error)

    def check_failed(self, run, case):
        """Exit 1 and the file's name; or, where it does not matter, as if nothing was."""
        _, name, path, error = case
        if run.code == 1:
            self.assertFalse(error in PASSING and name in ("write", "fsync", "fdatasync"), run)
            self.says(run.err, "out")
            if path != "." and name not in ("open", "opendir"):
                self.says(run.err, os.path.basename(path).replace(".tmp", ""))
            self.assertEqual(run.out, "")
        else:
            self.assertTrue(name in HARMLESS or error in PASSING, f"{case}: {run}")
            self.assertEqual(run.code, 4, run)

    def fail_run(self, cases, sample, **more):
        def work(case):
            trial = self.trial()
            self.check_failed(*self.fail_at(trial, case, **more))
            if not trial.has_begun():
                left = os.listdir(trial.out) if os.path.exists(trial.out) else []
                self.assertIn(left, ([], ["lock"]), "nothing was sent, nothing stays")
                return self.check_final(trial, trial.run())
            before = trial.report()
            self.assertEqual(before.code, 0, before)
            self.check_files(before)
            final = trial.resume()
            self.check_recorded(before, final)
            return self.check_final(trial, final)
        self.assertTrue(self.each(work, cases, sample))
        self.check_requests()

    def test_each_once(self):
        self.fail_run(self.cases(self.calls), 70)

    def test_each_from_then_on(self):
        """As on a full disk: nothing can be written any more."""
        asked = {"CALLS": "write,create,fsync,fdatasync,rename"}
        _, calls = self.trial().trace("run", "--base-url", self.server.url, "--out", "out",
                                      *self.OPTIONS, "job.csv", **asked)
        cases = [case for case in self.cases(calls) if case[3] not in PASSING]
        self.fail_run(cases, 20, MORE=1, **asked)

    def test_in_resume_and_report(self):
        """The same while a run is resumed, or reported."""
        first = self.trial()
        first.run(None, "--max-calls", "3")
        _, of_report = first.trace("report", "out", CALLS=",".join(ERRORS))
        _, of_resume = first.trace("resume", "--max-calls", "99", "out", CALLS=",".join(ERRORS))

        def work(task):
            command, case = task
            trial = self.trial()
            before = trial.run(None, "--max-calls", "3")
            self.assertEqual(before.code, 8, before)
            rows = before.rows()
            fault = {"AT": case[0], "HOW": case[3], "CALLS": ",".join(ERRORS)}
            run = trial.call(*command, "out", fault=fault)
            if run.code not in (0, 4):
                self.assertEqual(run.code, 1, f"{case} {run}")
                self.says(run.err, "out")
            again = trial.report()
            self.assertEqual(again.code, 0, again)
            self.check_files(again)
            if command == ("report",):
                self.assertEqual(again.rows(), rows)
            final = trial.resume(None, "--max-calls", "99")
            self.check_recorded(again, final)
            self.check_final(trial, final)
        tasks = [(("report",), case) for case in self.cases(of_report)]
        tasks += [(("resume", "--max-calls", "99"), case) for case in self.cases(of_resume)]
        self.each(work, tasks, 35)
        self.check_requests()


if __name__ == "__main__":
    main()
