#!/usr/bin/env python3
"""Job definitions, and what wins: flag, environment, definition, default."""

from harness import *


class Definition(Case):

    def setUp(self):
        super().setUp()
        self.server = self.sandbox()

    def define(self, name="nightly.json", **keys):
        keys.setdefault("base_url", self.server.url)
        keys.setdefault("operation", "crm.delink")
        self.write(name, json.dumps(keys))
        return name

    def refused(self, text, *words):
        self.write("bad.json", text)
        self.write("job.csv", job([1]))
        for command in "run", "plan":
            run = self.unhitch(command, "bad.json", "job.csv")
            self.assertEqual(run.code, 2, run)
            self.says(run.err, "bad.json", *words)
        self.assertEqual(self.server.log(), [])
        self.assertFalse(os.path.exists(self.path("runs")))
        return run

    def test_everything_from_the_definition(self):
        """`input` is relative to the definition, `out` is a flag."""
        self.write("jobs/data/job.csv", "Wer,record_id,related_list\n"
                   f"{related(1)},{CAMPAIGN},Contacts\n{related(2)},{CAMPAIGN},Custom_Tests\n")
        name = self.define("jobs/nightly.json", input="data/job.csv", description="x",
                           map={"related_id": "wer"}, set={"module": "Campaigns"},
                           allow_relation=["Campaigns/Custom_Tests"], results="jsonl", gzip=True,
                           batch_size=50, timeout="5s", max_duration=60,
                           **{"$schema": "job.schema.json"})
        run = self.unhitch("run", "--out", "out", name, out="out")
        self.assertEqual(run.code, 0, run)
        self.assertTrue(run.has("results.jsonl.gz"))
        self.assertEqual(len(self.server.log()), 2)

    def test_empty_values(self):
        for key in ("format", "rate", "max_duration", "stop_at", "delimiter", "operation",
                    "ca_file", "data_center"):
            with self.subTest(key):
                self.refused(json.dumps({key: ""}), key)

    def test_input_on_the_command_line_wins(self):
        self.write("job.csv", job([1]))
        name = self.define(input="gone.csv")
        run = self.unhitch("run", name, "job.csv")
        self.assertEqual(run.code, 0, run)

    def test_order_of_arguments_does_not_matter(self):
        self.write("job.csv", job([1]))
        run = self.unhitch("plan", "job.csv", self.define(), "--json", token=None)
        self.assertEqual(run.code, 0, run)

    def test_input_missing(self):
        name = self.define(input="gone.csv")
        run = self.unhitch("run", name)
        self.assertEqual(run.code, 2, run)
        self.says(run.err, "gone.csv")

    def test_precedence(self):
        """The number of calls tells which batch size was taken."""
        self.write("job.csv", job(range(100)))
        plain = self.define("plain.json")
        ten = self.define("ten.json", batch_size=10)

        def calls(name, *flags, **env):
            run = self.unhitch("plan", "--json", *flags, name, "job.csv", env=env, token=None)
            self.assertEqual(run.code, 0, run)
            return json.loads(run.out)["planned_calls"]

        self.assertEqual(calls(plain), 1)
        self.assertEqual(calls(ten), 10)
        self.assertEqual(calls(ten, UNHITCH_BATCH_SIZE="20"), 5)
        self.assertEqual(calls(ten, "--batch-size", "50", UNHITCH_BATCH_SIZE="20"), 2)
        self.assertEqual(calls(plain, "--batch-size=50"), 2)

    def test_base_url_leads_nowhere_else(self):
        """What was given on a lower level for one service does not go past it; on the same
        level the service's own one counts."""
        other = self.service()
        one = self.define("one.json", base_url=other.url, crm_url=self.server.url)
        two = self.define("two.json", crm_url=other.url)
        three = self.define("three.json", base_url=other.url)
        cases = [([one], {}), (["--base-url", self.server.url, two], {}),
                 ([two], {"UNHITCH_BASE_URL": self.server.url}),
                 (["--base-url", self.server.url, three], {"UNHITCH_CRM_URL": other.url}),
                 ([three], {"UNHITCH_CRM_URL": self.server.url}),
                 (["--crm-url", self.server.url, "--base-url", other.url, two], {})]
        for number, (arguments, env) in enumerate(cases):
            with self.subTest(arguments):
                self.write("job.csv", job([number]))
                run = self.unhitch("run", "--max-calls", "0", "--out", f"out{number}",
                                   *arguments, "job.csv", env=env, out=f"out{number}")
                self.assertEqual(run.code, 8, run)
                again = self.resume(None, "--max-calls", "9", out=f"out{number}")
                self.assertEqual(again.column("status"), ["success"])
                self.assertEqual(len(self.server.log()), number + 1)
        self.assertEqual(other.requests, [])

    def test_byte_order_mark(self):
        self.write("job.csv", job([1]))
        self.write("a.json", b"\xef\xbb\xbf" + json.dumps(
            {"operation": "crm.delink", "base_url": self.server.url}).encode())
        run = self.unhitch("run", "--out", "out", "a.json", "job.csv", out="out")
        self.assertEqual(run.code, 0, run)

    def test_input_by_environment(self):
        """Before the definition's, behind the one that is named."""
        for count in 1, 2, 3:
            self.write(f"{count}.csv", job(range(count)))
        name = self.define(input="1.csv")

        def count_rows(*arguments, **env):
            run = self.unhitch("plan", "--json", *arguments, env=env, token=None)
            self.assertEqual(run.code, 0, run)
            return json.loads(run.out)["rows"]

        self.assertEqual(count_rows(name), 1)
        self.assertEqual(count_rows(name, UNHITCH_INPUT="2.csv"), 2)
        self.assertEqual(count_rows(name, "3.csv", UNHITCH_INPUT="2.csv"), 3)
        self.assertEqual(count_rows("--operation", "crm.delink", UNHITCH_INPUT="2.csv"), 2)

    def test_switches_by_environment(self):
        self.write("job.csv", job([1]))
        name = self.define(gzip=True)
        run = self.unhitch("run", "--out", "a", name, "job.csv", env={"UNHITCH_GZIP": "0"},
                           out="a")
        self.assertEqual((run.code, run.has("results.csv")), (0, True), run)
        run = self.unhitch("run", "--out", "b", self.define(), "job.csv",
                           env={"UNHITCH_GZIP": "1"}, out="b")
        self.assertEqual((run.code, run.has("results.csv.gz")), (4, True), run)

    def test_set_adds_up(self):
        """A flag replaces the same field, not the others."""
        self.write("job.csv", f"related_id\n{related(1)}\n")
        name = self.define(set={"module": "Leads", "record_id": CAMPAIGN,
                                "related_list": "Contacts"})
        run = self.unhitch("run", name, "--set", "module=Campaigns", "job.csv")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(self.server.targets(), [PATH + "?ids=" + related(1)])

    def test_unknown_key(self):
        self.refused('{"max_call": 5}', "max_call", "max_calls")
        self.refused('{"frobnicate": 5}', "frobnicate")

    def test_keys_that_are_flags_only(self):
        for key in "out", "json", "quiet", "verbose", "progress", "dry_run":
            self.refused(json.dumps({key: True}), key)

    def test_wrong_types(self):
        for key, value in (("max_calls", "many"), ("max_calls", True), ("batch_size", 1.5),
                           ("batch_size", 1000), ("gzip", "yes"), ("set", "module=Leads"),
                           ("set", ["module=Leads"]), ("map", {"colour": "x"}),
                           ("map", {"module": 5.5}), ("allow_relation", "any"),
                           ("allow_relation", [1]), ("allow_relation", ["Leads"]),
                           ("input", 5), ("description", 5), ("timeout", []),
                           ("operation", None), ("results", "xml"), ("rate", 5)):
            with self.subTest(key=key, value=value):
                self.refused(json.dumps({key: value}), key)

    def test_secrets(self):
        """Refused, and not shown."""
        secret = "1000." + "ab" * 16 + "." + "cd" * 16
        for key in ("ZOHO_ACCESS_TOKEN", "access_token", "token", "client_secret",
                    "refresh_token", "verba_password", "VERBA_API_KEY"):
            with self.subTest(key):
                run = self.refused(json.dumps({key: "hidden5ecret"}), key, "environment")
                self.assertNotIn("hidden5ecret", run.err + run.out)
        run = self.refused(json.dumps({"set": {"module": secret}}), "set")
        self.assertNotIn(secret, run.err + run.out)

    def test_not_json(self):
        self.refused('{"max_calls": 5,\n  oops}', ":2")
        self.refused("", "bad.json")
        self.refused("[]", "object")
        self.refused('{"max_calls": 5, "max_calls": 6}', "max_calls")
        self.refused('{"max_calls": 5} {}', "bad.json")

    def test_the_default_run_directory(self):
        """runs/<name>-<UTC time>: the name of the definition, else of the input."""
        self.write("job.v2.csv", job([1]))
        shape = r"-\d{8}T\d{6}Z(-\d+)?$"
        for arguments, name, stdin in (([self.define(), "job.v2.csv"], "nightly", b""),
                                       ([self.define(), "-"], "nightly", job([2]).encode())):
            self.assertEqual(self.unhitch("run", *arguments, stdin=stdin).code, 0)
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url", self.server.url,
                           "job.v2.csv")
        self.says(run.out, "runs/job")
        names = sorted(os.listdir(self.path("runs")))
        self.assertEqual(len(names), 3, names)
        for name in names:
            self.assertRegex(name, r"^(nightly|job|job\.v2)" + shape)
        self.assertEqual(sum(name.startswith("nightly-") for name in names), 2)


if __name__ == "__main__":
    main()
