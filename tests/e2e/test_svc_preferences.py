#!/usr/bin/env python3
"""crm.call_preferences: what is sent, in which order, and how answers are judged."""

from harness import *

HEAD = "show_to_number,show_from_number\n"
OPERATION = "crm.call_preferences"
TARGET = "/crm/v8/settings/call_preferences"
DONE = {"code": "SUCCESS", "details": {}, "status": "success",
        "message": "Calls preferences updated successfully"}
MIXED = "operation,show_to_number,show_from_number,module,record_id,related_list,related_id\n"


def wish(body):
    """(to, from) of a request body; whatever is no exact wish fails."""
    told = json.loads(body)
    assert list(told) == ["call_preferences"], told
    values = told["call_preferences"]
    assert set(values) == {"show_to_number", "show_from_number"}, values
    assert all(isinstance(value, bool) for value in values.values()), values
    return values["show_to_number"], values["show_from_number"]


def mixed(wishes, deletes=3):
    """A job file whose preferences stand between and behind other rows."""
    lines = [f"crm.delink,,,Campaigns,36523970000{n:08},Contacts,{related(n)}\n"
             for n in range(1, deletes + 1)]
    for number, (to, from_) in enumerate(wishes):
        lines.insert(2 * number + 1, f"{OPERATION},{to},{from_},,,,\n")
    return MIXED + "".join(lines)


class Preferences(ServicesCase):

    def sent(self, sandbox):
        """(to, from) of every PUT, in order."""
        return [wish(line["body"]) for line in sandbox.log() if line["method"] == "PUT"]

    def check_alone_and_first(self, sandbox):
        """No PUT while another call was in flight, none after another operation."""
        log = sandbox.log()
        methods = [line["method"] for line in log]
        count = methods.count("PUT")
        self.assertEqual(methods[:count], ["PUT"] * count)
        self.assertTrue(all(line["in_flight"] == 1 for line in log[:count]), log)

    def test_request(self):
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, HEAD + "true,false\nfalse,true\n")
        self.assertEqual(run.code, 0, run)
        for line in sandbox.log():
            self.assertEqual((line["method"], line["target"]), ("PUT", TARGET))
            self.assertTrue(line["headers"]["content-type"].startswith("application/json"))
            self.assertEqual(line["headers"]["authorization"], "Zoho-oauthtoken " + TOKEN)
        self.assertEqual(self.sent(sandbox), [(True, False), (False, True)])
        self.assertEqual(run.verdicts(), [("success", "SUCCESS")] * 2)
        self.assertEqual(run.column("http"), ["200"] * 2)
        self.assertEqual(run.column("message"), [DONE["message"]] * 2)

    def test_booleans(self):
        """true/false, 1/0, yes/no, whatever their case."""
        sandbox = self.sandbox()
        words = ["true", "TRUE", "True", "tRuE", "1", "yes", "YES", "Yes", " true "]
        words += ["false", "FALSE", "False", "0", "no", "NO", "No", "nO"]
        run = self.go(sandbox, OPERATION, HEAD + "".join(
            f"{word},{other}\n" for word, other in zip(words, reversed(words))))
        self.assertEqual(run.code, 0, run)
        truth = [index < 9 for index in range(len(words))]
        self.assertEqual(self.sent(sandbox), list(zip(truth, reversed(truth))))

    def test_no_booleans(self):
        sandbox = self.sandbox()
        words = ["2", "-1", "on", "off", "y", "n", "t", "truee", "null", "01", "1.0", "ja"]
        run = self.go(sandbox, OPERATION, HEAD + "".join(
            f"{word},true\ntrue,{word}\n" for word in words))
        self.assertEqual(run.code, 4, run)
        self.assertEqual(set(run.verdicts()), {("rejected", "bad-value")})
        self.assertEqual(sandbox.log(), [])

    def test_jsonl_booleans(self):
        sandbox = self.sandbox()
        lines = [{"show_to_number": to, "show_from_number": from_} for to, from_ in
                 ((True, False), (1, 0), ("yes", "No"), (2, True), (None, True), (True, []),
                  ({}, True), (True, 1.5))]
        run = self.go(sandbox, OPERATION, "".join(json.dumps(line) + "\n" for line in lines),
                      name="job.jsonl")
        verdicts = [(row["result"]["status"], row["result"]["code"])
                    for row in run.rows("results.jsonl")]
        self.assertEqual(verdicts[:3], [("success", "SUCCESS")] * 3)
        self.assertEqual(verdicts[3], ("rejected", "bad-value"))
        self.assertIn(verdicts[4], [("rejected", "missing-field"), ("rejected", "bad-value")])
        self.assertEqual([status for status, _ in verdicts[5:]], ["rejected"] * 3)
        self.assertEqual(self.sent(sandbox), [(True, False)] * 3)

    def test_one_field_is_missing(self):
        """An empty cell, an absent cell, an absent column; --set fills it."""
        sandbox = self.sandbox()
        for number, content in enumerate((HEAD + "true,\n,false\n,\"  \"\ntrue\n",
                                          "show_to_number\ntrue\n")):
            run = self.go(sandbox, OPERATION, content, out=f"out{number}")
            self.assertEqual(set(run.verdicts()), {("rejected", "missing-field")}, run)
        self.assertEqual(sandbox.log(), [])
        run = self.go(sandbox, OPERATION, "show_to_number\ntrue\n", "--set",
                      "show_from_number=no")
        self.assertEqual((run.code, self.sent(sandbox)), (0, [(True, False)]), run)

    def test_order_never_merged_one_at_a_time(self):
        """Equal wishes are sent as often as they stand there."""
        wishes = [(True, True), (True, True), (False, False), (True, True), (False, False),
                  (False, True)]
        sandbox = self.sandbox("--latency", "15ms")
        run = self.go(sandbox, OPERATION, HEAD + "".join(
            f"{to},{from_}\n" for to, from_ in wishes), "-j", "8")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(self.sent(sandbox), wishes)
        self.assertEqual(run.summary["planned_calls"], 6)
        self.assertFalse([one for one in run.column("message") if "same as" in one])
        self.check_alone_and_first(sandbox)
        self.assertEqual(sandbox.stop()["max_in_flight"], 1)

    def mixed_run(self, *options, faults=None, **how):
        """Preferences spread over other rows: they come first, alone, in order."""
        wishes = [(True, False), (False, False), (False, True)]
        sandbox = self.sandbox(*options, faults=faults)
        run = self.go(sandbox, None, mixed(wishes, 12), "-j", "4", **how)
        self.assertEqual(run.code, 0, run)
        self.check_alone_and_first(sandbox)
        self.assertEqual(run.rows()[1]["operation"], OPERATION)
        self.assertEqual(set(run.column("status")), {"success"})
        applied = [(one["show_to_number"], one["show_from_number"])
                   for one in sandbox.stop()["call_preferences"]]
        self.assertEqual(sorted(set(applied), key=applied.index), wishes)
        return self.sent(sandbox), applied

    def test_before_all_others(self):
        self.assertEqual(len(self.mixed_run()[0]), 3)

    def test_before_all_others_when_slow(self):
        self.mixed_run(faults="target call_preferences: delay 150ms\n")

    def test_before_all_others_after_503(self):
        """The one that waits for its second try holds up the rest."""
        sent, applied = self.mixed_run(faults="request 2: status 503\n")
        self.assertEqual(sent, [(True, False), (False, False), (False, False), (False, True)])
        self.assertEqual(len(applied), 3)

    def test_before_all_others_after_429(self):
        sent, _ = self.mixed_run(faults="requests 1-2: error 429 TOO_MANY_REQUESTS later\n")
        self.assertEqual(sent, [(True, False)] * 3 + [(False, False), (False, True)])

    def test_before_all_others_after_a_lost_answer(self):
        """Sent again before the next: the last wish is what counts in the end."""
        sent, applied = self.mixed_run(faults="request 2: apply cut\n")
        self.assertEqual(sent, [(True, False), (False, False), (False, False), (False, True)])
        self.assertEqual(applied[-1], (False, True))

    def test_a_refused_one_does_not_hold_up_the_rest(self):
        sandbox = self.sandbox("--call-preferences-locked", "to")
        run = self.go(sandbox, None, mixed([(False, True), (True, False)]))
        self.assertEqual(run.code, 4, run)
        self.assertEqual(run.summary["success"], 4)
        self.assertEqual(run.verdicts()[1], ("failed", "NOT_ALLOWED"))
        self.assertEqual(run.column("http")[1], "400")
        self.says(run.column("message")[1], "mandatory")
        self.check_alone_and_first(sandbox)

    def test_top_level_answers(self):
        sandbox = self.sandbox("--call-preferences-form", "top", "--call-preferences-locked",
                               "from")
        run = self.go(sandbox, OPERATION, HEAD + "false,true\ntrue,false\n")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"), ("failed", "NOT_ALLOWED")])

    def judge(self, *answers, operation=OPERATION):
        """The verdicts of one row for each answer."""
        service = self.bodied(lambda request: answers[request.number - 1])
        run = self.go(service, operation, HEAD + "true,true\n" * len(answers),
                      "--retries", "0", "--halt-after", "0")
        self.assertEqual(len(service.requests), len(answers), run)
        return run

    def test_judging(self):
        """The code within call_preferences counts first, then the one at top level; no
        success without SUCCESS."""
        def refusal(code, message="m"):
            return {"code": code, "details": {}, "message": message, "status": "error"}

        cases = [
            (http(200, {"call_preferences": DONE}), "success", "SUCCESS"),
            (http(200, DONE), "success", "SUCCESS"),
            (http(400, {"call_preferences": refusal("INVALID_DATA")}), "failed",
             "INVALID_DATA"),
            (http(200, {"call_preferences": refusal("NOT_ALLOWED")}), "failed", "NOT_ALLOWED"),
            (http(200, {"code": "SUCCESS", "status": "success",
                        "call_preferences": refusal("NOT_ALLOWED")}), "failed", "NOT_ALLOWED"),
            (http(400, refusal("MANDATORY_NOT_FOUND")), "failed", "MANDATORY_NOT_FOUND"),
            (http(403, refusal("NO_PERMISSION")), "failed", "NO_PERMISSION"),
            (http(200, b"<html>login</html>", "Content-Type: text/html"), "unknown",
             "bad-response"),
            (http(200, {}), "unknown", "bad-response"),
            (http(200, b""), "unknown", "bad-response"),
            (http(200, b"[]"), "unknown", "bad-response"),
            (http(200, {"call_preferences": {"show_to_number": True,
                                             "show_from_number": True}}),
             "unknown", "bad-response"),
            (http(200, {"call_preferences": []}), "unknown", "bad-response"),
            (http(200, {"call_preferences": {"code": None}}), "unknown", "bad-response"),
            (http(204), "unknown", "bad-response"),
        ]
        run = self.judge(*[answer for answer, _, _ in cases])
        for number, (case, got) in enumerate(zip(cases, run.verdicts())):
            with self.subTest(number, answer=case[0][-60:]):
                self.assertEqual(got, case[1:])

    def test_5xx_when_tries_have_run_out(self):
        run = self.judge(http(500, {"code": "INTERNAL_ERROR", "details": {}, "message": "m",
                                    "status": "error"}), http(502, b"<html>"))
        self.assertEqual(run.column("status"), ["failed", "failed"])
        self.assertEqual(run.column("code"), ["INTERNAL_ERROR", "http-502"])

    def test_stops_on_scope(self):
        """Exit 6, the needed scope is named, the rest is not sent."""
        sandbox = self.sandbox("--scopes", "ZohoCRM.modules.ALL")
        run = self.go(sandbox, OPERATION, HEAD + "true,true\n" * 3)
        self.assertEqual(run.code, 6, run)
        self.assertEqual(len(sandbox.log()), 1)
        self.assertEqual(set(run.verdicts()), {("unsent", "halted")})
        self.says(run.out + run.err, "ZohoCRM.settings.modules", "OAUTH_SCOPE_MISMATCH")

    def test_older_versions(self):
        """Exit 2, nothing sent, no run directory; also when one row only wants it."""
        sandbox = self.sandbox()
        for version in "v2", "v7", "v2.1":
            for operation, content in ((OPERATION, HEAD + "true,true\n"),
                                       (None, mixed([(True, True)]))):
                run = self.go(sandbox, operation, content, "--api-version", version)
                self.assertEqual(run.code, 2, run)
                self.says(run.err, version, "v8")
        self.assertEqual(sandbox.log(), [])
        run = self.go(sandbox, None, mixed([]), "--api-version", "v7")
        self.assertEqual(run.code, 0, run)

    def test_budget_then_resume(self):
        """What was left is sent first and in order."""
        sandbox = self.sandbox()
        wishes = [(True, False), (False, False), (False, True)]
        run = self.go(sandbox, None, mixed(wishes, 5), "--max-calls", "2")
        self.assertEqual((run.code, run.summary["unsent"]), (8, 6), run)
        self.assertEqual(self.sent(sandbox), wishes[:2])
        run = self.again("resume", "--max-calls", "99")
        self.assertEqual((run.code, run.summary["success"]), (0, 8), run)
        self.assertEqual(self.sent(sandbox), wishes)
        self.check_alone_and_first(sandbox)

    def test_kill_then_resume(self):
        """The one in flight is sent again, before those that follow it."""
        sandbox = self.sandbox(faults="request 2: delay 1s\n")
        wishes = [(True, False), (False, False), (False, True)]
        self.write("job.csv", mixed(wishes, 5))
        process = self.start("run", "--base-url", sandbox.url, "--out", "out", "job.csv")
        self.wait_until(lambda: len(sandbox.log()) >= 1)
        time.sleep(0.2)
        process.kill()
        process.wait(WAIT_S)
        run = self.again("resume")
        self.assertEqual((run.code, run.summary["success"]), (0, 8), run)
        books = [(one["show_to_number"], one["show_from_number"])
                 for one in sandbox.stop()["call_preferences"]]
        self.assertEqual(books, [wishes[0], wishes[1], wishes[1], wishes[2]])
        self.assertEqual(run.verdicts()[1], ("success", "SUCCESS"))


if __name__ == "__main__":
    main()
