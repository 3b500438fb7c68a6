#!/usr/bin/env python3
"""Runs that stop early: credentials, scope, budget, time. And `resume` carries on."""

from harness import *


def targets(count):
    return HEADER + "".join(rows([1], record_id=f"36523970000{n:08}") for n in range(1, count + 1))


class Stops(Case):

    def undisturbed(self, content, *options, **files):
        """The results of a run that nothing stopped."""
        run = self.run_job(self.sandbox(**files), content, *options, name="plain.csv",
                           out="undisturbed")
        return run

    def finish_and_compare(self, sandbox, run, content, *options, code=0, **how):
        """resume ends with the same results, and sends nothing twice."""
        answered = [line["target"] for line in sandbox.log() if line["status"] in (200, 207)]
        again = self.resume(sandbox, *options, out=os.path.basename(run.folder), **how)
        self.assertEqual(again.code, code, again)
        plain = self.undisturbed(content)
        self.assertEqual(mask_attempts(again.text()), mask_attempts(plain.text()))
        self.assertFalse(again.has("unsent.csv"), "stale")
        self.assertTrue(again.summary["finished"])
        self.assertNotIn("stopped_by", again.summary)
        for key in "rows", "success", "failed", "unknown", "rejected", "unsent", "codes", \
                "targets", "planned_calls", "duplicates":
            self.assertEqual(again.summary[key], plain.summary[key], key)
        sent = [line["target"] for line in sandbox.log() if line["status"] in (200, 207)]
        self.assertEqual(len(sent), len(set(sent)), "an answered batch was sent again")
        self.assertEqual(sent[:len(answered)], answered)
        return again

    def test_credentials_refused(self):
        """Stopped at once: exit 6, one call; the token is mended, resume goes on."""
        for status, code in ((401, "INVALID_TOKEN"), (401, "OAUTH_SCOPE_MISMATCH"),
                             (401, "AUTHENTICATION_FAILURE")):
            with self.subTest(code):
                sandbox = self.sandbox(faults=f'request 3: error {status} {code} "the words"\n')
                content = targets(20)
                run = self.run_job(sandbox, content, "-j", "1", out=code)
                self.assertEqual(run.code, 6, run)
                self.assertEqual(len(sandbox.log()), 3)
                self.assertEqual(run.column("status"), ["success"] * 2 + ["unsent"] * 18)
                self.assertEqual(set(run.column("code", "unsent.csv")), {"halted"})
                self.says(run.column("message")[2], code, "the words")
                self.assertEqual(run.column("http")[2], str(status))
                stopped = run.summary["stopped_by"]
                self.assertEqual(stopped["code"], "halted")
                self.says(stopped["message"], code)
                self.assertFalse(run.summary["finished"])
                self.says(run.out, code, "resume")
                self.assertFalse(run.has("failed.csv"))
                shutil.rmtree(self.path("undisturbed"), ignore_errors=True)
                self.finish_and_compare(sandbox, run, content)

    def test_a_wrong_token(self):
        sandbox = self.sandbox("--token", "another")
        run = self.run_job(sandbox, targets(50), "-j", "4")
        self.assertEqual((run.code, run.summary["unsent"]), (6, 50), run)
        self.assertLessEqual(len(sandbox.log()), 4, "no more than were in flight")
        again = self.resume(sandbox, token="another")
        self.assertEqual((again.code, again.summary["success"]), (0, 50), again)

    def test_max_calls(self):
        """Never exceeded, not by one; resume has a budget of its own."""
        for concurrency in "1", "8":
            with self.subTest(concurrency):
                sandbox, content = self.sandbox(), targets(30)
                out = "out" + concurrency
                run = self.run_job(sandbox, content, "--max-calls", "7", "-j", concurrency,
                                   out=out)
                self.assertEqual((run.code, len(sandbox.log())), (8, 7), run)
                self.assertEqual(run.summary["codes"], {"SUCCESS": 7, "budget": 23})
                self.assertEqual(run.summary["stopped_by"]["code"], "budget")
                self.assertEqual(set(run.column("time", "unsent.csv")), {""})
                again = self.resume(sandbox, out=out)
                self.assertEqual((again.code, len(sandbox.log())), (8, 14), again)
                again = self.resume(sandbox, "--max-calls", "3", out=out)
                self.assertEqual((again.code, len(sandbox.log())), (8, 17), again)
                shutil.rmtree(self.path("undisturbed"), ignore_errors=True)
                self.finish_and_compare(sandbox, again, content, "--max-calls", "13")

    def test_max_calls_counts_tries(self):
        sandbox = self.sandbox(faults="any: status 503\n")
        run = self.run_job(sandbox, job([1, 2]), "--max-calls", "2", "--retries", "9")
        self.assertEqual((run.code, len(sandbox.log())), (8, 2), run)
        self.assertEqual(run.summary["calls"], 2)
        self.assertEqual(run.verdicts(), [("unknown", "bad-response")] * 2,
                         "a 5xx may have been applied")
        self.says(run.column("message")[0], "http-503")

    def test_max_calls_under_everything(self):
        """Halvings, retries, 429, lost answers, renewed tokens, eight in flight: not one more."""
        lock, calls, bad = threading.Lock(), [], related(7)

        def answer(request):
            if request.target.startswith("/oauth"):
                return http(200, {"access_token": f"1000.{request.number}", "expires_in": 3600})
            with lock:
                calls.append(request)
                number = len(calls)
            if number % 9 == 5:
                return http(401, {"code": "INVALID_TOKEN", "details": {}, "message": "m",
                                  "status": "error"})
            if number % 7 == 3:
                return http(429, {"code": "TOO_MANY_REQUESTS", "details": {}, "message": "m",
                                  "status": "error"})
            if number % 5 == 1:
                return CLOSE if number % 2 else http(503)
            if bad in request.ids:
                return http(400, {"code": "UNABLE_TO_PARSE_DATA_TYPE", "details": {},
                                  "message": "m", "status": "error"})
            return all_good(request)
        sign = {"ZOHO_CLIENT_ID": "1000.X", "ZOHO_CLIENT_SECRET": "secret",
                "ZOHO_REFRESH_TOKEN": "1000.refresh"}
        service = self.service(answer)
        content = HEADER + "".join(rows(range(20), record_id=str(n)) for n in range(1, 31))
        run = self.run_job(service, content, "--max-calls", "23", "-j", "8", "--retries", "9",
                           token=None, env=sign)
        self.assertEqual((run.code, len(calls), run.summary["calls"]), (8, 23, 23), run)
        run = self.resume(service, "--max-calls", "11", token=None, env=sign)
        self.assertEqual((run.code, len(calls), run.summary["calls"]), (8, 34, 34), run)

    def test_max_calls_after_429(self):
        """Refused for pressure, not applied: unsent, and resume sends it."""
        sandbox = self.sandbox(faults='requests 1-3: error 429 TOO_MANY_REQUESTS "slow"\n')
        run = self.run_job(sandbox, job([1, 2, 1]), "--max-calls", "2")
        self.assertEqual((run.code, run.verdicts()), (8, [("unsent", "budget")] * 3), run)
        self.assertEqual(run.column("message")[2], "same as row 1")
        again = self.resume(sandbox, "--max-calls", "5")
        self.assertEqual((again.code, again.verdicts()), (0, [("success", "SUCCESS")] * 3))

    def test_calls_in_flight_end_when_credentials_are_refused(self):
        sandbox = self.sandbox(faults='request 1: delay 100ms error 401 INVALID_TOKEN "gone"\n'
                                      "any: delay 400ms\n")
        run = self.run_job(sandbox, targets(20), "-j", "4")
        self.assertEqual((run.code, len(sandbox.log())), (6, 4), run)
        self.assertEqual(run.summary["codes"], {"SUCCESS": 3, "halted": 17})

    def test_a_refusal_without_a_code(self):
        """401 of a gateway: as much a refusal of the credentials."""
        sandbox = self.sandbox(faults='any: status 401 body "<html>login</html>"\n')
        run = self.run_job(sandbox, targets(9), "-j", "1")
        self.assertEqual((run.code, run.summary["unsent"]), (6, 9), run)

    def test_a_budget_that_just_suffices(self):
        sandbox = self.sandbox()
        run = self.run_job(sandbox, targets(5), "--max-calls", "5")
        self.assertEqual((run.code, run.summary["finished"]), (0, True), run)

    def test_max_duration(self):
        sandbox, content = self.sandbox("--latency", "100ms"), targets(60)
        begun = time.monotonic()
        run = self.run_job(sandbox, content, "--max-duration", "1", "-j", "2")
        self.assertEqual(run.code, 10, run)
        self.assertLess(time.monotonic() - begun, 2)
        self.assertEqual(run.summary["success"], len(sandbox.log()))
        self.assertAlmostEqual(run.summary["success"], 20, delta=4)
        self.assertEqual(run.summary["unsent"], 60 - run.summary["success"])
        self.assertEqual(set(run.column("code", "unsent.csv")), {"window"})
        self.assertEqual(run.summary["stopped_by"]["code"], "window")
        self.finish_and_compare(sandbox, run, content, "--max-duration", "1m", "-j", "20")

    def test_max_duration_while_waiting_for_a_retry(self):
        """It does not wait for the retry; the fate of the 5xx is unknown."""
        sandbox = self.sandbox(faults='any: status 503 header "Retry-After: 9"\n')
        begun = time.monotonic()
        run = self.run_job(sandbox, job([1]), "--max-duration", "1s")
        self.assertEqual(run.code, 10, run)
        self.assertLess(time.monotonic() - begun, 3)
        self.assertEqual(run.column("status"), ["unknown"])

    def test_stop_at(self):
        """The next time it is HH:MM: a minute ago is tomorrow."""
        past = time.strftime("%H:%M", time.localtime(time.time() - 120))
        run = self.run_job(self.sandbox(), targets(3), "--stop-at", past)
        self.assertEqual(run.code, 0, run)

    def test_halted_and_resumed(self):
        """--halt-after: the failed ones keep their verdict, the others are sent."""
        sandbox = self.sandbox(faults='requests 1-3: error 400 AUTHORIZATION_FAILED "no"\n')
        run = self.run_job(sandbox, targets(10), "--halt-after", "3", "-j", "1")
        self.assertEqual((run.code, run.summary["unsent"]), (7, 7), run)
        again = self.resume(sandbox)
        self.assertEqual(again.code, 4, again)
        self.assertEqual(again.column("status"), ["failed"] * 3 + ["success"] * 7)
        self.assertEqual(len(sandbox.log()), 10)


def mask_attempts(text):
    """How often a batch was sent may differ: 1 attempt becomes N."""
    return re.sub(r",\d+,TIME$", ",N,TIME", text, flags=re.M)


if __name__ == "__main__":
    main()
