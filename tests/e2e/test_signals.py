#!/usr/bin/env python3
"""SIGINT, SIGTERM and SIGHUP: calls in flight end, results are written, resume carries on."""

from harness import *


def targets(count):
    return HEADER + "".join(rows([1], record_id=f"36523970000{n:08}") for n in range(1, count + 1))


class Signals(Case):

    def setUp(self):
        """Whoever runs these tests may ignore SIGHUP (nohup): the program is not to inherit it."""
        super().setUp()
        self.addCleanup(signal.signal, signal.SIGHUP,
                        signal.signal(signal.SIGHUP, signal.SIG_DFL))

    def stopped_by(self, number):
        sandbox = self.sandbox("--latency", "300ms")
        self.write("job.csv", targets(40))
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "-j", "4", "job.csv")
        self.wait_until(lambda: len(sandbox.log()) >= 4)
        time.sleep(0.1)
        begun = time.monotonic()
        process.send_signal(number)
        run = self.finish(process)
        self.assertEqual(run.code, 128 + number, run)
        self.assertLess(time.monotonic() - begun, 1.5)
        self.check_balance(run)
        self.assertEqual(len(sandbox.log()), 8, "four more were in flight and ended")
        self.assertEqual(run.summary["codes"], {"SUCCESS": 8, "interrupted": 32})
        self.assertEqual(run.summary["stopped_by"]["code"], "interrupted")
        self.assertFalse(run.summary["finished"])
        self.says(run.out, "resume")
        again = self.resume(sandbox, "-j", "40")
        self.assertEqual((again.code, again.summary["codes"]), (0, {"SUCCESS": 40}), again)
        self.assertEqual(len(set(sandbox.targets())), len(sandbox.targets()))
        self.assertEqual(again.column("attempts"), ["1"] * 40)

    def test_sigint(self):
        self.stopped_by(signal.SIGINT)

    def test_sigterm(self):
        self.stopped_by(signal.SIGTERM)

    def test_sighup(self):
        self.stopped_by(signal.SIGHUP)

    def test_a_terminal_that_goes(self):
        """Both the shell and the kernel hang up: the calls in flight are waited for."""
        sandbox = self.sandbox("--latency", "600ms")
        self.write("job.csv", targets(5))
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "-j", "2", "job.csv")
        self.wait_until(lambda: len(sandbox.log()) >= 2)
        for _ in range(2):
            time.sleep(0.1)
            process.send_signal(signal.SIGHUP)
        run = self.finish(process)
        self.assertEqual(run.code, 129, run)
        self.assertNotIn("unknown", run.column("status"))

    def test_nohup(self):
        sandbox = self.sandbox("--latency", "200ms")
        self.write("job.csv", targets(3))
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                                 "--out", "out", "-j", "1", "job.csv")
        finally:
            signal.signal(signal.SIGHUP, before)
        self.wait_until(sandbox.log)
        process.send_signal(signal.SIGHUP)
        self.assertEqual(self.finish(process).code, 0)

    def test_while_waiting_for_a_retry(self):
        """It does not wait; a fate unknown is told as such."""
        sandbox = self.sandbox(faults='any: status 503 header "Retry-After: 20"\n')
        self.write("job.csv", job([1]))
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "job.csv")
        self.wait_until(sandbox.log)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        run = self.finish(process, timeout=3)
        self.assertEqual((run.code, run.column("status")), (130, ["unknown"]), run)

    def test_the_first_reason_to_stop_stands(self):
        """Refused credentials; a signal while the other call in flight ends."""
        sandbox = self.sandbox(faults='request 1: error 401 OAUTH_SCOPE_MISMATCH "no"\n'
                                      "any: delay 900ms\n")
        self.write("job.csv", targets(5))
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "-j", "2", "job.csv")
        self.wait_until(sandbox.log)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        run = self.finish(process)
        self.assertEqual((run.code, run.summary["stopped_by"]["code"]), (6, "halted"), run)

    def test_while_a_token_is_asked_for(self):
        """Nothing of ours is in flight then: it does not wait for the token."""
        service = self.service(lambda request: time.sleep(6) or CLOSE)
        self.write("job.csv", job([1]))
        process = self.start("run", "--operation", "crm.delink", "--base-url", service.url,
                             "--out", "out", "job.csv", token=None,
                             env={"ZOHO_CLIENT_ID": "1000.X", "ZOHO_CLIENT_SECRET": "secret",
                                  "ZOHO_REFRESH_TOKEN": "1000.refresh"})
        self.wait_until(lambda: service.requests)
        process.send_signal(signal.SIGINT)
        run = self.finish(process, timeout=3)
        self.assertEqual((run.code, run.verdicts()), (130, [("unsent", "interrupted")]), run)

    def test_a_second_signal_aborts(self):
        """What was in flight is unknown, and resume finds it."""
        sandbox = self.sandbox(faults="any: hold 8s\n")
        self.write("job.csv", targets(5))
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "-j", "2", "job.csv")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(process.poll(), "the calls in flight are waited for")
        process.send_signal(signal.SIGINT)
        run = self.finish(process, timeout=3)
        self.assertEqual(run.code, 130, run)
        self.assertEqual(run.column("status"), ["unknown"] * 2 + ["unsent"] * 3)

    def test_while_a_stream_is_kept(self):
        """Standard input that gives more and more is not waited for to stop."""
        sandbox = self.sandbox()
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "-", stdin=subprocess.PIPE)
        pipe = process.stdin.fileno()
        os.write(pipe, HEADER.encode())
        lines, told = rows(range(50)).encode(), False
        with contextlib.suppress(BrokenPipeError):
            for _ in range(5000):
                os.write(pipe, lines)
                time.sleep(0.001)
                if not told and os.path.exists(self.path("out/input")):
                    process.send_signal(signal.SIGTERM)
                    told = True
        self.assertTrue(told)
        self.assertEqual(process.wait(3), 143)
        self.assertEqual(sandbox.log(), [])
        self.assertFalse(os.path.exists(self.path("out")))

    def test_while_reading(self):
        """Standard input that never ends: nothing was sent, nothing stays."""
        sandbox = self.sandbox()
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "-", stdin=subprocess.PIPE)
        process.stdin.write(job([1]).encode())
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(3)
        except subprocess.TimeoutExpired:
            self.fail("it waits for more input")
        self.assertEqual(code, 143)
        self.assertEqual(sandbox.log(), [])

    def test_while_a_plan_reads(self):
        process = self.start("plan", "--operation", "crm.delink", "-", stdin=subprocess.PIPE)
        process.stdin.write(job([1]).encode())
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(3), 130)


if __name__ == "__main__":
    main()
