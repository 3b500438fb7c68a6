#!/usr/bin/env python3
"""What unhitch-sandbox answers as Verba."""

import base64
import re
import time
import unittest
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree

from test_sandbox import TOKEN, Sandbox
from test_sandbox_services import FORM, post_form


class Verba(unittest.TestCase):

    CALL_ID = "a8343631-9f35-4a3a-83f0-9e81592339fb"
    NOT_FOUND = "The call cannot be found"
    BAD_TOKEN = "The token is invalid or has expired"
    SUCCESS = (b'<?xml version="1.0" encoding="UTF-8"?><VerbaApi>'
               b'<Response code="0" type="DeleteCall"/></VerbaApi>')

    @staticmethod
    def basic(user, password):
        pair = f"{user}:{password}".encode()
        return "Basic " + base64.b64encode(pair).decode()

    def send(self, sandbox, get=False, token=None, **fields):
        """Status, headers and body; the fields say all, `_` before a name is dropped."""
        fields = {name.lstrip("_"): value for name, value in
                  {"action": "DeleteCall", "apiKey": "key", **fields}.items()
                  if value is not None}
        if get:
            query = "/verba/api?" + urllib.parse.urlencode(fields)
            return sandbox.call(query, method="GET", token=token)
        return post_form(sandbox, "/verba/api", fields, token=token)

    def ask(self, sandbox, **options):
        """The message of a failure, "" for a success."""
        status, headers, body = self.send(sandbox, **options)
        self.assertEqual((status, headers["Content-Type"]),
                         (200, "text/xml;charset=UTF-8"))
        return self.message(body)

    def message(self, body):
        root = ElementTree.fromstring(body)
        self.assertEqual(root.tag, "VerbaApi")
        message = root.find(".//ErrorMessage")
        code = root.find("Response").get("code")
        self.assertEqual(code, "0" if message is None else "2")
        return "" if message is None else message.text

    def sign_in(self, sandbox, user="ann", password="p:w", **options):
        """The token, or the message of a failure."""
        _, _, body = self.send(sandbox, action="RequestToken",
                               token=self.basic(user, password), **options)
        token = ElementTree.fromstring(body).find("Response").get("token")
        return token or self.message(body)

    def test_exact_bytes(self):
        with Sandbox() as sandbox:
            for get in False, True:
                self.assertEqual(self.send(sandbox, get, callID=str(uuid.uuid4()))[2],
                                 self.SUCCESS)
            self.send(sandbox, callID=self.CALL_ID)
            self.assertEqual(
                self.send(sandbox, callID=self.CALL_ID)[2],
                b'<?xml version="1.0" encoding="UTF-8"?><VerbaApi><Response code="2" '
                b'type="DeleteCall"><ErrorMessage>The call cannot be found'
                b'</ErrorMessage></Response></VerbaApi>')

    def test_every_identifier_once(self):
        with Sandbox(books="") as sandbox:
            for fields in ({"callID": self.CALL_ID}, {"platformCallID": "7"},
                           {"nativeID": "TRS 26\"é"}, {"meetingID": "WHBFM6DD"}):
                self.assertEqual(self.ask(sandbox, **fields), "")
                self.assertEqual(self.ask(sandbox, **fields), self.NOT_FOUND)
            self.assertEqual(self.ask(sandbox, callID=self.CALL_ID.upper()),
                             self.NOT_FOUND)
            self.assertEqual(self.ask(sandbox, nativeID="7"), "")
            for fields in ({"callID": self.CALL_ID[:-7] + "0000404"},
                           {"meetingID": "0000404"},
                           {"extension": "0000404", "status": "last"}):
                self.assertEqual(self.ask(sandbox, **fields), self.NOT_FOUND)
            for _ in range(3):
                self.assertEqual(self.ask(sandbox, extension="8856", status="last"), "")
            self.assertEqual(self.ask(sandbox, extension="+8856", status="ongoing,next"),
                             "")
            self.assertEqual(sandbox.stop(), 0)
            books = sandbox.books()["ids"]
            for name, asked, removed in (
                    ("callID/" + self.CALL_ID, 3, 1), ("nativeID/TRS 26\"é", 2, 1),
                    ("platformCallID/7", 2, 1), ("nativeID/7", 1, 1),
                    ("meetingID/0000404", 1, 0), ("extension/8856/last", 3, 3),
                    ("extension/+8856/ongoing,next", 1, 1)):
                self.assertEqual(books["verba/" + name],
                                 {"asked": asked, "removed": removed})

    def test_no_magic(self):
        with Sandbox("--no-magic") as sandbox:
            self.assertEqual(self.ask(sandbox, meetingID="0000404"), "")

    def test_refusals(self):
        no_action = "The action parameter is missing or invalid"
        no_key = "The apiKey parameter is missing"
        no_id = ("One of callID, platformCallID, nativeID, meetingID and extension "
                 "is mandatory")
        one_id = "Only one call identifier can be given"
        no_uuid = "The callID parameter is not a UUID"
        with Sandbox(books="") as sandbox:
            for fields, message in [
                    ({"action": None, "apiKey": None}, no_action),
                    ({"action": "deletecall"}, no_action),
                    ({"action": None, "Action": "DeleteCall"}, no_action),
                    ({"apiKey": None}, no_key),
                    ({"apiKey": ""}, no_key),
                    ({"apiKey": None, "apikey": "key", "callID": "x"}, no_key),
                    ({}, no_id),
                    ({"callID": ""}, no_id),
                    ({"callId": self.CALL_ID}, no_id),
                    ({"status": "last"}, no_id),
                    ({"callID": self.CALL_ID, "nativeID": "1"}, one_id),
                    ({"callID": self.CALL_ID, "nativeID": ""}, one_id),
                    ({"callID": "1"}, no_uuid),
                    ({"callID": self.CALL_ID.replace("-", "")}, no_uuid),
                    ({"callID": "{" + self.CALL_ID[2:] + "}"}, no_uuid),
                    ({"callID": "g" + self.CALL_ID[1:]}, no_uuid),
                    ({"nativeID": "x" * 257}, "The call identifier is invalid"),
                    ({"nativeID": b"\xff"}, "The call identifier is invalid"),
                    ({"extension": "1"},
                     "The status parameter is mandatory with extension"),
                    ({"extension": "1", "Status": "last"},
                     "The status parameter is mandatory with extension")] + [
                         ({"extension": "1", "status": status},
                          "The status parameter is invalid")
                         for status in ("Last", "last,", "last, next", "finished", ",")]:
                for get in False, True:
                    with self.subTest(fields=fields, get=get):
                        self.assertEqual(self.ask(sandbox, get=get, **fields), message)
            twice = f"action=DeleteCall&apiKey=1&callID={self.CALL_ID}&callID=x"
            body = sandbox.call("/verba/api?" + twice, method="GET")[2]
            self.assertEqual(self.message(body), one_id)
            self.assertEqual(sandbox.stop(), 0)
            self.assertEqual(sandbox.books()["ids"], {})

    def test_methods_and_where_parameters_stand(self):
        good = f"action=DeleteCall&apiKey=1&callID={self.CALL_ID}"
        no_action = "The action parameter is missing or invalid"
        with Sandbox() as sandbox:
            for options in ({"method": "POST"}, {"method": "POST", "body": good},
                            {"method": "POST", "body": good, "headers":
                             {"Content-Type": "text/plain"}}):
                body = sandbox.call("/verba/api?" + good, **options)[2]
                self.assertEqual(self.message(body), no_action)
            body = sandbox.call("/verba/api?" + good, method="DELETE")[2]
            self.assertEqual(self.message(body), "The HTTP method is not supported")
            headers = {"Content-Type": FORM["Content-Type"] + "; charset=UTF-8"}
            body = sandbox.call("/verba/api", method="POST", headers=headers,
                                body=good)[2]
            self.assertEqual(self.message(body), "")

    def test_key(self):
        with Sandbox("--verba-key", "Key") as sandbox:
            for key in "key", "Keys":
                self.assertEqual(self.ask(sandbox, apiKey=key, callID="x"),
                                 "The API key is invalid")
                self.assertEqual(self.sign_in(sandbox, apiKey=key),
                                 "The API key is invalid")
            self.assertEqual(self.ask(sandbox, apiKey="Key", nativeID="1"), "")

    def test_sign_in(self):
        options = ("--verba-user", "ann", "--verba-password", "p:w")
        with Sandbox(*options) as sandbox:
            self.assertEqual(self.ask(sandbox, nativeID="1"),
                             "The token parameter is missing")
            self.assertEqual(self.ask(sandbox, nativeID="1", _token="x"), self.BAD_TOKEN)
            for user, password in ("ann", "p"), ("Ann", "p:w"), ("ann", "p:ww"), ("", ""):
                self.assertEqual(self.sign_in(sandbox, user, password),
                                 "Authentication failed")
            for header in None, "Basic ", "Bearer x", TOKEN:
                self.assertEqual(self.ask(sandbox, action="RequestToken", token=header),
                                 "Authentication failed")
            token = self.sign_in(sandbox)
            self.assertEqual(str(uuid.UUID(token)), token)
            self.assertEqual(self.ask(sandbox, nativeID="1", _token=token), "")
            self.assertEqual(self.ask(sandbox, get=True, nativeID="1", _token=token),
                             self.NOT_FOUND)
            self.assertNotEqual(self.sign_in(sandbox, get=True), token)

    def test_base64_of_every_length(self):
        for password in "1", "12", "123", "pässwörd~~~???":
            options = ("--verba-user", "u", "--verba-password", password)
            with Sandbox(*options) as sandbox:
                self.assertRegex(self.sign_in(sandbox, "u", password), "^[0-9a-f-]{36}$")

    def test_sign_in_bytes(self):
        with Sandbox() as sandbox:
            body = self.send(sandbox, action="RequestToken", token="Basic eA==")[2]
            self.assertRegex(body, rb'^<\?xml version="1.0" encoding="UTF-8"\?><VerbaApi>'
                                   rb'<Response code="0" type="RequestToken" '
                                   rb'token="[0-9a-f-]{36}"/></VerbaApi>$')
            self.assertEqual(self.ask(sandbox, nativeID="1"), "", "no token is needed")

    def test_fixed_token(self):
        with Sandbox("--verba-token", "fixed") as sandbox:
            self.assertEqual(self.ask(sandbox, nativeID="1", _token="other"),
                             self.BAD_TOKEN)
            self.assertEqual(self.ask(sandbox, nativeID="1", _token="fixed"), "")
            self.assertEqual(self.sign_in(sandbox), "Authentication failed")

    def test_token_expires(self):
        options = ("--verba-user", "ann", "--verba-password", "p:w",
                   "--verba-token-life", "200ms")
        for expired, status in ("code", 200), ("401", 401):
            with Sandbox(*options, "--verba-expired", expired) as sandbox:
                token = self.sign_in(sandbox)
                self.assertEqual(self.ask(sandbox, nativeID="1", _token=token), "")
                time.sleep(0.3)
                got, _, body = self.send(sandbox, nativeID="2", _token=token)
                self.assertEqual((got, self.message(body)), (status, self.BAD_TOKEN))
                token = self.sign_in(sandbox)
                self.assertEqual(self.ask(sandbox, nativeID="2", _token=token), "")

    def test_xml_forms(self):
        success = {"plain": rb'<Response code="0" type="DeleteCall"/>',
                   "open": rb'<Response code="0" type="DeleteCall">\s*</Response>',
                   "attributes": rb"type='DeleteCall' code = '0'",
                   "beside": rb'<Response code="0" type="DeleteCall"/></VerbaApi>',
                   "entities": rb'code="&#x30;"'}
        failure = {"plain": rb"<ErrorMessage>The call cannot be found</ErrorMessage>",
                   "open": rb">\s*<ErrorMessage>The call cannot be found<",
                   "attributes": rb"""<ErrorMessage lang='en' code="0">The call""",
                   "beside": rb'type="DeleteCall"/><ErrorMessage>The call cannot be',
                   "entities": rb"&#x54;&#104;e"}
        for form, pattern in success.items():
            with Sandbox("--verba-xml", form) as sandbox, self.subTest(form=form):
                body = self.send(sandbox, nativeID="1")[2]
                self.assertTrue(re.search(pattern, body), body)
                self.assertEqual(self.message(body), "")
                body = self.send(sandbox, nativeID="1")[2]
                self.assertTrue(re.search(failure[form], body), body)
                self.assertEqual(self.message(body), self.NOT_FOUND)
                response = ElementTree.fromstring(body).find("Response")
                self.assertEqual(response.get("type"), "DeleteCall")
                self.assertRegex(self.sign_in(sandbox), "^[0-9a-f-]{36}$")

    def test_response_types(self):
        with Sandbox() as sandbox:
            for kind, mime, first, again in [
                    ("XML", "text/xml", self.SUCCESS, None),
                    ("TEXT", "text/plain", b"DeleteCall: 0\n\n",
                     b"DeleteCall: 2\nThe call cannot be found\n"),
                    ("HTML", "text/html",
                     b"<html><body><p>DeleteCall: 0</p><p></p></body></html>\n",
                     b"<html><body><p>DeleteCall: 2</p>"
                     b"<p>The call cannot be found</p></body></html>\n")]:
                for body in first, again:
                    status, headers, got = self.send(sandbox, responseType=kind,
                                                     nativeID=kind)
                    self.assertEqual((status, headers["Content-Type"]),
                                     (200, mime + ";charset=UTF-8"))
                    if body:
                        self.assertEqual(got, body)
            for kind in "xml", "JSON", "":
                self.assertEqual(self.ask(sandbox, responseType=kind, apiKey=None),
                                 "The responseType parameter is invalid")

    FILE = ("# what there is\n"
            "callID,platformCallID,nativeID,meetingID,extension,status\n\n"
            f"{CALL_ID},71627389,TRS1,M1,8856 8857,finished\n"
            "00000000-0000-0000-0000-000000000002,2,TRS2,M1,8856\n"
            ",3,TRS3,M2, 8857  8858 ,ongoing\n"
            ",,,,8858,next\n"
            ",5,0000404\n")

    def test_calls_from_a_file(self):
        several = "More than one call was found"
        with Sandbox(**{"verba-calls": self.FILE, "books": ""}) as sandbox:
            for fields, message in [
                    ({"callID": self.CALL_ID.upper()}, ""),
                    ({"callID": self.CALL_ID}, self.NOT_FOUND),
                    ({"nativeID": "TRS1"}, self.NOT_FOUND),
                    ({"nativeID": "trs2"}, self.NOT_FOUND),
                    ({"nativeID": "0000404"}, ""),
                    ({"platformCallID": "4"}, self.NOT_FOUND),
                    ({"callID": "00000000-0000-0000-0000-000000000003"}, self.NOT_FOUND),
                    ({"meetingID": "M1"}, ""),
                    ({"meetingID": "M1"}, self.NOT_FOUND),
                    ({"extension": "885", "status": "ongoing"}, self.NOT_FOUND),
                    ({"extension": "8858", "status": "last"}, self.NOT_FOUND),
                    ({"extension": "8858", "status": "ongoing,next,last"}, several),
                    ({"extension": "8858", "status": "next"}, ""),
                    ({"extension": "8858", "status": "last,ongoing"}, ""),
                    ({"extension": "8858", "status": "ongoing"}, self.NOT_FOUND)]:
                with self.subTest(fields=fields):
                    self.assertEqual(self.ask(sandbox, **fields), message)
            self.assertEqual(sandbox.stop(), 0)
            self.assertEqual(sandbox.books()["ids"]["verba/meetingID/M1"],
                             {"asked": 2, "removed": 1})

    def test_last_moves_on(self):
        with Sandbox(**{"verba-calls": self.FILE}) as sandbox:
            self.assertEqual(self.ask(sandbox, meetingID="M1"),
                             "More than one call was found")
            for _ in range(2):
                self.assertEqual(self.ask(sandbox, extension="8856", status="last"), "")
            self.assertEqual(self.ask(sandbox, extension="8856", status="last"),
                             self.NOT_FOUND)
            self.assertEqual(self.ask(sandbox, callID=self.CALL_ID), self.NOT_FOUND)

    def test_faults_by_body(self):
        script = ("body-holds nativeID=2 first 1: apply cut\n"
                  'body-holds nativeID=3: status 200 header "Content-Type: text/html" '
                  'body "<html>gateway"\n'
                  "body-holds nativeID=4: hold 200ms\n")
        with Sandbox(faults=script, log="") as sandbox:
            self.assertEqual(self.ask(sandbox, nativeID="1"), "")
            with self.assertRaises(ConnectionError):
                self.ask(sandbox, nativeID="2")
            self.assertEqual(self.ask(sandbox, nativeID="2"), self.NOT_FOUND)
            self.assertEqual(self.send(sandbox, nativeID="3")[2], b"<html>gateway")
            begun = time.monotonic()
            self.assertEqual(self.ask(sandbox, nativeID="4"), "")
            self.assertGreaterEqual(time.monotonic() - begun, 0.2)
            self.assertEqual([line["body"][-10:] for line in sandbox.log()],
                             [f"nativeID={number}" for number in (1, 2, 2, 3, 4)])
            self.assertEqual([line["status"] for line in sandbox.log()],
                             [200, 0, 200, 200, 200])


if __name__ == "__main__":
    unittest.main()
