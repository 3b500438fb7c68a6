#!/usr/bin/env python3
"""Allocations fail, in the program and in the libraries: it ends with exit 1 and says why, or
carries on right; the journal stays whole, and resume completes the run."""

from faults import *

EARLY = 25  # of these each one is tried


class Memory(FaultCase):

    def allocations(self, *arguments):
        """How many there are in an undisturbed run of a new trial."""
        trial = self.trial()
        trace = os.path.join(trial.folder, "trace")
        run = trial.call(*arguments, fault={"TRACE": trace, "ALLOC": 0, "CALLS": "none"})
        self.assertEqual(run.code, 4, run)
        with open(trace + ".allocations", encoding="ascii") as file:
            return int(file.read())

    def points(self, count, sample):
        rng = random.Random(count)
        early = range(1, EARLY) if not FULL else range(1, count, max(1, count // 400))
        return sorted({*early, *(rng.randint(1, count) for _ in range(sample))})

    def work(self, more):
        def work(point):
            trial = self.trial()
            run = trial.run({"ALLOC": point, **more})
            self.assertIn(run.code, (1, 4), f"allocation {point}: {run}")
            if run.code == 1:
                self.says(run.err, "memory")
            elif trial.has_begun():
                self.check_files(run, 4)
            if not trial.has_begun():
                return self.check_final(trial, trial.run())
            before = trial.report()
            self.assertEqual(before.code, 0, before)
            final = trial.resume()
            self.check_recorded(before, final)
            return self.check_final(trial, final)
        return work

    def command(self):
        return ("run", "--base-url", self.server.url, "--out", "out", *self.OPTIONS, "job.csv")

    def test_one_fails(self):
        count = self.allocations(*self.command())
        self.each(self.work({}), self.points(count, 40))
        self.check_requests()

    def test_all_fail_from_then_on(self):
        count = self.allocations(*self.command())
        self.each(self.work({"ALLOC_MORE": 1}), self.points(count, 15))
        self.check_requests()


if __name__ == "__main__":
    main()
