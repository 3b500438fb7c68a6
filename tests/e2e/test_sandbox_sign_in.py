#!/usr/bin/env python3
"""What unhitch-sandbox answers to a sign-in at Zoho, and where its tokens are good."""

import json
import time
import unittest
import urllib.parse

from test_sandbox import BAD_TOKEN, CONTACTS, Sandbox
from test_sandbox_services import NO_SCOPE, PREFERENCES, clear_mapping, post_form, zoho


class SignIn(unittest.TestCase):

    TARGET = "/oauth/v2/token"
    FIELDS = {"grant_type": "refresh_token", "client_id": "1000.ID",
              "client_secret": "secret&=+", "refresh_token": "1000.refresh"}
    OPTIONS = ("--client-id", "1000.ID", "--client-secret", "secret&=+",
               "--refresh-token", "1000.refresh")
    DENIED = {"error_description": "You have made too many requests continuously. "
                                   "Please try again after some time.",
              "error": "Access Denied", "status": "failure"}

    def refresh(self, sandbox, target=TARGET, headers=None, **changes):
        fields = {name: value for name, value in {**self.FIELDS, **changes}.items()
                  if value is not None}
        status, _, body = post_form(sandbox, target, fields, headers=headers)
        return status, json.loads(body)

    def token(self, sandbox, **changes):
        status, body = self.refresh(sandbox, **changes)
        self.assertEqual(status, 200, body)
        return body["access_token"]

    def use(self, sandbox, token):
        """What a GET in the CRM says."""
        status, body = sandbox.ask(PREFERENCES, method="GET",
                                   token=zoho(token))
        return status if status == 200 else (status, body)

    def test_success(self):
        with Sandbox(*self.OPTIONS) as sandbox:
            status, body = self.refresh(sandbox)
            token = body.pop("access_token")
            self.assertRegex(token, r"^1000\.[0-9a-f]{32}\.[0-9a-f]{32}$")
            self.assertEqual((status, body), (200, {
                "api_domain": f"http://127.0.0.1:{sandbox.port}", "token_type": "Bearer",
                "expires_in": 3600}))
            self.assertEqual(self.use(sandbox, token), 200)
            self.assertEqual(self.use(sandbox, "1000.abc"), (401, BAD_TOKEN))
            self.assertNotEqual(self.token(sandbox), token)

    def test_refusals(self):
        client, secret, code = ((200, {"error": error}) for error in (
            "invalid_client", "invalid_client_secret", "invalid_code"))
        bad = (400, {"error": "invalid_request"})
        with Sandbox(*self.OPTIONS) as sandbox:
            for value in "wrong", "", None:
                for name, expected in (("client_id", client), ("client_secret", secret),
                                       ("refresh_token", code)):
                    self.assertEqual(self.refresh(sandbox, **{name: value}), expected)
            self.assertEqual(self.refresh(sandbox, client_id="x", refresh_token="x"),
                             client)
            self.assertEqual(self.refresh(sandbox, grant_type="authorization_code"),
                             (200, {"error": "unsupported_grant_type"}))
            self.assertEqual(self.refresh(sandbox, grant_type=None), bad)
            secrets = urllib.parse.urlencode(self.FIELDS)
            for query in "?a=b", "?" + secrets:
                self.assertEqual(self.refresh(sandbox, self.TARGET + query), bad)
            for headers in {}, {"Content-Type": "application/json"}:
                self.assertEqual(self.refresh(sandbox, headers=headers), bad)
            self.assertEqual(sandbox.ask(self.TARGET, method="GET"), bad)
            self.assertEqual(sandbox.ask(self.TARGET + "?" + secrets, method="POST"), bad)

    def test_any_credentials_without_options(self):
        with Sandbox() as sandbox:
            self.assertEqual(self.use(sandbox, "anything"), 200)
            token = self.token(sandbox, client_id="a", client_secret="b")
            self.assertEqual(self.use(sandbox, token), 200)
            self.assertEqual(self.use(sandbox, "anything"), (401, BAD_TOKEN))
            self.assertEqual(self.refresh(sandbox, client_id=None),
                             (200, {"error": "invalid_client"}))

    def test_fixed_token_stays(self):
        options = ("--token", "fixed", "--token-life", "50ms")
        with Sandbox(*options) as sandbox:
            self.assertEqual(self.use(sandbox, "other"), (401, BAD_TOKEN))
            token = self.token(sandbox)
            time.sleep(0.1)
            self.assertEqual(self.use(sandbox, "fixed"), 200)
            self.assertEqual(self.use(sandbox, token), (401, BAD_TOKEN))

    def test_expiry(self):
        with Sandbox("--token-life", "1s") as sandbox:
            status, body = self.refresh(sandbox)
            self.assertEqual((status, body["expires_in"]), (200, 1))
            token = body["access_token"]
            self.assertEqual(self.use(sandbox, token), 200)
            self.assertEqual(clear_mapping(sandbox, token=zoho(token))[0], 204)
            time.sleep(1.1)
            self.assertEqual(self.use(sandbox, token), (401, BAD_TOKEN))
            self.assertEqual(clear_mapping(sandbox, token=zoho(token))[:2],
                             (401, "INVALID_OAUTH"))
            self.assertEqual(self.use(sandbox, self.token(sandbox)), 200)

    def test_what_is_said_of_expiry(self):
        with Sandbox("--token-life", "90m", "--expires-form", "milliseconds") as sandbox:
            body = self.refresh(sandbox)[1]
            self.assertEqual((body["expires_in_sec"], body["expires_in"]),
                             (5400, 5400000))
        with Sandbox("--token-life", "1s", "--expires-in", "1h") as sandbox:
            self.assertEqual(self.refresh(sandbox)[1]["expires_in"], 3600)

    def test_api_domain(self):
        with Sandbox("--api-domain", "https://www.zohoapis.eu") as sandbox:
            self.assertEqual(self.refresh(sandbox)[1]["api_domain"],
                             "https://www.zohoapis.eu")

    def test_throttle(self):
        with Sandbox(*self.OPTIONS[:4]) as sandbox:
            for _ in range(12):
                self.assertEqual(self.refresh(sandbox, client_id="x")[0], 200)
            tokens = [self.token(sandbox) for _ in range(10)]
            self.assertEqual(len(set(tokens)), 10)
            for _ in range(2):
                self.assertEqual(self.refresh(sandbox), (400, self.DENIED))
            self.assertEqual([self.use(sandbox, token) for token in tokens], [200] * 10)
            self.token(sandbox, refresh_token="another")
            self.assertEqual(self.use(sandbox, tokens[0]), (401, BAD_TOKEN))
            self.assertEqual(self.use(sandbox, tokens[1]), 200)

    def test_throttle_slides(self):
        options = ("--refresh-limit", "2", "--refresh-window", "500ms")
        with Sandbox(*options) as sandbox:
            self.token(sandbox)
            time.sleep(0.3)
            self.token(sandbox)
            self.assertEqual(self.refresh(sandbox)[0], 400)
            time.sleep(0.3)
            self.token(sandbox)
            self.assertEqual(self.refresh(sandbox)[0], 400)

    def test_no_throttle_and_many_names(self):
        with Sandbox("--refresh-limit", "0") as sandbox:
            tokens = [self.token(sandbox) for _ in range(25)]
            self.assertEqual([self.use(sandbox, token) for token in tokens],
                             [(401, BAD_TOKEN)] * 15 + [200] * 10)
        with Sandbox("--refresh-limit", "1") as sandbox:
            for number in range(65):
                self.token(sandbox, refresh_token=f"t{number}")
            self.token(sandbox, refresh_token="t0")
            self.assertEqual(self.refresh(sandbox, refresh_token="t64")[0], 400)

    def test_faults(self):
        script = ("body-holds grant_type first 1: as 503\n"
                  'target /oauth/ first 1: status 502 body "<html>"\n')
        with Sandbox(faults=script) as sandbox:
            status, body = self.refresh(sandbox)
            self.assertEqual(status, 503)
            self.assertEqual(self.use(sandbox, body["access_token"]), 200)
            self.assertEqual(post_form(sandbox, self.TARGET, self.FIELDS)[0], 502)
            self.token(sandbox)

    def test_log_has_the_form(self):
        with Sandbox(log="") as sandbox:
            self.token(sandbox)
            self.assertEqual(dict(urllib.parse.parse_qsl(sandbox.log()[0]["body"])),
                             self.FIELDS)


class Scopes(unittest.TestCase):

    def answers(self, scopes):
        """Who lets the token in: a delink of Contacts, of Deals, GET, PUT, Desk."""
        with Sandbox("--scopes", scopes) as sandbox:
            got = [sandbox.ask(CONTACTS + "?ids=1"),
                   sandbox.ask("/crm/v8/Potentials/1/Products?ids=1"),
                   sandbox.ask(PREFERENCES, method="GET"),
                   sandbox.ask(PREFERENCES, method="PUT", body="{}")]
            for status, body in got:
                self.assertEqual(status == 401, body == NO_SCOPE)
            desk = clear_mapping(sandbox)
            self.assertEqual(desk[0] == 204, desk[1] != "SCOPE_MISMATCH")
            self.assertIn(desk[0], (204, 403))
            return "".join("-" if status in (401, 403) else "x"
                           for status in [status for status, _ in got] + [desk[0]])

    def test_who_is_let_in(self):
        for scopes, expected in [
                ("ZohoCRM.modules.ALL", "xx---"),
                ("ZohoCRM.modules.campaigns.ALL", "x----"),
                ("ZohoCRM.modules.Campaigns.WRITE", "x----"),
                ("ZohoCRM.modules.campaigns.DELETE", "x----"),
                ("ZohoCRM.modules.campaigns.READ", "-----"),
                ("ZohoCRM.modules.contacts.ALL", "-----"),
                ("ZohoCRM.modules.deals.ALL", "-x---"),
                ("ZohoCRM.modules.potentials.DELETE", "-x---"),
                ("ZohoCRM.settings.modules.ALL", "--xx-"),
                ("ZohoCRM.settings.modules.READ", "--x--"),
                ("ZohoCRM.settings.modules.UPDATE", "---x-"),
                ("Desk.calls.UPDATE", "----x"),
                ("Desk.calls.ALL", "----x"),
                ("Desk.calls.READ", "-----"),
                ("ZohoCRM.modules.ALL, Desk.calls.UPDATE", "xx--x"),
                (",", "-----")]:
            with self.subTest(scopes=scopes):
                self.assertEqual(self.answers(scopes), expected)

    def test_scope_before_module(self):
        with Sandbox("--scopes", "ZohoCRM.modules.campaigns.ALL") as sandbox:
            target = "/crm/v8/" + "x" * 300 + "/1/Contacts?ids=1"
            self.assertEqual(sandbox.ask(target), (401, NO_SCOPE))


if __name__ == "__main__":
    unittest.main()
