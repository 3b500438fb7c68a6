#!/usr/bin/env python3
"""report.html: always there, one file, no script, nothing loaded; text stays text."""

import html
import html.parser
import subprocess
import xml.etree.ElementTree as ElementTree

from harness import *

CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
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
                                   "form", "audio", "video", "input", "button", "a", "use",
                                   "image", "foreignObject", "link"))
            if tag == "meta":
                self.assertNotEqual(attributes.get("http-equiv"), "refresh")
            for name, value in attributes.items():
                self.assertFalse(name.startswith("on"), attributes)
                self.assertNotIn(name, ("src", "srcset", "background", "action", "poster"))
                if name not in ("xmlns", "title"):
                    self.assertNotRegex((value or "").lower(),
                                        r"https?://|javascript:|^//|url\(")
        self.assertNotIn("<script", page.lower())
        policies = [one["content"] for tag, one in tags.tags if tag == "meta" and
                    one.get("http-equiv") == "Content-Security-Policy"]
        self.assertEqual(policies, [CSP])
        self.assertNotRegex(page, "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f"
                            "\u202a-\u202e\u2066-\u2069\ufeff]")
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

    def headline(self, run):
        page = self.check(run)
        return re.sub("<[^>]*>", "", re.search("<h1>(.*?)</h1>", page, re.S)[1]).strip()

    def test_the_headline_is_true(self):
        """A sentence for each end, the same as on the terminal."""
        dead = "any: status 503\n"
        cases = [
            ("✓ Done.", 0, "", 3, []),
            ("✓ Done: there was nothing to do.", 0, "", 0, []),
            ("! Finished, but not every row succeeded.", 4, "first 1 any: error 400 X no\n", 3,
             []),
            ("■ Stopped: the limit of calls was reached.", 8, "", 30,
             ["--max-calls", "1", "--batch-size", "9"]),
            ("■ Stopped: the time to send in was over.", 10, "", 3, ["--max-duration", "0"]),
            ("■ Stopped: too many calls in a row without one success.", 7, dead, 9,
             ["--retries", "0", "--batch-size", "1", "--halt-after", "2"]),
            ("■ Stopped: the service refused the credentials.", 6,
             "any: error 401 INVALID_TOKEN no\n", 3, []),
        ]
        for number, (words, code, faults, count, options) in enumerate(cases):
            with self.subTest(words):
                run = self.go(self.sandbox(faults=faults), "crm.delink",
                              job(range(1, count + 1)), *options, out=f"out{number}")
                self.assertEqual(run.code, code, run)
                self.assertEqual(self.headline(run), words)
                self.assertEqual(run.out.splitlines()[0], words.split(" ", 1)[1])
        for number, options in enumerate(([], ["--on-invalid", "stop"])):
            run = self.go(self.sandbox(), "crm.delink", HEADER + rows(["x", "y"]), *options,
                          out=f"rejected{number}")
            self.assertEqual(self.headline(run), [
                "! Nothing was sent: every row was rejected.",
                "✕ Nothing was sent: there are rejected rows, and --on-invalid is stop."][number])
            self.assertNotIn("unhitch resume", run.out, "it would refuse them again")

    def commands(self, page):
        return [html.unescape(one) for one in
                re.findall("<pre><code>(.*?)</code></pre>", page, re.S)]

    def paste(self, command, folder):
        """A command as a person pastes it into a shell, in another folder."""
        env = self.environment(self.ENV)
        env["PATH"] = os.path.dirname(UNHITCH) + ":" + env["PATH"]
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, timeout=WAIT_S,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def test_commands_can_be_pasted(self):
        """Whatever the run directory is called, and wherever the shell is."""
        names = ["plain", "two words", "it's", 'q"uote', "$(touch gone) `id`;&|<>*?[", "-n",
                 "#x", "caf\u00e9", "line\nbreak", "tab\t", "\u202egnp", "!!", "~"]
        for name in names:
            with self.subTest(name):
                sandbox = self.sandbox()
                out = "./" + name
                run = self.go(sandbox, "crm.delink", job(range(30)), "--max-calls", "1",
                              "--batch-size", "29", out=out)
                self.assertEqual(run.code, 8, run)
                (resume,) = self.commands(self.check(run))
                code, told = self.paste(resume, "/")
                self.assertEqual(code, 0, (resume, told))
                self.assertEqual(self.headline(run), "✓ Done.")
                self.assertEqual(self.commands(self.check(run)), [])
                self.assertEqual(len(sandbox.log()), 2)
                told = re.search(r"^  (unhitch resume .*)$", run.out, re.M)[1]
                self.assertEqual(self.paste(told, self.folder)[0], 0, told)
        self.assertFalse(os.path.exists(self.path("gone")))

    def test_commands_of_a_finished_run(self):
        """retry for what may pass, retry --all where a permission is missing."""
        faults = ("target 327001: status 503\n"
                  'target 327002: error 403 NO_PERMISSION "no"\n')
        sandbox = self.sandbox(faults=faults)
        content = job([1]) + rows([2], "3652397000000327002") + rows([3], "3652397000000327003")
        run = self.go(sandbox, "crm.delink", content, "--retries", "0", "--halt-after", "0")
        retry, retry_all = self.commands(self.check(run))
        self.assertEqual(retry, f"unhitch retry {run.folder}")
        self.assertEqual(retry_all, f"unhitch retry --all {run.folder}")
        sandbox.kill()
        self.assertEqual(self.commands(self.check(self.unhitch("report", "out", out="out"))),
                         [retry, retry_all])

    def test_seconds_are_those_of_the_work(self):
        """`report` and `resume` do not forget the time of the sessions before."""
        sandbox = self.sandbox("--latency", "400ms")
        run = self.go(sandbox, "crm.delink", job(range(2)), "--batch-size", "1", "-j", "1",
                      "--max-calls", "1")
        first = run.summary["seconds"]
        self.assertGreaterEqual(first, 0.4)
        run = self.again("resume")
        both = run.summary["seconds"]
        self.assertGreaterEqual(both, 0.8)
        self.check(run, "in 2 sessions", "The run was taken up 1 time")
        run = self.unhitch("report", "out", out="out")
        self.assertEqual(run.code, 0, run)
        self.assertGreaterEqual(run.summary["seconds"], 0.8)
        self.assertLess(run.summary["seconds"], both + 0.5)

    def test_charts(self):
        """Bars over time and by latency, words for each, a table of the slowest."""
        sandbox = self.sandbox("--latency", "60ms", "--limit-in-flight", "2",
                               faults="request 3: delay 700ms\n")
        run = self.go(sandbox, "crm.delink", job(range(40)), "--batch-size", "1", "-j", "4")
        self.assertEqual(run.code, 0, run)
        page = self.check(run, "Over time", "IDs done", "pushed back (429)", "Calls in flight",
                          "allowed: 4", "Calls by latency", "median", "Slowest calls")
        figures = re.findall(r"<figure>(.*?)</figure>", page, re.S)
        self.assertEqual(len(figures), 4)
        ids = [int(n) for n in re.findall(r": (\d+) success", figures[0])]
        self.assertEqual(sum(ids), 40)
        calls = sum(map(int, re.findall(r": (\d+) answered", figures[1])))
        pushed = sum(map(int, re.findall(r"(\d+) pushed back", figures[1])))
        self.assertEqual(calls, 40)
        self.assertEqual(calls + pushed, run.summary["calls"])
        self.assertGreater(pushed, 0)
        self.assertEqual(sum(map(int, re.findall(r": (\d+) calls?<", figures[3]))),
                         run.summary["calls"])
        slowest = re.search("Slowest calls.*?</table>", page, re.S)[0]
        self.assertEqual(slowest.count("<tr>"), 8)
        self.assertIn(f"Campaigns/{CAMPAIGN}/Contacts", slowest)
        for figure in figures:
            self.assertRegex(figure, r'<svg [^>]*role="img" aria-label="[^"]+"')
            self.assertGreaterEqual(figure.count('class="label"'), 3, "a scale and labels")

    def test_contrast(self):
        """WCAG AA on each ground, light and dark: 4.5 for text, 3 for marks."""
        page = self.check(self.go(self.sandbox(), "crm.delink", job([1])))
        light, dark = re.findall(r":root\{([^}]*)\}", page)

        def luminance(colour):
            if len(colour) == 4:
                colour = "#" + "".join(c * 2 for c in colour[1:])
            parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
            parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
                     for c in parts]
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

        for palette in light, dark:
            colours = dict(re.findall(r"--(\w+):(#\w+)", palette))
            for ground in "paper", "card":
                for name in ("ink", "dim", "success", "failed", "unknown", "rejected",
                             "unsent"):
                    a, b = sorted((luminance(colours[name]), luminance(colours[ground])))
                    self.assertGreaterEqual((b + 0.05) / (a + 0.05),
                                            4.5 if name in ("ink", "dim") else 3,
                                            (name, ground, colours))

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

    def test_long_ids_and_invisible_characters(self):
        """The longest IDs are whole; what is not seen is named."""
        ids = ["a" * 250, "\u00e9" * 125, "x\u202egnp", "<" * 250]
        sandbox = self.sandbox(faults='any: status 200 body "<html>"\n')
        run = self.go(sandbox, "verba.delete_call", "native_id\n" + "\n".join(ids) + "\n",
                      "--retries", "0", "--halt-after", "0", "-j", "1")
        self.check(run, *ids[:2], "x<U+202E>gnp")

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
