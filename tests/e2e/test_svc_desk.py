#!/usr/bin/env python3
"""desk.clear_live_mapping: the request in both forms, orgId, verdicts, limits."""

import datetime

from harness import *

OPERATION = "desk.clear_live_mapping"
MAPPING = "/api/v1/calls/{}/clearLiveMapping"
CALL = "/api/v1/calls/{}/clearLiveCall"


def calls(numbers):
    return "call_id\n" + "".join(f"1892000000{n:06}\n" for n in numbers)


def desk_error(status, code, message="m", *headers, **more):
    body = {"message": message, **more}
    if code is not None:
        body["errorCode"] = code
    return http(status, body, "Content-Type: application/json;charset=UTF-8", *headers)


class Desk(ServicesCase):

    def check_requests(self, sandbox, method, path, orgs):
        """Path, orgId, and neither query nor body, of every request."""
        for line, org in zip(sandbox.log(), orgs):
            self.assertEqual(line["method"], method)
            self.assertRegex(line["target"], "^" + path.format(r"\d{1,20}") + "$")
            self.assertEqual(line["body"], "")
            self.assertEqual(line["headers"].get("content-length", "0"), "0")
            self.assertNotIn("transfer-encoding", line["headers"])
            self.assertNotIn("content-type", line["headers"])
            self.assertEqual(line["headers"]["orgid"], org)
            self.assertEqual(line["headers"]["authorization"], "Zoho-oauthtoken " + TOKEN)
        self.assertEqual(len(sandbox.log()), len(orgs))

    def test_the_forms(self):
        for form, method, path in ((None, "DELETE", MAPPING), ("delete", "DELETE", MAPPING),
                                   ("post", "POST", CALL)):
            with self.subTest(form):
                sandbox = self.sandbox("--desk-form", "post" if form == "post" else "delete")
                options = ["--desk-form", form] if form else []
                run = self.go(sandbox, OPERATION, calls([1, 2]), *options, out=f"out{form}")
                self.assertEqual(run.verdicts(), [("success", "SUCCESS")] * 2)
                self.assertEqual(run.column("http"), ["204"] * 2)
                self.check_requests(sandbox, method, path, [ORG] * 2)

    def test_answers_without_a_whole_head(self):
        """libcurl would take them for an answer, some for a 200: nothing says it is done."""
        for name, data in (("no status", b"HTTP/x 500 error\r\nContent-Length: 0\r\n\r\n"),
                           ("cut in the head", b"HTTP/1.1 204 X\r\nContent-Le"),
                           ("cut behind a 1xx", b"HTTP/1.1 100 Continue\r\n\r\n"),
                           ("cut behind an early hint", b"HTTP/1.1 103 X\r\nLink: <x>\r\n\r\n")):
            with self.subTest(name):
                service = self.service(lambda request: (data, CLOSE))
                run = self.go(service, OPERATION, calls([1]), "--retries", "1", out=name)
                self.assertEqual(run.column("status"), ["unknown"], run)
                self.assertEqual((len(service.requests), run.code), (2, 4))

    def test_form_of_the_environment_and_a_wrong_one(self):
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, calls([1]), env={"UNHITCH_DESK_FORM": "post"})
        self.assertEqual((run.code, sandbox.log()[0]["method"]), (0, "POST"), run)
        run = self.go(sandbox, OPERATION, calls([1]), "--desk-form", "put", out="o2")
        self.assertEqual((run.code, len(sandbox.log())), (2, 1), run)

    def test_org_of_the_row(self):
        """The row's own, else the environment's; --set stands between."""
        sandbox = self.sandbox()
        content = "call_id,org_id\n1,77\n2,\n3, 78 \n"
        run = self.go(sandbox, OPERATION, content, "-j", "1")
        self.assertEqual(run.code, 0, run)
        self.check_requests(sandbox, "DELETE", MAPPING, ["77", ORG, "78"])
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, content, "-j", "1", "--set", "org_id=5", out="set")
        self.assertEqual(run.code, 0, run)
        self.check_requests(sandbox, "DELETE", MAPPING, ["77", "5", "78"])

    def test_same_call_in_two_organisations(self):
        """Two targets: both are sent. The same in one: once, named or by default."""
        sandbox = self.sandbox("--desk-again", "noop")
        run = self.go(sandbox, OPERATION, f"call_id,org_id\n9,77\n9,78\n9,{ORG}\n9,\n9,77\n",
                      "-j", "1")
        self.assertEqual(run.column("status")[:2], ["success"] * 2, run)
        self.assertEqual([line["headers"]["orgid"] for line in sandbox.log()],
                         ["77", "78", ORG], run)
        self.says(run.column("message")[4], "same as row 1")
        self.says(run.column("message")[3], "same as row 3")
        self.assertEqual(run.summary["duplicates"], 2)

    def test_org_with_letters(self):
        """Never sent, and neither guessed nor replaced by the default."""
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, "call_id,org_id\n" + "".join(
            f"{n},{org}\n" for n, org in enumerate(
                ("7x", "abc", "-7", "7e3", "0x7", "7;8", "7 8", "٣"))))
        self.assertEqual(run.code, 4, run)
        self.assertEqual(set(run.column("status")), {"rejected"})
        self.assertLessEqual(set(run.column("code")), {"bad-id", "bad-value", "mangled-id"})
        self.assertEqual(sandbox.log(), [])

    def test_org_of_the_environment_is_no_number(self):
        sandbox = self.sandbox()
        for number, org in enumerate(("7x", "-1", "1.5", " ", "1\r\nX: y", "9" * 40)):
            with self.subTest(org):
                run = self.go(sandbox, OPERATION, calls([1]), out=f"out{number}",
                              env={"ZOHO_DESK_ORG_ID": org})
                self.assertEqual(run.code, 2, run)
                self.says(run.err, "ZOHO_DESK_ORG_ID")
                self.assertFalse(os.path.exists(run.folder))
        self.assertEqual(sandbox.log(), [])

    def test_no_org_at_all(self):
        """Exit 2 and nothing sent; plan needs none; a file that has it needs none."""
        sandbox = self.sandbox()
        none = {"ZOHO_DESK_ORG_ID": None}
        run = self.go(sandbox, OPERATION, calls([1]), env=none)
        self.assertEqual((run.code, sandbox.log()), (2, []), run)
        self.says(run.err, "ZOHO_DESK_ORG_ID", "org_id")
        run = self.go(sandbox, OPERATION, calls([1]), env=none, command="plan", token=None)
        self.assertEqual(run.code, 0, run)
        run = self.go(sandbox, OPERATION, "call_id,org_id\n1,77\n", env=none)
        self.assertEqual(run.code, 0, run)

    def test_org_from_a_file(self):
        sandbox = self.sandbox()
        env = {"ZOHO_DESK_ORG_ID": None, "ZOHO_DESK_ORG_ID_FILE": self.write("org", "808\n")}
        run = self.go(sandbox, OPERATION, calls([1]), env=env)
        self.assertEqual(run.code, 0, run)
        self.check_requests(sandbox, "DELETE", MAPPING, ["808"])

    def test_ids(self):
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, "call_id\n" + "\n".join(
            ["1892000000000001", "zcrm_12", "1.892E+15", "18a", "1/2", "", '"1,892"',
             "123456789012345678901", '"=""77"""']) + "\n")
        self.assertEqual([code for _, code in run.verdicts()][:1], ["SUCCESS"])
        # a blank line is no row
        self.assertEqual([code for _, code in run.verdicts()][2:],
                         ["mangled-id", "bad-id", "bad-id", "mangled-id", "bad-id", "SUCCESS"])
        self.assertEqual(len([t for t in sandbox.targets() if "%" in t or "a" in
                              t.split("/")[4]]), 0)

    def test_success_with_a_body(self):
        sandbox = self.sandbox("--desk-success-body")
        run = self.go(sandbox, OPERATION, calls([1]))
        self.assertEqual((run.verdicts(), run.column("http")),
                         ([("success", "SUCCESS")], ["200"]), run)

    def judge(self, *answers):
        service = self.bodied(lambda request: answers[request.number - 1])
        run = self.go(service, OPERATION, calls(range(len(answers))), "--retries", "0",
                      "--halt-after", "0", "-j", "1")
        self.assertEqual(len(service.requests), len(answers), run)
        return run

    def check(self, cases):
        run = self.judge(*[answer for answer, _, _ in cases])
        for number, (case, got, status) in enumerate(zip(cases, run.verdicts(),
                                                         run.column("http"))):
            with self.subTest(number, answer=case[0][-80:]):
                self.assertEqual(got, case[1:])
                self.assertEqual(status, case[0].split(b" ", 2)[1].decode())
        return run

    def test_what_is_success(self):
        """Any 2xx, with JSON or without a body; a page of a gateway never is."""
        page = b"<!DOCTYPE html><html><body>Please sign in</body></html>"
        self.check([
            (http(204), "success", "SUCCESS"),
            (http(200), "success", "SUCCESS"),
            (http(202), "success", "SUCCESS"),
            (http(200, {"message": "Live call mapping cleared"}), "success", "SUCCESS"),
            (http(201, {}), "success", "SUCCESS"),
            (http(200, page, "Content-Type: text/html"), "unknown", "bad-response"),
            (http(200, page), "unknown", "bad-response"),
            (http(200, page, "Content-Type: application/json"), "unknown", "bad-response"),
            (http(200, b"OK", "Content-Type: text/plain"), "unknown", "bad-response"),
            (http(200, b'{"message":', "Content-Type: application/json"), "unknown",
             "bad-response"),
        ])

    def test_an_error_under_200(self):
        """The body says errorCode: it is no success."""
        run = self.judge(desk_error(200, "FORBIDDEN"))
        self.assertNotEqual(run.column("status"), ["success"])

    def test_error_codes(self):
        """Every one of the table that concerns the row: failed, with the words."""
        codes = [(400, "BAD_REQUEST"), (403, "FORBIDDEN"), (403, "LICENSE_ACCESS_LIMITED"),
                 (404, "URL_NOT_FOUND"), (413, "RESOURCE_SIZE_EXCEEDED"),
                 (422, "INVALID_DATA"), (422, "UNPROCESSABLE_ENTITY"),
                 (500, "INTERNAL_SERVER_ERROR")]
        run = self.check([(desk_error(status, code, f"words of {code}"), "failed", code)
                          for status, code in codes])
        self.assertEqual(run.column("message"), [f"words of {code}" for _, code in codes])
        self.assertEqual(run.code, 4)

    def test_missing_error_code(self):
        run = self.check([(desk_error(status, None, "why"), "failed", f"http-{status}")
                          for status in (400, 403, 404, 422)] + [
            (http(400, b"<html>no</html>"), "failed", "http-400"),
            (http(404, b""), "failed", "http-404"),
            (http(403, b"[]"), "failed", "http-403")])
        self.assertEqual(run.column("message")[:4], ["why"] * 4)

    def test_errors_list(self):
        run = self.judge(desk_error(422, "INVALID_DATA", "The data is invalid due to "
                                    "validation restrictions", errors=[{
                                        "fieldName": "/callId", "errorType": "invalid",
                                        "errorMessage": "odd words"}]),
                         desk_error(422, "INVALID_DATA", errors="none"),
                         desk_error(422, "INVALID_DATA", errors=[None, 1, {"fieldName": 2}]))
        self.assertEqual(run.verdicts(), [("failed", "INVALID_DATA")] * 3)

    def stop(self, status, code, exit_code=6):
        service = self.bodied(lambda request: desk_error(status, code, "words"))
        run = self.go(service, OPERATION, calls(range(4)), "-j", "1")
        self.assertEqual(run.code, exit_code, run)
        self.assertEqual(len(service.requests), 1)
        self.assertEqual(set(run.column("status")), {"unsent"})
        self.assertEqual(run.verdicts()[1:], [("unsent", "halted")] * 3)
        self.says(run.column("message")[0], code, "words")
        self.says(run.summary["stopped_by"]["message"], code)
        return run

    def test_what_stops_the_run(self):
        for status, code in (401, "UNAUTHORIZED"), (401, "INVALID_OAUTH"), \
                            (403, "OAUTH_ORG_MISMATCH"):
            with self.subTest(code):
                self.stop(status, code)
                shutil.rmtree(self.path("out"))
        run = self.stop(403, "SCOPE_MISMATCH")
        self.says(run.out + run.err, "Desk.calls")

    def test_gone(self):
        """404 URL_NOT_FOUND: failed; already-done under --missing-ok."""
        sandbox = self.sandbox()
        content = "call_id\n18920000404\n7\n"
        run = self.go(sandbox, OPERATION, content)
        self.assertEqual(run.verdicts(), [("failed", "URL_NOT_FOUND"), ("success", "SUCCESS")])
        run = self.go(sandbox, OPERATION, content, "--missing-ok", out="ok")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(run.verdicts(), [("success", "already-done")] * 2)

    def test_missing_ok_is_for_url_not_found_only(self):
        answers = [desk_error(404, None), http(404, b"<html>"), desk_error(404, "OTHER"),
                   desk_error(403, "FORBIDDEN"), desk_error(404, "URL_NOT_FOUND")]
        service = self.bodied(lambda request: answers[request.number - 1])
        run = self.go(service, OPERATION, calls(range(5)), "--missing-ok", "-j", "1",
                      "--retries", "0")
        self.assertEqual(run.column("status"), ["failed"] * 4 + ["success"])

    def test_lost_answers(self):
        """Gone after a cut, a timeout, a 5xx: already-done. After a 429: it is not."""
        for action, code in (("apply cut", "already-done"), ("apply reset", "already-done"),
                             ("apply status 503", "already-done"),
                             ("as 502", "already-done"), ("delay 3s", "already-done"),
                             ('apply status 200 body "<html>"', "already-done")):
            with self.subTest(action):
                sandbox = self.sandbox(faults=f"request 1: {action}\n")
                run = self.go(sandbox, OPERATION, calls([1]), "--timeout", "1s"
                              if "delay" in action else "20s",
                              out=re.sub(r"\W", "", action))
                self.assertEqual(run.verdicts(), [("success", code)], run)
                self.assertEqual(run.column("attempts"), ["2"])
                self.assertEqual(run.summary["calls"], 2)
        answers = [desk_error(429, "TOO_MANY_REQUESTS"), desk_error(404, "URL_NOT_FOUND")]
        service = self.bodied(lambda request: answers[request.number - 1])
        run = self.go(service, OPERATION, calls([1]))
        self.assertEqual(run.verdicts(), [("failed", "URL_NOT_FOUND")])

    def test_noop_again(self):
        sandbox = self.sandbox("--desk-again", "noop", faults="request 1: apply cut\n")
        run = self.go(sandbox, OPERATION, calls([1]))
        self.assertEqual(run.verdicts(), [("success", "SUCCESS")])
        run = self.go(sandbox, OPERATION, calls([1]), out="two")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS")])

    def test_too_many_requests_slows_down(self):
        sandbox = self.sandbox("--desk-limit-in-flight", "2", "--latency", "20ms")
        run = self.go(sandbox, OPERATION, calls(range(30)), "-j", "10")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(run.summary["success"], 30)
        log = sandbox.log()
        self.assertTrue([line for line in log if line["status"] == 429])
        self.assertLess(len(log), 60)
        books = sandbox.stop()
        self.assertTrue(all(one["removed"] == 1 for one in books["ids"].values()))

    def test_threshold(self):
        """The day's credits are gone: exit 8 at once; resume finishes."""
        sandbox = self.sandbox("--desk-limit-calls", "5")
        run = self.go(sandbox, OPERATION, calls(range(9)), "-j", "1")
        self.assertEqual(run.code, 8, run)
        self.assertEqual(len(sandbox.log()), 6, "no second try after THRESHOLD_EXCEEDED")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS")] * 5 +
                         [("unsent", "budget")] * 4)
        self.says(run.column("message")[5], "THRESHOLD_EXCEEDED")
        self.assertEqual(run.summary["stopped_by"]["code"], "budget")
        self.says(run.summary["stopped_by"]["message"], "limit", "resume")
        self.assertFalse(run.summary["finished"])
        sandbox.kill()
        other = self.service_at(sandbox.port)
        run = self.again("resume")
        self.assertEqual((run.code, run.summary["success"]), (0, 9), run)
        self.assertEqual(len(other.requests), 4)

    def service_at(self, port):
        service = BodyService(lambda request: http(204), port=port)
        self.addCleanup(service.stop)
        return service

    def test_the_words_of_the_limit(self):
        service = self.bodied(lambda request: desk_error(
            429, "THRESHOLD_EXCEEDED", "come back tomorrow", "Retry-After: 7200"))
        begun = time.monotonic()
        run = self.go(service, OPERATION, calls(range(3)))
        self.assertEqual(run.code, 8, run)
        self.assertLess(time.monotonic() - begun, 5)
        self.says(run.column("message")[0], "THRESHOLD_EXCEEDED", "come back tomorrow")
        when = re.search(r"resume after (\S+Z)", run.summary["stopped_by"]["message"])
        self.assertTrue(when, run.summary)
        told = datetime.datetime.fromisoformat(when[1].replace("Z", "+00:00")).timestamp()
        self.assertAlmostEqual(told - time.time(), 7200, delta=30)
        self.assertLessEqual(len(service.requests), 3)

    def test_an_organisation_that_nobody_needs(self):
        """An empty variable: only rows without org_id are told of it."""
        env = {"ZOHO_DESK_ORG_ID": ""}
        sandbox = self.sandbox()
        run = self.go(sandbox, "crm.delink", job([1]), env=env, name="crm.csv")
        self.assertEqual(run.code, 0, run)
        run = self.go(sandbox, OPERATION, "call_id,org_id\n5,808\n", env=env, out="named")
        self.assertEqual(run.code, 0, run)
        run = self.unhitch("report", "out", env=env)
        self.assertEqual(run.code, 0, run)
        run = self.go(sandbox, OPERATION, calls([6]), env=env, command="plan")
        self.assertEqual(run.code, 0, run)
        self.write("job.csv", calls([6]))
        run = self.unhitch("run", "--operation", OPERATION, "--base-url", sandbox.url, "job.csv",
                           env=env)
        self.assertEqual(run.code, 2, run)
        self.says(run.err, "ZOHO_DESK_ORG_ID is empty")

    def test_429_of_a_gateway(self):
        """No errorCode: it slows down, it does not end the run."""
        service = self.bodied(lambda request: http(429) if request.number == 1 else http(204))
        run = self.go(service, OPERATION, calls(range(3)))
        self.assertEqual((run.code, run.summary["success"]), (0, 3), run)


if __name__ == "__main__":
    main()
