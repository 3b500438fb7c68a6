#!/usr/bin/env python3
"""verba.delete_call: identifiers and how they are written, answers in every XML form."""

import urllib.parse

from harness import *

OPERATION = "verba.delete_call"
HEAD = "call_id,platform_call_id,native_id,meeting_id,extension,call_status\n"
NOT_FOUND = "The call cannot be found"
ODD = ["a&b=c", "1+1", "50%", "100%25", "two words", "é", "日本語", "a;b", "#1?x/y",
       'say "hi"', "&callID=" + UUID, "<x>", "a\\b", "~-._", "'"]


def quoted(cells):
    """One line of a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def natives(numbers):
    return "native_id\n" + "".join(f"TRS{n}\n" for n in numbers)


def fields(text):
    """The parameters of a request, each at most once."""
    pairs = urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


FIXED = {"action": "DeleteCall", "apiKey": "verba-key", "responseType": "XML"}
EACH = [([UUID], {"callID": UUID}), (["", "71627389"], {"platformCallID": "71627389"}),
        (["", "", "TRS26140192"], {"nativeID": "TRS26140192"}),
        (["", "", "", "WHBFM6DD"], {"meetingID": "WHBFM6DD"}),
        (["", "", "", "", "8856", "last"], {"extension": "8856", "status": "last"}),
        (["", "", "", "", "+36 1 8856", "ongoing,next"],
         {"extension": "+36 1 8856", "status": "ongoing,next"})]


class Requests(ServicesCase):

    def test_post_by_default(self):
        """Everything in the body, nothing in the URL."""
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, HEAD + "".join(quoted(cells) for cells, _ in EACH),
                      "-j", "1")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(run.verdicts(), [("success", "SUCCESS")] * len(EACH))
        for line, (_, expected) in zip(sandbox.log(), EACH):
            self.assertEqual((line["method"], line["target"]), ("POST", "/verba/api"))
            self.assertEqual(line["headers"]["content-type"].split(";")[0],
                             "application/x-www-form-urlencoded")
            self.assertEqual(fields(line["body"]), {**FIXED, **expected})
            self.assertNotIn("authorization", line["headers"])

    def test_get_by_a_setting(self):
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, HEAD + "".join(quoted(cells) for cells, _ in EACH),
                      "-j", "1", "--verba-method", "get")
        self.assertEqual(run.code, 0, run)
        for line, (_, expected) in zip(sandbox.log(), EACH):
            path, _, query = line["target"].partition("?")
            self.assertEqual((line["method"], path, line["body"]), ("GET", "/verba/api", ""))
            self.assertEqual(fields(query), {**FIXED, **expected})

    def test_odd_characters(self):
        """They arrive as they stand in the file, whatever the method."""
        for method in "post", "get":
            sandbox = self.sandbox()
            run = self.go(sandbox, OPERATION, "native_id\n" + "".join(
                quoted([text]) for text in ODD), "-j", "1", "--verba-method", method,
                out=method)
            self.assertEqual(run.code, 0, run)
            sent = [line["body"] or line["target"].partition("?")[2] for line in sandbox.log()]
            for text, got in zip(ODD, sent):
                with self.subTest(text, method=method):
                    self.assertEqual(fields(got), {**FIXED, "nativeID": text})
                    self.assertTrue(got.isascii())

    def test_key_with_odd_characters(self):
        sandbox = self.sandbox("--verba-key", "a&b=c+d%41")
        for method in "post", "get":
            run = self.go(sandbox, OPERATION, natives([1 if method == "get" else 2]),
                          "--verba-method", method, out=method,
                          env={"VERBA_API_KEY": "a&b=c+d%41"})
            self.assertEqual(run.code, 0, run)

    def test_no_access_token_is_needed_nor_sent(self):
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, natives([1]), token=None,
                      env={"ZOHO_DESK_ORG_ID": None})
        self.assertEqual(run.code, 0, run)
        run = self.go(sandbox, OPERATION, natives([2]), out="two")
        self.assertNotIn(TOKEN, json.dumps(sandbox.log()))

    def test_base_url_with_a_path(self):
        """http(s)://<host>/verba/api, a slash at the end of the base or not."""
        sandbox = self.sandbox()
        self.write("job.csv", natives([1]))
        for number, base in enumerate((sandbox.url, sandbox.url + "/")):
            run = self.unhitch("run", "--operation", OPERATION, "--verba-url", base, "--out",
                               f"o{number}", "job.csv", out=f"o{number}",
                               env={"VERBA_API_KEY": "k"})
            self.assertIn(run.code, (0, 4), run)
        self.assertEqual(sandbox.targets(), ["/verba/api"] * 2)

    def test_no_verba_url(self):
        """There is no default host: exit 2, nothing sent; plan needs none."""
        self.write("job.csv", natives([1]))
        run = self.unhitch("run", "--operation", OPERATION, "--out", "out", "job.csv",
                           env={"VERBA_API_KEY": "k"})
        self.assertEqual(run.code, 2, run)
        self.says(run.err, "--verba-url")
        run = self.unhitch("plan", "--operation", OPERATION, "job.csv")
        self.assertEqual(run.code, 0, run)

    def test_no_key(self):
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, natives([1]), env={"VERBA_API_KEY": None})
        self.assertEqual((run.code, sandbox.log()), (2, []), run)
        self.says(run.err, "VERBA_API_KEY")


class Rows(ServicesCase):

    def rejected(self, lines, code, head=HEAD):
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, head + "".join(quoted(line) for line in lines))
        self.assertEqual(run.code, 4, run)
        for line, got in zip(lines, run.verdicts(), strict=True):
            with self.subTest(line):
                self.assertEqual(got, ("rejected", code))
        self.assertEqual(sandbox.log(), [])

    def test_two_identifiers(self):
        self.rejected([[UUID, "1"], ["", "1", "2"], ["", "", "1", "2"],
                       ["", "", "", "1", "2", "last"], [UUID, "1", "2", "3", "4", "last"]],
                      "bad-value")

    def test_none(self):
        self.rejected([["", "", "", "", "", "last"], [" ", "", " "]], "missing-field")
        shutil.rmtree(self.path("out"))
        self.rejected([["x", "last"]], "missing-field", "note,call_status\n")

    def test_not_a_uuid(self):
        self.rejected([["1"], [UUID.replace("-", "")], [UUID[:-1]], [UUID + "0"],
                       ["g" + UUID[1:]], ["{" + UUID + "}"], [UUID + " x"],
                       [UUID.replace("-", "_")], ["a8343631-9f35-4a3a-83f09-e81592339fb"]],
                      "bad-id")

    def test_a_refused_key_stops_at_once(self):
        """Whatever way it is spelled; nobody advises to call that success."""
        for number, words in enumerate(("Invalid apiKey", "The API-key cannot be found")):
            service = self.bodied(lambda request, words=words: http(200, verba_xml(2, words)))
            for options in [], ["--missing-ok"]:
                run = self.go(service, OPERATION, natives(range(9)), "-j", "1", *options,
                              out=f"out{number}{len(options)}")
                self.assertEqual((run.code, run.summary["unsent"]), (6, 9), run)
                told = run.summary["stopped_by"]["message"]
                self.says(told, words, "check VERBA_API_KEY")
                self.assertNotIn("missing-ok", told)
            self.assertEqual(len(service.requests), 2)

    def test_what_a_spreadsheet_puts_around_a_text(self):
        """="..." and a leading ' are not a part of any identifier."""
        sandbox = self.sandbox()
        content = HEAD + "".join(quoted(cells[:-1] + [form] + more) for cells, more, form in (
            (["", "", "x"], [], '="0123"'), (["", "", "x"], [], "'0124"),
            (["x"], [], f'="{UUID}"'), (["", "", "", "", "x"], ["last"], '="0885"')))
        run = self.go(sandbox, OPERATION, content)
        self.assertEqual(run.code, 0, run)
        told = [fields(line["body"]) for line in sandbox.log()]
        self.assertEqual(sorted(one.get("nativeID") or one.get("callID") or one["extension"]
                                for one in told), ["0123", "0124", "0885", UUID])

    def test_uuid_is_the_same_in_capitals(self):
        """One call; the service does not tell them apart, nor does the program."""
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, HEAD + f"{UUID}\n{UUID.upper()}\n{UUID}\n")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(len(sandbox.log()), 1)

    def test_status_of_extension(self):
        self.rejected([["", "", "", "", "1"], ["", "", "", "", "1", " "]], "missing-field")
        shutil.rmtree(self.path("out"))
        self.rejected([["", "", "", "", "1", status] for status in (
            "finished", "last next", "last;next", "all", "lastly")], "bad-value")

    def test_set_status(self):
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, "extension\n8856\n", "--set", "call_status=last")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(fields(sandbox.log()[0]["body"])["status"], "last")

    def test_same_extension_is_sent_once(self):
        """A repeated row is one delete, not two."""
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, "extension,call_status\n1,last\n1,last\n1,next\n")
        self.assertEqual((run.code, run.summary["duplicates"]), (0, 1), run)
        self.assertEqual(len(sandbox.log()), 2)
        self.says(run.column("message")[1], "same as row 1")

    def test_same_text_as_two_identifiers(self):
        """A native ID is no meeting ID."""
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, "native_id,meeting_id\nX1,\n,X1\nx1,\n")
        self.assertEqual((run.code, len(sandbox.log())), (0, 3), run)


class Answers(ServicesCase):

    def judge(self, cases, *options, out="out"):
        """Cases: (answer, status, code, message or None for any)."""
        service = self.bodied(lambda request: cases[request.number - 1][0])
        run = self.go(service, OPERATION, natives(range(len(cases))), "--retries", "0",
                      "--halt-after", "0", "-j", "1", *options, out=out)
        self.assertEqual(len(service.requests), len(cases), run)
        for number, (case, row) in enumerate(zip(cases, run.rows())):
            with self.subTest(number, answer=case[0][:400]):
                self.assertEqual((row["result_status"], row["result_code"]), case[1:3])
                if case[3] is not None:
                    self.assertEqual(row["result_message"], case[3])
        return run

    def test_every_form_of_the_sandbox(self):
        for form in "plain", "open", "attributes", "beside", "entities":
            with self.subTest(form):
                sandbox = self.sandbox("--verba-xml", form)
                run = self.go(sandbox, OPERATION, "native_id\nA\n0000404\n", out=form)
                self.assertEqual(run.verdicts(), [("success", "SUCCESS"),
                                                  ("failed", "VERBA_2")])
                self.assertEqual(run.column("message")[1], NOT_FOUND)
                self.assertEqual(run.column("http"), ["200", "200"])

    def test_success(self):
        def good(text):
            return (http(200, text.encode()), "success", "SUCCESS", None)

        self.judge([
            (http(200, verba_xml()), "success", "SUCCESS", None),
            good('<VerbaApi><Response code="0" type="DeleteCall"/></VerbaApi>'),
            good("<VerbaApi><Response type='DeleteCall' x='1' code='0'></Response></VerbaApi>"),
            good('\ufeff<?xml version="1.0" encoding="utf-8"?>\r\n<VerbaApi>\n'
                 '<Response\n code = "0"/>\n</VerbaApi>\r\n'),
            good('<!-- a --><VerbaApi a="b"><Other/><Response code="0" type="DeleteCall">'
                 '<x/></Response><More>1</More></VerbaApi>'),
            good('<VerbaApi><Response code="&#48;" type="DeleteCall"/></VerbaApi>'),
            (http(500, verba_xml()), "success", "SUCCESS", None),
            (http(404, verba_xml()), "success", "SUCCESS", None),
            (http(200, verba_xml(), "Content-Type: text/html"), "success", "SUCCESS", None),
        ])

    def test_failure(self):
        """Code N is VERBA_N with Verba's words, whatever the HTTP status."""
        self.judge([
            (http(200, verba_xml(2, "More than one call was found")), "failed", "VERBA_2",
             "More than one call was found"),
            (http(200, verba_xml(1, "a &lt;b&gt; &amp; &quot;c&quot; &#233;")), "failed",
             "VERBA_1", 'a <b> & "c" é'),
            (http(200, verba_xml(3, "<![CDATA[1 < 2]]>")), "failed", "VERBA_3", "1 < 2"),
            (http(500, verba_xml(2, "no")), "failed", "VERBA_2", "no"),
            (http(503, verba_xml(17)), "failed", "VERBA_17", None),
            (http(200, verba_xml(-1, "minus")), "failed", "VERBA_-1", "minus"),
            (http(200, b'<VerbaApi><Response code="2"/><ErrorMessage>beside</ErrorMessage>'
                       b'</VerbaApi>'), "failed", "VERBA_2", "beside"),
            (http(200, b'<?xml version="1.0" encoding="ISO-8859-1"?><VerbaApi><Response '
                       b'code="2"><ErrorMessage>\xe9</ErrorMessage></Response></VerbaApi>'),
             "failed", "VERBA_2", "é"),
        ])

    def test_not_to_be_read(self):
        """Never a success, never a guess."""
        def bad(body, status=200, *headers):
            return (http(status, body, *headers), "unknown", "bad-response", None)

        self.judge([
            bad(b"<html><body>DeleteCall: 0</body></html>"),
            bad(b"<html><body>0<br></body></html>", 200, "Content-Type: text/html"),
            bad(b""), bad(b"OK"), bad(b'{"code":0}'), bad(b"0"), bad(b"\xff\xfe\x00"),
            bad(verba_xml()[:-5]),
            bad(verba_xml() + b"<x>"),
            bad(b'<VerbaApi/>'),
            bad(b'<VerbaApi><Response type="DeleteCall"/></VerbaApi>'),
            bad(b'<VerbaApi><Response code="" type="DeleteCall"/></VerbaApi>'),
            bad(b'<VerbaApi><Response code="x" type="DeleteCall"/></VerbaApi>'),
            bad(b'<VerbaApi><Response code="0x0" type="DeleteCall"/></VerbaApi>'),
            bad(b'<VerbaApi><Response code="99999999999999999999"/></VerbaApi>'),
            bad(b'<VerbaApi><Response Code="0" type="DeleteCall"/></VerbaApi>'),
            bad(b'<VerbaApi><ErrorMessage code="0">x</ErrorMessage></VerbaApi>'),
            bad(b'<VerbaApi><Response code="0" code="2"/></VerbaApi>'),
            bad(b'<Other><Response code="0" type="DeleteCall"/></Other>'),
        ])

    def test_two_responses_that_differ(self):
        run = self.judge([(http(200, b'<VerbaApi><Response code="2"/><Response code="0"/>'
                                     b'</VerbaApi>'), "unknown", "bad-response", None)])
        self.assertNotEqual(run.column("status"), ["success"])

    def test_http_errors_without_xml(self):
        self.judge([(http(404, b"<html>"), "failed", "http-404", None),
                    (http(403, b""), "failed", "http-403", None),
                    (http(502, b"<html>"), "failed", "http-502", None)])

    def test_bombs(self):
        """Entities are not expanded at length, none from outside is read."""
        laughs = '<!DOCTYPE l [<!ENTITY a0 "ha">' + "".join(
            f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)) + "]>"
        quadratic = f'<!DOCTYPE l [<!ENTITY a "{"x" * 100000}">]>'
        secret = self.write("secret.txt", "s3cr3t-file")
        outside = f'<!DOCTYPE l [<!ENTITY a SYSTEM "file://{secret}">]>'
        dtd = f'<!DOCTYPE l SYSTEM "http://127.0.0.1:{self.closed_port()}/x.dtd">'

        def answer(head, text):
            return http(200, (f'{head}<VerbaApi><Response code="2"><ErrorMessage>{text}'
                              '</ErrorMessage></Response></VerbaApi>').encode())

        answers = [answer(laughs, "&a11;"), answer(quadratic, "&a;" * 20000),
                   answer(outside, "&a;"), answer(dtd, "&a;")]
        service = self.bodied(lambda request: answers[request.number - 1])
        begun = time.monotonic()
        run = self.go(service, OPERATION, natives(range(4)), "--retries", "0", "-j", "1")
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(len(service.requests), 4, run)
        for row in run.rows():
            self.assertIn(row["result_code"], ("bad-response", "VERBA_2"))
            self.assertLess(len(row["result_message"]), 10000)
        for name in os.listdir(run.folder):
            self.assertNotIn(b"s3cr3t-file", run.bytes(name))

    def test_bomb_as_success_by_fault_script(self):
        """The documented way to make the sandbox send one."""
        body = ('<!DOCTYPE x [<!ENTITY a \\"0\\"><!ENTITY b \\"&a;&a;\\">]><VerbaApi><Response '
                'code=\\"&a;\\"/></VerbaApi>')
        sandbox = self.sandbox(faults=f'any: status 200 body "{body}"\n')
        run = self.go(sandbox, OPERATION, natives([1]), "--retries", "0")
        self.assertEqual(len(sandbox.log()), 1)
        self.assertIn(run.verdicts()[0], [("success", "SUCCESS"),
                                          ("unknown", "bad-response")])

    def test_deep_nesting(self):
        deep = b"<a>" * 200000 + b"</a>" * 200000
        self.judge([(http(200, b"<VerbaApi>" + deep + b"</VerbaApi>"), "unknown",
                     "bad-response", None)])

    def test_ten_megabytes(self):
        """A code of the contract, and no row of ten megabytes."""
        service = self.bodied(lambda request: http(200, verba_xml(2, "x" * 10_000_000))
                              if b"TRS0" in request.body else http(200, verba_xml()))
        run = self.go(service, OPERATION, natives(range(3)), "--retries", "0", "-j", "1")
        self.assertEqual(run.code, 4, run)
        self.assertIn(run.verdicts()[0], [("failed", "VERBA_2"), ("unknown", "bad-response")])
        self.assertEqual(run.verdicts()[1:], [("success", "SUCCESS")] * 2)
        self.assertLess(len(run.bytes("results.csv")), 100_000)
        self.assertLess(len(run.bytes("report.html")), 1_000_000)

    def test_message_stays_one_row(self):
        """Line breaks, quotes, control characters and formulas of a message."""
        run = self.judge([(http(200, verba_xml(2, 'a\nb,"c"&#13;&#9;=1+1')), "failed",
                           "VERBA_2", None)])
        self.assertEqual(len(run.rows()), 1)


class Gone(ServicesCase):

    def test_first_time(self):
        """failed on a first send; already-done under --missing-ok."""
        sandbox = self.sandbox()
        content = "native_id\n0000404\nA\n"
        run = self.go(sandbox, OPERATION, content)
        self.assertEqual(run.verdicts(), [("failed", "VERBA_2"), ("success", "SUCCESS")])
        run = self.go(sandbox, OPERATION, content, "--missing-ok", out="ok")
        self.assertEqual((run.code, run.verdicts()), (0, [("success", "already-done")] * 2))

    def test_words(self):
        """A message with `cannot be found`, whatever its case, is what counts as gone."""
        words = [("Call CANNOT BE FOUND in the database", "success"),
                 ("the call cannot be found.", "success"), ("No such call", "failed"),
                 ("More than one call was found", "failed"), (None, "failed")]
        answers = [http(200, verba_xml(2, text)) for text, _ in words]
        service = self.bodied(lambda request: answers[request.number - 1])
        run = self.go(service, OPERATION, natives(range(5)), "--missing-ok", "-j", "1")
        self.assertEqual(run.column("status"), [status for _, status in words])

    def test_after_a_lost_answer(self):
        for number, action in enumerate(("apply cut", "apply reset", "apply status 503",
                                         'apply status 200 body "<html>"', "delay 3s")):
            with self.subTest(action):
                sandbox = self.sandbox(faults=f"request 1: {action}\n")
                run = self.go(sandbox, OPERATION, natives([1]), "--timeout", "1s",
                              out=f"out{number}")
                self.assertEqual(run.verdicts(), [("success", "already-done")], run)
                self.assertEqual((run.column("attempts"), run.column("message")),
                                 (["2"], [NOT_FOUND]))

    def test_never_reached_before(self):
        """A resend after a 429 is no resend after a lost answer."""
        answers = [http(429), http(200, verba_xml(2, NOT_FOUND))]
        service = self.bodied(lambda request: answers[request.number - 1])
        run = self.go(service, OPERATION, natives([1]))
        self.assertEqual(run.verdicts(), [("failed", "VERBA_2")])

    def test_missing_ok_by_extension(self):
        sandbox = self.sandbox()
        run = self.go(sandbox, OPERATION, "extension,call_status\n0000404,last\n",
                      "--missing-ok")
        self.assertEqual(run.verdicts(), [("success", "already-done")])


if __name__ == "__main__":
    main()
