#!/usr/bin/env python3
"""Answers that are lost: sent again, and what is then gone is already-done."""

import socket

from harness import *


class LostAnswers(Case):

    def lose(self, fault, *options, content=None):
        """The first answer is lost that way, though the work was done."""
        self.sandbox_ = self.sandbox(faults=f"request 1: {fault}\n")
        run = self.run_job(self.sandbox_, content or job([1, 2]), *options)
        return run

    def already_done(self, fault, *options):
        run = self.lose(fault, *options)
        self.assertEqual(run.code, 0, run)
        self.assertEqual([line.split(",", 6)[6] for line in run.text().splitlines()[1:]],
                         ["success,already-done,400,relation not found,2,TIME"] * 2)
        self.wait_until(lambda: len(self.sandbox_.log()) == 2)
        self.assertEqual(self.sandbox_.ids(), [[related(1), related(2)]] * 2)
        self.assertEqual(run.summary["codes"], {"already-done": 2})
        books = self.sandbox_.stop()
        self.assertEqual({one["removed"] for one in books["ids"].values()}, {1})

    def test_then_a_bare_refusal(self):
        """A gateway's status says nothing of the lost call; the service's own word does."""
        for status in 302, 403, 404:
            replies = [CLOSE, http(status, b"<html>")]
            service = self.service(lambda request, replies=replies: replies.pop(0))
            run = self.run_job(service, job([1]), out=f"out{status}")
            self.assertEqual(run.verdicts(), [("unknown", "connection-lost")], run)
            self.assertEqual(run.summary["retryable"], 1)
        replies = [http(503), http(404)]
        run = self.run_job(self.service(lambda request: replies.pop(0)), job([1]), out="503")
        self.assertEqual((run.verdicts(), run.summary["retryable"]),
                         ([("failed", "http-503")], 1), run)
        replies = [CLOSE, http(403, {"code": "NO_PERMISSION", "details": {}, "message": "no",
                                     "status": "error"})]
        run = self.run_job(self.service(lambda request: replies.pop(0)), job([1]))
        self.assertEqual(run.verdicts(), [("failed", "NO_PERMISSION")], run)

    def test_cut(self):
        self.already_done("apply cut")

    def test_reset(self):
        self.already_done("apply reset")

    def test_cut_in_the_body(self):
        self.already_done("cut-at 20")

    def test_false_length(self):
        self.already_done("length 9999")

    def test_timeout(self):
        self.already_done("delay 1500ms", "--timeout", "1s")

    def test_garbage(self):
        self.already_done('apply raw "garbage\\r\\n\\r\\n"')

    def test_html_with_200(self):
        self.already_done('apply status 200 body "<html>hello</html>"')

    def test_gateway(self):
        self.already_done('apply status 504 body "<html>timeout</html>"')

    def test_too_large(self):
        self.already_done("apply bulk 64M")

    def test_not_applied(self):
        """Lost before it was done: then it is done now."""
        run = self.lose("cut")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS")] * 2)
        self.assertEqual(run.column("attempts"), ["2", "2"])

    def test_one_was_never_related(self):
        """It cannot be told apart from one that was removed by the lost call."""
        run = self.lose("cut", content=job([1]) +
                        f"Campaigns,{CAMPAIGN},Contacts,3652397000000000404\n")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"), ("success", "already-done")])

    def test_first_send_found_gone_is_failed(self):
        """Other batches of the run do not profit from a lost answer."""
        sandbox = self.sandbox(faults="target /1/ first 1: apply cut\n")
        run = self.run_job(sandbox, HEADER + rows([1], record_id="1") +
                           "Campaigns,2,Contacts,3652397000000000404\n")
        self.assertEqual(run.verdicts(), [("success", "already-done"),
                                          ("failed", "INVALID_DATA")])

    def test_lost_for_good(self):
        """Tries run out: unknown, with the last words."""
        sandbox = self.sandbox(faults="any: apply cut\n")
        run = self.run_job(sandbox, job([1, 2]), "--retries", "2")
        self.assertEqual((run.code, run.verdicts()), (4, [("unknown", "connection-lost")] * 2))
        self.assertEqual(run.column("attempts"), ["3", "3"])
        self.assertEqual(run.text("failed.csv"), run.text())
        self.assertEqual((len(sandbox.log()), run.summary["calls"]), (3, 3))

    def test_lost_and_then_refused_connections(self):
        """Once it may have been applied, no later word makes it `failed`."""
        def close_all(request):
            """No second connection, however soon the client tries again."""
            service.listener.shutdown(socket.SHUT_RDWR)
            service.listener.close()
            return CLOSE

        service = self.service(close_all)
        self.write("job.csv", job([1]))
        process = self.start("run", "--operation", "crm.delink", "--base-url", service.url,
                             "--out", "out", "--retries", "2", "job.csv")
        run = self.finish(process)
        self.assertEqual((run.code, run.verdicts()), (4, [("unknown", "connection-lost")]), run)
        self.assertEqual(run.summary["calls"], 1)

    def test_lost_and_then_5xx(self):
        sandbox = self.sandbox(faults="request 1: apply cut\nany: status 503\n")
        run = self.run_job(sandbox, job([1]), "--retries", "1")
        self.assertEqual(run.column("status"), ["unknown"], run)

    def test_the_graver_word_stands(self):
        """Lost, then a 5xx: it is the lost answer that is told, with its words."""
        sandbox = self.sandbox(faults="target /2/ first 1: apply cut\n"
                                      'target /2/: error 500 INTERNAL_ERROR "oops"\n')
        content = HEADER + rows([1], record_id="1") + rows([1], record_id="2")
        run = self.run_job(sandbox, content, "--retries", "1", "-j", "1")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"),
                                          ("unknown", "connection-lost")], run)
        self.assertNotIn("oops", run.column("message")[1])

    def test_lost_and_then_429(self):
        """The 429 does not make it unsent work: it ends as already-done."""
        sandbox = self.sandbox(faults="request 1: apply cut\nrequest 2: status 429\n")
        run = self.run_job(sandbox, job([1]))
        self.assertEqual(run.verdicts(), [("success", "already-done")])

    def test_lost_and_then_split(self):
        """What was lost stays lost in both halves."""
        sandbox = self.sandbox(faults="request 1: apply cut\n"
                                      'request 2: error 400 LIMIT_EXCEEDED "less"\n')
        run = self.run_job(sandbox, job([1, 2]))
        self.assertEqual(run.verdicts(), [("success", "already-done")] * 2)

    def test_lost_and_then_stopped(self):
        """What stops the run is told with its own words; the row keeps the graver one."""
        for fault, code, words in (
                ('error 401 INVALID_TOKEN "invalid oauth token"', 6,
                 "INVALID_TOKEN: invalid oauth token"),
                ("status 503", 7, "the last: http-503")):
            with self.subTest(code):
                sandbox = self.sandbox(faults=f"request 1: apply cut\nany: {fault}\n")
                run = self.run_job(sandbox, job([1]), "-v", "--halt-after", "2",
                                   out=f"out{code}")
                self.assertEqual(run.code, code, run)
                self.assertEqual(run.verdicts()[0], ("unknown", "connection-lost"))
                self.assertIn(words, run.summary["stopped_by"]["message"])
                self.assertNotIn("connection-lost 401", run.err)


if __name__ == "__main__":
    main()
