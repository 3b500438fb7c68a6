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
                              preexec_fn=limit, check=False)
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


class SmallDisk(Case):
    """A file system of its own that is too small: needs root, and leave to mount."""

    def setUp(self):
        super().setUp()
        self.disk = self.path("disk")
        os.mkdir(self.disk)
        if self.mount("size=32k") or os.statvfs(self.disk).f_blocks > 100:
            self.skipTest("no small file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", self.disk], check=False)
        self.server = self.sandbox()
        self.write("job.csv", HEADER + "".join(
            rows([1, 2], record_id=f"36523970000{n:08}") for n in range(1, 301)))

    def mount(self, options):
        try:
            return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.disk],
                                  capture_output=True, check=False).returncode
        except OSError:
            return 1

    def go(self, *command):
        return self.unhitch(*command, out="disk/out")

    def run_in(self, size):
        self.assertEqual(self.mount(f"remount,size={size}"), 0)
        return self.go("run", "--operation", "crm.delink", "--base-url", self.server.url, "--out",
                       "disk/out", "job.csv")

    def more_room(self):
        self.assertEqual(self.mount("remount,size=4m"), 0)

    def test_full_while_it_runs(self):
        """Nothing false, nothing lost, and what was answered is not sent again."""
        run = self.run_in("32k")
        self.assertEqual(run.code, 1, run)
        self.says(run.err, "disk/out/", "no space left")
        sent = len(self.server.log())
        self.assertLess(sent, 300)
        again = self.go("report", "disk/out")
        self.assertEqual(again.code, 1, again)
        self.says(again.err, "no space left")
        self.more_room()
        final = self.go("resume", "disk/out")
        self.assertEqual((final.code, final.summary["success"]), (0, 600), final)
        self.assertLessEqual(len(self.server.log()), 300 + 8)
        books = self.server.stop()
        self.assertEqual({one["removed"] for one in books["ids"].values()}, {1})

    def test_full_in_the_reports(self):
        """All was sent; the reports fit later, without a token."""
        run = self.run_in("92k")
        if run.code == 0 or len(self.server.log()) < 300:
            self.skipTest("the files have other sizes by now")
        self.assertEqual(run.code, 1, run)
        left = [name for name in os.listdir(run.folder) if name.endswith(".tmp")]
        self.assertEqual(left, [], "its room is free again")
        self.more_room()
        report = self.unhitch("report", "disk/out", out="disk/out", token=None)
        self.assertEqual((report.code, report.summary["success"]), (0, 600), report)
        self.assertEqual(len(self.server.log()), 300)


if __name__ == "__main__":
    main()
