#!/usr/bin/env python3
"""Jobs that exceed memory: build/unhitch-small takes any job of a hundred rows for one.
What a user sees is what the same job in memory shows, but for the order of the calls."""

import resource

import harness
from harness import *

SMALL = os.path.join(BUILD, "unhitch-small")


def mixed(count):
    """Rows of every kind in no order: repeats, mangled IDs, a few targets and many."""
    lines = []
    for i in range(count):
        n = i * 7919 % count
        target = f"36523970000{n * n % 13 if n % 3 else n:08}"
        cell = "3.65E+18" if n % 17 == 0 else related(n * n % (count // 4))
        lines.append(f"Campaigns,{target},Contacts,{cell},note {i}\n")
    return HEADER[:-1] + ",note\n" + "".join(lines)


class LargeJobs(Case):

    def setUp(self):
        super().setUp()
        self.in_memory = harness.UNHITCH
        harness.UNHITCH = SMALL
        self.addCleanup(setattr, harness, "UNHITCH", self.in_memory)

    @staticmethod
    def bare(text):
        """Without what depends on the other IDs of a call, or on chance."""
        text = re.sub(r",20[07],", ",200,", text)
        return re.sub("connection-lost,,[^,]*,", "connection-lost,,WORDS,", text)

    def compare(self, run, other):
        """The same files and totals."""
        for name in "results.csv", "rejected.csv", "failed.csv", "unsent.csv":
            self.assertEqual(run.has(name), other.has(name), name)
            if run.has(name):
                self.assertEqual(self.bare(run.text(name)), self.bare(other.text(name)), name)
        for key in ("rows", "success", "failed", "unknown", "rejected", "unsent",
                    "duplicates", "targets", "planned_calls", "codes", "exit_code"):
            self.assertEqual(run.summary[key], other.summary[key], key)
        self.nothing_left(run)

    def nothing_left(self, run):
        self.assertEqual([name for name in os.listdir(run.folder) if "spill" in name], [])

    def both(self, content, *options, name="job.csv", **how):
        """The job in memory and beyond it."""
        harness.UNHITCH = self.in_memory
        plain = self.run_job(self.sandbox(**how), content, *options, name=name, out="plain")
        harness.UNHITCH = SMALL
        self.server = self.sandbox(**how)
        run = self.run_job(self.server, content, *options, name=name)
        self.assertEqual(run.code, plain.code, run)
        self.compare(run, plain)
        return run

    def test_results_are_the_same(self):
        run = self.both(mixed(2000))
        self.assertEqual(run.summary["calls"], run.summary["planned_calls"])
        self.assertGreater(run.summary["duplicates"], 50)
        self.assertGreater(run.summary["rejected"], 50)
        books = self.server.stop()
        self.assertEqual({one["asked"] for one in books["ids"].values()}, {1})

    def test_one_target(self):
        run = self.both(job(n * 7 % 3001 for n in range(3001)))
        self.assertEqual(run.summary["calls"], 31)

    def test_other_forms(self):
        """gzip in and out, JSON lines."""
        lines = [dict(zip(HEADER.strip().split(","), line.split(",")))
                 for line in mixed(500).splitlines()[1:]]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        self.write("job.jsonl.gz", gzip.compress(text.encode()))
        run = self.run_job(self.sandbox(), None, "--gzip", "job.jsonl.gz")
        self.assertEqual(len(run.rows("results.jsonl.gz")), 500)
        self.assertEqual(run.summary["rows"], 500)

    def test_failures(self):
        """Refused targets and IDs, all codes of rows as in memory."""
        self.both(mixed(900), "--retries", "0", "--halt-after", "0", faults=(
            "target 000004/C: error 403 NO_PERMISSION no\n"
            "target 000009/C: status 503\n"
            f"target 000012/C: entry {related(8)} INVALID_DATA no\n"))

    def test_plan_tells_the_same(self):
        self.write("job.csv", mixed(1500))
        plans = []
        for harness.UNHITCH in self.in_memory, SMALL:
            run = self.unhitch("plan", "--json", "--operation", "crm.delink", "job.csv",
                               env={"TMPDIR": self.folder}, token=None)
            self.assertEqual(run.code, 4, run)
            plans.append(json.loads(run.out))
        self.assertGreater(plans[1].pop("spill_bytes"), 1500 * 40)
        self.assertEqual(*plans)
        self.says(run.err, "disk", "MB in the run directory")
        self.assertEqual(sorted(os.listdir(self.folder)), ["home", "job.csv"])

    def test_killed_and_resumed(self):
        """Twice; the results are those of an undisturbed run."""
        content = mixed(1200)
        harness.UNHITCH = self.in_memory
        plain = self.run_job(self.sandbox(), content, out="plain")
        harness.UNHITCH = SMALL
        sandbox = self.sandbox("--latency", "5ms")
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "-j", "2", "job.csv")
        for calls in 60, 150:
            self.wait_until(lambda most=calls: len(sandbox.log()) >= most)
            process.kill()
            process.wait(WAIT_S)
            report = self.unhitch("report", "out", out="out", token=None)
            self.check_balance_of_report(report, 1200)
            process = self.start("resume", "out")
        again = self.finish(process)
        self.assertEqual(again.code, plain.code, again)

        def bare(text):
            text = re.sub(r",\d+,TIME", ",N,TIME", self.bare(text))
            return re.sub("already-done,\\d+,(relation not found|same)",
                          lambda m: "SUCCESS,200," + m[1].replace("not found", "removed"), text)
        self.assertEqual(bare(again.text()), bare(plain.text()))
        self.nothing_left(again)
        books = sandbox.stop()
        self.assertTrue(all(one["removed"] == 1 for one in books["ids"].values()))

    def check_balance_of_report(self, report, count):
        self.assertEqual(report.code, 0, report)
        told = report.summary
        self.assertEqual(told["rows"], count)
        self.assertEqual(told["rows"], sum(told[status] for status in (
            "success", "failed", "unknown", "rejected", "unsent")))
        self.assertLessEqual(told["unknown"], 2 * 100 * 2)
        self.assertGreater(told["unsent"], 0)
        self.assertEqual(len(report.rows()), count)

    def test_retry(self):
        """Of a run with every class of row; what may have been applied is known."""
        faults = "".join(f"target {n:06}/C first 1: {what}\n" for n, what in enumerate(
            ("apply cut", "status 503", "apply status 502", "error 403 NO_PERMISSION no")))
        content = HEADER + "".join(
            rows(range(n * 100, n * 100 + 90), record_id=f"36523970000{n:08}")
            for n in range(8))
        options = "--retries", "0", "--halt-after", "0"
        run = self.both(content, *options, faults=faults)
        self.assertEqual(run.summary["unknown"], 90)
        runs = []
        for harness.UNHITCH, old in (self.in_memory, "plain"), (SMALL, "out"):
            again = self.unhitch("retry", old, out=old + "-retry1")
            self.assertEqual(again.code, 0, again)
            runs.append(again)
        self.compare(*runs)
        self.assertEqual(runs[0].summary["codes"]["already-done"], 180)
        self.assertEqual(runs[0].summary["rows"], 270)

    def test_stopped_early(self):
        self.server = self.sandbox()
        run = self.run_job(self.server, mixed(900), "--max-calls", "40", "-j", "1")
        self.assertEqual((run.code, run.summary["calls"]), (8, 40), run)
        self.assertEqual(len(run.rows("unsent.csv")), run.summary["unsent"])
        again = self.resume(self.server, "--max-calls", "9999")
        self.assertEqual((again.code, again.summary["unsent"]), (4, 0), again)

    def test_full_disk(self):
        """No room for what exceeds memory: exit 1, nothing was sent, nothing stays."""
        self.server = self.sandbox()
        self.write("job.csv", mixed(3000))
        for size in 1000, 20000, 60000:
            with self.subTest(size):
                done = subprocess.run(
                    [SMALL, "run", "--operation", "crm.delink", "--base-url",
                     self.server.url, "--out", "out", "job.csv"], cwd=self.folder,
                    env=self.environment(), capture_output=True, timeout=WAIT_S,
                    restore_signals=False, check=False,
                    preexec_fn=lambda most=size: resource.setrlimit(
                        resource.RLIMIT_FSIZE, (most, most)))
                self.assertEqual(done.returncode, 1, done)
                self.says(done.stderr.decode(), "out/: ", "too large")
                self.assertFalse(os.path.exists(self.path("out")))
        self.assertEqual(self.server.log(), [])
        self.assertEqual(self.run_job(self.server, None, "job.csv").code, 4)


if __name__ == "__main__":
    main()
