#!/usr/bin/env python3
"""Every form of answer, judged for each ID; replies are matched by ID, not position."""

from harness import *

ONCE = ("--retries", "0")
GONE = ("INVALID_DATA", "relation not found")


def answer_with(status, entries):
    return lambda request: http(status, {"data": entries(request.ids)})


def refusal(status, code, message="words of the service", details=None, **more):
    body = {"code": code, "details": {} if details is None else details,
            "message": message, "status": "error", **more}
    return lambda request: http(status, body)


class Judging(Case):

    def judge(self, answer, count=3, *options, out="out"):
        """(status, code, http, message) of each row."""
        self.server = self.service(answer)
        run = self.run_job(self.server, job(range(1, count + 1)), *(options or ONCE), out=out)
        self.run_ = run
        return [(row["result_status"], row["result_code"], row["result_http"],
                 row["result_message"]) for row in run.rows()]

    def test_all_removed(self):
        found = self.judge(answer_with(200, lambda ids: [entry(one) for one in ids]))
        self.assertEqual(found, [("success", "SUCCESS", "200", "relation removed")] * 3)
        self.assertEqual(self.run_.code, 0)

    def test_mixed(self):
        """Whatever the HTTP status: 200, 207, 400, even 500 are judged by entry."""
        for status in 200, 207, 400, 202, 500:
            with self.subTest(status):
                found = self.judge(answer_with(status, lambda ids: [
                    entry(ids[0]), entry(ids[1], *GONE), entry(ids[2])]), out=f"out{status}")
                self.assertEqual(found, [
                    ("success", "SUCCESS", str(status), "relation removed"),
                    ("failed", "INVALID_DATA", str(status), "relation not found"),
                    ("success", "SUCCESS", str(status), "relation removed")])
                self.assertEqual(self.run_.code, 4)
                self.assertEqual(len(self.server.requests), 1)

    def test_shuffled(self):
        found = self.judge(answer_with(207, lambda ids: [
            entry(ids[2], *GONE), entry(ids[0]), entry(ids[1], "NO_PERMISSION", "no")]))
        self.assertEqual([one[:2] for one in found], [
            ("success", "SUCCESS"), ("failed", "NO_PERMISSION"), ("failed", "INVALID_DATA")])

    def test_shuffled_sandbox(self):
        sandbox = self.sandbox(faults="any: reverse\n")
        content = job([1, 2]) + f"Campaigns,{CAMPAIGN},Contacts,3652397000000000404\n"
        run = self.run_job(sandbox, content)
        self.assertEqual(run.column("status"), ["success", "success", "failed"])

    def test_ids_as_numbers(self):
        found = self.judge(answer_with(200, lambda ids: [
            {**entry(one), "details": {"id": int(one)}} for one in reversed(ids)]))
        self.assertEqual([one[0] for one in found], ["success"] * 3)

    def test_entries_of_other_ids(self):
        """A success of an ID we did not ask about is nobody's success."""
        found = self.judge(answer_with(200, lambda ids: [
            entry(ids[0]), entry("999"), entry(ids[2])]))
        self.assertEqual([one[:2] for one in found], [
            ("success", "SUCCESS"), ("unknown", "no-entry"), ("success", "SUCCESS")])

    def test_a_prefix_is_not_the_id(self):
        found = self.judge(answer_with(200, lambda ids: [
            entry(ids[0][:-1]), entry(ids[1] + "0"), entry("0" + ids[2])]))
        self.assertEqual({one[:2] for one in found}, {("unknown", "no-entry")})

    def test_no_entries(self):
        found = self.judge(answer_with(200, lambda ids: []))
        self.assertEqual({one[0] for one in found}, {"unknown"})

    def test_one_id_with_two_verdicts(self):
        """Contradictory: never a success."""
        found = self.judge(answer_with(200, lambda ids: [
            entry(ids[0]), entry(ids[1]), entry(ids[1], *GONE), entry(ids[2])]))
        self.assertEqual([one[0] for one in found], ["success", "unknown", "success"])

    def test_success_word_alone_is_no_success(self):
        """status says error, code says SUCCESS, or the other way round."""
        for number, change in enumerate(({"status": "error"}, {"code": "FAILURE"})):
            found = self.judge(answer_with(200, lambda ids, change=change: [
                {**entry(one), **change} for one in ids]), out=f"out{number}")
            self.assertNotIn("success", [one[0] for one in found])

    def test_a_missing_entry_is_asked_for_alone(self):
        """First call 3 IDs, second only the missing one; its answer then counts."""
        def answer(request):
            return http(200, {"data": [entry(one) for one in request.ids
                                       if one != related(2) or request.number > 1]})
        found = self.judge(answer, 3, "--retries", "2")
        self.assertEqual([one[0] for one in found], ["success"] * 3)
        self.assertEqual([request.ids for request in self.server.requests],
                         [[related(1), related(2), related(3)], [related(2)]])
        self.assertEqual(self.run_.column("attempts"), ["1", "2", "1"])

    def test_found_gone_after_a_missing_entry(self):
        """The work may have been done by the first call."""
        sandbox = self.sandbox(faults=f"request 1: drop {related(2)}\n")
        run = self.run_job(sandbox, job([1, 2, 3]))
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"), ("success", "already-done"),
                                          ("success", "SUCCESS")])
        self.assertEqual(run.code, 0)
        self.assertEqual(sandbox.ids()[1:], [[related(2)]])

    def test_a_missing_entry_for_good(self):
        sandbox = self.sandbox(faults=f"any: drop {related(2)}\n")
        run = self.run_job(sandbox, job([1, 2, 3]), "--retries", "2")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"), ("unknown", "no-entry"),
                                          ("success", "SUCCESS")])
        self.assertEqual(run.column("attempts"), ["1", "3", "1"])
        self.assertEqual(len(sandbox.log()), 3)

    def test_details_of_any_shape(self):
        """{}, [] or absent, on whole-request errors and on entries."""
        for number, details in enumerate(({}, [], None)):
            body = {"code": "AUTHORIZATION_FAILED", "message": "no", "status": "error"}
            if details is not None:
                body["details"] = details
            found = self.judge(lambda request, body=body: http(400, body), out=f"out{number}")
            self.assertEqual(found, [("failed", "AUTHORIZATION_FAILED", "400", "no")] * 3)
            found = self.judge(answer_with(200, lambda ids, details=details: [
                {**entry(ids[0]), "details": details}]), out=f"entry{number}")
            self.assertEqual({one[:2] for one in found}, {("unknown", "no-entry")})

    def test_whole_request_errors(self):
        """Told once, not sent again; code and words are the service's own."""
        for status, code in ((400, "MANDATORY_NOT_FOUND"), (400, "INVALID_REQUEST_METHOD"),
                             (400, "AUTHORIZATION_FAILED"), (403, "NO_PERMISSION"),
                             (404, "INVALID_URL_PATTERN"), (400, "INVALID_MODULE"),
                             (400, "NOT_SUPPORTED"), (409, "BRAND_NEW_CODE"),
                             (400, "INVALID_HOST"), (402, "PAY_UP")):
            with self.subTest(code):
                found = self.judge(refusal(status, code, "käse, \"so\""), out=code)
                self.assertEqual(found, [("failed", code, str(status), 'käse, "so"')] * 3)
                self.assertEqual(len(self.server.requests), 1)
                self.assertEqual(self.run_.summary["codes"], {code: 3})

    def test_unknown_codes_of_entries_pass_through(self):
        found = self.judge(answer_with(207, lambda ids: [
            entry(ids[0], "NEVER_SEEN", "odd"), entry(ids[1]), entry(ids[2], "X", "")]))
        self.assertEqual(found, [("failed", "NEVER_SEEN", "207", "odd"),
                                 ("success", "SUCCESS", "207", "relation removed"),
                                 ("failed", "X", "207", "")])

    def test_no_code_in_the_body(self):
        """http-<status>, with or without HTML."""
        for status in 400, 403, 404, 405, 414:
            for number, body in enumerate((b"", b"<html>Bad gateway</html>")):
                with self.subTest(status=status, body=body):
                    found = self.judge(lambda request, status=status, body=body:
                                       http(status, body), out=f"out{status}{number}")
                    self.assertEqual({one[:3] for one in found},
                                     {("failed", f"http-{status}", str(status))})
                    self.assertEqual(len(self.server.requests), 1)

    def test_message_text_does_not_decide(self):
        """Only `relation not found` is gone; other INVALID_DATA is not, under
        --missing-ok either."""
        found = self.judge(answer_with(400, lambda ids: [
            entry(ids[0], "INVALID_DATA", "Relation NOT Found"),
            entry(ids[1], "INVALID_DATA", "something else"),
            entry(ids[2], "NO_PERMISSION", "no")]), 3, "--missing-ok")
        self.assertEqual([one[:2] for one in found], [
            ("success", "already-done"), ("failed", "INVALID_DATA"),
            ("failed", "NO_PERMISSION")])

    def test_missing_ok(self):
        never = f"Campaigns,{CAMPAIGN},Contacts,3652397000000000404\n"
        plain = self.run_job(self.sandbox(), job([1]) + never, out="plain")
        self.assertEqual(plain.verdicts(), [("success", "SUCCESS"), ("failed", "INVALID_DATA")])
        lenient = self.run_job(self.sandbox(), job([1]) + never, "--missing-ok", out="lenient")
        self.assertEqual((lenient.code, lenient.verdicts()),
                         (0, [("success", "SUCCESS"), ("success", "already-done")]))
        self.assertEqual(len(lenient.rows()), 2)

    def test_targets_that_are_blamed(self):
        """Module, parent or list at fault: the target's other batches fail unsent."""
        blamed = [(400, "INVALID_DATA", 1), (400, "INVALID_DATA", 2), (400, "INVALID_MODULE", 0),
                  (403, "NO_PERMISSION", None), (404, "INVALID_DATA", 1)]
        for number, (status, code, index) in enumerate(blamed):
            with self.subTest(code=code, index=index):
                details = {} if index is None else {"resource_path_index": index}
                bad = refusal(status, code, "blame", details)
                service = self.service(lambda request, bad=bad: bad(request)
                                       if CAMPAIGN in request.target else all_good(request))
                run = self.run_job(service, job(range(450)) + rows([1], record_id="7"), *ONCE,
                                   "-j", "1", out=f"out{number}")
                self.assertEqual(set(run.verdicts()[:450]), {("failed", code)})
                self.assertEqual(run.verdicts()[450], ("success", "SUCCESS"))
                self.assertEqual(set(run.column("message")[:450]), {"blame"})
                self.assertEqual(len(service.requests), 2)
                self.assertEqual(run.summary["calls"], 2)

    def test_a_parent_that_does_not_exist(self):
        sandbox = self.sandbox()
        run = self.run_job(sandbox, HEADER + rows(range(350), record_id="365239700404") +
                           rows([1]), "-j", "1")
        self.assertEqual(len(sandbox.log()), 2)
        self.assertEqual(run.summary["codes"], {"INVALID_DATA": 350, "SUCCESS": 1})


if __name__ == "__main__":
    main()
