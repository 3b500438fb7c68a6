#!/usr/bin/env python3
"""What unhitch-sandbox answers, how its faults look, and what it writes down."""

import contextlib
import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.join(ROOT, os.environ.get("UNHITCH_BUILD", "build"), "unhitch-sandbox")
WAIT_S = 10
TOKEN = "Zoho-oauthtoken 1000.abc"
AUTHORIZED = {"Authorization": TOKEN}
CONTACTS = "/crm/v8/Campaigns/3652397000000327001/Contacts"
PARENT = "Campaigns/3652397000000327001/Contacts"


class Sandbox:
    """A running sandbox on a free port, with files of its own."""

    def __init__(self, *options, **files):
        """files: name to content; each is passed as --name FILE."""
        self.dir = tempfile.mkdtemp(prefix="sandbox-test-")
        self.port_file = self.path("port")
        command = [BINARY, "--port", "0", "--port-file", self.port_file, *options]
        for name, content in files.items():
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(content)
            command += ["--" + name, self.path(name)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        try:
            self.first_line = self.process.stdout.readline()
            with open(self.port_file, encoding="ascii") as file:
                self.port = int(file.read())
        except BaseException:
            self.close()
            raise

    def path(self, name):
        return os.path.join(self.dir, name)

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        """It ends well: with 0 even if two signals were needed."""
        try:
            for wait_s in 0.3, WAIT_S:
                if self.process.poll() is None:
                    self.process.terminate()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self.process.wait(timeout=wait_s)
        finally:
            complaints = self.close()
        if not failure and (self.process.returncode or complaints):
            raise AssertionError(f"exit {self.process.returncode}: {complaints}")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        _, complaints = self.process.communicate(timeout=WAIT_S)
        shutil.rmtree(self.dir, ignore_errors=True)
        return complaints

    def stop(self, number=signal.SIGTERM):
        """Ends it by a signal; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=WAIT_S)

    def call(self, target, method="DELETE", token=TOKEN, headers=None, body=None):
        """Status, headers and body of one request on a connection of its own."""
        client = self.client()
        try:
            sent = dict(headers or {})
            if token is not None:
                sent["Authorization"] = token
            client.request(method, target, body=body, headers=sent)
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            client.close()

    def ask(self, target, **options):
        """Status and decoded body."""
        status, _, body = self.call(target, **options)
        return status, json.loads(body)

    def delink(self, ids):
        return self.ask(CONTACTS + "?ids=" + ids)

    def client(self):
        """A connection that is kept."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)

    def send(self, target=CONTACTS + "?ids=1"):
        """A socket on which a request was sent."""
        client = self.connect()
        client.sendall(f"DELETE {target} HTTP/1.1\r\nHost: x\r\n"
                       f"Authorization: {TOKEN}\r\n\r\n".encode())
        return client

    def raw(self, target=CONTACTS + "?ids=1"):
        """All bytes a client gets until the connection is closed."""
        with self.send(target) as client:
            return read_all(client)

    def log(self):
        with open(self.path("log"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def books(self):
        with open(self.path("books"), encoding="utf-8") as file:
            return json.load(file)


def read_all(client):
    got = b""
    while chunk := client.recv(65536):
        got += chunk
    return got


def good(number, message="relation removed"):
    return {"code": "SUCCESS", "details": {"id": str(number)}, "message": message,
            "status": "success"}


def bad(number, code="INVALID_DATA", message="relation not found"):
    return {"code": code, "details": {"id": str(number)}, "message": message,
            "status": "error"}


def refusal(code, message, **details):
    return {"code": code, "details": details, "message": message, "status": "error"}


BAD_PARENT = refusal("INVALID_DATA", "the related id given seems to be invalid",
                     resource_path_index=1)
BAD_LIST = refusal("INVALID_DATA", "The relation name given seems to be invalid",
                   resource_path_index=2)
BAD_MODULE = refusal("INVALID_MODULE", "The module name given seems to be invalid",
                     resource_path_index=0)
UNSUPPORTED = refusal("INVALID_MODULE", "The given module is not supported in API",
                      resource_path_index=0)
NO_IDS = refusal("MANDATORY_NOT_FOUND", "One of the expected parameter is missing",
                 param_name="ids")
TOO_MANY = refusal("LIMIT_EXCEEDED",
                   "Limit Exceeded, You cannot give more than 100 record ids",
                   limit="100", param_name="ids")
BAD_IDS = refusal("UNABLE_TO_PARSE_DATA_TYPE",
                  "either the request body or parameters is in wrong format")
BAD_PATH = refusal("INVALID_URL_PATTERN",
                   "Please check if the URL trying to access is a correct one")
BAD_METHOD = refusal("INVALID_REQUEST_METHOD",
                     "The http request method type is not a valid one")
NO_TOKEN = refusal("AUTHENTICATION_FAILURE", "Authentication failed")
BAD_TOKEN = refusal("INVALID_TOKEN", "invalid oauth token")


class Refusals(unittest.TestCase):
    """Requests that are refused as a whole, in the order of the checks."""

    CASES = [
        ("/", 404, BAD_PATH),
        ("/crm/v1/Campaigns/1/Contacts?ids=1", 404, BAD_PATH),
        ("/crm/v8/Campaigns/1", 404, BAD_PATH),
        ("/crm/v8/Campaigns//Contacts?ids=1", 404, BAD_PATH),
        ("/crm/v8/Campaigns/1/Contacts/1/2", 404, BAD_PATH),
        ("/a/b/c/d/e/f/g/h/i/j/k", 404, BAD_PATH),
        ("/crm/v8/Nothing/1/Contacts?ids=1", 400, BAD_MODULE),
        ("/crm/v8/Nothing/x/y?ids=z", 400, BAD_MODULE),
        ("/crm/v8/Documents/1/Contacts?ids=1", 400, UNSUPPORTED),
        ("/crm/v8/projects/1/Contacts?ids=1", 400, UNSUPPORTED),
        ("/crm/v8/Campaigns/x/y?ids=z", 400, BAD_PARENT),
        ("/crm/v8/Campaigns/123456789012345678901/Contacts?ids=1", 400, BAD_PARENT),
        ("/crm/v8/Campaigns/5404/Contacts?ids=1", 400, BAD_PARENT),
        ("/crm/v8/Campaigns/1/Deals?ids=z", 400, BAD_LIST),
        ("/crm/v8/Leads/1/Contacts?ids=1", 400, BAD_LIST),
        ("/crm/v8/Campaigns/1/Nothing?ids=1", 400, BAD_LIST),
        (CONTACTS, 400, NO_IDS),
        (CONTACTS + "?ids=", 400, NO_IDS),
        (CONTACTS + "?other=1", 400, NO_IDS),
        (CONTACTS + "?ids=" + ",".join(["1"] * 101), 400, TOO_MANY),
        (CONTACTS + "?ids=" + ",".join(["x"] * 101), 400, TOO_MANY),
        (CONTACTS + "?ids=" + ",".join(["1" * 20] * 96), 400, BAD_IDS),
        (CONTACTS + "?ids=x", 400, BAD_IDS),
        (CONTACTS + "?ids=1,,2", 400, BAD_IDS),
        (CONTACTS + "?ids=1,2,", 400, BAD_IDS),
        (CONTACTS + "?ids=1,123456789012345678901", 400, BAD_IDS),
        (CONTACTS + "?ids=3.6524E%2B18", 400, BAD_IDS),
        (CONTACTS + "/x", 400, BAD_IDS),
    ]

    def test_each_refusal(self):
        with Sandbox() as sandbox:
            for target, status, body in self.CASES:
                with self.subTest(target=target[:80]):
                    self.assertEqual(sandbox.ask(target), (status, body))
            self.assertEqual(sandbox.delink("1")[0], 200, "nothing was removed")

    def test_path_before_method_before_token(self):
        with Sandbox() as sandbox:
            self.assertEqual(sandbox.ask("/x", method="GET", token=None), (404, BAD_PATH))
            for method in "GET", "POST", "PUT", "PATCH":
                self.assertEqual(sandbox.ask("/crm/v8/x/y/z", method=method, token=None),
                                 (400, BAD_METHOD))
            self.assertEqual(sandbox.ask("/crm/v8/x/y/z", token=None), (401, NO_TOKEN))

    def test_tokens(self):
        target = CONTACTS + "?ids=1"
        with Sandbox("--token", "secret") as sandbox:
            for token in None, "", "Bearer secret", "Zoho-oauthtoken", "Zoho-oauthtoken ":
                self.assertEqual(sandbox.ask(target, token=token), (401, NO_TOKEN), token)
            for token in "Zoho-oauthtoken other", "Zoho-oauthtoken secrets":
                self.assertEqual(sandbox.ask(target, token=token), (401, BAD_TOKEN))
            self.assertEqual(sandbox.ask(target, token="Zoho-oauthtoken secret")[0], 200)


class Delinking(unittest.TestCase):

    def test_all_some_none(self):
        with Sandbox() as sandbox:
            self.assertEqual(sandbox.delink("2,1"),
                             (200, {"data": [good(2), good(1)]}))
            self.assertEqual(sandbox.delink("3,1,4"),
                             (207, {"data": [good(3), bad(1), good(4)]}))
            self.assertEqual(sandbox.delink("1,2"),
                             (400, {"data": [bad(1), bad(2)]}))

    def test_exact_bytes(self):
        with Sandbox() as sandbox:
            _, headers, body = sandbox.call(CONTACTS + "?ids=1")
            self.assertEqual(body, b'{"data":[{"code":"SUCCESS","details":{"id":"1"},'
                                   b'"message":"relation removed","status":"success"}]}')
            self.assertEqual(headers["Content-Type"], "application/json;charset=UTF-8")

    def test_mixed_status_200(self):
        with Sandbox("--mixed-status", "200") as sandbox:
            self.assertEqual(sandbox.delink("1,1"),
                             (200, {"data": [good(1), bad(1)]}))

    def test_one_in_the_path(self):
        with Sandbox() as sandbox:
            self.assertEqual(sandbox.ask(CONTACTS + "/7"), (200, {"data": [good(7)]}))
            self.assertEqual(sandbox.ask(CONTACTS + "/7"), (400, {"data": [bad(7)]}))

    def test_encoded_commas_and_versions(self):
        with Sandbox() as sandbox:
            self.assertEqual(sandbox.ask(CONTACTS + "?a=b&ids=1%2C2%2c3")[1],
                             {"data": [good(1), good(2), good(3)]})
            for number, version in enumerate("v2 v2.1 v3 v4 v5 v6 v7 v8".split(), 10):
                target = CONTACTS.replace("v8", version) + f"?ids={number}"
                self.assertEqual(sandbox.ask(target)[0], 200, version)

    def test_ids_are_exact(self):
        digits = "12345678901234567890"
        ids = [digits[:length] for length in range(1, 21)] + ["0", "00", "01"]
        with Sandbox() as sandbox:
            answer = {"data": [good(number) for number in ids]}
            self.assertEqual(sandbox.delink(",".join(ids)), (200, answer))
            answer = {"data": [bad(number) for number in ids]}
            self.assertEqual(sandbox.delink(",".join(ids)), (400, answer))

    def test_names_of_modules_and_lists(self):
        pairs = [("Campaigns", "Leads"), ("Campaigns", "Contacts"),
                 ("Products", "Leads"), ("Products", "Accounts"),
                 ("Products", "Contacts"), ("Products", "Deals"),
                 ("Products", "Price_Books"), ("Appointments__s", "Services__s")]
        with Sandbox() as sandbox:
            for one, other in pairs:
                for module, related in (one, other), (other, one):
                    target = f"/crm/v8/{module}/1/{related}/5"
                    self.assertEqual(sandbox.ask(target)[0], 200, target)
            for same in ("campaigns/1/LEADS", "products/1/Potentials",
                         "Potentials/1/products", "PriceBooks/1/Products",
                         "Products/1/pricebooks", "Appointments/1/Services"):
                self.assertEqual(sandbox.ask(f"/crm/v8/{same}/5")[0], 400, same)
            self.assertEqual(sandbox.ask("/crm/v8/Leads/1/Custom_Things/5")[0], 200)
            for name in "Custom_x%22", "Custom_" + "x" * 100:
                answer = sandbox.ask(f"/crm/v8/Leads/1/{name}/5")
                self.assertEqual(answer, (400, BAD_LIST))
            self.assertEqual(sandbox.ask("/crm/v8/Leads/1/Attachments?ids=5,5")[1],
                             {"data": [good(5, "record deleted"), bad(5)]})

    def test_magic_ids(self):
        never = "3652390000404"
        with Sandbox() as sandbox:
            self.assertEqual(sandbox.ask(CONTACTS + f"/{never}"),
                             (400, {"data": [bad(never)]}))
            self.assertEqual(sandbox.ask(CONTACTS + "/404")[0], 200)
        with Sandbox("--no-magic") as sandbox:
            self.assertEqual(sandbox.ask(CONTACTS + f"/{never}")[0], 200)
            self.assertEqual(sandbox.ask("/crm/v8/Campaigns/404/Contacts/1")[0], 200)

    def test_relations_file(self):
        lines = "# known\n\nCampaigns/1/Contacts/11\nproducts/2/Potentials/22\n"
        with Sandbox(relations=lines) as sandbox:
            self.assertEqual(sandbox.ask("/crm/v8/Campaigns/1/Contacts?ids=11,12,11"),
                             (207, {"data": [good(11), bad(12), bad(11)]}))
            self.assertEqual(sandbox.ask("/crm/v8/Campaigns/2/Contacts?ids=11")[0], 400)
            self.assertEqual(sandbox.ask("/crm/v8/Products/2/Deals?ids=22")[0], 200)

    def test_many(self):
        """More lists and IDs than the tables begin with room for."""
        with Sandbox() as sandbox:
            client = sandbox.client()
            for expected in 200, 400:
                for parent in range(3000):
                    target = f"/crm/v8/Products/9{parent:06}1/Leads?ids=1,2"
                    client.request("DELETE", target, headers=AUTHORIZED)
                    answer = client.getresponse()
                    answer.read()
                    self.assertEqual(answer.status, expected)
            client.close()

    def test_gzip(self):
        with Sandbox("--gzip") as sandbox:
            accepts = {"Accept-Encoding": "deflate, gzip"}
            _, headers, body = sandbox.call(CONTACTS + "?ids=1", headers=accepts)
            self.assertEqual(headers["Content-Encoding"], "gzip")
            self.assertEqual(json.loads(gzip.decompress(body)), {"data": [good(1)]})
            self.assertEqual(sandbox.delink("1")[1], {"data": [bad(1)]})

    def test_tls(self):
        if not shutil.which("openssl"):
            self.skipTest("no openssl to make a certificate with")
        with tempfile.TemporaryDirectory() as folder:
            cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
            make = ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
                    " -nodes -days 1 -subj /CN=127.0.0.1"
                    " -addext subjectAltName=IP:127.0.0.1 -keyout").split()
            subprocess.run([*make, key, "-out", cert], check=True, capture_output=True,
                           timeout=WAIT_S)
            with Sandbox("--tls-cert", cert, "--tls-key", key) as sandbox:
                self.assertIn("https://127.0.0.1:", sandbox.first_line)
                client = http.client.HTTPSConnection(
                    "127.0.0.1", sandbox.port, timeout=WAIT_S,
                    context=ssl.create_default_context(cafile=cert))
                client.request("DELETE", CONTACTS + "?ids=1", headers=AUTHORIZED)
                self.assertEqual(json.load(client.getresponse()), {"data": [good(1)]})
                client.close()


class Time(unittest.TestCase):

    def test_latency_does_not_add_up(self):
        with Sandbox("--latency", "300ms", log="") as sandbox:
            begun = time.monotonic()
            clients = [sandbox.send(CONTACTS + f"?ids={number}") for number in range(100)]
            for client in clients:
                self.assertTrue(client.recv(65536).startswith(b"HTTP/1.1 200 "))
                client.close()
            seconds = time.monotonic() - begun
            self.assertGreaterEqual(seconds, 0.3)
            self.assertLess(seconds, 0.6)
            self.assertEqual(max(line["in_flight"] for line in sandbox.log()), 100)

    def test_latency_is_exact(self):
        """A busy machine adds to many answers, but not to all."""
        with Sandbox("--latency", "20") as sandbox:
            client = sandbox.client()
            spans = []
            for number in range(200):
                begun = time.monotonic()
                client.request("DELETE", CONTACTS + f"?ids={number}",
                               headers=AUTHORIZED)
                client.getresponse().read()
                spans.append(time.monotonic() - begun)
                if len(spans) >= 15 and min(spans) < 0.023:
                    break
            client.close()
            self.assertGreaterEqual(min(spans), 0.020)
            self.assertLess(min(spans), 0.023)

    def test_limit_in_flight(self):
        with Sandbox("--latency", "200ms", "--limit-in-flight", "2") as sandbox:
            clients = [sandbox.send(CONTACTS + f"?ids={number}") for number in range(3)]
            answers = [client.recv(65536) for client in clients]
            for client in clients:
                client.close()
            self.assertEqual(sorted(answer[9:12] for answer in answers),
                             [b"200", b"200", b"429"])
            self.assertTrue(any(b"TOO_MANY_REQUESTS" in answer for answer in answers))

    def test_limit_calls(self):
        with Sandbox("--limit-calls", "4") as sandbox:
            calls = [sandbox.call(CONTACTS + f"?ids={number}") for number in range(6)]
            self.assertEqual([call[0] for call in calls], [200, 200, 200, 200, 429, 429])
            self.assertEqual([call[1]["X-API-CREDITS-REMAINING"] for call in calls],
                             [None, "2", "1", "0", None, None])
            self.assertEqual(json.loads(calls[4][2])["code"], "TOO_MANY_REQUESTS")


class Faults(unittest.TestCase):
    """Each fault as a client sees it, and whether the relation was removed."""

    def removed(self, sandbox, number=1):
        """Was the ID removed before? Asking removes it."""
        return sandbox.delink(f"{number}")[0] == 400

    def test_conditions(self):
        script = ("# a comment\n\n"
                  "request 2: status 502\n"
                  "requests 4-5: status 503\n"
                  "every 7: status 504\n"
                  "target \"ids=77 \" any: status 500\n"
                  "target ids=88 first 2: status 501\n"
                  "requests 13-: status 505\n")
        expected = [200, 502, 200, 503, 503, 200, 504, 501,
                    501, 200, 200, 200, 505, 504, 505]
        with Sandbox(faults=script) as sandbox:
            for number, status in enumerate(expected, 1):
                target = CONTACTS + f"?ids={88 if 8 <= number <= 10 else number}"
                self.assertEqual(sandbox.call(target)[0], status, number)

    def test_status_body_headers(self):
        script = ('request 1: status 503 body "<b>\\x41 \\"busy\\"</b>\\n"'
                  ' header "Content-Type: text/html" header "Retry-After: 1"\n'
                  'request 2: apply error 500 INTERNAL_ERROR "Internal Server Error"\n'
                  'request 3: redirect http://127.0.0.1:1/x\n'
                  'request 4: status 502\n'
                  'request 5: as 202 header "X-More: yes"\n')
        with Sandbox(faults=script) as sandbox:
            status, headers, body = sandbox.call(CONTACTS + "?ids=1")
            self.assertEqual((status, body), (503, b'<b>A "busy"</b>\n'))
            self.assertEqual((headers["Content-Type"], headers["Retry-After"]),
                             ("text/html", "1"))
            self.assertEqual(sandbox.delink("2"),
                             (500, refusal("INTERNAL_ERROR", "Internal Server Error")))
            status, headers, body = sandbox.call(CONTACTS + "?ids=3")
            self.assertEqual((status, headers["Location"]), (302, "http://127.0.0.1:1/x"))
            self.assertEqual(sandbox.call(CONTACTS + "?ids=4")[::2], (502, b""))
            status, headers, body = sandbox.call(CONTACTS + "?ids=5")
            self.assertEqual((status, headers["X-More"]), (202, "yes"))
            self.assertEqual(json.loads(body), {"data": [good(5)]})
            states = [self.removed(sandbox, number) for number in range(1, 6)]
            self.assertEqual(states, [False, True, False, False, True])

    def test_body_file(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"from a file\0")
            file.flush()
            script = (f"request 1: status 404 body-file {file.name}\n"
                      f'request 2: raw-file "{file.name}"\n')
            with Sandbox(faults=script) as sandbox:
                self.assertEqual(sandbox.call("/x")[::2], (404, b"from a file\0"))
                self.assertEqual(sandbox.raw("/x"), b"from a file\0")

    def test_cuts(self):
        script = ("request 1: cut\n"
                  "request 3: apply cut\n"
                  "request 5: reset\n"
                  "request 7: apply reset\n"
                  "request 9: apply hold 50ms delay 50ms cut\n")
        with Sandbox(faults=script) as sandbox:
            self.assertEqual(sandbox.raw(CONTACTS + "?ids=1"), b"")
            self.assertFalse(self.removed(sandbox, 1))
            self.assertEqual(sandbox.raw(CONTACTS + "?ids=2"), b"")
            self.assertTrue(self.removed(sandbox, 2))
            for number, state in (3, False), (4, True):
                with self.assertRaises(ConnectionResetError):
                    sandbox.raw(CONTACTS + f"?ids={number}")
                self.assertEqual(self.removed(sandbox, number), state)
            begun = time.monotonic()
            self.assertEqual(sandbox.raw(CONTACTS + "?ids=5"), b"")
            self.assertGreaterEqual(time.monotonic() - begun, 0.1)
            self.assertTrue(self.removed(sandbox, 5))

    def test_cut_in_the_body(self):
        whole = len(json.dumps({"data": [good(1)]}, separators=(",", ":")))
        script = "request 1: cut-at 10\nrequest 3: cut-at 0\nrequest 4: cut-at 1K\n"
        with Sandbox(faults=script) as sandbox:
            head, _, body = sandbox.raw().partition(b"\r\n\r\n")
            self.assertIn(b"Content-Length: %d\r\n" % whole, head + b"\r\n")
            self.assertEqual(body, b'{"data":[{')
            self.assertTrue(self.removed(sandbox))
            head, _, body = sandbox.raw(CONTACTS + "?ids=2").partition(b"\r\n\r\n")
            self.assertEqual((head[:12], body), (b"HTTP/1.1 200", b""))
            self.assertEqual(sandbox.delink("3"), (200, {"data": [good(3)]}))

    def test_lies(self):
        script = ('request 1: length 5000 header "X-More: 1"\nrequest 3: length 3\n'
                  'request 4: raw "\\x00\\xffgarbage\\r\\n"\n'
                  'request 6: apply raw "HTTP/1.1 200 OK\\r\\nContent-Le"\n')
        with Sandbox(faults=script) as sandbox:
            head, _, body = sandbox.raw().partition(b"\r\n\r\n")
            self.assertIn(b"Content-Length: 5000", head)
            self.assertIn(b"X-More: 1", head)
            self.assertEqual(json.loads(body), {"data": [good(1)]})
            self.assertTrue(self.removed(sandbox))
            self.assertEqual(sandbox.call(CONTACTS + "?ids=2")[2], b'{"d')
            self.assertEqual(sandbox.raw(CONTACTS + "?ids=3"), b"\x00\xffgarbage\r\n")
            self.assertFalse(self.removed(sandbox, 3))
            self.assertEqual(sandbox.raw(CONTACTS + "?ids=4"),
                             b"HTTP/1.1 200 OK\r\nContent-Le")
            self.assertTrue(self.removed(sandbox, 4))

    def test_slowness(self):
        script = ("request 1: hold 80ms\nrequest 2: delay 80\n"
                  'request 3: status 200 body "0123456789" drip 10ms\n')
        with Sandbox(faults=script) as sandbox:
            for status in 200, 400:
                begun = time.monotonic()
                self.assertEqual(sandbox.delink("1")[0], status)
                self.assertGreaterEqual(time.monotonic() - begun, 0.08)
            begun = time.monotonic()
            self.assertEqual(sandbox.call(CONTACTS)[2], b"0123456789")
            self.assertGreaterEqual(time.monotonic() - begun, 0.09)

    def test_hold_is_before_the_work_delay_after(self):
        script = "request 1: hold 1s\nrequest 3: delay 1s\n"
        with Sandbox(faults=script) as sandbox:
            for number, state in (1, False), (2, True):
                with sandbox.send(CONTACTS + f"?ids={number}"):
                    time.sleep(0.1)
                    self.assertEqual(self.removed(sandbox, number), state)

    def test_hang(self):
        script = "requests 1-2: hang\nrequest 3: apply hang\n"
        with Sandbox("--limit-in-flight", "4", faults=script, books="") as sandbox:
            for number in range(1, 4):
                with sandbox.send(CONTACTS + f"?ids={number}") as client:
                    client.settimeout(0.1)
                    with self.assertRaises(TimeoutError):
                        client.recv(1)
            time.sleep(0.2)
            with sandbox.send(CONTACTS + "?ids=3") as client:
                self.assertIn(b" 400 ", client.recv(65536))
            self.assertFalse(self.removed(sandbox, 1))
            self.assertEqual(sandbox.stop(), 0)
            books = sandbox.books()
            self.assertLess(books["max_in_flight"], 4)
            self.assertEqual((books["requests"], books["answered"]), (5, 2))

    def test_bulk(self):
        script = "request 1: bulk 64M\nrequest 3: bulk 1G\n"
        with Sandbox(faults=script) as sandbox:
            status, headers, body = sandbox.call(CONTACTS + "?ids=1")
            self.assertEqual((status, headers["Content-Length"]), (200, str(64 << 20)))
            self.assertEqual((len(body), body.strip(b" ")), (64 << 20, b""))
            self.assertFalse(self.removed(sandbox))
            with sandbox.send() as client:
                self.assertIn(b"Content-Length: 1073741824\r\n", client.recv(4096))
            self.assertEqual(sandbox.call(CONTACTS + "?ids=2")[0], 200)

    def test_entries(self):
        script = ('request 1: reverse drop 2,3\n'
                  'request 2: entry 5,7 NO_PERMISSION "not \\"yours\\""\n'
                  'request 3: drop *\n'
                  'request 4: entry * LOCKED later\n')
        with Sandbox(faults=script) as sandbox:
            self.assertEqual(sandbox.delink("1,2,3,4"),
                             (200, {"data": [good(4), good(1)]}))
            mine = bad(5, "NO_PERMISSION", 'not "yours"')
            self.assertEqual(sandbox.delink("5,6"), (207, {"data": [mine, good(6)]}))
            self.assertEqual(sandbox.delink("8,9"), (200, {"data": []}))
            self.assertEqual(sandbox.delink("10"),
                             (400, {"data": [bad(10, "LOCKED", "later")]}))
            self.assertEqual(sandbox.delink("1,2,3,4,5,6,8,9,10")[1]["data"],
                             [bad(1), bad(2), bad(3), bad(4), good(5),
                              bad(6), bad(8), bad(9), good(10)])


class Records(unittest.TestCase):

    def test_log(self):
        script = "request 3: apply cut\n"
        target = CONTACTS + "?ids=1%2C2&x=%ff"
        with Sandbox(log="", faults=script) as sandbox:
            client = sandbox.client()
            client.request("DELETE", target, headers={**AUTHORIZED, "X-Two": "a"})
            client.getresponse().read()
            client.request("PUT", "/x", body=b"\xff\"\n\xc3\xa9",
                           headers={"X-Bytes": b"\xe9\""})
            client.getresponse().read()
            client.close()
            sandbox.raw(target)
            first, second, third = sandbox.log()
        self.assertLess(abs(first.pop("time_ms") - time.time() * 1000), 60000)
        self.assertEqual(first, {
            "n": 1, "method": "DELETE", "target": target, "body": "", "connection": 1,
            "headers": {"host": f"127.0.0.1:{sandbox.port}",
                        "accept-encoding": "identity", "authorization": TOKEN,
                        "x-two": "a"},
            "in_flight": 1, "status": 200, "fault": ""})
        self.assertEqual([second[key] for key in ("n", "connection", "status")],
                         [2, 1, 404])
        self.assertEqual(second["body"], "\xff\"\n\xc3\xa9")
        self.assertEqual(second["headers"]["x-bytes"], "\xe9\"")
        self.assertEqual([third[key] for key in ("n", "connection", "status", "fault")],
                         [3, 2, 0, "apply cut"])

    def test_books(self):
        with Sandbox(books="", faults="request 3: cut\n") as sandbox:
            sandbox.call(CONTACTS + "?ids=1,2,1")
            sandbox.call("/crm/v8/potentials/5/products/77777777777777777777")
            sandbox.raw(CONTACTS + "?ids=9")
            sandbox.call(CONTACTS + "/0000404")
            expected = {"requests": 4, "answered": 3, "connections": 4,
                        "max_in_flight": 1, "call_preferences": [],
                        "ids": {PARENT + "/1": {"asked": 2, "removed": 1},
                                PARENT + "/2": {"asked": 1, "removed": 1},
                                PARENT + "/0000404": {"asked": 1, "removed": 0},
                                "Deals/5/Products/77777777777777777777":
                                    {"asked": 1, "removed": 1}}}
            os.truncate(sandbox.path("books"), 0)
            sandbox.process.send_signal(signal.SIGUSR1)
            deadline = time.monotonic() + WAIT_S
            while not os.path.getsize(sandbox.path("books")):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)
            self.assertEqual(sandbox.books(), expected)
            sandbox.call(CONTACTS + "?ids=1")
            self.assertEqual(sandbox.stop(signal.SIGINT), 0)
            expected["ids"][PARENT + "/1"]["asked"] = 3
            for counter in "requests", "answered", "connections":
                expected[counter] += 1
            self.assertEqual(sandbox.books(), expected)


class Life(unittest.TestCase):

    def test_stop_lets_answers_finish(self):
        with Sandbox("--latency", "300ms", faults="target ids=2: hang\n") as sandbox:
            self.assertEqual(sandbox.first_line, "unhitch-sandbox: listening on "
                             f"http://127.0.0.1:{sandbox.port}\n")
            idle = sandbox.connect()
            slow = sandbox.send(CONTACTS + "?ids=1")
            hung = sandbox.send(CONTACTS + "?ids=2")
            time.sleep(0.1)
            sandbox.process.send_signal(signal.SIGTERM)
            self.assertTrue(slow.recv(65536).startswith(b"HTTP/1.1 200"))
            self.assertEqual(hung.recv(1), b"")
            self.assertEqual(sandbox.process.wait(timeout=WAIT_S), 0)
            for client in idle, slow, hung:
                client.close()
            with self.assertRaises(ConnectionRefusedError):
                sandbox.connect()

    def test_second_signal_ends_at_once(self):
        script = 'request 2: status 200 body "0123456789" drip 1s\n'
        with Sandbox("--latency", "60s", faults=script) as sandbox:
            clients = [sandbox.send(), sandbox.send()]
            time.sleep(0.1)
            begun = time.monotonic()
            sandbox.process.send_signal(signal.SIGTERM)
            time.sleep(0.1)
            self.assertIsNone(sandbox.process.poll())
            self.assertEqual(sandbox.stop(), 0)
            self.assertLess(time.monotonic() - begun, 2)
            for client in clients:
                self.assertEqual(client.recv(1), b"")
                client.close()

    def test_clients_that_leave(self):
        """Half a request, a reset, bytes that are no HTTP: nobody else suffers."""
        with Sandbox("--latency", "50ms", books="") as sandbox:
            half = sandbox.connect()
            half.sendall(b"DELETE /crm/v8/Camp")
            for data in b"\x16\x03\x01garbage\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n":
                client = sandbox.connect()
                client.sendall(data)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  struct.pack("ii", 1, 0))
                client.close()
            half.close()
            self.assertEqual(sandbox.call(CONTACTS + "?ids=1")[0], 200)
            self.assertEqual(sandbox.stop(), 0)

    def test_many_clients_at_once(self):
        with Sandbox("--latency", "5ms", books="") as sandbox:
            failures = []

            def work(first):
                client = sandbox.client()
                for number in range(first, first + 20):
                    client.request("DELETE", CONTACTS + f"?ids={number}",
                                   headers=AUTHORIZED)
                    answer = client.getresponse()
                    if json.load(answer) != {"data": [good(number)]}:
                        failures.append(number)
                client.close()

            threads = [threading.Thread(target=work, args=(100 * i,)) for i in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(WAIT_S)
            self.assertEqual(failures, [])
            self.assertEqual(sandbox.stop(), 0)
            books = sandbox.books()
            self.assertEqual((books["requests"], books["answered"]), (320, 320))
            self.assertLessEqual(books["max_in_flight"], 16)
            self.assertTrue(all(entry == {"asked": 1, "removed": 1}
                                for entry in books["ids"].values()))


class Usage(unittest.TestCase):

    def run_it(self, *options):
        done = subprocess.run([BINARY, *options], capture_output=True, text=True,
                              timeout=WAIT_S, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_help(self):
        code, text, _ = self.run_it("--help")
        self.assertEqual(code, 0)
        self.assertIn("--limit-in-flight N", text)
        self.assertIn("0000404", text)
        code, text, _ = self.run_it("--help-faults")
        self.assertEqual(code, 0)
        self.assertIn("cut-at SIZE", text)
        self.assertTrue(all(len(line) <= 90 for line in text.splitlines()))

    def test_bad_options(self):
        for options, error in [
                (["--nothing"], "unknown option '--nothing' (see --help)"),
                (["extra"], "unexpected argument 'extra' (see --help)"),
                (["--port"], "--port needs a value"),
                (["--port=65536"], "--port: not a number from 0 to 65535: '65536'"),
                (["--port", ""], "--port: not a number from 0 to 65535: ''"),
                (["--latency", "1x"], "--latency: not a duration like 50ms or 2s: '1x'"),
                (["--mixed-status", "201"], "--mixed-status is 207 or 200"),
                (["--token", ""], "--token: empty"),
                (["--quiet=1"], "--quiet takes no value"),
                (["--tls-cert", "x"], "--tls-cert and --tls-key go together"),
                (["--faults", "/nowhere"], "/nowhere: No such file or directory"),
                (["--relations", "/nowhere"], "/nowhere: No such file or directory")]:
            with self.subTest(options=options):
                self.assertEqual(self.run_it(*options),
                                 (2, "", f"unhitch-sandbox: {error}\n"))

    def check_file(self, option, content, error):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(content)
            file.flush()
            with self.subTest(content=content):
                self.assertEqual(
                    self.run_it("--port", "0", option, file.name),
                    (2, "", f"unhitch-sandbox: {file.name}:{error}\n"))

    def test_bad_relations(self):
        self.check_file("--relations", "\nCampaigns/1/Contacts\n",
                        "2: not module/record_id/related_list/related_id")
        self.check_file("--relations", "Nothing/1/Contacts/1", "1: no such module")
        self.check_file("--relations", "Leads/1/Contacts/1", "1: no such related list")
        self.check_file("--relations", "Leads/1/Products/1/2",
                        "1: an ID is not 1 to 20 digits")

    def test_bad_faults(self):
        for rule, error in [
                ("cut", "a rule reads `WHEN: ACTION...`"),
                ("any:", "a rule reads `WHEN: ACTION...`"),
                (": cut", "unknown word ''"),
                ("cut: cut", "unknown word 'cut'"),
                ("any: cuts", "unknown word 'cuts'"),
                ("request: cut", "'request' needs N"),
                ("request x: cut", "'request' needs N, not 'x'"),
                ("request 0: cut", "counts begin at 1"),
                ("requests 5-4: cut", "'requests' needs N-M or N-, counted from 1"),
                ("requests 5: cut", "'requests' needs N-M or N-"),
                ("any: status 99", "a status is 200 to 599"),
                ("any: status 1000", "'status' needs STATUS, not '1000'"),
                ("any: delay 1h", "'delay' needs TIME, not '1h'"),
                ("any: delay", "'delay' needs TIME"),
                ("any: entry 1 CODE", "'entry' needs IDS CODE TEXT"),
                ("any: body x", "'body' goes with 'status'"),
                ('any: header "none"', "'header' needs \"Name: value\""),
                ('any: body "open', "a quote never closes"),
                ('any: body "a\\q"', "unknown escape in quotes"),
                ('any: body "a"b', "a blank must follow a quote")]:
            if " needs " not in error or error.startswith(("'requests'", "'header'")):
                error += " (see --help-faults)"
            self.check_file("--faults", "# first\n" + rule + "\n", "2: " + error)

    def test_port_in_use(self):
        with Sandbox() as sandbox:
            code, _, error = self.run_it("--port", str(sandbox.port))
            self.assertEqual(code, 2)
            place = f"127.0.0.1:{sandbox.port}"
            self.assertIn(f"cannot listen on {place}: Address already in use", error)


if __name__ == "__main__":
    unittest.main()
