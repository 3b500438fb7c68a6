#!/usr/bin/env python3
"""--notify: a command is told that a run has ended; the run does not suffer from it."""

from harness import *

SECRET = "1000.5ecre7"


def all_but_404(request):
    """Whatever was delinked before; an ID that ends in 404 is not related."""
    return http(207, {"data": [entry(number, "INVALID_DATA") if number.endswith("404")
                               else entry(number) for number in request.ids]})


class Notify(Case):

    def setUp(self):
        super().setUp()
        self.server = self.service(all_but_404)

    def go(self, command, *options, content=None, **how):
        return self.run_job(self.server, job([1]) if content is None else content,
                            "--notify", command, *options, **how)

    def told(self, name="told"):
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file)

    def variables(self, name="env"):
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return dict(line.rstrip("\n").partition("=")[::2] for line in file if "=" in line)

    def test_the_summary_on_standard_input(self):
        run = self.go("cat >told; env >env")
        self.assertEqual((run.code, run.err), (0, ""), run)
        self.assertEqual(self.told(), run.summary)
        env = self.variables()
        self.assertEqual(env["UNHITCH_EXIT_CODE"], "0")
        self.assertEqual(env["UNHITCH_STATUS"], "succeeded")
        self.assertEqual(env["UNHITCH_JOB"], "job")
        self.assertEqual(env["UNHITCH_RUN_DIR"], os.path.realpath(self.path("out")))

    def test_no_files_of_ours(self):
        """What exceeds memory lies in files without a name: they end with the program."""
        words = " " + "w" * 400
        self.server.answer = lambda request: http(207, {"data": [
            entry(one, message=one + words) for one in request.ids]})
        run = self.go("ls -l /proc/self/fd >fds", content=job(range(45000)))
        self.assertEqual(run.code, 0, run)
        with open(self.path("fds"), encoding="utf-8") as file:
            self.assertNotIn(self.folder + "/out", file.read())

    def test_children_are_ignored_by_who_started_it(self):
        """The command's exit code is known all the same."""
        self.write("job.csv", job([1]))
        done = subprocess.run([UNHITCH, "run", "--operation", "crm.delink", "--base-url",
                               self.server.url, "--out", "out", "--notify", "exit 3", "job.csv"],
                              cwd=self.folder, env=self.environment(), capture_output=True,
                              timeout=WAIT_S, check=False, preexec_fn=lambda: signal.signal(
                                  signal.SIGCHLD, signal.SIG_IGN))
        self.assertEqual(done.returncode, 0)
        self.says(done.stderr.decode(), "exited with 3")

    def test_standard_output_is_full(self):
        """Exit 1, with a command to be told or without."""
        self.write("job.csv", job([1]))
        for options in ["--notify", "true"], []:
            with self.subTest(options), open("/dev/full", "wb") as full:
                done = subprocess.run([UNHITCH, "run", "--json", "--operation", "crm.delink",
                                       "--base-url", self.server.url, "--out",
                                       f"out{len(options)}", *options, "job.csv"],
                                      cwd=self.folder, env=self.environment(), stdout=full,
                                      stderr=subprocess.PIPE, timeout=WAIT_S, check=False)
                self.assertEqual(done.returncode, 1)
                self.says(done.stderr.decode(), "standard output")

    def test_no_credentials(self):
        """Neither Zoho's nor Verba's, nor the files that hold them; the rest stays."""
        secrets = {"ZOHO_ACCESS_TOKEN": SECRET, "ZOHO_CLIENT_ID": "id-5ecre7",
                   "ZOHO_CLIENT_SECRET_FILE": self.write("secret-5ecre7", "x"), "ZOHO_DESK_ORG_ID": "2389290",
                   "VERBA_API_KEY": "key-5ecre7", "VERBA_PASSWORD": "pass-5ecre7",
                   "MY_CHAT": "#ops", "UNHITCH_EXIT_CODE": "77"}
        run = self.go("env >env; cat >told", env=secrets, token=None)
        self.assertEqual(run.code, 0, run)
        env = self.variables()
        self.assertEqual((env["MY_CHAT"], env["UNHITCH_EXIT_CODE"]), ("#ops", "0"))
        self.assertEqual([name for name in env if name.startswith(("ZOHO", "VERBA"))], [])
        for file in "env", "told":
            with open(self.path(file), encoding="utf-8") as content:
                self.assertNotIn("5ecre7", content.read())

    def test_every_end(self):
        """Finished with failures, stopped, refused, not begun."""
        gone = rows([1, 404])
        two = HEADER + rows([1]) + rows([1], record_id="3652397000000327002")
        for name, content, options, code, status in (
                ("failed", HEADER + gone, [], 4, "failed"),
                ("stopped", two, ["--max-calls", "1", "-j", "1"], 8, "stopped"),
                ("refused", job([1]) + rows(["x"]), ["--on-invalid", "stop"], 3, "stopped")):
            with self.subTest(name):
                run = self.go("cat >told; env >env", *options, content=content, out=name)
                self.assertEqual(run.code, code, run)
                self.assertEqual(self.told(), run.summary)
                env = self.variables()
                self.assertEqual((env["UNHITCH_STATUS"], env["UNHITCH_EXIT_CODE"]),
                                 (status, str(code)))

    def test_a_run_that_could_not_begin(self):
        """Nobody looks at a nightly job that finds no file: it is told, too."""
        cases = [("no file", None, TOKEN, 2, "gone.csv"), ("empty", b"", TOKEN, 3, "empty"),
                 ("no token", job([1]), None, 2, "ZOHO_ACCESS_TOKEN")]
        for name, content, token, code, words in cases:
            with self.subTest(name):
                if content is not None:
                    self.write("job.csv", content)
                run = self.unhitch("run", "--operation", "crm.delink", "--base-url",
                                   self.server.url, "--notify", "cat >told; env >env",
                                   "job.csv" if content is not None else "gone.csv",
                                   token=token)
                self.assertEqual(run.code, code, run)
                told = self.told()
                self.assertEqual((told["exit_code"], told["finished"], told["rows"]),
                                 (code, False, 0))
                self.assertEqual(told["stopped_by"]["code"], "error")
                self.says(told["stopped_by"]["message"], words)
                env = self.variables()
                self.assertEqual((env["UNHITCH_STATUS"], env["UNHITCH_RUN_DIR"]), ("error", ""))
        self.assertEqual(self.server.requests, [])

    def test_a_command_that_fails(self):
        for name, command, words in (
                ("fails", "cat >/dev/null; exit 3", ["exited with 3"]),
                ("missing", "no-such-command-here", ["exited with 127", "not found"]),
                ("killed", "kill -9 $$", ["signal 9"]),
                ("broken", "((", ["exited with"])):
            with self.subTest(name):
                run = self.go(command, out=name)
                self.assertEqual(run.code, 0, run)
                self.says(run.err, "--notify", *words)
                self.assertTrue(run.summary["finished"])
                failed = self.go(command, "-q", "--json", out=name + "-4",
                                 content=job([1]) + rows(["x"]))
                self.assertEqual(failed.code, 4, failed)
                self.assertEqual(json.loads(failed.out), failed.summary)
                self.says(failed.err, "--notify", *words)

    def test_a_command_that_does_not_read(self):
        """The summary is larger than a pipe holds: a code for each row."""
        def answer(request):
            return http(207, {"data": [entry(number, code="X" * 30 + number)
                                       for number in request.ids]})
        server = self.service(answer)
        run = self.run_job(server, job(range(1, 1501)), "--notify", "exec true")
        self.assertEqual((run.code, run.err), (4, ""))
        self.assertGreater(len(run.bytes("summary.json")), 65536, "more than a pipe holds")
        read = self.run_job(server, job(range(1, 1501)), "--notify", "sleep 0.3; cat >told",
                            out="read")
        self.assertEqual((read.code, self.told()), (4, read.summary))

    def test_a_command_that_says_a_lot(self):
        """On standard error, all of it; standard output stays the summary's."""
        run = self.go("head -c 3000000 /dev/zero | tr '\\0' x; echo end", "--json")
        self.assertEqual(run.code, 0)
        self.assertEqual(json.loads(run.out), run.summary)
        self.assertEqual(run.err.count("x"), 3000000 + run.err.split("xxx")[0].count("x"))
        self.assertTrue(run.err.endswith("xend\n"))

    def test_sigpipe_is_as_usual_there(self):
        """We ignore it; a command must not: `yes | head` would not end."""
        run = self.go("yes | head -1 >told; trap >env")
        self.assertEqual((run.code, run.err), (0, ""))

    def test_a_hanging_command_ends_with_ctrl_c(self):
        self.write("job.csv", job([1]))
        process = self.start("run", "--operation", "crm.delink", "--base-url", self.server.url,
                             "--out", "out", "--notify",
                             "echo $$ >pid; sleep 300 & sleep 300; true", "job.csv")
        self.wait_until(lambda: os.path.exists(self.path("pid")) and
                        os.path.getsize(self.path("pid")))
        process.send_signal(signal.SIGINT)
        run = self.finish(process)
        self.assertEqual(run.code, 0, run)
        self.says(run.err, "--notify", "stopped")
        with open(self.path("pid"), encoding="ascii") as file:
            group = int(file.read())
        self.wait_until(lambda: not group_lives(group))

    def test_of_resume_and_retry(self):
        two = HEADER + rows([1]) + rows([1], record_id="3652397000000327002")
        run = self.go("cat >told", "--max-calls", "1", "-j", "1", content=two)
        self.assertEqual(run.code, 8)
        os.unlink(self.path("told"))
        again = self.resume(None, "--max-calls", "9")
        self.assertEqual((again.code, self.told()), (0, again.summary))
        busy = self.sandbox(faults="any: status 503\n")
        failed = self.run_job(busy, job([1]), "--retries", "0", "--notify", "cat >told",
                              out="busy")
        self.assertEqual(failed.code, 4)
        os.unlink(self.path("told"))
        retry = self.unhitch("retry", "--notify", "cat >told2; env >env", "busy",
                             out="busy-retry1")
        self.assertEqual(self.told("told2"), retry.summary)
        self.assertFalse(os.path.exists(self.path("told")))
        self.assertEqual(self.variables()["UNHITCH_JOB"], "job")

    def test_stopped_by_a_signal(self):
        slow = self.sandbox("--latency", "300ms")
        content = HEADER + "".join(rows([1], record_id=f"36523970000{n:08}")
                                   for n in range(1, 30))
        self.write("job.csv", content)
        process = self.start("run", "--operation", "crm.delink", "--base-url", slow.url,
                             "--out", "out", "--notify", "cat >told", "-j", "1", "job.csv")
        self.wait_until(slow.log)
        process.send_signal(signal.SIGTERM)
        run = self.finish(process)
        self.assertEqual((run.code, self.told()), (128 + 15, run.summary))

    def test_a_key_and_a_variable(self):
        self.write("nightly.json", json.dumps({"notify": "cat >told; env >env"}))
        self.write("job.csv", job([1]))
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url", self.server.url,
                           "--out", "out", "nightly.json", "job.csv", out="out")
        self.assertEqual((run.code, self.told()), (0, run.summary))
        self.assertEqual(self.variables()["UNHITCH_JOB"], "nightly")
        run = self.run_job(self.server, job([1]), out="b",
                           env={"UNHITCH_NOTIFY": "cat >told2"})
        self.assertEqual(self.told("told2"), run.summary)

    def test_no_endless_chain(self):
        """A command that starts a run which would tell the same command."""
        self.write("job.csv", job([1]))
        inner = f"echo x >>count; {UNHITCH} run --operation crm.delink gone.csv"
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url", self.server.url,
                           "--out", "out", "job.csv", env={"UNHITCH_NOTIFY": inner})
        self.assertEqual(run.code, 0)
        with open(self.path("count"), encoding="ascii") as file:
            self.assertEqual(file.read(), "x\n")

    def test_plan_tells_nobody(self):
        self.write("job.csv", job([1]))
        for command in ["plan"], ["run", "-n"]:
            run = self.unhitch(*command, "--operation", "crm.delink", "--notify", "cat >told",
                               "--metrics", "m.prom", "job.csv")
            self.assertEqual(run.code, 0, run)
        self.assertEqual(sorted(os.listdir(self.folder)), ["home", "job.csv"])

    def test_not_in_the_report(self):
        """The address of somebody's chat is nobody else's business."""
        run = self.go(": https://chat.example.com/hook/abcdef")
        self.assertNotIn("abcdef", run.bytes("report.html").decode())
        self.assertNotIn("abcdef", run.out + run.err)


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
