#!/usr/bin/env python3
"""Secrets of every service: nowhere printed or written, and told to nobody else."""

import base64
import urllib.parse

from harness import *

SECRETS = {
    "ZOHO_ACCESS_TOKEN": "1000.acce55acce55acce55acce55acce55.acce55",
    "ZOHO_CLIENT_ID": "1000.CL1ENT1DCL1ENT1DCL1ENT1D",
    "ZOHO_CLIENT_SECRET": "cl1ent5ecretcl1ent5ecretcl1ent5ecret",
    "ZOHO_REFRESH_TOKEN": "1000.refre5hrefre5hrefre5h.refre5hrefre5h",
    "VERBA_API_KEY": "verbakey-verbakey-verbakey-74c8eea0",
    "VERBA_TOKEN": "verbat0ken-verbat0ken-verbat0ken-09835e02",
    "VERBA_USER": "verbau5er-verbau5er-verbau5er",
    "VERBA_PASSWORD": "verbapa55 w0rd/verbapa55&w0rd",
}
FIXED = {name: SECRETS[name] for name in ("ZOHO_ACCESS_TOKEN", "VERBA_API_KEY", "VERBA_TOKEN")}
ASKED = {name: SECRETS[name] for name in (
    "ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN", "VERBA_API_KEY",
    "VERBA_USER", "VERBA_PASSWORD")}
GIVEN = {"zoho": "1000.91ven91ven91ven91ven91ven91ven", "verba": "91venverba-91venverba-91ven"}
# the client ID is no secret: it stands in every address of a browser
OPEN = {"ZOHO_CLIENT_ID"}
# a service may name the user in its message ("unknown user ann"); the program never does
ECHOED = OPEN | {"VERBA_USER"}

CONTENT = ("operation,module,record_id,related_list,related_id,call_id,native_id,"
           "show_to_number,show_from_number\n"
           f"crm.delink,Campaigns,{CAMPAIGN},Contacts,{related(1)},,,,\n"
           "desk.clear_live_mapping,,,,,5,,,\n"
           "verba.delete_call,,,,,,TRS1,,\n"
           "crm.call_preferences,,,,,,,yes,no\n")


def forms(secret):
    """A secret as it may be written."""
    plain = secret.encode()
    return {plain, urllib.parse.quote(secret, safe="").encode(),
            urllib.parse.quote_plus(secret).encode(), base64.b64encode(plain),
            json.dumps(secret)[1:-1].replace("/", "\\/").encode()}


def needles(env):
    found = set()
    for name, secret in env.items():
        if name in SECRETS and name not in OPEN:
            found |= forms(secret)
    if "VERBA_USER" in env:
        found.add(base64.b64encode(f"{env['VERBA_USER']}:{env['VERBA_PASSWORD']}".encode()))
    for secret in GIVEN.values():
        found |= forms(secret)
    return found


class ServiceSecrets(ServicesCase):

    def search(self, env, *runs):
        """No output and no file of any run directory holds a secret in any form."""
        for run in runs:
            texts = {"stdout": run.out.encode(), "stderr": run.err.encode()}
            files = 0
            for folder, _, names in os.walk(run.folder):
                for name in names:
                    with open(os.path.join(folder, name), "rb") as file:
                        texts[name] = unpack(file.read())
                    files += 1
            self.assertGreater(files, 0, run)
            for where, data in texts.items():
                for needle in needles(env):
                    self.assertNotIn(needle, data, where)

    def zoho_face(self, echo=None):
        """CRM, Desk and sign-in; with echo, every answer is a refusal that holds it."""
        def answer(request):
            if "oauth" in request.target:
                return http(200, {"access_token": GIVEN["zoho"], "expires_in": 3600})
            if echo:
                text = echo(request)
                return http(400, {"errorCode": "BAD_REQUEST", "code": "AUTHORIZATION_FAILED",
                                  "message": text, "status": "error", "details": {"x": text}})
            if "/calls/" in request.target:
                return http(204)
            if request.method == "PUT":
                return http(200, {"code": "SUCCESS", "status": "success"})
            return all_good(request)
        return self.bodied(answer)

    def verba_face(self, echo=None):
        def answer(request):
            if b"RequestToken" in request.body + request.head:
                return http(200, verba_xml(0, None, f' token="{GIVEN["verba"]}"',
                                           "RequestToken"))
            if echo:
                text = echo(request).replace("&", "&amp;").replace("<", "&lt;")
                return http(200, verba_xml(7, text))
            return http(200, verba_xml())
        return self.bodied(answer)

    def run_all(self, zoho, verba, env, *options, accounts=None, out="out", **how):
        return self.go(None, None, CONTENT, "--crm-url", zoho.url, "--desk-url", zoho.url,
                       "--verba-url", verba.url, "--accounts-url", (accounts or zoho).url,
                       "-v", "--progress", "always", *options, token=None,
                       env={"VERBA_API_KEY": None, "ZOHO_DESK_ORG_ID": ORG, **env}, out=out,
                       **how)

    def test_good_runs(self):
        for number, env in enumerate((FIXED, ASKED)):
            for method in "post", "get":
                with self.subTest(env=list(env), method=method):
                    run = self.run_all(self.zoho_face(), self.verba_face(), env,
                                       "--verba-method", method, out=f"out{number}{method}")
                    self.assertEqual(run.code, 0, run)
                    self.search(env, run)

    def test_echoed(self):
        """Every service sends back all it ever heard: it becomes [redacted]."""
        for number, env in enumerate((FIXED, ASKED)):
            for method in "post", "get":
                with self.subTest(env=list(env), method=method):
                    words = {}
                    for who, token in GIVEN.items():   # what it could ever have heard
                        texts = [secret for name, secret in env.items()
                                 if name not in ECHOED] + [token] * (env is ASKED)
                        words[who] = "<" + "><".join(texts) + ">"
                    run = self.run_all(self.zoho_face(lambda r: words["zoho"]),
                                       self.verba_face(lambda r: words["verba"]), env,
                                       "--retries", "0", "--verba-method", method,
                                       out=f"out{number}{method}")
                    self.assertEqual(run.code, 4, run)
                    self.search(env, run)
                    for message in run.column("message"):
                        self.assertEqual(message, "<" + "><".join(["[redacted]"] * len(texts))
                                         + ">")

    def test_request_echoed_as_it_came(self):
        """Percent-encoded, as a header, as Basic."""
        for number, env in enumerate((FIXED, ASKED)):
            for method in "post", "get":
                def echo(request):
                    return (request.head + request.body).decode("latin-1").replace("\r\n", " ")
                run = self.run_all(self.zoho_face(echo), self.verba_face(echo), env,
                                   "--retries", "0", "--verba-method", method,
                                   out=f"out{number}{method}")
                self.search(env, run)
                self.says("".join(run.column("message")), "[redacted]")

    def test_sign_in_refused_with_an_echo(self):
        def answer(request):
            body = request.body.decode()
            if "RequestToken" in body:
                return http(200, verba_xml(2, body.replace("&", "&amp;") + " " +
                                           request.headers.get("authorization", "")))
            return http(200, {"error": "invalid_client", "error_description":
                              urllib.parse.unquote_plus(body) + body})
        service = self.bodied(answer)
        run = self.run_all(service, service, ASKED)
        self.assertEqual(run.code, 6, run)
        self.search(ASKED, run)
        verba = self.go(service, "verba.delete_call", "native_id\nA\n", token=None, out="v",
                        env=ASKED)
        self.assertEqual(verba.code, 6, verba)
        self.search(ASKED, verba)

    def test_retry_resume_and_report(self):
        zoho, verba = self.zoho_face(), self.verba_face()
        first = self.run_all(zoho, verba, ASKED, "--max-calls", "1")
        self.assertEqual(first.code, 8, first)
        runs = [first]
        for command in (["report", "out"], ["resume", "-v", "out"], ["retry", "-v", "out"]):
            runs.append(self.unhitch(*command, out="out", token=None,
                                     env={"ZOHO_DESK_ORG_ID": ORG, **ASKED}))
        self.search(ASKED, *runs)

    def test_failing_services(self):
        for number, face in enumerate((lambda r: CLOSE, lambda r: http(503),
                                       lambda r: http(302, b"", "Location: http://" +
                                                      SECRETS["VERBA_TOKEN"] + "/"))):
            service = self.bodied(face)
            run = self.run_all(service, service, FIXED, "--retries", "0", "--verba-method",
                               "get", out=f"out{number}")
            self.assertEqual(run.code, 4, run)
            self.search(FIXED, run)

    def test_arguments_and_environment_of_the_process(self):
        """Nothing secret in /proc/PID/cmdline, of it or a child of it."""
        zoho = self.bodied(lambda request: (time.sleep(0.5), all_good(request))[1])
        env = {**ASKED, "ZOHO_ACCESS_TOKEN": SECRETS["ZOHO_ACCESS_TOKEN"]}
        self.write("job.csv", CONTENT)
        process = self.start("run", "--base-url", zoho.url, "--out", "out", "job.csv",
                             token=None, env={"ZOHO_DESK_ORG_ID": ORG, **env})
        self.wait_until(lambda: zoho.requests)
        seen = b""
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii") as file:
                    parent = file.read().rpartition(")")[2].split()[1]
                if entry == str(process.pid) or parent == str(process.pid):
                    with open(f"/proc/{entry}/cmdline", "rb") as file:
                        seen += file.read()
            except (OSError, IndexError):
                pass
        self.assertIn(b"job.csv", seen)
        for needle in needles(env):
            self.assertNotIn(needle, seen)

    def test_each_service_hears_its_own_only(self):
        """Three hosts: CRM and Desk, sign-in, Verba."""
        for number, env in enumerate((FIXED, ASKED)):
            zoho, verba, accounts = (self.sandbox() for _ in range(3))
            run = self.run_all(zoho, verba, env, accounts=accounts, out=f"out{number}")
            self.assertEqual(run.code, 0, run)
            logs = {name: json.dumps(one.log()).encode() for name, one in
                    (("zoho", zoho), ("verba", verba), ("accounts", accounts))}
            mine = {"zoho": {"ZOHO_ACCESS_TOKEN"}, "verba": {name for name in SECRETS
                                                             if name.startswith("VERBA")},
                    "accounts": {"ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET",
                                 "ZOHO_REFRESH_TOKEN"}}
            for who, log in logs.items():
                for name, secret in env.items():
                    if name not in mine[who]:
                        for form in forms(secret):
                            self.assertNotIn(form, log, f"{name} at {who}")
            self.assertNotIn(b"oauthtoken", logs["verba"])
            self.assertIn(b"verbakey", logs["verba"])
            if env is ASKED:
                self.assertIn(b"refre5h", logs["accounts"])

    def test_redirect_to_another_host(self):
        """A token does not follow a redirect."""
        other = self.bodied(all_good)
        face = self.bodied(lambda request: http(307, b"", "Location: " + other.url + "/x"))
        run = self.run_all(face, face, FIXED, "--retries", "0")
        self.assertEqual(other.requests, [])
        self.assertEqual(run.summary["success"], 0)

    def test_files(self):
        """NAME_FILE for each; the line end is no part of the secret; never shown."""
        for number, env in enumerate((FIXED, ASKED)):
            named = {name + "_FILE": self.write(f"keys/{name}", secret + "\n")
                     for name, secret in env.items()}
            zoho, verba = self.zoho_face(), self.verba_face()
            run = self.run_all(zoho, verba, named, out=f"out{number}")
            self.assertEqual(run.code, 0, run)
            self.search(env, run)
            told = b"".join(request.head + request.body
                            for request in zoho.requests + verba.requests)
            for name in ("ZOHO_ACCESS_TOKEN", "VERBA_TOKEN", "VERBA_API_KEY",
                         "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN"):
                if name in env:
                    self.assertIn(env[name].encode(), told, name)
            self.assertNotIn(b"%0A", told)

    def test_files_that_are_wrong(self):
        """Missing, a folder, empty, both ways at once: exit 2, nothing sent."""
        service = self.sandbox()
        for name in SECRETS:
            for number, path in enumerate((self.path("nowhere"), self.folder,
                                           self.write("empty", ""))):
                with self.subTest(name, number=number):
                    env = FIXED if name in FIXED else ASKED
                    env = {**{key: value for key, value in env.items() if key != name},
                           name + "_FILE": path}
                    run = self.run_all(service, service, env, out=f"{name}{number}")
                    self.assertEqual(run.code, 2, run)
                    self.assertTrue(name in run.err or path in run.err, run)
        self.assertEqual(service.log(), [])

    def test_definitions_that_hold_one(self):
        """Refused whatever the spelling, and not echoed."""
        for number, key in enumerate(("zoho_access_token", "access_token", "refresh_token",
                                      "client_secret", "verba_api_key", "verba_password",
                                      "verba_token", "token", "ZOHO_REFRESH_TOKEN")):
            self.write("d.json", json.dumps({"operation": "crm.delink",
                                             key: SECRETS["VERBA_TOKEN"]}))
            run = self.go(self.sandbox(), None, CONTENT, "d.json", out=f"out{number}")
            self.assertEqual(run.code, 2, run)
            self.assertNotIn(SECRETS["VERBA_TOKEN"], run.out + run.err)

    def test_an_echo_that_is_cut(self):
        """Long words are cut, but not within a secret: a half would be left."""
        zoho = {name: SECRETS[name] for name in ASKED if name.startswith("ZOHO")}
        verba = {name: SECRETS[name] for name in ASKED if name.startswith("VERBA")}
        for pad in range(140, 200, 6):
            with self.subTest(pad):
                words = "x" * pad + " "
                service = self.bodied(lambda request, words=words: http(
                    400, {"error": "invalid_request",
                          "error_description": words + SECRETS["ZOHO_REFRESH_TOKEN"]}))
                run = self.go(service, "crm.delink", job([1]), env=zoho, token=None,
                              out=f"zoho{pad}")
                self.assertEqual(run.code, 6, run)
                service = self.bodied(lambda request, words=words: http(200, verba_xml(
                    3, words + SECRETS["VERBA_API_KEY"], action="RequestToken")))
                other = self.go(service, "verba.delete_call", "native_id\nTRS1\n", env=verba,
                                out=f"verba{pad}", name="verba.csv")
                self.assertEqual(other.code, 6, other)
                for one in run, other:
                    for name in ["", *os.listdir(one.folder)]:
                        text = one.bytes(name) if name else (one.out + one.err).encode()
                        for part in b"refre5hrefre5h", b"verbakey-verba":
                            self.assertNotIn(part, text, name)

    def test_a_secret_that_begins_with_another(self):
        env = {"VERBA_API_KEY": "74c8eea0-50c6-40b2-9f3e", "VERBA_TOKEN": "74c8eea0"}
        service = self.bodied(lambda request: http(200, verba_xml(
            2, "no call for " + env["VERBA_API_KEY"])))
        run = self.go(service, "verba.delete_call", "native_id\nTRS1\n", env=env)
        self.assertEqual(run.column("message"), ["no call for [redacted]"])

    def test_an_echo_with_escaped_slashes(self):
        """Desk's list of errors is told as it came."""
        token = "1000.ab/cd/ef0123456789"
        service = self.bodied(lambda request: http(422, (
            '{"errorCode":"INVALID_DATA","message":"m","errors":[{"errorMessage":"%s"}]}'
            % token.replace("/", "\\/")).encode()))
        run = self.go(service, "desk.clear_live_mapping", "call_id\n123\n", token=token)
        self.says(run.column("message")[0], "[redacted]")
        self.assertNotIn("ef0123456789", run.text())


if __name__ == "__main__":
    main()
