#!/usr/bin/env python3
"""A retry takes over what must not be sent twice; a full disk or a kill comes at any call. In
the end each such row was sent exactly once: not lost, not twice."""

import errno

from faults import *

OPERATION = "verba.delete_call"
ROWS = 3


def content(mark):
    return "extension,call_status\n" + "".join(f"8{mark}{n},last\n" for n in range(ROWS))


class HandOver(FaultCase):

    OPTIONS = ("--operation", OPERATION, "-j", "2")
    content = staticmethod(lambda mark: content(mark) + "1e+5,last\n")

    def begin(self):
        """A run that stopped before its first call."""
        trial = self.trial()
        run = trial.run(None, "--max-calls", "0")
        self.assertEqual((run.code, run.summary["unsent"]), (8, ROWS), run)
        return trial

    def retry(self, trial, **fault):
        return trial.call("retry", "--max-calls", "99", "--out", "one", "out",
                          fault={"DIR": trial.folder, **fault})

    def send_the_rest(self, trial):
        """Carry on with both runs, in either order."""
        commands = [("resume", "one"), ("resume", "out")]
        for command, folder in commands[::-1 if int(trial.mark) // 100 % 2 else 1]:
            trial.call(command, "--max-calls", "99", folder)

    def times(self, trial):
        """How often each row was sent, in order."""
        bodies = [line["body"] for line in self.server.log()]
        return [sum(f"extension=8{trial.mark}{n}&" in body for body in bodies)
                for n in range(ROWS)]

    def check(self, trial, case):
        """Once each; or perhaps, and it is told."""
        for n, times in enumerate(self.times(trial)):
            if times == 0:
                run = Run(0, b"", b"", os.path.join(trial.folder, "one"))
                rows = {row["extension"]: row for row in run.rows()}
                self.assertEqual(rows[f"8{trial.mark}{n}"]["result_status"], "unknown", case)
                self.assertEqual(rows[f"8{trial.mark}{n}"]["result_attempts"], "1", case)
            self.assertLessEqual(times, 1, case)

    def test_at_every_call(self):
        trial = self.begin()
        path = os.path.join(trial.folder, "trace")
        self.retry(trial, TRACE=path)
        with open(path, encoding="utf-8") as file:
            count = len(file.read().splitlines())
        self.assertEqual(self.times(trial), [1] * ROWS)

        def work(case):
            how, point = case
            trial = self.begin()
            self.retry(trial, AT=point, HOW=how, **({} if how == "kill" else {"MORE": "1"}))
            self.send_the_rest(trial)
            self.check(trial, case)
        self.assertGreater(count, 40)
        self.each(work, [(how, point) for point in range(1, count + 1)
                         for how in ("kill", errno.ENOSPC)], 60)


if __name__ == "__main__":
    main()
