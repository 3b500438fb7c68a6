#!/usr/bin/env python3
"""What unhitch-sandbox answers for call preferences and Desk; its further options."""

import json
import time
import unittest
import urllib.parse

import test_sandbox
from test_sandbox import (BAD_METHOD, BAD_PATH, BAD_TOKEN, CONTACTS, NO_TOKEN, TOKEN,
                          Sandbox, refusal)

NO_SCOPE = refusal("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")
PREFERENCES = "/crm/v8/settings/call_preferences"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MAPPING = "/api/v1/calls/{}/clearLiveMapping"
ORG = {"orgId": "2389290"}


def zoho(token):
    return "Zoho-oauthtoken " + token


def post_form(sandbox, target, fields, token=None, headers=None):
    """Status, headers and body of a POST with a form body."""
    return sandbox.call(target, method="POST", token=token,
                        headers=FORM if headers is None else headers,
                        body=urllib.parse.urlencode(fields))


def clear_mapping(sandbox, number="1892000000094004", path=MAPPING, method="DELETE",
                  token=TOKEN, headers=None, query=""):
    """Status, error code (None without a body) and headers of a call to Desk."""
    status, got, body = sandbox.call(path.format(number) + query, method=method,
                                     token=token,
                                     headers=ORG if headers is None else headers)
    return status, json.loads(body).get("errorCode") if body else None, got


class CallPreferences(unittest.TestCase):

    DONE = {"code": "SUCCESS", "details": {},
            "message": "Calls preferences updated successfully", "status": "success"}
    FROM = "show_from_number"
    TO = "show_to_number"

    def put(self, sandbox, body, **options):
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        return sandbox.ask(PREFERENCES, method="PUT", body=body, **options)

    def wish(self, show_from, show_to):
        return {"call_preferences": {self.FROM: show_from, self.TO: show_to}}

    def get(self, sandbox):
        return sandbox.ask(PREFERENCES, method="GET")

    def place(self, field=None, expected=None):
        path = "$.call_preferences" + ("." + field if field else "")
        details = {"api_name": field or "call_preferences", "json_path": path}
        return {"expected_data_type": expected, **details} if expected else details

    def locked(self, field):
        return refusal("NOT_ALLOWED", "Preferences cannot be disabled because the fields "
                       "are mandatory or used in other configurations",
                       **self.place(field))

    def test_state(self):
        with Sandbox() as sandbox:
            self.assertEqual(self.get(sandbox), (200, self.wish(True, True)))
            for values in (False, True), (True, False), (False, False), (True, True):
                self.assertEqual(self.put(sandbox, self.wish(*values)),
                                 (200, {"call_preferences": self.DONE}))
                self.assertEqual(self.get(sandbox), (200, self.wish(*values)))

    def test_top_level_refusals(self):
        empty = refusal("INVALID_DATA", "Input body should not be empty",
                        **self.place(expected="jsonobject"))
        bad = refusal("INVALID_DATA", "Invalid data given in the input body",
                      **self.place(expected="jsonobject"))

        def missing(field=None):
            return refusal("MANDATORY_NOT_FOUND", "required field not found",
                           **self.place(field))

        with Sandbox() as sandbox:
            for body, expected in [
                    ("", empty), (" \r\n", empty),
                    ("{", bad), ("[]", bad), ("{}{}", bad), ("true", bad),
                    (b'{"call_preferences":"\xff"}', bad),
                    ("[" * 100000, bad),
                    ('{"call_preferences":[]}', bad),
                    ('{"call_preferences":null}', bad),
                    ("{}", missing()),
                    ('{"Call_Preferences":{}}', missing()),
                    ('{"call_preferences":{}}', missing(self.FROM)),
                    ('{"call_preferences":{"show_from_number":1}}', missing(self.TO))]:
                with self.subTest(body=body[:40]):
                    self.assertEqual(self.put(sandbox, body), (400, expected))
            self.assertEqual(self.get(sandbox), (200, self.wish(True, True)))

    def test_no_boolean(self):
        with Sandbox() as sandbox:
            for value in "true", 1, 0, None, [], {}:
                for field, wish in ((self.FROM, self.wish(value, False)),
                                    (self.TO, self.wish(False, value))):
                    details = self.place(field, "boolean")
                    expected = refusal("INVALID_DATA", "The data type for the given "
                                       "fields are invalid", **details)
                    self.assertEqual(self.put(sandbox, wish),
                                     (400, {"call_preferences": expected}))
            self.assertEqual(self.get(sandbox), (200, self.wish(True, True)))

    def test_locked(self):
        for option, locked in (("to", [self.TO]), ("from", [self.FROM]),
                               ("both", [self.FROM, self.TO]), ("none", [])):
            with Sandbox("--call-preferences-locked", option) as sandbox:
                for values in (True, False), (False, True), (False, False):
                    off = [field for field, value in zip((self.FROM, self.TO), values)
                           if not value and field in locked]
                    expected = (400, self.locked(off[0])) if off else (200, self.DONE)
                    self.assertEqual(self.put(sandbox, self.wish(*values)),
                                     (expected[0], {"call_preferences": expected[1]}))
                self.assertEqual(self.put(sandbox, self.wish(True, True))[0], 200)

    def test_top_form(self):
        options = ("--call-preferences-form", "top", "--call-preferences-locked", "to")
        with Sandbox(*options) as sandbox:
            self.assertEqual(self.put(sandbox, self.wish(False, True)), (200, self.DONE))
            self.assertEqual(self.put(sandbox, self.wish(False, False)),
                             (400, self.locked(self.TO)))
            code = self.put(sandbox, self.wish(1, True))[1]["code"]
            self.assertEqual(code, "INVALID_DATA")
            self.assertEqual(self.get(sandbox), (200, self.wish(False, True)))

    def test_order_of_checks(self):
        options = ("--token", "good", "--limit-calls", "1", "--scopes",
                   "ZohoCRM.settings.modules.UPDATE")
        good = zoho("good")
        with Sandbox(*options) as sandbox:
            for version in "v2", "v7", "v9":
                target = PREFERENCES.replace("v8", version)
                self.assertEqual(sandbox.ask(target, method="POST", token=None),
                                 (404, BAD_PATH))
            for method in "POST", "DELETE", "PATCH":
                self.assertEqual(sandbox.ask(PREFERENCES, method=method, token=None),
                                 (400, BAD_METHOD))
            self.assertEqual(self.put(sandbox, "", token=None), (401, NO_TOKEN))
            self.assertEqual(self.put(sandbox, ""), (401, BAD_TOKEN))
            self.assertEqual(sandbox.ask(PREFERENCES, method="GET", token=good),
                             (401, NO_SCOPE))
            self.assertEqual(self.put(sandbox, "", token=good)[0], 400)
            self.assertEqual(self.put(sandbox, "", token=good)[0], 429)

    def test_books_keep_every_put(self):
        with Sandbox("--call-preferences-locked", "from", books="") as sandbox:
            for body in (self.wish(True, False), self.wish(1, True), "",
                         self.wish(False, True), self.wish(True, True)):
                self.put(sandbox, body)
            self.get(sandbox)
            self.assertEqual(sandbox.stop(), 0)
            self.assertEqual(sandbox.books()["call_preferences"], [
                {self.FROM: True, self.TO: False, "applied": True},
                {self.FROM: False, self.TO: True, "applied": False},
                {self.FROM: True, self.TO: True, "applied": True}])

    def test_faults_and_log(self):
        script = ('body-holds "\\"show_to_number\\": false" first 1: '
                  'error 403 NO_PERMISSION no\nrequest 2: apply cut\n')
        with Sandbox(faults=script, log="") as sandbox:
            wish = self.wish(True, False)
            self.assertEqual(self.put(sandbox, self.wish(True, True))[0], 200)
            with self.assertRaises(ConnectionError):
                self.put(sandbox, self.wish(False, True))
            self.assertEqual(self.put(sandbox, wish),
                             (403, refusal("NO_PERMISSION", "no")))
            self.assertEqual(self.get(sandbox), (200, self.wish(False, True)))
            self.assertEqual(self.put(sandbox, wish)[0], 200)
            self.assertEqual(json.loads(sandbox.log()[2]["body"]), wish)


class Desk(unittest.TestCase):

    CALL = "/api/v1/calls/{}/clearLiveCall"

    def clear_call(self, sandbox, **options):
        return clear_mapping(sandbox, path=self.CALL, method="POST", **options)

    def test_both_forms(self):
        gone = (404, "URL_NOT_FOUND")
        with Sandbox() as sandbox:
            status, headers, body = sandbox.call(MAPPING.format(7), headers=ORG)
            self.assertEqual((status, body, headers["Content-Type"]), (204, b"", None))
            self.assertEqual(headers["X-Rate-Limit-Request-Weight-v3"], "1")
            self.assertIsNone(headers["X-Rate-Limit-Remaining-v3"])
            self.assertEqual(clear_mapping(sandbox, 7)[:2], gone)
            self.assertEqual(self.clear_call(sandbox, number=7)[:2], gone)
            self.assertEqual(self.clear_call(sandbox, number=8)[:2], (204, None))
            for method in "GET", "POST", "PUT":
                self.assertEqual(clear_mapping(sandbox, method=method, token=None)[:2],
                                 (405, "METHOD_NOT_ALLOWED"))
            self.assertEqual(clear_mapping(sandbox, path=self.CALL)[:2],
                             (405, "METHOD_NOT_ALLOWED"))

    def test_one_form(self):
        gone = (404, "URL_NOT_FOUND")
        with Sandbox("--desk-form", "delete") as sandbox:
            self.assertEqual(self.clear_call(sandbox, token=None)[:2], gone)
            self.assertEqual(clear_mapping(sandbox)[0], 204)
        with Sandbox("--desk-form", "post") as sandbox:
            self.assertEqual(clear_mapping(sandbox, token=None)[:2], gone)
            self.assertEqual(self.clear_call(sandbox)[0], 204)

    def test_refusals_in_their_order(self):
        options = ("--token", "good", "--desk-org", "5", "--scopes", "Desk.calls.UPDATE")
        good = zoho("good")
        own = {"orgId": "5"}
        broken = (500, "INTERNAL_SERVER_ERROR")
        with Sandbox(*options, books="") as sandbox:
            for path in "/api", "/api/v1/calls", "/api/v2/calls/1/clearLiveMapping":
                self.assertEqual(clear_mapping(sandbox, path=path, token=None)[:2],
                                 (404, "URL_NOT_FOUND"))
            for token in None, "Bearer good", "good", "Zoho-oauthtoken ":
                self.assertEqual(clear_mapping(sandbox, token=token, headers={})[:2],
                                 (401, "UNAUTHORIZED"))
            self.assertEqual(clear_mapping(sandbox, headers={})[:2],
                             (401, "INVALID_OAUTH"))
            for headers in {}, {"orgId": ""}, {"orgId": "5x"}, {"orgId": "-5"}:
                self.assertEqual(clear_mapping(sandbox, token=good, headers=headers,
                                               query="?a=1")[:2], broken)
            self.assertEqual(clear_mapping(sandbox, token=good, query="?a=1")[:2],
                             (403, "OAUTH_ORG_MISMATCH"))
            for query in "?a=1", "?orgId=5", "?a":
                self.assertEqual(clear_mapping(sandbox, "x", token=good, headers=own,
                                               query=query)[:2],
                                 (422, "UNPROCESSABLE_ENTITY"))
            for number in "x", "1" * 21, "1e5", "12%2F3", "0000404", "18920000404":
                self.assertEqual(clear_mapping(sandbox, number, token=good,
                                               headers=own)[:2], (404, "URL_NOT_FOUND"))
            self.assertEqual(clear_mapping(sandbox, 1, token=good, headers=own)[0], 204)
            self.assertEqual(sandbox.stop(), 0)
            self.assertEqual(sandbox.books()["ids"],
                             {"desk/0000404": {"asked": 1, "removed": 0},
                              "desk/18920000404": {"asked": 1, "removed": 0},
                              "desk/1": {"asked": 1, "removed": 1}})

    def test_again_and_success_body(self):
        with Sandbox("--desk-again", "noop", books="") as sandbox:
            for _ in range(3):
                self.assertEqual(clear_mapping(sandbox, 1)[:2], (204, None))
            self.assertEqual(sandbox.stop(), 0)
            self.assertEqual(sandbox.books()["ids"],
                             {"desk/1": {"asked": 3, "removed": 1}})
        with Sandbox("--desk-success-body", "--no-magic") as sandbox:
            status, headers, body = sandbox.call(MAPPING.format("10000404"),
                                                 headers=ORG)
            self.assertEqual((status, json.loads(body)),
                             (200, {"message": "Live call mapping cleared"}))
            self.assertEqual(headers["Content-Type"], "application/json;charset=UTF-8")

    def test_relations_do_not_matter(self):
        with Sandbox(relations="Campaigns/1/Contacts/1\n") as sandbox:
            self.assertEqual(clear_mapping(sandbox, 1)[0], 204)

    def test_limits(self):
        with Sandbox("--desk-limit-calls", "2") as sandbox:
            for left in "1", "0":
                status, _, headers = clear_mapping(sandbox, left)
                self.assertEqual((status, headers["X-Rate-Limit-Remaining-v3"]),
                                 (204, left))
            for _ in range(2):
                status, code, headers = clear_mapping(sandbox, 3)
                self.assertEqual((status, code), (429, "THRESHOLD_EXCEEDED"))
                self.assertEqual((headers["Retry-After"],
                                  headers["X-Rate-Limit-Remaining-v3"]), ("3600", "0"))
            self.assertEqual(sandbox.delink("1")[0], 200)

    def test_limits_count_each_service_apart(self):
        options = ("--latency", "500ms", "--desk-limit-in-flight", "1",
                   "--limit-in-flight", "2")
        with Sandbox(*options) as sandbox:
            busy = [sandbox.send(CONTACTS + "?ids=1"), sandbox.send(CONTACTS + "?ids=2")]
            time.sleep(0.1)
            self.assertEqual(sandbox.delink("3")[0], 429)
            busy.append(sandbox.connect())
            busy[-1].sendall(f"DELETE {MAPPING.format(1)} HTTP/1.1\r\nHost: x\r\n"
                             f"Authorization: {TOKEN}\r\norgId: 1\r\n\r\n".encode())
            time.sleep(0.1)
            self.assertEqual(clear_mapping(sandbox, 2)[:2], (429, "TOO_MANY_REQUESTS"))
            self.assertTrue(busy[-1].recv(65536).startswith(b"HTTP/1.1 204"))
            for client in busy:
                client.close()
            self.assertEqual(clear_mapping(sandbox, 2)[0], 204)

    def test_many(self):
        with Sandbox(books="") as sandbox:
            client = sandbox.client()
            for number in range(2000):
                client.request("DELETE", MAPPING.format(number),
                               headers={"Authorization": TOKEN, **ORG})
                answer = client.getresponse()
                answer.read()
                self.assertEqual(answer.status, 204)
            client.close()
            self.assertEqual(clear_mapping(sandbox, 1999)[0], 404)
            self.assertEqual(sandbox.stop(), 0)
            ids = sandbox.books()["ids"]
            self.assertEqual(len(ids), 2000)
            self.assertEqual(ids["desk/1999"], {"asked": 2, "removed": 1})

    def test_faults(self):
        script = ('target /calls/5/ first 1: desk-error 403 FORBIDDEN "not \\"yours\\""\n'
                  'target /calls/6/: status 422 body "{\\"message\\":\\"no code\\"}"\n'
                  'target /calls/7/: apply reset\n')
        with Sandbox(faults=script) as sandbox:
            status, _, body = sandbox.call(MAPPING.format(5), headers=ORG)
            self.assertEqual((status, json.loads(body)),
                             (403, {"errorCode": "FORBIDDEN",
                                    "message": 'not "yours"'}))
            self.assertEqual(clear_mapping(sandbox, 5)[0], 204)
            self.assertEqual(clear_mapping(sandbox, 6)[:2], (422, None))
            with self.assertRaises(ConnectionError):
                clear_mapping(sandbox, 7)
            with self.assertRaises(ConnectionError):
                self.clear_call(sandbox, number=7)


class ServicesUsage(unittest.TestCase):
    """The help and the errors of the options above."""

    run_it = test_sandbox.Usage.run_it
    check_file = test_sandbox.Usage.check_file

    def test_help(self):
        code, text, _ = self.run_it("--help")
        self.assertEqual(code, 0)
        for group in ("Sandbox", "Sign-in at Zoho, for CRM and Desk", "CRM", "Desk",
                      "Verba"):
            self.assertIn(f"\n{group}:\n  --", text)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 90)
        self.assertIn("body-holds TEXT", self.run_it("--help-faults")[1])

    def test_bad_options(self):
        for options, error in [
                (["--Desk"], "unknown option '--Desk' (see --help)"),
                (["--desk-form", "get"], "--desk-form: not both|delete|post: 'get'"),
                (["--desk-form="], "--desk-form: not both|delete|post: ''"),
                (["--verba-xml", "plain|open"], "--verba-xml: not "
                 "plain|open|attributes|beside|entities: 'plain|open'"),
                (["--token-life", "2d"],
                 "--token-life: not a duration like 50ms or 2s: '2d'"),
                (["--token-life", "25h"],
                 "--token-life: not a duration like 50ms or 2s: '25h'"),
                (["--verba-user", "x"],
                 "--verba-user and --verba-password go together"),
                (["--verba-calls", "/nowhere"], "/nowhere: No such file or directory")]:
            with self.subTest(options=options):
                self.assertEqual(self.run_it(*options),
                                 (2, "", f"unhitch-sandbox: {error}\n"))

    def test_bad_calls(self):
        self.check_file("--verba-calls", "x,1", "1: callID is not a UUID")
        self.check_file("--verba-calls", "\n,1,2,3,4,next,6", "2: more than 6 fields")
        for status in "last", "Next", "x":
            self.check_file("--verba-calls", ",1,,,," + status,
                            "1: a status is ongoing, next or finished")


if __name__ == "__main__":
    unittest.main()
