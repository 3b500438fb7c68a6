#!/usr/bin/env python3
"""What is tried again, how often, and what it counts for."""

from harness import *


class Retries(Case):

    def calls(self, sandbox):
        return len(sandbox.log())

    def test_5xx_then_success(self):
        for status in 500, 502, 503, 504:
            with self.subTest(status):
                sandbox = self.sandbox(faults=f"requests 1-2: status {status}\n")
                run = self.run_job(sandbox, job([1]), out=f"out{status}")
                self.assertEqual((run.code, run.verdicts()), (0, [("success", "SUCCESS")]))
                self.assertEqual(run.column("attempts"), ["3"])
                self.assertEqual((run.summary["calls"], self.calls(sandbox)), (3, 3))
                self.assertEqual(run.summary["planned_calls"], 1)

    def test_5xx_for_good(self):
        """failed, with the service's code and words."""
        sandbox = self.sandbox(faults='any: error 500 INTERNAL_ERROR "Internal Server Error"\n')
        run = self.run_job(sandbox, job([1, 2]), "--retries", "2")
        self.assertEqual(run.code, 4, run)
        self.assertEqual(self.calls(sandbox), 3)
        self.assertEqual([line.split(",", 6)[6] for line in run.text().splitlines()[1:]],
                         ["failed,INTERNAL_ERROR,500,Internal Server Error,3,TIME"] * 2)

    def test_5xx_without_a_code(self):
        sandbox = self.sandbox(faults='any: status 502 body "<html>Bad Gateway</html>"\n')
        run = self.run_job(sandbox, job([1]), "--retries", "1")
        self.assertEqual(run.verdicts(), [("failed", "http-502")])
        self.assertEqual(self.calls(sandbox), 2)

    def test_5xx_that_was_applied(self):
        """Found gone afterwards: already-done."""
        sandbox = self.sandbox(faults='request 1: apply error 500 INTERNAL_ERROR "oops"\n')
        run = self.run_job(sandbox, job([1, 2]))
        self.assertEqual(run.verdicts(), [("success", "already-done")] * 2)
        self.assertEqual(run.code, 0)

    def test_408(self):
        sandbox = self.sandbox(faults="request 1: status 408\n")
        run = self.run_job(sandbox, job([1]))
        self.assertEqual((run.code, self.calls(sandbox)), (0, 2), run)

    def test_429_uses_up_no_retry(self):
        """Three in a row with --retries 0, then success; the same IDs each time."""
        sandbox = self.sandbox(faults='requests 1-3: error 429 TOO_MANY_REQUESTS "slow down"\n')
        run = self.run_job(sandbox, job([1, 2]), "--retries", "0")
        self.assertEqual((run.code, run.column("status")), (0, ["success"] * 2), run)
        self.assertEqual(sandbox.ids(), [[related(1), related(2)]] * 4)
        self.assertEqual((run.summary["calls"], run.column("attempts")[0]), (4, "4"))

    def test_429_leaves_the_retries_for_others(self):
        sandbox = self.sandbox(faults='requests 1-3: error 429 TOO_MANY_REQUESTS "slow down"\n'
                                      "request 4: status 503\n")
        run = self.run_job(sandbox, job([1, 2]), "--retries", "1")
        self.assertEqual((run.code, self.calls(sandbox)), (0, 5), run)

    def test_pressure_eases_up_to_the_concurrency(self):
        """Refused down to one call in flight; good answers raise them to -j again."""
        flying, most, lock = set(), [], threading.Lock()

        def answer(request):
            if request.number <= 12:
                return http(429, {"code": "TOO_MANY_REQUESTS", "status": "error",
                                  "message": "slow down", "details": {}})
            with lock:
                flying.add(request.number)
                most.append(len(flying))
            time.sleep(0.02)
            with lock:
                flying.discard(request.number)
            return all_good(request)
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 241))
        run = self.run_job(self.service(answer), content, "-j", "6", "--halt-after", "0")
        self.assertEqual((run.code, run.summary["success"]), (0, 240), run)
        self.assertLessEqual(max(most[:8]), 2, "it begins low")
        self.assertEqual(max(most[-60:]), 6, "it ends high")
        self.assertLessEqual(max(most), 6)

    def test_found_gone_after_429_is_failed(self):
        """A 429 says that nothing was done."""
        sandbox = self.sandbox(faults='request 1: error 429 TOO_MANY_REQUESTS "slow down"\n',
                               relations="Campaigns/1/Contacts/1\n")
        run = self.run_job(sandbox, job([1]))
        self.assertEqual(run.code, 4, run)
        self.assertEqual(run.verdicts(), [("failed", "INVALID_DATA")])

    def test_retry_after_is_honoured(self):
        sandbox = self.sandbox(faults='request 1: status 429 header "Retry-After: 1"\n'
                                      'request 3: status 503 header "Retry-After: 1"\n')
        content = HEADER + rows([1], record_id="1") + rows([1], record_id="2")
        run = self.run_job(sandbox, content, "-j", "1")
        self.assertEqual(run.code, 0, run)
        times = [line["time_ms"] for line in sandbox.log()]
        self.assertGreaterEqual(times[1] - times[0], 990)
        self.assertGreaterEqual(times[3] - times[2], 990)

    def test_pressure_lowers_the_calls_in_flight(self):
        """A service that takes 2 at once: all done, with few refusals."""
        sandbox = self.sandbox("--limit-in-flight", "2", "--latency", "20ms")
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 61))
        run = self.run_job(sandbox, content, "-j", "16", "--halt-after", "0")
        self.assertEqual((run.code, run.summary["success"]), (0, 60), run)
        self.assertLess(self.calls(sandbox), 60 + 70)

    def test_other_calls_go_on_meanwhile(self):
        """A target that waits for its retry does not hold up the others."""
        sandbox = self.sandbox(faults="target /1/ first 1: status 503 header "
                                      '"Retry-After: 1"\n')
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 21))
        run = self.run_job(sandbox, content, "-j", "1")
        self.assertEqual(run.code, 0, run)
        self.assertIn("/1/", sandbox.targets()[-1])
        log = sandbox.log()
        self.assertLess(log[-2]["time_ms"] - log[0]["time_ms"], 900)

    def test_refusals_are_not_tried_again(self):
        for status, code in ((400, "AUTHORIZATION_FAILED"), (403, "NO_PERMISSION"),
                             (409, "CONFLICT")):
            sandbox = self.sandbox(faults=f'any: error {status} {code} "no"\n')
            self.run_job(sandbox, job([1]), out=code)
            self.assertEqual(self.calls(sandbox), 1)

    def test_halt_after(self):
        """Calls in a row without one success; a success in between starts anew."""
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 41))
        sandbox = self.sandbox(faults='any: error 400 AUTHORIZATION_FAILED "no"\n')
        run = self.run_job(sandbox, content, "--halt-after", "6", "-j", "1")
        self.assertEqual((run.code, self.calls(sandbox)), (7, 6), run)
        self.assertEqual(run.summary["codes"], {"AUTHORIZATION_FAILED": 6, "halted": 34})
        sandbox = self.sandbox(faults='every 6: delay 1\nany: error 400 NOT_SO "no"\n')
        run = self.run_job(sandbox, content, "--halt-after", "6", "-j", "1", out="second")
        self.assertEqual((run.code, self.calls(sandbox)), (4, 40), run)

    def test_halt_after_20_is_the_default(self):
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 41))
        sandbox = self.sandbox(faults='any: error 400 AUTHORIZATION_FAILED "no"\n')
        run = self.run_job(sandbox, content, "-j", "1")
        self.assertEqual((run.code, self.calls(sandbox)), (7, 20), run)
        never = self.run_job(sandbox, content, "--halt-after", "0", out="never")
        self.assertEqual((never.code, never.summary["failed"]), (4, 40))

    def test_all_gone_is_no_success(self):
        """The same file a second time: a wrong file, so it halts."""
        sandbox = self.sandbox(relations="# none\n")
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 41))
        run = self.run_job(sandbox, content, "-j", "1")
        self.assertEqual((run.code, self.calls(sandbox)), (7, 20), run)


if __name__ == "__main__":
    main()
