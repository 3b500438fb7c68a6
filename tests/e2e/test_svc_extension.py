#!/usr/bin/env python3
"""verba.delete_call by extension: never sent again once its fate is unknown."""

from harness import *

OPERATION = "verba.delete_call"
ONE = "extension,call_status\n8856,last\n"
TWO = "native_id,extension,call_status\nTRS1,,\n,8856,last\n"
KEY = "verba/extension/8856/last"
LOST = {"cut": "apply cut", "reset": "apply reset", "503": "apply status 503",
        "500 of Verba": "as 500", "slow": "delay 2500ms", "half": "apply cut-at 20",
        "page": 'apply status 200 body "<html>gateway"', "nothing": "apply status 200",
        "not done": "cut", "not done 502": "status 502"}
# what a lost one is called; "as 500" keeps the XML, which is judged by its code
CALLED = {"500 of Verba": "success", "503": "failed", "not done 502": "failed"}


class Extension(ServicesCase):

    def sends(self, sandbox):
        """How often the row by extension went out, and was applied."""
        books = sandbox.stop()["ids"].get(KEY, {"asked": 0, "removed": 0})
        log = [line for line in sandbox.log() if "extension=" in line["body"]]
        return len(log), books["removed"]

    def test_never_twice(self):
        """Not by retries, resume, retry, retry --all, or a retry of the retry."""
        for name, action in LOST.items():
            with self.subTest(name):
                sandbox = self.sandbox(faults=f"body-holds extension= first 1: {action}\n")
                folder = re.sub(r"\W", "-", name)
                run = self.go(sandbox, OPERATION, TWO, "--retries", "4", "--timeout", "1s",
                              out=folder)
                expected = ["success", CALLED.get(name, "unknown")]
                self.assertEqual(run.column("status"), expected, run)
                self.assertEqual(run.column("attempts")[1], "1")
                self.again("resume", folder=folder)
                for number, options in enumerate(([], ["--all"], ["--all", "--retries", "9"])):
                    retry = self.unhitch("retry", *options, "--out", f"{folder}-{number}",
                                         folder, env=self.ENV)
                    self.assertIn(retry.code, (0, 4), retry)
                sent, removed = self.sends(sandbox)
                self.assertEqual(sent, 1, retry)
                self.assertLessEqual(removed, 1)

    def test_never_twice_after_429_unless_refused(self):
        """A 429 says that nothing was done: that one may go again."""
        sandbox = self.sandbox(faults="request 1: status 429\n")
        run = self.go(sandbox, OPERATION, ONE)
        self.assertEqual(run.verdicts(), [("success", "SUCCESS")], run)
        self.assertEqual(self.sends(sandbox), (2, 1))

    def test_408_is_no_leave_to_send_it_again(self):
        sandbox = self.sandbox(faults="request 1: status 408\n")
        run = self.go(sandbox, OPERATION, ONE)
        self.assertEqual(run.verdicts(), [("failed", "http-408")], run)
        self.assertEqual(self.sends(sandbox), (1, 0))

    def test_code_of_the_unknown(self):
        codes = {"cut": {"connection-lost"}, "slow": {"timeout"}, "page": {"bad-response"},
                 "half": {"connection-lost", "bad-response"}}
        for name, expected in codes.items():
            with self.subTest(name):
                sandbox = self.sandbox(faults=f"any: {LOST[name]}\n")
                run = self.go(sandbox, OPERATION, ONE, "--timeout", "1s", out=name)
                self.assertEqual((run.code, run.column("status")), (4, ["unknown"]))
                self.assertIn(run.column("code")[0], expected)

    def test_5xx_counts_as_a_fate_unknown(self):
        sandbox = self.sandbox(faults="any: status 503\n")
        run = self.go(sandbox, OPERATION, ONE)
        self.assertEqual(run.verdicts(), [("failed", "http-503")], run)
        self.assertEqual(len(sandbox.log()), 1)
        self.assertNotIn("unhitch retry", run.out, "it takes no such row")

    def kill_in_flight(self, sandbox, content=TWO, options=()):
        self.write("job.csv", content)
        process = self.start("run", "--operation", OPERATION, "--base-url", sandbox.url,
                             "--out", "out", *options, "job.csv",
                             env={"VERBA_API_KEY": "k"})
        self.wait_until(lambda: self.connected(sandbox))
        time.sleep(0.3)
        process.kill()
        process.wait(WAIT_S)

    @staticmethod
    def connected(sandbox):
        """A request is being handled: SIGUSR1 writes the books."""
        os.kill(sandbox.process.pid, signal.SIGUSR1)
        try:
            with open(sandbox.path("books"), encoding="utf-8") as file:
                return json.load(file)["requests"] > 0
        except (OSError, ValueError):
            return False

    def test_kill_in_flight(self):
        """kill -9 while it is on the way: unknown in the report and after resume."""
        for number, action in enumerate(("hold 1s", "delay 1s")):
            with self.subTest(action):
                shutil.rmtree(self.path("out"), ignore_errors=True)
                sandbox = self.sandbox(faults=f"body-holds extension= first 1: {action}\n")
                self.kill_in_flight(sandbox)
                report = self.unhitch("report", "out", out="out")
                self.assertEqual(report.column("status")[1], "unknown", report)
                run = self.again("resume")
                self.assertEqual(run.column("status"), ["success", "unknown"], run)
                self.assertEqual(run.code, 4)
                self.assertNotIn("", run.column("time"))
                told = run.summary
                report = self.unhitch("report", "out", out="out")
                for key in told.keys() - {"seconds"} | report.summary.keys() - {"seconds"}:
                    self.assertEqual(report.summary.get(key), told.get(key), key)
                retry = self.unhitch("retry", "--all", "--out", f"retry{number}", "out",
                                     env=self.ENV)
                self.assertEqual(retry.code, 0, retry)
                time.sleep(1)
                self.assertEqual(self.sends(sandbox)[0], 1)

    def test_a_retry_takes_it_over(self):
        """Never sent by the run that stopped; once it is a retry's, that run and another retry
        leave it alone, whatever becomes of it. The others go on as ever."""
        for number, reply in enumerate((CLOSE, http(200, verba_xml()))):
            for command in "resume", "retry", "retry --all":
                with self.subTest((number, command)):
                    service = self.bodied(lambda request, reply=reply: reply)
                    for folder in "out", "one":
                        shutil.rmtree(self.path(folder), ignore_errors=True)
                    self.go(service, OPERATION, TWO, "--max-calls", "0")
                    self.again("retry", "--max-calls", "9", "--retries", "0", "--out", "one",
                               out="one")
                    word, *options = command.split()
                    name = f"two{number}{word}{len(options)}"
                    options += ["--out", name] if word == "retry" else []
                    self.unhitch(word, "--max-calls", "9", "--retries", "0", *options, "out",
                                 env=self.ENV)
                    sent = [request.body for request in service.requests]
                    self.assertGreaterEqual(sum(b"nativeID" in body for body in sent), 2)
                    self.assertEqual(sum(b"extension" in body for body in sent), 1)
        report = self.unhitch("report", "out", out="out")
        self.assertEqual(report.column("status")[1], "unknown")
        self.says(report.column("message")[1], "a retry has taken it over", self.path("one"))

    def test_a_retry_that_does_not_begin_takes_nothing(self):
        """No credentials: the run that stopped can still send it."""
        service = self.bodied(lambda request: http(200, verba_xml()))
        self.go(service, OPERATION, ONE, "--max-calls", "0")
        retry = self.unhitch("retry", "--max-calls", "9", "out", token=None)
        self.assertEqual((retry.code, service.requests), (2, []), retry)
        run = self.again("resume", "--max-calls", "9")
        self.assertEqual((run.verdicts(), len(service.requests)), ([("success", "SUCCESS")], 1))

    def test_kill_before_it_was_sent(self):
        """Not yet on the way: resume sends it."""
        sandbox = self.sandbox(faults="body-holds nativeID= first 1: delay 1s\n")
        self.kill_in_flight(sandbox, options=["-j", "1"])
        run = self.again("resume")
        self.assertEqual(run.column("status"), ["success", "success"], run)
        self.assertEqual(self.sends(sandbox), (1, 1))

    def test_second_signal_aborts_it(self):
        """Aborted in flight: unknown, and never sent again."""
        sandbox = self.sandbox(faults="body-holds extension= first 1: hang\n")
        self.write("job.csv", ONE)
        process = self.start("run", "--operation", OPERATION, "--base-url", sandbox.url,
                             "--out", "out", "job.csv", env={"VERBA_API_KEY": "k"})
        self.wait_until(lambda: self.connected(sandbox))
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        run = self.finish(process)
        self.assertEqual(run.column("status"), ["unknown"], run)
        run = self.again("resume")
        self.assertEqual(run.column("status"), ["unknown"], run)
        self.assertEqual(len(sandbox.log()), 1)

    def test_connect_failed_may_go_again(self):
        """Nothing was sent: tried again in the run, and taken by retry."""
        port = self.closed_port()

        class Nobody:
            url = f"http://127.0.0.1:{port}"

        run = self.go(Nobody, OPERATION, ONE, "--retries", "1")
        self.assertEqual(run.verdicts(), [("failed", "connect-failed")], run)
        service = self.bodied(lambda request: http(200, verba_xml()))
        self.write("job.csv", ONE)
        service.stop()
        again = BodyService(lambda request: http(200, verba_xml()), port=port)
        self.addCleanup(again.stop)
        retry = self.again("retry", "--out", "two", out="two")
        self.assertEqual((retry.code, retry.verdicts()), (0, [("success", "SUCCESS")]), retry)
        self.assertEqual(len(again.requests), 1)

    def test_connect_failed_in_the_run(self):
        """The service begins to listen while the run is on."""
        port = self.closed_port()

        class Nobody:
            url = f"http://127.0.0.1:{port}"

        self.write("job.csv", ONE)
        process = self.start("run", "--operation", OPERATION, "--base-url", Nobody.url,
                             "--out", "out", "--retries", "9", "job.csv",
                             env={"VERBA_API_KEY": "k"})
        time.sleep(0.3)
        service = BodyService(lambda request: http(200, verba_xml()), port=port)
        self.addCleanup(service.stop)
        run = self.finish(process)
        self.assertEqual(run.verdicts(), [("success", "SUCCESS")], run)

    def test_dead_kept_connection(self):
        """The connection dies as the second request goes out: no silent resend by the
        HTTP library."""
        def answer(request):
            if request.number == 1:
                return http(200, verba_xml())
            return CLOSE

        service = self.bodied(answer)
        run = self.go(service, OPERATION, "extension,call_status\n1,last\n2,last\n3,last\n",
                      "-j", "1")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS")] +
                         [("unknown", "connection-lost")] * 2, run)
        self.assertEqual(len(service.requests), 3)
        self.assertEqual(run.summary["calls"], 3)

    def test_not_on_a_kept_connection(self):
        """A service closes it behind each answer, without a word: the next call would be
        lost on it, and by extension nobody could send it again."""
        service = self.bodied(lambda request: (http(200, verba_xml()), CLOSE))
        content = "extension,call_status\n" + "".join(f"{n},last\n" for n in range(30))
        run = self.go(service, OPERATION, content, "-j", "2")
        self.assertEqual(set(run.verdicts()), {("success", "SUCCESS")}, run)
        self.assertEqual((len(service.requests), service.connections), (30, 30))

    def test_get_is_not_resent_either(self):
        def answer(request):
            return http(200, verba_xml()) if request.number == 1 else CLOSE

        service = self.bodied(answer)
        run = self.go(service, OPERATION, "extension,call_status\n1,last\n2,last\n", "-j", "1",
                      "--verba-method", "get")
        self.assertEqual(run.column("status"), ["success", "unknown"], run)
        self.assertEqual(len(service.requests), 2)

    def test_redirect_is_not_followed(self):
        other = self.bodied(lambda request: http(200, verba_xml()))
        service = self.bodied(lambda request: http(302, b"", "Location: " + other.url +
                                                   "/verba/api"))
        run = self.go(service, OPERATION, ONE)
        self.assertNotEqual(run.column("status"), ["success"])
        self.assertEqual((len(service.requests), other.requests), (1, []))

    def test_expired_token_may_go_again(self):
        """A refusal of the token is an answer: not done, so sent once more."""
        sandbox = self.sandbox("--verba-user", "ann", "--verba-password", "pw",
                               faults='body-holds extension= first 1: status 401\n')
        run = self.go(sandbox, OPERATION, ONE, env={"VERBA_USER": "ann",
                                                    "VERBA_PASSWORD": "pw"})
        self.assertEqual(run.column("status"), ["success"], run)
        self.assertEqual(self.sends(sandbox), (2, 1))

    def test_refused_is_sent_too(self):
        """failed with a clear answer: it was sent, so no retry takes it, not by --all."""
        sandbox = self.sandbox()
        content = ONE.replace("8856", "0000404")
        run = self.go(sandbox, OPERATION, content)
        self.assertEqual(run.verdicts(), [("failed", "VERBA_2")])
        again = self.unhitch("retry", "--all", "--out", "two", "out", env=self.ENV)
        self.assertEqual((again.code, len(sandbox.log())), (0, 1), again)
        self.assertFalse(os.path.exists(self.path("two")))

    def test_lost_in_a_retry(self):
        """Unsent at first, lost in the retry: never again after that."""
        sandbox = self.sandbox(faults="any: apply cut\n")
        self.go(sandbox, OPERATION, ONE, "--max-calls", "0")
        self.assertEqual(sandbox.log(), [])
        self.again("retry", "--out", "two", "--max-calls", "9", out="two")
        for number in 1, 2:
            self.unhitch("retry", "--all", "--out", f"three{number}", "two", env=self.ENV)
            self.unhitch("resume", "two", env=self.ENV)
        self.assertEqual(self.sends(sandbox)[0], 1)

    def test_duplicates_of_an_unknown_row(self):
        """The repeat of a row whose fate is unknown is not sent in its place."""
        sandbox = self.sandbox(faults="any: apply cut\n")
        run = self.go(sandbox, OPERATION, ONE + "8856,last\n")
        self.assertEqual(run.column("status"), ["unknown"] * 2)
        self.unhitch("retry", "--all", "--out", "r", "out", env=self.ENV)
        self.assertEqual(self.sends(sandbox)[0], 1)


if __name__ == "__main__":
    main()
