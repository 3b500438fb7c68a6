#!/usr/bin/env python3
"""No secret is printed, logged or written, even when the service echoes it."""

import gzip

from harness import *

SECRET = "1000.c0ffee5ecretc0ffee5ecretc0ffee55.5ecretc0ffee5ecretc0ffee5ecretc0"


class Secrets(Case):

    def search(self, *runs):
        """No file of the test's folder and no output holds the token."""
        for run in runs:
            self.assertNotIn(SECRET, run.out)
            self.assertNotIn(SECRET, run.err)
        read = 0
        for folder, _, names in os.walk(self.folder):
            if os.path.basename(folder).startswith("sandbox-"):
                continue
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    data = file.read()
                read += 1
                for form in data, (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else b""):
                    self.assertNotIn(SECRET.encode(), form, name)
                    self.assertNotIn(b"c0ffee5ecret", form, name)
        self.assertGreater(read, 0)

    def test_good_run(self):
        run = self.run_job(self.sandbox("--token", SECRET), job([1, 2]) + rows(["x"]), "-v",
                           "--progress", "always", token=SECRET)
        self.assertEqual(run.summary["success"], 2)
        self.search(run)

    def test_verbose_shows_calls_without_it(self):
        run = self.run_job(self.sandbox(), job([1]), "-v", token=SECRET)
        self.says(run.err, f"Campaigns/{CAMPAIGN}/Contacts")
        self.search(run)

    def test_failing_runs(self):
        """Refused, unreachable, cut, stopped."""
        self.write("job.csv", job([1]))
        runs = [self.run_job(self.sandbox("--token", "other"), job([1]), "-v", out="refused",
                             token=SECRET),
                self.unhitch("run", "--operation", "crm.delink", "--base-url",
                             f"http://127.0.0.1:{self.closed_port()}", "--retries", "1", "-v",
                             "--out", "closed", "job.csv", token=SECRET),
                self.run_job(self.sandbox(faults="any: cut\n"), job([1]), "--retries", "0",
                             "-v", out="cut", token=SECRET)]
        self.assertEqual([run.code for run in runs], [6, 4, 4])
        self.search(*runs)

    def echo(self, answer, *options):
        """A service that sends the token back."""
        service = self.service(answer)
        run = self.run_job(service, job([1, 2]), "--retries", "0", "-v", *options,
                           token=SECRET)
        report = self.unhitch("report", "out", out="out", token=None)
        self.search(run, report)
        return run

    def test_echoed_in_the_message_of_an_entry(self):
        run = self.echo(lambda request: http(207, {"data": [
            entry(one, "INVALID_DATA", f"token {SECRET} is bad") for one in request.ids]}))
        self.assertEqual(run.column("message"), ["token [redacted] is bad"] * 2)

    def test_echoed_in_the_message_of_an_error(self):
        run = self.echo(lambda request: http(400, {
            "code": "AUTHORIZATION_FAILED", "message": f"{SECRET}{SECRET}!", "status": "error"}))
        self.assertEqual(run.column("message"), ["[redacted][redacted]!"] * 2)

    def test_echoed_as_the_code(self):
        run = self.echo(lambda request: http(400, {"code": "X_" + SECRET, "message": "m",
                                                   "status": "error"}))
        self.assertEqual(run.column("code"), ["X_[redacted]"] * 2)

    def test_echoed_on_a_stop(self):
        run = self.echo(lambda request: http(401, {
            "code": "INVALID_TOKEN", "message": f"no such token: {SECRET}", "status": "error"}))
        self.assertEqual(run.code, 6)
        self.says(run.column("message")[0], "[redacted]")
        self.says(run.summary["stopped_by"]["message"], "[redacted]")

    def test_echoed_with_escapes(self):
        """In JSON it can be written in other ways."""
        escaped = "".join(f"\\u{ord(c):04x}" for c in SECRET)
        run = self.echo(lambda request: http(400, (
            '{"code":"NOPE","message":"a %s","status":"error"}' % escaped).encode()))
        self.assertEqual(run.column("message"), ["a [redacted]"] * 2)

    def test_echoed_as_html(self):
        self.echo(lambda request: http(502, f"<html>{SECRET}</html>".encode(),
                                       f"X-Token: {SECRET}"))

    def test_echoed_as_a_redirect(self):
        self.echo(lambda request: http(302, b"", f"Location: http://127.0.0.1:1/{SECRET}"))

    def test_echoed_as_reason(self):
        self.echo(lambda request: http(400).replace(b" X\r", f" {SECRET}\r".encode(), 1))

    def test_password_of_a_proxy(self):
        """A URL may hold one: not written, not printed."""
        service = self.service(lambda request: (http(407), CLOSE))
        self.write("job.csv", job([1]))
        run = self.unhitch("run", "--operation", "crm.delink", "--crm-url",
                           "http://crm.invalid", "--proxy",
                           service.url.replace("//", "//user:c0ffee5ecret@"), "--retries", "0",
                           "-v", "--out", "out", "job.csv", out="out", token=SECRET)
        self.assertIn(run.code, (2, 4), run)
        self.search(run)

    def test_not_in_the_arguments(self):
        """Nobody sees it in the list of processes."""
        sandbox = self.sandbox("--latency", "500ms")
        self.write("job.csv", job([1]))
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "job.csv", token=SECRET)
        time.sleep(0.2)
        with open(f"/proc/{process.pid}/cmdline", "rb") as file:
            self.assertNotIn(SECRET.encode(), file.read())
        self.assertEqual(self.finish(process).code, 0)


if __name__ == "__main__":
    main()
