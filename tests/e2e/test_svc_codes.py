#!/usr/bin/env python3
"""`unhitch codes`: every operation, every documented code, its meaning, what to do."""

from harness import *

STOP = "INVALID_TOKEN AUTHENTICATION_FAILURE OAUTH_SCOPE_MISMATCH"
DOCUMENTED = {
    "crm.delink": {
        "200": "SUCCESS",
        "400": "INVALID_MODULE NOT_SUPPORTED INVALID_DATA MANDATORY_NOT_FOUND "
        "LIMIT_EXCEEDED UNABLE_TO_PARSE_DATA_TYPE INVALID_REQUEST_METHOD AUTHORIZATION_FAILED "
        "INVALID_HOST", "401": STOP, "403": "NO_PERMISSION",
        "404": "INVALID_URL_PATTERN INVALID_DATA", "429": "TOO_MANY_REQUESTS",
        "500": "INTERNAL_ERROR"},
    "crm.call_preferences": {
        "200": "SUCCESS", "400": "INVALID_DATA NOT_ALLOWED INVALID_REQUEST_METHOD "
        "MANDATORY_NOT_FOUND", "401": STOP, "403": "NO_PERMISSION",
        "404": "INVALID_URL_PATTERN", "429": "TOO_MANY_REQUESTS", "500": "INTERNAL_ERROR"},
    "desk.clear_live_mapping": {
        "204": "SUCCESS", "400": "BAD_REQUEST", "401": "UNAUTHORIZED INVALID_OAUTH",
        "403": "SCOPE_MISMATCH OAUTH_ORG_MISMATCH FORBIDDEN LICENSE_ACCESS_LIMITED",
        "404": "URL_NOT_FOUND", "405": "METHOD_NOT_ALLOWED", "413": "RESOURCE_SIZE_EXCEEDED",
        "415": "UNSUPPORTED_MEDIA_TYPE", "422": "INVALID_DATA UNPROCESSABLE_ENTITY "
        "EMPTY_PAYLOAD", "429": "THRESHOLD_EXCEEDED TOO_MANY_REQUESTS",
        "500": "INTERNAL_SERVER_ERROR"},
    "verba.delete_call": {"200": "SUCCESS VERBA_2"},
}
OURS_CODES = ("already-done connect-failed tls-failed timeout connection-lost "
              "bad-response no-entry bad-syntax missing-field bad-id mangled-id bad-value "
              "unsupported-relation unknown-operation budget window halted interrupted").split()


class Codes(Case):

    def listed(self):
        run = self.unhitch("codes", "--json", token=None)
        self.assertEqual((run.code, run.err), (0, ""), run)
        return json.loads(run.out)

    def entries(self):
        """Every object that has a code, with the operation it stands under."""
        found = []

        def walk(node, operation):
            if isinstance(node, dict):
                operation = node.get("operation") or operation
                if "code" in node:
                    found.append((operation, node))
                for key, value in node.items():
                    walk(value, key if key in DOCUMENTED else operation)
            elif isinstance(node, list):
                for value in node:
                    walk(value, operation)
        walk(self.listed(), None)
        return found

    def test_documented_codes(self):
        have = {(operation, str(one.get("http", one.get("status"))), one["code"])
                for operation, one in self.entries()}
        for operation, table in DOCUMENTED.items():
            for status, codes in table.items():
                for code in codes.split():
                    with self.subTest(operation, status=status, code=code):
                        self.assertIn((operation, status, code), have)

    def test_our_codes(self):
        have = {one["code"] for _, one in self.entries()}
        self.assertEqual(set(OURS_CODES) - have, set())

    def test_meaning_and_advice(self):
        """In words, for all but success; none says nothing."""
        for operation, one in self.entries():
            with self.subTest(operation, code=one["code"]):
                texts = [value for value in one.values() if isinstance(value, str)
                         and " " in value]
                self.assertTrue(texts)
                if one["code"] not in ("SUCCESS", "already-done"):
                    self.assertGreaterEqual(len(texts), 2, one)

    def test_text_says_the_same(self):
        run = self.unhitch("codes", token=None)
        self.assertEqual((run.code, run.err), (0, ""))
        flat = " ".join(run.out.split())
        for operation, one in self.entries():
            self.assertIn(one["code"], run.out)
            for value in one.values():
                if isinstance(value, str):
                    self.assertIn(" ".join(value.split()), flat, one)
        for name in DOCUMENTED:
            self.assertIn(name, run.out)

    def test_needs_nothing(self):
        """No credentials, no network, no job file; unknown words are a usage error."""
        self.assertEqual(self.unhitch("codes", "x", token=None).code, 2)
        self.assertEqual(self.unhitch("codes", "--out", "x", token=None).code, 2)
        self.assertEqual(os.listdir(self.folder), ["home"])

    def test_bad_id_fits_every_operation(self):
        """It is the code of a UUID that is none, too."""
        meaning = [one for _, one in self.entries() if one["code"] == "bad-id"]
        self.assertNotIn("is not 1 to 20 digits", json.dumps(meaning))


if __name__ == "__main__":
    main()
