#!/usr/bin/env python3
"""A disk that is full at any moment: exit 1, and resume carries on with room again."""

import resource

from harness import *


class FullDisk(Case):

    def with_room_for(self, size, name):
        """A run whose files may not grow beyond that size."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        self.server = self.sandbox()
        self.write("job.csv", HEADER + "".join(
            rows([1], record_id=f"36523970000{n:08}") for n in range(1, 301)))
        done = subprocess.run([UNHITCH, "run", "--operation", "crm.delink", "--base-url",
                               self.server.url, "--out", name, "job.csv"], cwd=self.folder,
                              env=self.environment(), capture_output=True, timeout=WAIT_S,
                              restore_signals=False, preexec_fn=limit, check=False)
        return Run(done.returncode, done.stdout, done.stderr, self.path(name))

    def test_resume(self):
        """Full while journal or results are written: nothing false, nothing lost."""
        for size in 2000, 6000, 15000, 30000:
            with self.subTest(size):
                run = self.with_room_for(size, f"out{size}")
                self.assertEqual(run.code, 1, run)
                self.says(run.err, f"out{size}/", "too large")
                answered = len(self.server.log())
                again = self.resume(self.server, out=f"out{size}")
                self.assertEqual((again.code, again.summary["success"]), (0, 300), again)
                self.assertLessEqual(len(self.server.log()) - 300, 8)
                self.assertLessEqual(again.summary["codes"].get("already-done", 0), 8)
                self.assertGreater(answered, 0)
                books = self.server.stop()
                self.assertEqual({one["removed"] for one in books["ids"].values()}, {1})

    def test_full_in_the_reports_only(self):
        """All was sent: `report` needs no token and sends nothing."""
        run = self.with_room_for(35000, "out")
        if run.code == 0 or len(self.server.log()) < 300:
            self.skipTest("the journal has another size by now")
        self.assertEqual(run.code, 1, run)
        report = self.unhitch("report", "out", out="out", token=None)
        self.assertEqual((report.code, report.summary["success"]), (0, 300), report)
        self.assertEqual(len(self.server.log()), 300)

    def test_no_room_for_the_settings(self):
        """Nothing was sent, nothing stays: the same command works with room again."""
        run = self.with_room_for(100, "out")
        self.assertEqual(run.code, 1, run)
        self.assertEqual(self.server.log(), [])
        again = self.run_job(self.server, None, "job.csv")
        self.assertEqual(again.code, 0, again)


if __name__ == "__main__":
    main()
