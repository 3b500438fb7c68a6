#!/usr/bin/env python3
"""What the user got wrong: exit 2, one clear message, nothing sent."""

from harness import *


class Usage(Case):

    def setUp(self):
        super().setUp()
        self.server = self.sandbox()
        self.write("job.csv", job([1]))

    def wrong(self, *words, arguments, **how):
        """Exit 2 and every word on standard error; nothing on standard output."""
        run = self.unhitch(*arguments, **how)
        self.assertEqual(run.code, 2, run)
        self.says(run.err, *words)
        self.assertEqual(run.out, "")
        self.assertLessEqual(len(run.err.splitlines()), 3, run)
        self.assertEqual(self.server.log(), [])
        self.assertFalse(os.path.exists(self.path("runs")))
        return run

    def run_wrong(self, options, *words, **how):
        self.wrong(*words, arguments=["run", "--operation", "crm.delink", "--base-url",
                                      self.server.url, *options, "job.csv"], **how)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_unknown_command(self):
        self.wrong("'plam'", "plan", arguments=["plam"])

    def test_no_command(self):
        run = self.unhitch()
        self.assertEqual(run.code, 2, run)
        self.says(run.err, "usage")

    def test_without_libcurl(self):
        """It is loaded when something is to be sent: then it is missed, not before."""
        os.mkdir(self.path("empty"))
        for name in ("libcurl.so.4", "libcurl-gnutls.so.4"):
            self.write(f"empty/{name}", "")
        env = {"LD_LIBRARY_PATH": self.path("empty")}
        plan = self.unhitch("plan", "--operation", "crm.delink", "job.csv", env=env)
        self.assertEqual(plan.code, 0, plan)
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url", self.server.url,
                           "--out", "out", "job.csv", env=env)
        self.assertEqual(run.code, 1, run)
        self.says(run.err, "cannot load libcurl", "/libcurl.so.4", "install libcurl4")
        self.assertEqual(self.server.log(), [])
        self.assertFalse(os.path.exists(self.path("out")))

    def test_unknown_option(self):
        self.run_wrong(["--max-call", "5"], "--max-call", "did you mean --max-calls")
        self.run_wrong(["--concurency=5"], "did you mean --concurrency")
        self.run_wrong(["-z"], "-z")
        self.run_wrong(["--frobnicate"], "--frobnicate")

    def test_option_without_value(self):
        self.wrong("--out", arguments=["run", "--out"])

    def test_switch_with_value(self):
        self.run_wrong(["--gzip=maybe"], "--gzip")

    def test_bad_values(self):
        for option, value in (
                ("--batch-size", "0"), ("--batch-size", "101"), ("--batch-size", "1e1"),
                ("--concurrency", "0"), ("-j", "x"), ("--concurrency", "-1"),
                ("--retries", "-1"), ("--retries", "1.5"), ("--timeout", "0"),
                ("--timeout", "5 parsecs"), ("--timeout", "-5s"), ("--max-duration", "5x"),
                ("--max-duration", ""), ("--stop-at", "25:00"), ("--stop-at", "7"),
                ("--stop-at", "07:60"), ("--rate", "5"), ("--rate", "0/s"),
                ("--rate", "5/w"), ("--max-calls", "0x10"), ("--halt-after", "many"),
                ("--format", "xml"), ("--results", "xlsx"), ("--delimiter", ",,"),
                ("--delimiter", '"'), ("--on-invalid", "maybe"), ("--data-center", "mars"),
                ("--api-version", "v9"), ("--api-version", "8"), ("--desk-form", "put"),
                ("--verba-method", "put"), ("--progress", "sometimes"),
                ("--allow-relation", "Leads"), ("--base-url", "ftp://x"),
                ("--base-url", "nonsense"), ("--crm-url", "http://"), ("--set", "module"),
                ("--set", "colour=red"), ("--map", "record_id"), ("--map", "=x"),
                ("--operation", "crm.link"), ("--max-calls", "99999999999999999999")):
            with self.subTest(option=option, value=value):
                self.run_wrong([option, value], option)

    def test_a_field_that_was_misspelled(self):
        self.run_wrong(["--set", "modul=Leads"], "modul", "module")

    def test_no_input(self):
        self.wrong("job file", arguments=["run", "--operation", "crm.delink"])

    def test_missing_file(self):
        for command in "run", "plan":
            self.wrong("gone.csv", "no such file",
                       arguments=[command, "--operation", "crm.delink", "gone.csv"])

    def test_folder(self):
        self.wrong("home", "folder", arguments=["run", "--operation", "crm.delink", "home"])

    def test_missing_definition(self):
        self.wrong("gone.json", arguments=["run", "gone.json", "job.csv"])

    def test_two_inputs(self):
        self.write("b.csv", job([2]))
        self.run_wrong(["b.csv"], "b.csv")

    def test_two_definitions(self):
        self.write("a.json", "{}")
        self.write("b.json", "{}")
        self.run_wrong(["a.json", "b.json"], "json")

    def test_operation_unknown(self):
        """Neither an option nor a column says which."""
        self.wrong("operation", "crm.delink",
                   arguments=["run", "--base-url", self.server.url, "job.csv"])

    def test_out_not_empty(self):
        self.write("full/file", "x")
        self.run_wrong(["--out", "full"], "full", "not empty")
        self.assertEqual(os.listdir(self.path("full")), ["file"])

    def test_out_is_a_file(self):
        self.write("file", "x")
        self.run_wrong(["--out", "file"], "file")

    def test_out_below_a_file(self):
        """It cannot be made: an error that names it, and nothing sent."""
        self.write("file", "x")
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url", self.server.url,
                           "--out", "file/below", "job.csv")
        self.assertIn(run.code, (1, 2), run)
        self.says(run.err, "file/below")
        self.assertEqual(self.server.log(), [])

    def test_no_token(self):
        self.run_wrong([], "ZOHO_ACCESS_TOKEN", token=None)
        self.run_wrong([], "ZOHO_ACCESS_TOKEN", token="")

    def test_token_that_cannot_be_a_header(self):
        for bad in "1000.abc\nX-Evil: 1", "1000.abc\r", "1000.\x01", "1000.é", "a b":
            with self.subTest(bad):
                run = self.unhitch("run", "--operation", "crm.delink", "--base-url",
                                   self.server.url, "--out", "out", "job.csv", token=bad)
                self.assertEqual(run.code, 2, run)
                self.says(run.err, "ZOHO_ACCESS_TOKEN")
                self.assertNotIn("abc", run.err + run.out)
                self.assertEqual(self.server.log(), [])
                self.assertFalse(os.path.exists(self.path("out")))

    def test_token_file(self):
        """One newline at its end is no part of the token."""
        file = self.write("token", TOKEN + "\n")
        run = self.run_job(self.server, job([1]), token=None,
                           env={"ZOHO_ACCESS_TOKEN_FILE": file})
        self.assertEqual(run.code, 0, run)
        self.assertEqual(self.server.log()[0]["headers"]["authorization"],
                         "Zoho-oauthtoken " + TOKEN)

    def test_token_files_that_do_not_do(self):
        cases = [("gone", None), ("empty", ""), ("two", "1000.abc\n1000.def\n"), ("nul", "a\0b"),
                 ("home", None)]
        for name, content in cases:
            with self.subTest(name):
                path = self.write(name, content) if content is not None else self.path(name)
                run = self.unhitch("run", "--operation", "crm.delink", "--base-url",
                                   self.server.url, "--out", "out", "job.csv", token=None,
                                   env={"ZOHO_ACCESS_TOKEN_FILE": path})
                self.assertEqual(run.code, 2, run)
                self.assertRegex(run.err, f"{path}|ZOHO_ACCESS_TOKEN_FILE")
                self.assertNotIn("1000.", run.err)
        self.assertEqual(self.server.log(), [])

    def test_credentials_are_no_options(self):
        self.run_wrong(["--token", "1000.abc"], "--token")

    def test_environment_with_a_bad_value(self):
        self.run_wrong([], "UNHITCH_BATCH_SIZE", env={"UNHITCH_BATCH_SIZE": "1000"})
        self.run_wrong([], "UNHITCH_GZIP", env={"UNHITCH_GZIP": "yes please"})

    def test_resume_and_report_of_nothing(self):
        os.mkdir(self.path("hollow"))
        for command in "resume", "report":
            self.wrong("gone", arguments=[command, "gone"])
            self.wrong("hollow", arguments=[command, "hollow"])
            self.wrong("run directory", arguments=[command])
        self.assertEqual(os.listdir(self.path("hollow")), [], "it was not written to")

    def test_names_cannot_drive_the_terminal(self):
        """What a message quotes is text, also what is no control character in ASCII."""
        for name in "\x1b[2J\x07.csv", "\u009b31m.csv", "a\rb.csv":
            run = self.unhitch("run", "--operation", "crm.delink", name)
            self.assertEqual(run.code, 2)
            self.assertNotRegex(run.err, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")
            self.says(run.err, "no such file")

    def test_help_and_version(self):
        for arguments in (["--help"], ["run", "--help"], ["plan", "--help"],
                          ["resume", "--help"], ["retry", "--help"], ["report", "--help"],
                          ["runs", "--help"], ["codes", "--help"]):
            run = self.unhitch(*arguments, token=None)
            self.assertEqual((run.code, run.err), (0, ""), run)
            self.says(run.out, "usage")
            self.assertLessEqual(max(map(len, run.out.splitlines())), 80)
            if len(arguments) > 1:
                self.assertEqual(self.unhitch("help", arguments[0], token=None).out, run.out)
        self.wrong("'rnu'", "did you mean run?", arguments=["help", "rnu"])
        version = self.unhitch("--version", token=None)
        self.assertEqual((version.code, version.err), (0, ""))
        self.assertRegex(version.out, r"^unhitch \d+\.\d+\S*\n$")


if __name__ == "__main__":
    main()
