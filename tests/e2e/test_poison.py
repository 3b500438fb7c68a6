#!/usr/bin/env python3
"""A whole-batch refusal that blames nobody is halved until the bad ID stands alone."""

from harness import *


def refuse(bad, code, status=400, message="either is in wrong format"):
    """Refuses every batch that holds one of the bad IDs."""
    def answer(request):
        if bad & set(request.ids):
            return http(status, {"code": code, "details": {}, "message": message,
                                 "status": "error"})
        return all_good(request)
    return answer


class Poison(Case):

    def poisoned(self, bad, count=100, code="UNABLE_TO_PARSE_DATA_TYPE", *options, **how):
        service = self.service(refuse({related(n) for n in bad}, code, **how))
        run = self.run_job(service, job(range(count)), *options)
        self.assertEqual(run.code, 4 if bad else 0, run)
        wanted = [("failed", code) if n in bad else ("success", "SUCCESS")
                  for n in range(count)]
        self.assertEqual(run.verdicts(), wanted)
        self.assertEqual(run.summary["calls"], len(service.requests))
        return run, service

    def test_one_in_100(self):
        """99 rows succeed, at most 15 calls more, wherever it stands."""
        for place in 0, 37, 99:
            with self.subTest(place):
                shutil.rmtree(self.path("out"), ignore_errors=True)
                run, service = self.poisoned({place})
                self.assertLessEqual(len(service.requests), 16)
                self.assertEqual(run.column("message")[place], "either is in wrong format")

    def test_the_codes_that_split(self):
        for code in "UNABLE_TO_PARSE_DATA_TYPE", "LIMIT_EXCEEDED", "INVALID_DATA":
            with self.subTest(code):
                shutil.rmtree(self.path("out"), ignore_errors=True)
                self.poisoned({5}, 20, code)

    def test_no_retries_are_used_up(self):
        """Nor --halt-after, though the refusals come in a row."""
        self.poisoned({99}, 100, "UNABLE_TO_PARSE_DATA_TYPE", "--retries", "0",
                      "--halt-after", "2", "-j", "1")

    def test_alone_is_no_failing_call(self):
        """A bad ID that stands alone is the end of the split, whatever came before."""
        for bad in {0}, {0, 1}, {1, 2, 3}:
            with self.subTest(bad):
                shutil.rmtree(self.path("out"), ignore_errors=True)
                self.poisoned(bad, 4, "UNABLE_TO_PARSE_DATA_TYPE", "--halt-after", "1",
                              "-j", "1")

    def test_a_batch_without_success_counts_once(self):
        """All of a file is bad: it ends after so many batches, each of which was split."""
        service = self.service(refuse({related(n) for n in range(40)},
                                      "UNABLE_TO_PARSE_DATA_TYPE"))
        run = self.run_job(service, job(range(40)), "--batch-size", "4", "--halt-after", "3",
                           "-j", "1")
        self.assertEqual(run.code, 7, run)
        self.assertLessEqual(3 * 7, len(service.requests))
        self.assertLess(len(service.requests), 10 * 7)
        self.assertEqual(run.column("status")[:12], ["failed"] * 12)
        self.assertIn(("unsent", "halted"), run.verdicts())

    def test_two_in_one_batch(self):
        _, service = self.poisoned({3, 64})
        self.assertLessEqual(len(service.requests), 31)

    def test_all_are_bad(self):
        """2n - 1 calls at most, and an end."""
        _, service = self.poisoned(set(range(8)), 8, "UNABLE_TO_PARSE_DATA_TYPE",
                                   "--halt-after", "0")
        self.assertLessEqual(len(service.requests), 15)

    def test_alone_and_gone(self):
        """Refused as a whole with the words of an entry: they are about the one ID."""
        service = self.service(refuse({related(2)}, "INVALID_DATA", message="relation not found"))
        run = self.run_job(service, job(range(5)))
        self.assertEqual(run.verdicts()[2], ("failed", "INVALID_DATA"), run)
        run = self.run_job(service, job(range(5)), "--missing-ok", out="ok")
        self.assertEqual(run.verdicts()[2], ("success", "already-done"), run)

    def test_one_alone_is_not_split(self):
        _, service = self.poisoned({0}, 1)
        self.assertEqual(len(service.requests), 1)

    def test_good_ids_are_applied_once(self):
        run, service = self.poisoned({50})
        done = [one for request in service.requests if related(50) not in request.ids
                for one in request.ids]
        self.assertEqual(len(done), len(set(done)))
        self.assertEqual(len(done), 99)
        self.assertEqual(run.summary["success"], 99)

    def test_a_limit_below_100(self):
        """A service that takes 30 at once: everything gets done."""
        def answer(request):
            if len(request.ids) > 30:
                return http(400, {"code": "LIMIT_EXCEEDED", "details": {"limit": "30"},
                                  "message": "too many", "status": "error"})
            return all_good(request)
        service = self.service(answer)
        run = self.run_job(service, job(range(100)))
        self.assertEqual((run.code, run.summary["success"]), (0, 100), run)
        self.assertEqual(len(service.requests), 7)


if __name__ == "__main__":
    main()
