#!/usr/bin/env python3
"""The wall clock says what it likes, and a signal breaks off what it can."""

import calendar
import errno
import math

from faults import *


class Clock(FaultCase):

    @staticmethod
    def at(hour, minute, second):
        """FAULT_CLOCK for that time of today, UTC."""
        now = time.time()
        day = time.gmtime(now)[:3]
        return str(math.ceil(calendar.timegm((*day, hour, minute, second)) - now))

    def test_stop_at_of_a_resume(self):
        """The next time it is HH:MM from now on, not from when the run began."""
        trial = self.trial()
        run = trial.run({"CLOCK": self.at(5, 0, 0)}, "--max-calls", "1", TZ="UTC")
        self.assertEqual(run.code, 8, run)
        begun = time.monotonic()
        run = trial.resume({"CLOCK": self.at(12, 0, 56)}, "--stop-at", "12:01", "--rate", "1/s",
                           "--max-calls", "99", TZ="UTC")
        self.assertEqual(run.code, 10, run)
        self.assertLess(time.monotonic() - begun, 9)
        self.assertIn("T05:00:0", run.summary["started"])
        begun = self.at(13, 0, 0)
        final = trial.resume({"CLOCK": begun}, "--stop-at", "12:59", "--rate", "99/s",
                             "--max-calls", "99", TZ="UTC")
        self.check_final(trial, final)


class Signal(FaultCase):

    def test_a_read_is_broken_off(self):
        """As on a network file system: the job file is read on, in either pass."""
        trial = self.trial()
        reads = {"DIR": trial.folder, "CALLS": "read"}
        trial.out, out = trial.folder, trial.out
        _, calls = trial.trace("run", "--base-url", self.server.url, "--out", "out",
                               *self.OPTIONS, "job.csv", CALLS="read")
        trial.out = out
        points = [number for number, (_, path) in enumerate(calls, 1) if path == "job.csv"]
        self.assertGreaterEqual(len(points), 4, calls)
        for point in points:
            with self.subTest(point):
                trial = self.trial()
                run = trial.run({**reads, "DIR": trial.folder, "AT": point,
                                 "HOW": errno.EINTR})
                self.check_final(trial, run)


if __name__ == "__main__":
    main()
