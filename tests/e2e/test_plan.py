#!/usr/bin/env python3
"""plan: counts, exit codes, JSON, and that nothing is sent or written."""

from harness import *

KEYS = ["rows", "rejected", "duplicates", "targets", "planned_calls", "codes"]


class Plan(Case):

    def setUp(self):
        super().setUp()
        self.server = self.sandbox()
        self.before = None

    def plan(self, content, *options, command=("plan",)):
        self.write("job.csv", content)
        before = sorted(os.listdir(self.folder))
        run = self.unhitch(*command, "--operation", "crm.delink", "--base-url",
                           self.server.url, *options, "job.csv", token=None)
        self.assertEqual(sorted(os.listdir(self.folder)), before, "it wrote something")
        self.assertEqual(self.server.log(), [])
        return run

    CONTENT = (job(range(150)) + rows([0, 1, 2]) + rows([1], record_id="77") +
               rows(["x", "y"]) + rows([5], module="Vendors"))
    EXPECTED = {"rows": 157, "rejected": 3, "duplicates": 3, "targets": 2,
                "planned_calls": 3, "codes": {"bad-id": 2, "unsupported-relation": 1}}

    def test_json(self):
        run = self.plan(self.CONTENT, "--json")
        self.assertEqual(run.code, 4, run)
        told = json.loads(run.out)
        self.assertEqual(told, self.EXPECTED)
        self.assertEqual(list(told), KEYS)

    def test_json_of_a_good_file(self):
        run = self.plan(job(range(150)), "--json")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(json.loads(run.out), {"rows": 150, "rejected": 0, "duplicates": 0,
                                               "targets": 1, "planned_calls": 2, "codes": {}})

    def test_for_people(self):
        run = self.plan(self.CONTENT)
        self.assertEqual(run.code, 4, run)
        for number, word in ((157, "rows"), (3, "rejected"), (2, "bad-id"),
                             (1, "unsupported-relation"), (3, "repeats"), (2, "targets"),
                             (3, "calls")):
            self.assertRegex(run.out, rf"(?m)({word}\W.*\b{number}\b|\b{number}\b.*\b{word}\b)")
        self.says(run.out, "time")
        self.says(run.err, "job.csv:156", "related_id", "job.csv:158")

    def test_on_invalid_stop(self):
        self.assertEqual(self.plan(self.CONTENT, "--on-invalid", "stop").code, 3)
        self.assertEqual(self.plan(job([1]), "--on-invalid", "stop").code, 0)

    def test_dry_run_is_plan(self):
        told = self.plan(self.CONTENT, "--json").out
        for flag in "-n", "--dry-run":
            run = self.plan(self.CONTENT, flag, "--json", command=("run",))
            self.assertEqual((run.code, run.out), (4, told), run)

    def test_dry_run_with_out(self):
        """Even then nothing is made; `plan` takes what `run` takes."""
        for command in "run", "plan":
            run = self.plan(job([1]), "-n", "--out", "out", command=(command,))
            self.assertEqual(run.code, 0, run)

    def test_header_only(self):
        run = self.plan(HEADER, "--json")
        self.assertEqual((run.code, json.loads(run.out)["rows"]), (0, 0))

    def test_standard_input(self):
        run = self.unhitch("plan", "--operation", "crm.delink", "--json", "-",
                           stdin=job([1, 2]).encode(), token=None)
        self.assertEqual((run.code, json.loads(run.out)["rows"]), (0, 2), run)
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(
            os.path.basename(path) for path in (self.home, self.server.folder)))

    def test_as_the_run(self):
        """What plan says is what run does."""
        run = self.run_job(self.server, self.CONTENT)
        for key in "rows", "rejected", "duplicates", "targets", "planned_calls":
            self.assertEqual(run.summary[key], self.EXPECTED[key], key)
        self.assertEqual(run.summary["calls"], 3)


if __name__ == "__main__":
    main()
