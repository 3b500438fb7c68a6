#!/usr/bin/env python3
"""How calls go out: in flight, connections, rate, encodings."""

import statistics

from harness import *


def targets(count):
    """A job file of that many targets: one call each."""
    return HEADER + "".join(rows([1], record_id=f"36523970000{n:08}") for n in range(1, count + 1))


class Sending(Case):

    def test_concurrency(self):
        """Never exceeded, and reached; as many connections, each used again."""
        for allowed in 1, 4, 16:
            with self.subTest(allowed):
                sandbox = self.sandbox("--latency", "30ms")
                run = self.run_job(sandbox, targets(48), "-j", allowed, out=f"out{allowed}")
                self.assertEqual(run.code, 0, run)
                books = sandbox.stop()
                self.assertEqual(books["max_in_flight"], allowed)
                self.assertLessEqual(books["connections"], allowed)
                self.assertEqual(books["requests"], 48)

    def test_default_concurrency(self):
        sandbox = self.sandbox("--latency", "30ms")
        self.run_job(sandbox, targets(24))
        books = sandbox.stop()
        self.assertEqual((books["max_in_flight"], books["connections"]), (4, 4))

    def test_one_slow_call_does_not_hold_up_the_others(self):
        sandbox = self.sandbox(faults="request 1: delay 800ms\n")
        begun = time.monotonic()
        self.run_job(sandbox, targets(60), "-j", "2")
        self.assertLess(time.monotonic() - begun, 2)
        order = [line["n"] for line in sandbox.log()]
        self.assertGreater(order.index(1), 50, "the others were answered before")

    def test_rate(self):
        """Evenly spaced starts: 20 a second, and no burst at the beginning."""
        sandbox = self.sandbox()
        run = self.run_job(sandbox, targets(30), "--rate", "20/s", "-j", "10")
        self.assertEqual(run.code, 0, run)
        times = sorted(line["time_ms"] for line in sandbox.log())
        gaps = [b - a for a, b in zip(times, times[1:])]
        self.assertGreaterEqual(times[-1] - times[0], 29 * 50 - 20)
        # a busy machine delays some, not most of them
        self.assertAlmostEqual(statistics.median(gaps), 50, delta=10)
        for first in range(len(times) - 10):
            self.assertGreaterEqual(times[first + 10] - times[first], 440)

    def test_rate_per_minute(self):
        sandbox = self.sandbox()
        self.run_job(sandbox, targets(5), "--rate", "600/m", "-j", "10")
        times = sorted(line["time_ms"] for line in sandbox.log())
        self.assertGreater(times[-1] - times[0], 380)
        self.assertLess(times[-1] - times[0], 900, "on a busy machine")

    def test_rate_after_a_slow_answer_makes_no_burst(self):
        """What was missed while waiting is not sent all at once."""
        sandbox = self.sandbox(faults="request 1: delay 600ms\n")
        self.run_job(sandbox, targets(12), "--rate", "20/s", "-j", "1")
        times = sorted(line["time_ms"] for line in sandbox.log())
        for a, b in zip(times[1:], times[4:]):
            self.assertGreaterEqual(b - a, 85)

    def test_gzip_answers(self):
        sandbox = self.sandbox("--gzip")
        run = self.run_job(sandbox, job(range(250)))
        self.assertEqual((run.code, run.summary["success"]), (0, 250), run)

    def test_chunked_answers(self):
        def answer(request):
            body = json.dumps({"data": [entry(n) for n in request.ids]}).encode()
            chunks = [body[at:at + 7] for at in range(0, len(body), 7)]
            return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
                b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n")
        service = self.service(answer)
        run = self.run_job(service, job(range(150)))
        self.assertEqual(run.code, 0, run)
        self.assertEqual(service.connections, min(2, service.connections))

    def test_connections_are_used_again(self):
        service = self.service()
        run = self.run_job(service, targets(20), "-j", "1")
        self.assertEqual((run.code, service.connections, len(service.requests)), (0, 1, 20))

    def test_a_service_that_closes_every_connection(self):
        service = self.service(lambda request: (
            all_good(request).replace(b" X\r\n", b" X\r\nConnection: close\r\n", 1), CLOSE))
        run = self.run_job(service, targets(20), "-j", "2")
        self.assertEqual((run.code, run.summary["calls"]), (0, 20), run)
        self.assertEqual(len(service.requests), 20)

    def test_every_request_has_the_same_form(self):
        service = self.service()
        self.run_job(service, job(range(250)))
        for request in service.requests:
            self.assertEqual(request.method, "DELETE")
            self.assertRegex(request.target, rf"^{PATH}\?ids=\d{{19}}(,\d{{19}})*$")
            self.assertEqual(request.headers["authorization"], "Zoho-oauthtoken " + TOKEN)
            self.assertNotIn("content-length", request.headers)
            self.assertNotIn("transfer-encoding", request.headers)

    def test_base_url_with_a_path(self):
        service = self.service()
        for number, end in enumerate(("/gateway/zoho", "/gateway/zoho/")):
            self.write("job.csv", job([1]))
            run = self.unhitch("run", "--operation", "crm.delink", "--base-url",
                               service.url + end, "--out", f"out{number}", "job.csv")
            self.assertEqual(run.code, 0, run)
            self.assertEqual(service.requests[-1].target,
                             f"/gateway/zoho{PATH}?ids={related(1)}")

    def test_crm_url(self):
        """One service's own address is nearer than the one for all."""
        service = self.service()
        self.write("job.csv", job([1]))
        run = self.unhitch("run", "--operation", "crm.delink", "--crm-url", service.url,
                           "--base-url", f"http://127.0.0.1:{self.closed_port()}", "job.csv")
        self.assertEqual(run.code, 0, run)

    def test_proxy(self):
        """A plain proxy gets the whole URL."""
        service = self.service()
        self.write("job.csv", job([1]))
        run = self.unhitch("run", "--operation", "crm.delink", "--crm-url",
                           "http://crm.invalid", "--proxy", service.url, "job.csv")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(service.requests[0].target,
                         f"http://crm.invalid{PATH}?ids={related(1)}")
        self.says(run.err, "https")

    def test_data_centers(self):
        """Through a proxy that refuses, so that nothing leaves this machine."""
        hosts = {"us": "www.zohoapis.com", "eu": "www.zohoapis.eu", "in": "www.zohoapis.in",
                 "au": "www.zohoapis.com.au", "jp": "www.zohoapis.jp",
                 "cn": "www.zohoapis.com.cn", "ca": "www.zohoapis.ca",
                 "sa": "www.zohoapis.sa", "uk": "www.zohoapis.uk"}
        self.write("job.csv", job([1]))
        service = self.service(lambda request: (http(403), CLOSE))
        for center, host in hosts.items():
            with self.subTest(center):
                run = self.unhitch("run", "--operation", "crm.delink", "--data-center", center,
                                   "--proxy", service.url, "--retries", "0", "--out", center,
                                   "job.csv", out=center)
                self.assertEqual(service.requests[-1].target, host + ":443")
                self.assertEqual(service.requests[-1].method, "CONNECT")
                self.assertNotIn("authorization", service.requests[-1].headers)
                self.assertEqual((run.code, run.verdicts()),
                                 (4, [("failed", "connect-failed")]), run)
        self.write("job.csv", job([1]))
        self.unhitch("run", "--operation", "crm.delink", "--proxy", service.url, "--retries",
                     "0", "job.csv")
        self.assertEqual(service.requests[-1].target, hosts["us"] + ":443", "the default")


if __name__ == "__main__":
    main()
