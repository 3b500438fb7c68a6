#!/usr/bin/env python3
"""Verba's RequestToken, the fixed token, the key alone; what is missing; renewal."""

import base64
import urllib.parse

from harness import *

OPERATION = "verba.delete_call"
USER = {"VERBA_USER": "ann", "VERBA_PASSWORD": "p:w & Ä%"}
OPTIONS = ("--verba-key", "verba-key", "--verba-user", "ann", "--verba-password",
           USER["VERBA_PASSWORD"])
BAD_TOKEN = "The token is invalid or has expired"


def natives(numbers):
    return "native_id\n" + "".join(f"TRS{n}\n" for n in numbers)


def form(text):
    return dict(urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True))


class VerbaSignIn(ServicesCase):

    def sign(self, server, content, *options, env=None, **how):
        return self.go(server, OPERATION, content, *options, token=None,
                       env={"ZOHO_DESK_ORG_ID": None, **USER, **(env or {})}, **how)

    @staticmethod
    def split(sandbox):
        """Requests for tokens, and calls."""
        log = sandbox.log()
        text = [line["body"] or line["target"] for line in log]
        return ([line for line, one in zip(log, text) if "RequestToken" in one],
                [line for line, one in zip(log, text) if "DeleteCall" in one])

    def test_request(self):
        """HTTP Basic for the token alone; the token in every call, none in a URL."""
        sandbox = self.sandbox(*OPTIONS)
        run = self.sign(sandbox, natives(range(3)))
        self.assertEqual(run.code, 0, run)
        (ask,), calls = self.split(sandbox)
        self.assertEqual((ask["method"], ask["target"]), ("POST", "/verba/api"))
        self.assertEqual(form(ask["body"]) | {"responseType": "XML"}, {
            "action": "RequestToken", "apiKey": "verba-key", "responseType": "XML"})
        kind, _, pair = ask["headers"]["authorization"].partition(" ")
        self.assertEqual((kind, base64.b64decode(pair, validate=True).decode()),
                         ("Basic", "ann:" + USER["VERBA_PASSWORD"]))
        tokens = {form(line["body"])["token"] for line in calls}
        self.assertEqual(len(tokens), 1)
        for line in calls:
            self.assertEqual(line["target"], "/verba/api")
            self.assertNotIn("authorization", line["headers"])

    def test_get(self):
        """In the URL when the user wants it; the password never is."""
        sandbox = self.sandbox(*OPTIONS)
        run = self.sign(sandbox, natives(range(2)), "--verba-method", "get")
        self.assertEqual(run.code, 0, run)
        _, calls = self.split(sandbox)
        self.assertEqual([line["method"] for line in calls], ["GET"] * 2)
        self.assertNotIn("p%3Aw", json.dumps([line["target"] for line in sandbox.log()]))

    def test_one_token_for_all_calls(self):
        sandbox = self.sandbox(*OPTIONS, faults="body-holds RequestToken: delay 150ms\n")
        run = self.sign(sandbox, natives(range(20)), "-j", "10")
        self.assertEqual((run.code, len(self.split(sandbox)[0])), (0, 1), run)

    def test_renewal(self):
        """Of an expired token, told as code 2 or as 401: each call resent once."""
        for way in "code", "401":
            with self.subTest(way):
                sandbox = self.sandbox(*OPTIONS, "--verba-token-life", "1s",
                                       "--verba-expired", way, "--latency", "30ms")
                run = self.sign(sandbox, natives(range(90)), "-j", "2", out=way)
                self.assertEqual((run.code, run.summary["success"]), (0, 90), run)
                asks, calls = self.split(sandbox)
                self.assertIn(len(asks), range(2, 8))
                self.assertLess(len(calls), 105)
                self.assertTrue(all(one == {"asked": 1, "removed": 1}
                                    for one in sandbox.stop()["ids"].values()))

    def test_renewed_once_only(self):
        """Refused with the fresh token, too: exit 6."""
        for number, refusal in enumerate((http(200, verba_xml(2, BAD_TOKEN)),
                                          http(401, verba_xml(2, BAD_TOKEN)), http(401))):
            with self.subTest(number):
                service = self.bodied(lambda request: http(200, verba_xml(
                    0, None, f' token="t{request.number}"', "RequestToken"))
                    if b"RequestToken" in request.body else refusal)
                run = self.sign(service, natives([1]), out=f"out{number}")
                kinds = [b"RequestToken" in request.body for request in service.requests]
                self.assertEqual(kinds, [True, False, True, False], run)
                self.assertEqual((run.code, run.verdicts()), (6, [("unsent", "halted")]), run)

    def test_an_echoed_id_renews_nothing(self):
        """Only words of the service about a token or a key are about the credentials."""
        for number, (native, words) in enumerate((
                ("TOKEN-7", "More than one call matches TOKEN-7"),
                ("my api key", "Call 'my api key' is locked"),
                ("7", "Tokenization failed: 7 was retokened"))):
            with self.subTest(words):
                service = self.bodied(lambda request: http(200, verba_xml(
                    0, None, ' token="t"', "RequestToken"))
                    if b"RequestToken" in request.body else http(200, verba_xml(2, words)))
                run = self.sign(service, f"native_id\n{native}\n", out=f"out{number}")
                self.assertEqual(run.verdicts(), [("failed", "VERBA_2")], run)
                self.assertEqual(len(service.requests), 2)

    def test_a_call_not_found_renews_nothing(self):
        """A refusal that is not about the token is the row's own."""
        sandbox = self.sandbox(*OPTIONS)
        run = self.sign(sandbox, "native_id\n0000404\ntoken0000404\nA\n")
        self.assertEqual(run.column("status"), ["failed", "failed", "success"], run)
        self.assertEqual([len(part) for part in self.split(sandbox)], [1, 3])

    def test_refused_sign_in(self):
        """A wrong password or key: exit 6, no call sent, Verba's words."""
        for number, env in enumerate(({"VERBA_PASSWORD": "wrong"}, {"VERBA_USER": "bob"},
                                      {"VERBA_API_KEY": "wrong"})):
            with self.subTest(env):
                sandbox = self.sandbox(*OPTIONS)
                run = self.sign(sandbox, natives(range(3)), env=env, out=f"out{number}")
                self.assertEqual(run.code, 6, run)
                asks, calls = self.split(sandbox)
                self.assertEqual((len(asks), calls), (1, []))
                self.assertEqual(set(run.verdicts()), {("unsent", "halted")})
                self.says(run.out, "invalid" if "VERBA_API_KEY" in env else
                          "Authentication failed")

    def test_refused_then_resume(self):
        sandbox = self.sandbox(*OPTIONS)
        self.sign(sandbox, natives(range(3)), env={"VERBA_PASSWORD": "wrong"})
        run = self.again("resume", env=USER, token=None)
        self.assertEqual((run.code, run.summary["success"]), (0, 3), run)

    def test_refused_with_401(self):
        service = self.bodied(lambda request: http(401, b"<html>"))
        run = self.sign(service, natives([1]))
        self.assertEqual((run.code, len(service.requests)), (6, 1), run)

    def test_fixed_token(self):
        sandbox = self.sandbox("--verba-token", "f1x&d=")
        env = {"VERBA_TOKEN": "f1x&d=", "VERBA_USER": None, "VERBA_PASSWORD": None}
        run = self.sign(sandbox, natives([1]), env=env)
        self.assertEqual(run.code, 0, run)
        self.assertEqual(form(sandbox.log()[0]["body"])["token"], "f1x&d=")
        run = self.sign(sandbox, natives([2, 3, 4]), "-j", "1", out="bad",
                        env={**env, "VERBA_TOKEN": "other"})
        self.assertEqual(run.code, 6, run)
        self.assertEqual(len(sandbox.log()), 2, "it cannot be renewed: stopped at once")
        self.assertEqual(set(run.verdicts()), {("unsent", "halted")})

    def test_key_alone(self):
        sandbox = self.sandbox("--verba-key", "verba-key")
        none = {"VERBA_USER": None, "VERBA_PASSWORD": None}
        run = self.sign(sandbox, natives([1]), env=none)
        self.assertEqual(run.code, 0, run)
        self.assertNotIn("token", form(sandbox.log()[0]["body"]))

    def test_key_alone_refused(self):
        """A wrong key stops the run; it does not fail thousands of rows."""
        sandbox = self.sandbox("--verba-key", "verba-key")
        run = self.sign(sandbox, natives(range(9)), "-j", "1", env={
            "VERBA_USER": None, "VERBA_PASSWORD": None, "VERBA_API_KEY": "wrong"})
        self.assertEqual((run.code, len(sandbox.log())), (6, 1), run)

    def test_user_without_password(self):
        sandbox = self.sandbox()
        for name in "VERBA_USER", "VERBA_PASSWORD", "VERBA_API_KEY":
            with self.subTest(name):
                run = self.sign(sandbox, natives([1]), env={name: None}, out=name)
                self.assertEqual((run.code, sandbox.log()), (2, []), run)
                self.says(run.err, name)
                self.assertFalse(os.path.exists(run.folder))

    def test_odd_answers_of_sign_in(self):
        replies = [http(200, b"<html>"), http(200, verba_xml(0, None, "", "RequestToken")),
                   http(200, verba_xml(0, None, ' token=""', "RequestToken")),
                   http(200, verba_xml(2, "no", ' token="t"', "RequestToken"))]
        for number, reply in enumerate(replies):
            with self.subTest(reply):
                service = self.bodied(lambda request: reply)
                process = self.sign(service, natives([1]), "--max-duration", "1s",
                                    out=f"out{number}")
                self.assertIn(process.code, (6, 7, 10), process)
                self.assertEqual([r for r in service.requests if b"DeleteCall" in r.body], [])
                self.assertEqual(process.column("status"), ["unsent"])


if __name__ == "__main__":
    main()
