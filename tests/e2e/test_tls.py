#!/usr/bin/env python3
"""TLS: certificates are verified, connections are used again, HTTP/2 where offered."""

import ssl

from harness import *


@unittest.skipUnless(shutil.which("openssl"), "no openssl to make certificates with")
class Certified(Case):

    def setUp(self):
        super().setUp()
        self.cert, self.key = self.certificate("IP:127.0.0.1")
        self.write("job.csv", job([1]))

    def certificate(self, name):
        """A self-signed certificate; paths of certificate and key."""
        cert, key = self.path(name[3:8] + ".pem"), self.path(name[3:8] + ".key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test",
                        "-addext", "subjectAltName=" + name, "-keyout", key, "-out", cert,
                        "-days", "1"],
                       check=True, capture_output=True, timeout=WAIT_S)
        return cert, key


class Tls(Certified):

    def refused(self, url, *options):
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url", url, "--out",
                           "out", *options, "job.csv", out="out")
        self.assertEqual(run.code, 4, run)
        self.assertEqual(run.verdicts(), [("failed", "tls-failed")])
        self.assertTrue(run.column("message")[0])
        self.assertEqual(run.summary["calls"], 0)
        return run

    def test_self_signed_is_refused(self):
        sandbox = self.sandbox("--tls-cert", self.cert, "--tls-key", self.key)
        self.refused(sandbox.url)
        self.assertEqual(sandbox.log(), [], "the token was not shown")

    def test_ca_file(self):
        sandbox = self.sandbox("--tls-cert", self.cert, "--tls-key", self.key)
        run = self.run_job(sandbox, job(range(300)), "--ca-file", self.cert)
        self.assertEqual((run.code, run.summary["success"]), (0, 300), run)
        books = sandbox.stop()
        self.assertEqual(books["requests"], 3)

    def test_cut(self):
        """The encrypted connection ends before, within or behind the answer's head."""
        for fault in "apply cut", "apply reset", "cut-at 0", "cut-at 20":
            with self.subTest(fault):
                sandbox = self.sandbox("--tls-cert", self.cert, "--tls-key", self.key,
                                       faults=f"request 1: {fault}\n")
                out = fault.replace(" ", "-")
                run = self.run_job(sandbox, job(range(3)), "--ca-file", self.cert, out=out)
                self.assertEqual((run.code, run.summary["calls"]), (0, 2), run)
                self.assertEqual(run.verdicts(), [("success", "already-done")] * 3)
                self.assertEqual(sandbox.stop()["requests"], 2)

    def test_cut_without_another_try(self):
        sandbox = self.sandbox("--tls-cert", self.cert, "--tls-key", self.key,
                               faults="any: cut-at 20\n")
        run = self.run_job(sandbox, job(range(3)), "--ca-file", self.cert, "--retries", "0")
        self.assertEqual((run.code, run.summary["unknown"]), (4, 3), run)
        self.assertLessEqual(set(run.column("code")), {"connection-lost", "bad-response"})

    def test_another_host_name_is_refused(self):
        cert, key = self.certificate("DNS:elsewhere.example")
        sandbox = self.sandbox("--tls-cert", cert, "--tls-key", key)
        self.refused(sandbox.url, "--ca-file", cert)
        self.assertEqual(sandbox.log(), [])

    def test_no_tls_at_all(self):
        """Plain text where TLS was expected: nothing was sent."""
        sandbox = self.sandbox()
        self.refused(sandbox.url.replace("http:", "https:"))
        self.assertEqual(sandbox.log(), [])

    def test_many_refused_stop_the_run(self):
        sandbox = self.sandbox("--tls-cert", self.cert, "--tls-key", self.key)
        self.write("job.csv", HEADER + "".join(rows([1], record_id=str(n))
                                               for n in range(1, 30)))
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                           "--out", "out", "--halt-after", "3", "-j", "1", "job.csv", out="out")
        self.check_balance(run)
        self.assertEqual(run.code, 7, run)
        self.assertEqual((run.summary["failed"], run.summary["unsent"]), (3, 26))

    def test_ca_file_that_is_none(self):
        sandbox = self.sandbox("--tls-cert", self.cert, "--tls-key", self.key)
        for name, content in (("gone.pem", None), ("none.pem", "no certificate")):
            with self.subTest(name):
                if content:
                    self.write(name, content)
                run = self.unhitch("run", "--operation", "crm.delink", "--base-url",
                                   sandbox.url, "--ca-file", name, "--out", "o" + name,
                                   "job.csv", out="o" + name)
                self.assertEqual(run.code, 4 if content else 2, run)
                self.assertEqual(os.path.exists(run.folder), bool(content))
                if content:
                    self.assertEqual(run.column("code"), ["tls-failed"])
                self.says(run.err + run.out, name)
        self.assertEqual(sandbox.log(), [])

    def test_old_protocols_are_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        try:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        except (ValueError, ssl.SSLError):
            self.skipTest("this Python cannot speak TLS 1.1")
        service = self.service(tls=context)
        self.refused(service.url, "--ca-file", self.cert)
        self.assertEqual(service.requests, [])


@unittest.skipUnless(shutil.which("nghttpd"),
                     "no nghttpd (package nghttp2-server) to speak HTTP/2")
class Http2(Certified):

    def test_http2(self):
        """Negotiated, one connection for all calls; nghttpd knows only files, so the
        answers are errors, and the requests are what counts."""
        port = self.closed_port()
        with open(self.path("log"), "wb") as log:
            process = subprocess.Popen(
                ["nghttpd", "-v", "-a", "127.0.0.1", "-d", self.home, str(port), self.key,
                 self.cert], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=clean_environment(self.home))
        self.addCleanup(self.end, process)

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        self.wait_until(listens)
        self.write("job.csv", HEADER + "".join(rows([1, 2], record_id=str(n))
                                               for n in range(1, 21)))
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url",
                           f"https://127.0.0.1:{port}", "--ca-file", self.cert, "--halt-after",
                           "0", "-j", "8", "--out", "out", "job.csv", out="out")
        self.end(process)
        self.assertEqual(run.code, 4, run)
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            text = re.sub(r"\x1b\[[0-9;]*m", "", file.read())
        paths = re.findall(r":path: (\S+)", text)
        self.assertEqual(sorted(paths), sorted(
            f"/crm/v8/Campaigns/{n}/Contacts?ids={related(1)},{related(2)}"
            for n in range(1, 21)))
        self.assertEqual(set(re.findall(r":method: (\S+)", text)), {"DELETE"})
        self.assertEqual(set(re.findall(r"\bauthorization: (.*)", text)),
                         {"Zoho-oauthtoken " + TOKEN})
        used = set(re.findall(r"\[id=(\d+)\] .*recv \(stream_id=\d+\) :path", text))
        self.assertEqual(len(used), 1, "one connection")
        self.assertEqual(run.summary["calls"], 20)
        self.assertEqual(set(run.column("code")), {"http-404"})


if __name__ == "__main__":
    main()
