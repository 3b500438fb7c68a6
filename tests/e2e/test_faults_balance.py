#!/usr/bin/env python3
"""Proof of balance: a disk that loses or spoils what was written is found out before any
result is told. Damaged journals are refused; locks hold while needed and never longer."""

from faults import *


class Balance(FaultCase):

    def test_a_disk_that_lies(self):
        """A write of the journal that is lost, or spoilt by one bit, without an error."""
        points = [number for number, (name, path) in enumerate(self.calls, 1)
                  if (name, path) == ("write", "journal")]
        found = []

        def work(case):
            point, how = case
            trial = self.trial()
            run = trial.run({"AT": point, "HOW": how})
            if run.code == 4:  # it was the last entry, of which nothing hangs
                return self.check_files(run, 4)
            self.assertEqual(run.code, 1, run)
            self.says(run.err, "do not balance", "journal")
            self.assertFalse(run.has("results.csv") or run.has("summary.json"), run)
            self.assertEqual(run.out, "")
            found.append(case)
            return None
        cases = self.each(work, [(point, how) for point in points for how in ("lose", "flip")])
        self.assertGreater(len(found), len(cases) * 2 / 3)

    def test_results_that_are_lost(self):
        """A result file that is shorter than what was written to it."""
        points = [number for number, (name, path) in enumerate(self.calls, 1)
                  if name == "write" and path.endswith(".tmp")]

        def work(point):
            trial = self.trial()
            run, calls = trial.trace("run", "--base-url", self.server.url, "--out", "out",
                                     *self.OPTIONS, "job.csv", AT=point, HOW="lose")
            name, path = calls[point - 1]
            if name != "write" or path == "journal":
                return
            self.assertEqual(run.code, 1, f"{path}: {run}")
            self.says(run.err, path, "bytes")
            if trial.has_begun():
                self.check_final(trial, trial.resume())
        self.each(work, points)


class Damage(FaultCase):

    def test_each_byte(self):
        """Any byte of a finished run's journal: refused with advice; at the very end it may
        be a torn tail. The results do not change."""
        trial = self.trial()
        first = trial.run()
        path = os.path.join(trial.out, "journal")
        with open(path, "rb") as file:
            whole = file.read()
        rows = first.rows()
        step = 1 if FULL else 29
        last = len(whole) - 100

        def work(at):
            copy = self.path(f"damaged{at}")
            shutil.copytree(trial.out, copy)
            with open(os.path.join(copy, "journal"), "r+b") as file:
                file.seek(at)
                file.write(bytes([whole[at] ^ (1 << at % 8)]))
            run = self.unhitch("report", copy, out=copy)
            if run.code == 0:
                self.assertGreaterEqual(at, last, run)
                self.assertEqual(run.rows(), rows)
            else:
                self.assertEqual(run.code, 1, run)
                self.says(run.err, "journal")
            shutil.rmtree(copy)
        self.each(work, range(0, len(whole), step))

    def test_a_piece_is_missing(self):
        trial = self.trial()
        trial.run()
        with open(os.path.join(trial.out, "journal"), "r+b") as file:
            whole = file.read()
            middle = len(whole) // 2
            file.seek(0)
            file.write(whole[:middle] + whole[middle + 10:])
            file.truncate()
        log = len(self.server.log())
        for command in "resume", "report", "retry":
            run = trial.call(command, "out")
            self.assertEqual(run.code, 1, run)
            self.says(run.err, "journal", "backup")
        self.assertEqual(len(self.server.log()), log)


class Locks(FaultCase):

    def test_in_use_whatever_is_wanted(self):
        """Held by run, resume, report or retry: 75 for the others, and nothing is changed."""
        slow = self.sandbox("--latency", "300ms")
        trial = self.trial()
        process = self.start("run", "--base-url", slow.url, "--out", trial.out, *self.OPTIONS,
                             os.path.join(trial.folder, "job.csv"), env=self.ENV)
        self.wait_until(trial.has_begun)
        self.wait_until(slow.log)
        for command in "resume", "report", "retry":
            run = trial.call(command, "out")
            self.assertEqual(run.code, 75, run)
        process.kill()
        process.wait(WAIT_S)
        self.assertEqual(trial.report().code, 0)

    def test_a_stale_lock_and_a_copy(self):
        """What a kill left, and a copy of a whole run directory, can be worked in."""
        trial = self.trial()
        trial.run({"AT": 30, "HOW": "kill"})
        copy = os.path.join(trial.folder, "copy")
        shutil.copytree(trial.out, copy)
        self.assertTrue(os.path.exists(os.path.join(copy, "lock")))
        run = trial.call("report", "copy")
        self.assertEqual(run.code, 0, run)
        final = trial.resume()
        self.assertEqual(final.code, 4, final)
        again = trial.resume()
        self.says(again.out + again.err, "finished")


if __name__ == "__main__":
    main()
