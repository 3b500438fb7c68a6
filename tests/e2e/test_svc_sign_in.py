#!/usr/bin/env python3
"""Sign-in at Zoho with a refresh token: when, how often, and what refusals mean."""

import concurrent.futures
import urllib.parse

from harness import *

DELINK, DESK = "crm.delink", "desk.clear_live_mapping"
ID, REFRESH = "1000.CL13NT", "1000.r3fr3sh"
SIGN = {"ZOHO_CLIENT_ID": ID, "ZOHO_CLIENT_SECRET": "s3cr&t=+%41", "ZOHO_REFRESH_TOKEN": REFRESH}
OPTIONS = ("--client-id", ID, "--client-secret", SIGN["ZOHO_CLIENT_SECRET"],
           "--refresh-token", REFRESH)


def targets(count):
    """Rows that need one call each."""
    return HEADER + "".join(rows([1], record_id=f"36523970000{n:08}")
                            for n in range(1, count + 1))


class SignIn(ServicesCase):

    def sign(self, server, content, *options, operation=DELINK, env=None, **how):
        return self.go(server, operation, content, *options, token=None,
                       env={**SIGN, **(env or {})}, **how)

    def split(self, sandbox):
        """Requests for tokens, and calls."""
        log = sandbox.log()
        return ([line for line in log if line["target"].startswith("/oauth")],
                [line for line in log if not line["target"].startswith("/oauth")])

    def test_request(self):
        sandbox = self.sandbox(*OPTIONS)
        run = self.sign(sandbox, targets(3))
        self.assertEqual(run.code, 0, run)
        (ask,), calls = self.split(sandbox)
        self.assertEqual((ask["method"], ask["target"]), ("POST", "/oauth/v2/token"))
        self.assertEqual(ask["headers"]["content-type"].split(";")[0],
                         "application/x-www-form-urlencoded")
        self.assertEqual(urllib.parse.parse_qsl(ask["body"], strict_parsing=True), [
            ("grant_type", "refresh_token"), ("client_id", ID),
            ("client_secret", SIGN["ZOHO_CLIENT_SECRET"]), ("refresh_token", REFRESH)])
        self.assertNotIn("authorization", ask["headers"])
        tokens = {line["headers"]["authorization"] for line in calls}
        self.assertEqual(len(tokens), 1)
        self.assertRegex(tokens.pop(), r"^Zoho-oauthtoken 1000\.[0-9a-f]{32}\.[0-9a-f]{32}$")
        self.assertEqual((run.summary["calls"], len(calls)), (3, 3), "sign-in is no call")

    def test_does_not_count_for_max_calls(self):
        sandbox = self.sandbox(*OPTIONS)
        run = self.sign(sandbox, targets(3), "--max-calls", "3")
        self.assertEqual((run.code, run.summary["calls"]), (0, 3), run)

    def test_one_refresh_for_all_calls_in_flight(self):
        """The token dies under eight calls at once: each is resent once."""
        sandbox = self.sandbox(*OPTIONS, "--token-life", "300ms", "--expires-in", "1h",
                               "--latency", "60ms")
        run = self.sign(sandbox, targets(80), "-j", "8")
        self.assertEqual(run.code, 0, run)
        asks, calls = self.split(sandbox)
        refused = [line for line in calls if line["status"] == 401]
        self.assertTrue(refused)
        self.assertLessEqual(len(asks), 7)
        self.assertGreater(len(refused), len(asks) - 1)
        self.assertEqual(len(calls), 80 + len(refused))
        self.assertTrue(all(one["removed"] == one["asked"] == 1
                            for one in sandbox.stop()["ids"].values()))

    def test_one_at_a_time_when_sign_in_is_slow(self):
        sandbox = self.sandbox(*OPTIONS, faults="target /oauth/: delay 200ms\n")
        run = self.sign(sandbox, targets(20), "-j", "10")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(len(self.split(sandbox)[0]), 1)

    def test_before_expiry(self):
        """Renewed before the service has to refuse."""
        for number, form in enumerate(("seconds", "milliseconds")):
            with self.subTest(form):
                sandbox = self.sandbox(*OPTIONS, "--token-life", "1s", "--expires-form", form,
                                       "--latency", "25ms")
                run = self.sign(sandbox, targets(100), "-j", "1", out=f"out{number}")
                self.assertEqual(run.code, 0, run)
                asks, calls = self.split(sandbox)
                self.assertIn(len(asks), range(3, 11))
                # the machine may stop for a moment; else each but the first would follow one
                refused = [one for one in calls if one["status"] == 401]
                self.assertLessEqual(len(refused), 1)

    def test_milliseconds_are_no_seconds(self):
        """expires_in_sec 1 and expires_in 1000: good for a second, not for 1000."""
        answer = {"access_token": "1000.a", "expires_in": 3600000, "expires_in_sec": 3600,
                  "token_type": "Bearer"}
        service = self.bodied(lambda request: http(200, answer) if "oauth" in request.target
                              else all_good(request))
        run = self.sign(service, targets(30))
        self.assertEqual(run.code, 0, run)
        self.assertEqual(len([r for r in service.requests if "oauth" in r.target]), 1)

    def scripted(self, refusal, tries):
        """The first `tries` calls get the refusal; the numbers of asks and calls."""
        counts = {"ask": 0, "call": 0}
        lock = threading.Lock()

        def answer(request):
            with lock:
                kind = "ask" if "oauth" in request.target else "call"
                counts[kind] += 1
                number = counts[kind]
            if kind == "ask":
                return http(200, {"access_token": f"1000.t{number}", "expires_in": 3600})
            if number <= tries:
                return refusal
            return http(204) if "/calls/" in request.target else all_good(request)
        return self.bodied(answer), counts

    REFUSALS = [(DELINK, "INVALID_TOKEN"), (DELINK, "AUTHENTICATION_FAILURE"),
                (DESK, "INVALID_OAUTH")]

    def refusal(self, operation, code):
        return http(401, {"errorCode": code, "message": "m"} if operation == DESK else
                    {"code": code, "details": {}, "message": "m", "status": "error"})

    def test_refused_call_is_resent_once(self):
        for operation, code in self.REFUSALS:
            with self.subTest(code):
                service, counts = self.scripted(self.refusal(operation, code), 1)
                content = "call_id\n1\n" if operation == DESK else targets(1)
                run = self.sign(service, content, "--retries", "0", operation=operation,
                                out=code)
                self.assertEqual((run.code, run.column("status")), (0, ["success"]), run)
                self.assertEqual(counts, {"ask": 2, "call": 2})
                self.assertEqual(service.requests[-1].headers["authorization"],
                                 "Zoho-oauthtoken 1000.t2")

    def test_resent_before_what_waits(self):
        """The new token may not live long: what was refused goes next."""
        refused = {}    # target: how many requests had come when it was refused

        def answer(request):
            if request.target.startswith("/oauth"):
                return http(200, {"access_token": "1000.t", "expires_in": 3600})
            if request.number in (7, 8) and request.target not in refused:
                refused[request.target] = len(service.requests)
                return http(401, {"code": "INVALID_TOKEN", "details": {}, "message": "m",
                                  "status": "error"})
            return all_good(request)
        service = self.service(answer)
        run = self.sign(service, targets(60), "-j", "2")
        self.assertEqual((run.code, run.summary["success"]), (0, 60), run)
        sent = [request.target for request in service.requests]
        for target, first in refused.items():
            again = sent.index(target, first)
            between = [one for one in sent[first:again] if not one.startswith("/oauth")]
            self.assertLessEqual(len(between), 3, "only what was in flight, and the other")

    def test_and_not_more(self):
        """Refused again with the fresh token: stop, exit 6, unsent/halted."""
        for operation, code in self.REFUSALS:
            with self.subTest(code):
                service, counts = self.scripted(self.refusal(operation, code), 99)
                content = "call_id\n1\n" if operation == DESK else targets(1)
                run = self.sign(service, content, operation=operation, out=code)
                self.assertEqual(run.code, 6, run)
                self.assertEqual(counts, {"ask": 2, "call": 2})
                self.assertEqual(run.verdicts(), [("unsent", "halted")])
                self.says(run.column("message")[0], code)

    def sequence(self, *answers):
        """A service that gives these answers in turn, then success; and a new token, always."""
        def answer(request):
            if request.target.startswith("/oauth"):
                return http(200, {"access_token": f"1000.t{request.number}"})
            calls.append(time.monotonic())
            done = len(calls) - 1
            return answers[done] if done < len(answers) else all_good(request)
        calls = []
        return self.service(answer), calls

    def test_waits_also_with_a_new_token(self):
        """Taken with the new token and refused for another reason: it waits as any other."""
        for status in 503, 429:
            with self.subTest(status):
                busy = http(status, b"", "Retry-After: 1")
                service, calls = self.sequence(self.refusal(DELINK, "INVALID_TOKEN"), busy)
                run = self.sign(service, targets(1), out=f"out{status}")
                self.assertEqual((run.code, len(calls)), (0, 3), run)
                self.assertGreater(calls[2] - calls[1], 0.9)

    def test_refused_once_more_later(self):
        """The second token was taken, and has ended since: it is renewed, too."""
        refusal = self.refusal(DELINK, "INVALID_TOKEN")
        service, calls = self.sequence(refusal, http(500), refusal)
        run = self.sign(service, targets(1))
        self.assertEqual((run.code, len(calls)), (0, 4), run)

    def test_fixed_token_is_not_renewed(self):
        service, counts = self.scripted(self.refusal(DELINK, "INVALID_TOKEN"), 99)
        run = self.go(service, DELINK, targets(3), "-j", "1", token="1000.fixed")
        self.assertEqual((run.code, counts), (6, {"ask": 0, "call": 1}), run)
        self.assertEqual(set(run.verdicts()), {("unsent", "halted")})

    def test_refusals_under_200(self):
        """invalid_code and its kin: exit 6, nothing sent, told apart."""
        for name, wrong in (("ZOHO_CLIENT_ID", "invalid_client"),
                            ("ZOHO_CLIENT_SECRET", "invalid_client_secret"),
                            ("ZOHO_REFRESH_TOKEN", "invalid_code")):
            with self.subTest(name):
                sandbox = self.sandbox(*OPTIONS)
                run = self.sign(sandbox, targets(3), env={name: "wrong.value"}, out=name)
                self.assertEqual(run.code, 6, run)
                asks, calls = self.split(sandbox)
                self.assertEqual((len(asks), calls), (1, []))
                self.assertEqual(set(run.verdicts()), {("unsent", "halted")})
                self.says(run.out + run.err, wrong)
                self.says(run.summary["stopped_by"]["message"], wrong)
                self.assertEqual(run.summary["calls"], 0)

    def test_refusal_then_resume(self):
        """With the right secret the same run finishes."""
        sandbox = self.sandbox(*OPTIONS)
        run = self.sign(sandbox, targets(3), env={"ZOHO_CLIENT_SECRET": "wrong"})
        self.assertEqual(run.code, 6, run)
        run = self.again("resume", env=SIGN, token=None)
        self.assertEqual((run.code, run.summary["success"]), (0, 3), run)

    def test_odd_answers_of_sign_in(self):
        """No access_token: no call is made, whatever else it says."""
        replies = [http(200, b"<html>"), http(200, {}), http(200, {"access_token": ""}),
                   http(200, {"access_token": None}), http(200, b'["access_token"]'),
                   http(200, {"access_token": 5}), http(200, {"access_token": ["a"]}),
                   http(200, {"access_token": "a\r\nX-Evil: 1", "expires_in": 3600}),
                   http(200, {"access_token": "a b", "expires_in": 3600}),
                   http(200, b'{"access_token":"x\\u0000y"}'), http(400, {"error": "odd"}),
                   http(302, b"", "Location: http://127.0.0.1:1/")]
        services = [self.bodied(lambda request, reply=reply: reply) for reply in replies]
        with concurrent.futures.ThreadPoolExecutor(len(replies)) as pool:
            runs = list(pool.map(lambda number: self.sign(
                services[number], targets(2), out=f"out{number}", name=f"{number}.csv"),
                range(len(replies))))
        for reply, service, run in zip(replies, services, runs):
            with self.subTest(reply):
                self.assertEqual([r.target for r in service.requests
                                  if "oauth" not in r.target], [], run)
                self.assertIn(run.code, (6, 7), run)
                self.assertEqual(set(run.column("status")), {"unsent"})
                self.assertLessEqual(len(service.requests), 5)

    def test_sign_in_fails_for_a_moment(self):
        """503 and a cut connection: asked again, within the throttle."""
        sandbox = self.sandbox(*OPTIONS, faults="request 1: status 503\nrequest 2: cut\n")
        run = self.sign(sandbox, targets(3))
        self.assertEqual(run.code, 0, run)
        self.assertLessEqual(len(self.split(sandbox)[0]), 4)

    def test_a_gateway_in_trouble_refuses_nothing(self):
        """It may speak JSON, and of an "error"."""
        for status in 503, 429, 408:
            with self.subTest(status):
                replies = [http(status, {"error": "Service Unavailable"}),
                           http(200, {"access_token": "1000.new", "expires_in": 3600})]
                service = self.bodied(lambda request, replies=replies: replies.pop(0)
                                      if "oauth" in request.target else all_good(request))
                run = self.sign(service, targets(2), out=f"out{status}")
                self.assertEqual(run.code, 0, run)
                self.assertEqual(replies, [])
        service = self.bodied(lambda request: http(500, {"error": "invalid_code"}))
        run = self.sign(service, targets(2))
        self.assertEqual((run.code, len(service.requests)), (6, 1), run)

    def test_throttle(self):
        """Ten in ten minutes: an eleventh is not asked for, nor is it hammered."""
        refused = set()
        lock = threading.Lock()

        def answer(request):
            with lock:
                if "oauth" in request.target:
                    return http(200, {"access_token": f"1000.t{request.number}"})
                new = request.target not in refused
                if new and len(service.requests) % 5 == 0:
                    refused.add(request.target)
                    return self.refusal(DELINK, "INVALID_TOKEN")
            return all_good(request)
        service = self.bodied(answer)
        run = self.sign(service, targets(90), "-j", "1", "--max-duration", "2s")
        asks = [r for r in service.requests if "oauth" in r.target]
        self.assertEqual(len(asks), 10, run)
        self.assertNotEqual(run.code, 0)
        self.assertGreater(run.summary["unsent"], 0)
        self.assertEqual(run.summary["success"] + run.summary["unsent"], 90)

    def test_throttle_told_by_the_service(self):
        """Access Denied: it is not asked again and again."""
        denied = {"error": "Access Denied", "status": "failure", "error_description":
                  "You have made too many requests continuously."}
        for status in 200, 400:
            with self.subTest(status):
                service = self.bodied(lambda request: http(status, denied))
                run = self.sign(service, targets(3), "--max-duration", "3s", out=f"o{status}")
                self.assertIn(run.code, (6, 7, 8, 10), run)
                self.assertLessEqual(len(service.requests), 2, run)
                self.assertEqual(set(run.column("status")), {"unsent"})
                self.says(run.out + run.err, "too many requests")

    def test_scope(self):
        """Never refreshed; the needed scope is named; resume after a new token ends well."""
        content = "operation,module,record_id,related_list,related_id,call_id\n" \
            f"{DELINK},Campaigns,{CAMPAIGN},Contacts,{related(1)},\n"
        for number, (scopes, row, word) in enumerate((
                ("Desk.calls.ALL", content, "ZohoCRM.modules"),
                ("ZohoCRM.modules.ALL", f"operation,call_id\n{DESK},5\n", "Desk.calls"))):
            with self.subTest(word):
                sandbox = self.sandbox(*OPTIONS, "--scopes", scopes)
                run = self.sign(sandbox, row, operation=None, out=f"out{number}")
                self.assertEqual(run.code, 6, run)
                self.assertEqual([len(part) for part in self.split(sandbox)], [1, 1])
                self.assertEqual(run.verdicts(), [("unsent", "halted")])
                self.says(run.out + run.err, word, "SCOPE_MISMATCH")
                self.says(run.column("message")[0], "SCOPE_MISMATCH")
                sandbox.kill()
                other = BodyService(lambda request: http(200, {"access_token": "1000.a"})
                                    if "oauth" in request.target else http(204)
                                    if "/calls/" in request.target else all_good(request),
                                    port=sandbox.port)
                self.addCleanup(other.stop)
                run = self.again("resume", folder=f"out{number}", env=SIGN, token=None)
                self.assertEqual((run.code, run.column("status")), (0, ["success"]), run)

    def test_incomplete_credentials(self):
        """Exit 2 naming what is missing; nothing sent, no run directory."""
        sandbox = self.sandbox()
        for name in SIGN:
            run = self.sign(sandbox, targets(1), env={name: None}, out=name)
            self.assertEqual(run.code, 2, run)
            self.says(run.err, name)
            self.assertFalse(os.path.exists(run.folder))
        self.assertEqual(sandbox.log(), [])

    def test_api_domain_of_another_host(self):
        """Not followed: neither a foreign one nor, with a URL of the user, a known one."""
        foreign = self.bodied(all_good)
        for number, domain in enumerate((foreign.url, "https://www.zohoapis.eu",
                                         "https://evil.example", "http://www.zohoapis.com",
                                         "https://www.zohoapis.com.evil.example", "x", 5)):
            with self.subTest(domain):
                answer = {"access_token": "1000.a", "expires_in": 3600, "api_domain": domain}
                service = self.bodied(lambda request: http(200, answer)
                                      if "oauth" in request.target else all_good(request))
                run = self.sign(service, targets(2), out=f"out{number}")
                self.assertEqual(run.code, 0, run)
                self.assertEqual(len(service.requests), 3)
        self.assertEqual(foreign.requests, [])

    def test_which_hosts_get_the_token(self):
        """Without a URL of the user the CRM may move, to a host of Zoho only."""
        for number, (domain, host) in enumerate((
                ("https://www.zohoapis.eu", "www.zohoapis.eu"),
                ("https://evil.example", "www.zohoapis.com"),
                ("https://www.zohoapis.com.evil.example", "www.zohoapis.com"))):
            with self.subTest(domain):
                answer = {"access_token": "1000.a", "expires_in": 3600, "api_domain": domain}
                proxy = self.bodied(lambda request: http(200, answer)
                                    if "oauth" in request.target else http(502))
                run = self.sign(None, targets(1), "--accounts-url", "http://127.0.0.1:1",
                                "--proxy", proxy.url, "--retries", "0", out=f"out{number}")
                self.assertEqual(run.verdicts(), [("failed", "connect-failed")], run)
                connects = {request.target for request in proxy.requests
                            if request.method == "CONNECT"}
                self.assertEqual(connects, {f"{host}:443"})

    def test_a_sign_in_that_cannot_be_reached(self):
        """There was no answer, so none has an HTTP status."""
        run = self.sign(None, targets(2), "--base-url",
                        f"http://127.0.0.1:{self.closed_port()}", out="dead")
        self.assertEqual(run.code, 7, run)
        self.says(run.summary["stopped_by"]["message"], "gives no token", "connect")
        self.assertNotIn("HTTP", run.summary["stopped_by"]["message"])

    def test_no_token_is_asked_for_after_a_stop(self):
        """Its life ends while the last calls are in flight."""
        def answer(request):
            if request.target.startswith("/oauth"):
                return http(200, {"access_token": "1000.t", "expires_in": 2})
            time.sleep(2.6)
            return all_good(request)
        service = self.service(answer)
        run = self.sign(service, targets(5), "--max-duration", "1s", "-j", "1")
        self.assertEqual((run.code, run.summary["success"]), (10, 1), run)
        self.assertEqual(len(service.requests), 2)

    def test_the_end_waits_for_no_token(self):
        """One is being asked for while the last call ends, and never comes."""
        asks = []

        def answer(request):
            if request.target.startswith("/oauth"):
                asks.append(request)
                if len(asks) > 1:
                    time.sleep(6)
                    return CLOSE
                return http(200, {"access_token": "1000.t", "expires_in": 1})
            time.sleep(1.5)
            return all_good(request)
        service = self.service(answer)
        begun = time.monotonic()
        run = self.sign(service, targets(1))
        self.assertEqual((run.code, len(asks)), (0, 2), run)
        self.assertLess(time.monotonic() - begun, 5)

    def test_accounts_url_alone_elsewhere(self):
        """Sign-in at one host, calls at another; each gets what is its own."""
        accounts, crm = self.sandbox(*OPTIONS), self.sandbox()
        run = self.sign(None, targets(2), "--accounts-url", accounts.url, "--crm-url", crm.url)
        self.assertEqual(run.code, 0, run)
        self.assertEqual(accounts.targets(), ["/oauth/v2/token"])
        self.assertEqual(len(crm.log()), 2)
        self.assertNotIn(REFRESH, json.dumps(crm.log()))

    def test_desk_alone(self):
        """The answer names the CRM's address in a run that needs no CRM."""
        sandbox = self.sandbox(*OPTIONS, "--api-domain", "https://www.zohoapis.eu")
        content = "call_id,org_id\n3652397000000000111,700\n"
        run = self.sign(None, content, "--accounts-url", sandbox.url, "--desk-url",
                        sandbox.url, operation=DESK)
        self.assertEqual((run.code, run.summary["success"]), (0, 1), run)

    def test_one_token_for_crm_and_desk(self):
        sandbox = self.sandbox(*OPTIONS)
        run = self.sign(sandbox, "operation,module,record_id,related_list,related_id,call_id\n"
                        f"{DELINK},Campaigns,{CAMPAIGN},Contacts,{related(1)},\n"
                        f"{DESK},,,,,5\n", operation=None)
        self.assertEqual(run.code, 0, run)
        self.assertEqual(len(self.split(sandbox)[0]), 1)


if __name__ == "__main__":
    main()
