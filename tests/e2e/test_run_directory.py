#!/usr/bin/env python3
"""What a run leaves on disk."""

import stat

from harness import *

SUMMARY = {"rows", "success", "failed", "unknown", "rejected", "unsent", "duplicates",
           "targets", "planned_calls", "calls", "codes", "seconds", "latency_ms", "finished",
           "exit_code"}


class RunDirectory(Case):

    def test_mode_and_files(self):
        """Private; the job file itself is not copied."""
        marker = "aVeryParticularNote"
        content = HEADER[:-1] + ",note\n" + rows([1])[:-1] + f",{marker}\n"
        os.umask(0)
        try:
            run = self.run_job(self.sandbox(), content)
        finally:
            os.umask(0o022)
        self.assertEqual(stat.S_IMODE(os.stat(run.folder).st_mode), 0o700)
        holders = []
        for name in os.listdir(run.folder):
            if marker.encode() in run.bytes(name):
                holders.append(name)
            self.assertNotRegex(name, r"\.(tmp|part|new)$")
        self.assertEqual([name for name in holders if name != "report.html"], ["results.csv"])
        for absent in "failed.csv", "rejected.csv", "unsent.csv":
            self.assertFalse(run.has(absent))

    def test_an_existing_empty_folder(self):
        os.mkdir(self.path("out"))
        run = self.run_job(self.sandbox(), job([1]))
        self.assertEqual(run.code, 0, run)
        self.assertEqual(stat.S_IMODE(os.stat(run.folder).st_mode), 0o700)

    def test_folders_above_are_made(self):
        run = self.run_job(self.sandbox(), job([1]), out="a/b/c")
        self.assertEqual(run.code, 0, run)

    def test_default_names_at_once(self):
        """Runs that begin in the same second: each takes a folder of its own."""
        self.write("job.csv", HEADER)
        script = ('for i in $(seq 24); do "$0" run --operation crm.delink job.csv '
                  '>out & pids="$pids $!"; done; for pid in $pids; do wait $pid || exit; done')
        done = subprocess.run(["sh", "-c", script, UNHITCH], cwd=self.folder,
                              env=self.environment(), capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(len(os.listdir(self.path("runs"))), 24)

    def test_standard_input_is_kept(self):
        content = job([1]).replace("\n", "\r\n").encode()
        run = self.run_job(self.sandbox(), None, "-", stdin=content)
        kept = [name for name in os.listdir(run.folder)
                if os.path.isfile(run.path(name)) and run.bytes(name) == content]
        self.assertEqual(len(kept), 1)

    def test_summary(self):
        content = (job([1, 2, 1]) + rows(["x"]) +
                   f"Campaigns,{CAMPAIGN},Contacts,3652397000000000404\n")
        run = self.run_job(self.sandbox("--latency", "40ms"), content)
        told = run.summary
        self.assertLessEqual(SUMMARY, set(told))
        self.assertEqual({key: told[key] for key in SUMMARY - {"seconds", "latency_ms"}}, {
            "rows": 5, "success": 3, "failed": 1, "unknown": 0, "rejected": 1, "unsent": 0,
            "duplicates": 1, "targets": 1, "planned_calls": 1, "calls": 1, "finished": True,
            "codes": {"SUCCESS": 3, "bad-id": 1, "INVALID_DATA": 1}, "exit_code": 4})
        self.assertEqual(set(told["latency_ms"]), {"p50", "p90", "p99", "max"})
        for mark in told["latency_ms"].values():
            self.assertTrue(39 <= mark < 2000, mark)
        self.assertTrue(0.04 <= told["seconds"] < 2)
        self.assertNotIn("stopped_by", told)
        self.assertNotIn("parent", told)

    def test_seconds_are_of_the_whole_run(self):
        """From the first look at the job file on, not only while calls are made."""
        process = self.start("run", "--operation", "crm.delink", "--base-url", self.sandbox().url,
                             "--out", "out", "-", stdin=subprocess.PIPE)
        time.sleep(0.7)
        process.stdin.write(job([1]).encode())
        process.stdin.close()
        self.assertEqual(process.wait(WAIT_S), 0)
        with open(os.path.join(self.folder, "out", "summary.json"), encoding="utf-8") as file:
            self.assertTrue(0.6 <= json.load(file)["seconds"] < 5)

    def test_latency_percentiles(self):
        """9 fast calls and 1 slow one."""
        sandbox = self.sandbox(faults="request 4: delay 300ms\n")
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 11))
        told = self.run_job(sandbox, content, "-j", "1").summary["latency_ms"]
        self.assertLess(told["p50"], 50)
        self.assertGreaterEqual(told["max"], 299)
        self.assertLessEqual(told["p50"], told["p90"])
        self.assertLessEqual(told["p90"], told["p99"])
        self.assertLessEqual(told["p99"], told["max"])

    def test_times(self):
        """UTC, of the call, and now."""
        run = self.run_job(self.sandbox(), job([1]), env={"TZ": "Asia/Tokyo"})
        when, = run.column("time")
        self.assertRegex(when, f"^{STAMP}$")
        now = time.gmtime()
        self.assertEqual(when[:13], time.strftime("%Y-%m-%dT%H", now))

    def test_report_html(self):
        """One file, no script, no outside resource, nothing unescaped."""
        evil = "<script>alert(1)</script>"
        service = self.service(lambda request: http(400, {
            "code": "AUTHORIZATION_FAILED", "message": evil, "status": "error"}))
        run = self.run_job(service, job([1]), name="job.csv")
        if not run.has("report.html"):
            self.skipTest("report.html is not written yet")
        page = run.text("report.html").lower()
        self.assertNotIn("<script", page)
        self.assertNotRegex(page, r"(src|href)\s*=\s*[\"']?https?:")

    def test_the_job_file_is_not_touched(self):
        content = job(range(5))
        self.run_job(self.sandbox(), content)
        with open(self.path("job.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), content)

    def test_unwritable(self):
        """A folder it may not write to: one message, nothing sent."""
        if os.getuid() == 0:
            self.skipTest("root may write everywhere")
        os.mkdir(self.path("locked"), 0o500)
        sandbox = self.sandbox()
        run = self.run_job(sandbox, job([1]), out="locked/out")
        self.assertIn(run.code, (1, 2), run)
        self.says(run.err, "locked/out")
        self.assertEqual(sandbox.log(), [])

    def test_a_full_disk(self):
        """/dev/full stands in for the job file's results: not a silent success."""
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        self.write("job.csv", job([1]))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([UNHITCH, "plan", "--operation", "crm.delink", "job.csv"],
                                  stdout=full, stderr=subprocess.PIPE, timeout=WAIT_S,
                                  cwd=self.folder, env=self.environment(), check=False)
        self.assertEqual(done.returncode, 1, done)


if __name__ == "__main__":
    main()
