#!/usr/bin/env python3
"""report.html: always there, one file, no script, nothing loaded; text stays text."""

import html.parser
import xml.etree.ElementTree as ElementTree

from harness import *

HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>',
           "</td></table></html>", "' onmouseover='x", "&lt;b&gt; &amp; &#60;", "]]><b>",
           "<!-- ", "<style>*{display:none}", "{{7*7}} ${7*7}", "javascript:alert(1)",
           "http://evil.example/x.png", "\u202egnp.exe"]


class Tags(html.parser.HTMLParser):
    """All tags and attributes of a page, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


class Report(ServicesCase):

    def check(self, run, *texts):
        """The page is sound and holds each of these as text."""
        self.assertTrue(run.has("report.html"), run)
        data = run.bytes("report.html")
        page = data.decode("utf-8")
        self.assertTrue(page.lower().startswith("<!doctype html"), page[:80])
        rest = page[page.index(">") + 1:]
        self.assertNotIn("<!ENTITY", rest)
        tree = ElementTree.fromstring(rest)
        self.assertEqual(tree.tag.rpartition("}")[2], "html")
        tags = Tags(page)
        for tag, attributes in tags.tags:
            self.assertNotIn(tag, ("script", "iframe", "img", "object", "embed", "base",
                                   "form", "audio", "video", "input", "button"))
            if tag == "link":
                self.assertNotIn("href", attributes)
            for name, value in attributes.items():
                self.assertFalse(name.startswith("on"), attributes)
                self.assertNotIn(name, ("src", "srcset", "background", "action", "poster"))
                if name not in ("xmlns", "title"):
                    self.assertNotRegex((value or "").lower(),
                                        r"https?://|javascript:|^//|url\(")
        self.assertNotIn("<script", page.lower())
        for style in re.findall(r"<style[^>]*>(.*?)</style>", page, re.S):
            self.assertNotRegex(style, r"@import|url\(|https?:")
        flat = " ".join(tags.text.split())
        for text in texts:
            self.assertIn(" ".join(text.split()), flat)
        return page

    def test_every_end_of_a_run(self):
        """Success, failures, nothing to do, stopped, refused, resumed, retried."""
        cases = [("good", "", 3, []), ("bad", "any: error 400 NO_PERMISSION no\n", 3, []),
                 ("empty", "", 0, []), ("budget", "", 300, ["--max-calls", "1", "--batch-size",
                                                             "9"]),
                 ("refused", "any: error 401 INVALID_TOKEN no\n", 3, []),
                 ("cut", "any: apply cut\n", 3, ["--retries", "0"]),
                 ("window", "", 30, ["--max-duration", "0", "--batch-size", "1"]),
                 ("halted", "any: status 500\n", 99, ["--retries", "0", "--batch-size", "1"])]
        for name, faults, count, options in cases:
            with self.subTest(name):
                sandbox = self.sandbox(faults=faults)
                run = self.go(sandbox, "crm.delink", job(range(1, count + 1)), *options,
                              out=name)
                self.check(run)
        sandbox = self.sandbox()
        run = self.go(sandbox, "crm.delink", job(range(9)), "--max-calls", "1", "--batch-size",
                      "4")
        before = self.check(run)
        self.check(self.again("retry", "--max-calls", "9", "--out", "retry", out="retry"))
        run = self.again("resume", "--max-calls", "9")
        self.assertNotEqual(self.check(run), before)

    def test_all_operations(self):
        sandbox = self.sandbox()
        run = self.go(sandbox, None, "operation,call_id,native_id,show_to_number,"
                      "show_from_number\ndesk.clear_live_mapping,5,,,\nverba.delete_call,,A,,\n"
                      "crm.call_preferences,,,1,0\ndesk.clear_live_mapping,x,,,\n")
        self.check(run, "bad-id")

    def test_after_a_kill(self):
        """report writes it for an unfinished run."""
        sandbox = self.sandbox("--latency", "30ms")
        self.write("job.csv", job(range(200)))
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--batch-size", "2", "-j", "1", "--out", "out", "job.csv")
        self.wait_until(lambda: len(sandbox.log()) >= 3)
        process.kill()
        process.wait(WAIT_S)
        report = self.unhitch("report", "out", out="out")
        self.assertEqual(report.code, 0, report)
        self.check(report)

    def test_plan_writes_none(self):
        self.go(self.sandbox(), "crm.delink", job([1]), command="plan")
        self.assertEqual(sorted(set(os.listdir(self.folder)) & {"out", "runs"}), [])

    def test_hostile_messages(self):
        """The services' words, in every operation."""
        for number, text in enumerate(HOSTILE):
            with self.subTest(text):
                xml = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                service = self.bodied(lambda request: http(200, verba_xml(2, xml))
                                      if request.target.startswith("/verba") else
                                      http(403, {"errorCode": "FORBIDDEN", "message": text}))
                run = self.go(service, None, "operation,call_id,native_id\n"
                              "desk.clear_live_mapping,5,\nverba.delete_call,,A\n",
                              out=f"out{number}")
                self.assertEqual([one.strip() for one in run.column("message")],
                                 [text.strip()] * 2)
                self.check(run)

    def test_hostile_codes(self):
        for number, text in enumerate(HOSTILE):
            service = self.bodied(lambda request: http(400, {
                "errorCode": text, "code": text, "message": text}))
            run = self.go(service, "desk.clear_live_mapping", "call_id\n5\n", out=f"out{number}")
            self.check(run)

    def test_hostile_stop(self):
        for number, text in enumerate(HOSTILE):
            service = self.bodied(lambda request: http(401, {
                "code": "INVALID_TOKEN", "message": text, "status": "error"}))
            run = self.go(service, "crm.delink", job([1]), out=f"out{number}")
            self.assertEqual(run.code, 6, run)
            self.check(run)

    def test_hostile_ids_and_cells(self):
        text = "".join('"' + one.replace('"', '""') + '"\n' for one in HOSTILE)
        sandbox = self.sandbox(faults='any: status 200 body "<html>"\n')
        run = self.go(sandbox, "verba.delete_call", "native_id\n" + text, "--retries", "0",
                      "--halt-after", "0")
        self.check(run)
        run = self.go(sandbox, "crm.delink", "module,record_id,related_list,related_id\n" +
                      "".join(f"{one[:-1]},1,{one[:-1]},2\n" for one in text.splitlines(True)),
                      "--allow-relation", "any", out="crm")
        self.check(run)

    def test_hostile_file_names(self):
        for number, text in enumerate(HOSTILE):
            name = text.replace("/", "_") + ".csv"
            with self.subTest(name):
                out = f"{number}-" + text.replace("/", "_")
                run = self.go(self.sandbox(), "crm.delink", job([1]), name=name, out=out)
                self.assertEqual(run.code, 0, run)
                self.check(run)

    def test_odd_bytes(self):
        """Control characters and bytes that are no UTF-8 do not spoil the page."""
        answers = [b'{"errorCode":"FORBIDDEN","message":"a\\u0000b\\u0007c\\u001bd\\ud800e"}',
                   b'{"errorCode":"FORBIDDEN","message":"\\ufffe\\uffff \\u0085 \\u2028"}',
                   b'{"errorCode":"FORBIDDEN","message":"\xff\xfe"}']
        for number, body in enumerate(answers):
            with self.subTest(body):
                service = self.bodied(lambda request: http(403, body))
                run = self.go(service, "desk.clear_live_mapping", "call_id\n5\n", "--retries",
                              "0", out=f"out{number}")
                self.check(run)

    def test_many_codes(self):
        """Hundreds of codes and messages: the page stays small enough to look at."""
        service = self.bodied(lambda request: http(400, {
            "errorCode": f"CODE_{request.number}", "message": "x" * 5000}))
        run = self.go(service, "desk.clear_live_mapping", "call_id\n" + "".join(
            f"{n}\n" for n in range(400)), "--halt-after", "0")
        self.check(run)
        self.assertLess(len(run.bytes("report.html")), 2_000_000)


if __name__ == "__main__":
    main()
