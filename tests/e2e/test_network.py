#!/usr/bin/env python3
"""Networks and services that do not answer as they should."""

import gzip

from harness import *

ONCE = ("--retries", "0")


class Network(Case):

    def one(self, answer, status, code, *options, http_code="", exit_code=4, rows_=None):
        """What becomes of a row when every call ends like that."""
        service = self.service(answer)
        run = self.run_job(service, job([1]), *(options or ONCE))
        self.assertEqual(run.code, exit_code, run)
        row, = run.rows()
        self.assertEqual((row["result_status"], row["result_code"], row["result_http"]),
                         (status, code, http_code), run)
        self.assertEqual(row["result_attempts"], "1" if not options else row["result_attempts"])
        self.service_ = service
        return run

    def test_redirects_are_not_followed(self):
        """The token must not travel to another host."""
        other = self.service()
        run = self.one(lambda request: http(302, b"", f"Location: {other.url}/"), "failed",
                       "http-302", http_code="302")
        self.assertEqual(other.requests, [])
        self.assertEqual(len(self.service_.requests), 1)
        self.assertEqual(run.summary["codes"], {"http-302": 1})

    def test_redirect_with_fault(self):
        sandbox = self.sandbox(faults="any: redirect http://127.0.0.1:1/\n")
        run = self.run_job(sandbox, job([1]), *ONCE)
        self.assertEqual(run.verdicts(), [("failed", "http-302")])

    def test_halted_by_an_answer_without_words(self):
        """The reason ends with the code, and the advice is not to correct the rows."""
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 5))
        for count, ending in ("3", "the last: http-302.\n"), ("0", "the cause of 4 failed"):
            sandbox = self.sandbox(faults="any: redirect http://127.0.0.1:1/\n")
            run = self.run_job(sandbox, content, *ONCE, "--halt-after", count, "-j", "1",
                               out="out" + count)
            self.says(run.out, ending)
            self.assertNotIn("# correct", run.out)

    def test_an_answer_of_1_gb(self):
        """Given up early, in bounded memory and time."""
        sandbox = self.sandbox(faults="any: bulk 1G\n")
        self.write("job.csv", job([1]))
        begun = time.monotonic()
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", *ONCE, "job.csv")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 4)
        self.assertLess(time.monotonic() - begun, 10)
        if "asan" not in BUILD and "ASAN_OPTIONS" not in os.environ:
            self.assertLess(usage.ru_maxrss, 100 * 1024, "KiB of memory")
        run = Run(4, b"", b"", self.path("out"))
        self.assertEqual(run.verdicts(), [("unknown", "bad-response")])

    def test_a_small_answer_that_unpacks_to_1_gb(self):
        bomb = gzip.compress(b" " * (1 << 26)) * 16
        service = self.service(lambda request: (
            http(200, bomb, "Content-Encoding: gzip"), CLOSE))
        run = self.run_job(service, job([1]), *ONCE)
        self.assertEqual(run.verdicts(), [("unknown", "bad-response")])

    def test_endless_header(self):
        run = self.run_job(self.service(lambda request: (
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000000, CLOSE)), job([1]), *ONCE)
        self.assertEqual(run.column("status"), ["unknown"])
        self.assertIn(run.column("code")[0], ("bad-response", "connection-lost"))

    def test_refused_connection(self):
        """Never reached, so `failed`, with no call counted and no time."""
        self.write("job.csv", job([1, 2]))
        port = self.closed_port()
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url",
                           f"http://127.0.0.1:{port}", "--out", "out", *ONCE, "job.csv",
                           out="out")
        self.assertEqual(run.code, 4, run)
        self.assertEqual(run.verdicts(), [("failed", "connect-failed")] * 2)
        self.assertEqual((run.summary["calls"], run.column("http")), (0, ["", ""]))
        self.assertEqual((run.column("time"), run.column("attempts")), (["", ""], ["1", "1"]))
        self.says(run.column("message")[0], "connect")
        report = self.unhitch("report", "out", out="out", token=None)
        self.assertEqual((report.summary["calls"], report.column("time")), (0, ["", ""]))

    def test_refused_connection_is_tried_again(self):
        """Somebody listens at last."""
        port = self.closed_port()
        self.write("job.csv", job([1]))
        process = self.start("run", "--operation", "crm.delink", "--base-url",
                             f"http://127.0.0.1:{port}", "--out", "out", "--retries", "8",
                             "job.csv")
        time.sleep(0.4)
        self.service(port=port)
        run = self.finish(process)
        self.assertEqual((run.code, run.verdicts()), (0, [("success", "SUCCESS")]), run)
        self.assertEqual(run.summary["calls"], 1)

    def test_a_connect_failure_takes_nothing_of_the_budget(self):
        """One call is allowed, and one is made, though it takes two tries to connect."""
        port = self.closed_port()
        self.write("job.csv", HEADER + rows([1], record_id="1") + rows([1], record_id="2"))
        process = self.start("run", "--operation", "crm.delink", "--base-url",
                             f"http://127.0.0.1:{port}", "--out", "out", "--retries", "50",
                             "--max-calls", "1", "-j", "2", "job.csv")
        time.sleep(0.3)
        service = self.service(port=port)
        run = self.finish(process)
        self.assertEqual((run.code, len(service.requests), run.summary["calls"]), (8, 1, 1), run)
        self.assertEqual(run.summary["success"], 1)

    def test_host_that_does_not_resolve(self):
        self.write("job.csv", job([1]))
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url",
                           "http://nowhere.invalid", "--out", "out", *ONCE, "job.csv",
                           out="out")
        self.assertEqual(run.code, 4, run)
        self.assertEqual(run.verdicts(), [("failed", "connect-failed")])
        self.says(run.column("message")[0], "nowhere.invalid")

    def test_halt_after(self):
        """A dead service: so many calls in a row without success stop the run."""
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 100))
        self.write("job.csv", content)
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url",
                           f"http://127.0.0.1:{self.closed_port()}", "--out", "out", *ONCE,
                           "--halt-after", "5", "-j", "1", "job.csv", out="out")
        self.check_balance(run)
        self.assertEqual(run.code, 7, run)
        self.assertEqual(run.summary["failed"], 5)
        self.assertEqual(run.summary["unsent"], 94)
        self.assertEqual(set(run.column("code", "unsent.csv")), {"halted"})
        self.assertEqual(run.summary["stopped_by"]["code"], "halted")
        self.says(run.out, "resume")
        self.assertEqual(len(set(run.column("message", "failed.csv"))), 1)
        self.assertNotRegex(run.out, r"after \d+ ms")

    def test_timeout(self):
        begun = time.monotonic()
        run = self.one(lambda request: time.sleep(2) or CLOSE, "unknown", "timeout", *ONCE,
                       "--timeout", "1")
        self.assertLess(time.monotonic() - begun, 2.5)
        self.assertEqual(run.summary["calls"], 1)
        self.assertEqual(run.column("message"), ["Operation timed out with 0 bytes received"],
                         "how long exactly differs from call to call")

    def test_timeout_while_the_answer_drips(self):
        sandbox = self.sandbox(faults="any: drip 200ms\n")
        run = self.run_job(sandbox, job([1]), *ONCE, "--timeout", "1s")
        self.assertEqual(run.verdicts(), [("unknown", "timeout")])

    def test_connection_cut_before_the_answer(self):
        self.one(lambda request: CLOSE, "unknown", "connection-lost")

    def test_reset(self):
        sandbox = self.sandbox(faults="any: reset\n")
        run = self.run_job(sandbox, job([1]), *ONCE)
        self.assertEqual(run.verdicts(), [("unknown", "connection-lost")])

    def test_half_an_answer(self):
        """Cut in the body, though what came looks whole."""
        def answer(request):
            body = all_good(request)
            return body.replace(b"Content-Length: ", b"Content-Length: 9"), CLOSE
        run = self.run_job(self.service(answer), job([1]), *ONCE)
        self.assertEqual(run.column("status"), ["unknown"])
        self.assertIn(run.column("code")[0], ("connection-lost", "bad-response"))

    def test_bytes_that_are_no_http(self):
        run = self.run_job(self.service(lambda request: (b"SSH-2.0-OpenSSH_9\r\n", CLOSE)),
                           job([1]), *ONCE)
        self.assertEqual(run.column("status"), ["unknown"])
        self.assertIn(run.column("code")[0], ("connection-lost", "bad-response"))

    def test_answers_that_cannot_be_read(self):
        for number, body in enumerate([
                b"", b"<html>It works</html>", b"{}", b"[]", b"null", b'{"data":', b'{"data":5}',
                b'{"data":[{"code":"SUCCESS"}', b"\xff\xfe", b'{"data":{}}',
                b'{"data":[' + b"[" * 100000 + b"]" * 100000 + b"]}",
                b'{"status":"success"}']):
            with self.subTest(body[:40]):
                service = self.service(lambda request, body=body: http(200, body))
                run = self.run_job(service, job([1]), *ONCE, out=f"out{number}")
                self.assertEqual(run.verdicts(), [("unknown", "bad-response")], run)
                self.assertEqual(run.column("http"), ["200"])

    def test_no_second_request_behind_our_back(self):
        """A kept connection that dies before the answer: the call is over, it was counted,
        and only our own retry sends it again."""
        service = self.service(lambda request: CLOSE if request.number == 2
                               else all_good(request))
        content = HEADER + rows([1], record_id="1") + rows([1], record_id="2")
        run = self.run_job(service, content, *ONCE, "-j", "1")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"),
                                          ("unknown", "connection-lost")])
        self.assertEqual((len(service.requests), run.summary["calls"]), (2, 2))


if __name__ == "__main__":
    main()
