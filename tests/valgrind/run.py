#!/usr/bin/env python3
"""The program itself under valgrind, over the ways it can end: no leak, no bad access.

Each test is a short run against the sandbox or a scripted service; the exit code is that
of the program, 99 if valgrind has something to say.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "e2e"))
import harness  # noqa: E402
from harness import *  # noqa: E402,F403

PROGRAM = harness.UNHITCH
LONG_S = 120        # valgrind is slow, and so may the machine be
SIGN = {"ZOHO_CLIENT_ID": "1000.X", "ZOHO_CLIENT_SECRET": "secret",
        "ZOHO_REFRESH_TOKEN": "1000.refresh"}
DESK, VERBA = "desk.clear_live_mapping", "verba.delete_call"


def targets(count):
    return HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, count + 1))


class Paths(ServicesCase):

    def setUp(self):
        super().setUp()
        self.said = self.path("valgrind")
        wrapper = self.write("wrapped", "#!/bin/sh\nexec valgrind -q --error-exitcode=99 "
                             "--leak-check=full --errors-for-leak-kinds=definite,indirect "
                             f"--log-file={self.said}.%p '{PROGRAM}' \"$@\"\n")
        os.chmod(wrapper, 0o700)
        harness.UNHITCH = wrapper
        self.addCleanup(setattr, harness, "UNHITCH", PROGRAM)

    def ends(self, run, code):
        words = ""
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("valgrind."):
                with open(self.path(name), encoding="utf-8") as file:
                    words += file.read()
        self.assertEqual((run.code, words), (code, ""), run)

    def unhitch(self, *arguments, **how):
        return super().unhitch(*arguments, **{"timeout": LONG_S, **how})

    def test_all_is_well(self):
        run = self.run_job(self.sandbox(), job(range(150)), "--gzip", "--results", "jsonl")
        self.ends(run, 0)

    def test_refused_files(self):
        for name, content in (("quote.csv", HEADER + 'a,"b\n'), ("twice.csv", "a,A\n1,2\n"),
                              ("cut.csv.gz", gzip.compress(job(range(9)).encode())[:-9]),
                              ("array.jsonl", "[{}]\n"), ("utf16.csv", b"\xff\xfea\0")):
            self.ends(self.run_job(self.sandbox(), content, name=name), 3)

    def test_bad_rows(self):
        content = HEADER + "Campaigns,1,Contacts\nx,1,Notes,1.5E+18\n\xff,,,,\n" + rows([1])
        run = self.run_job(self.sandbox(), content.encode("latin-1"))
        self.ends(run, 4)
        content = '{"module":"Campaigns"}\n{"a":1,"A":2,"result":{}}\n{"broken"\n'
        self.ends(self.run_job(self.sandbox(), content, "--on-invalid", "stop", name="a.jsonl",
                               out="two"), 3)

    def test_bad_definitions_and_usage(self):
        for number, content in enumerate(('{"no_such_key":1}', '{"rate":""}', '{"rate"', "[]",
                                          '{"set":{"x":1}}', '{"token":"x"}')):
            self.write(f"{number}.json", content)
            self.ends(self.unhitch("run", f"{number}.json", "job.csv"), 2)
        self.ends(self.unhitch("run", "--rate", "x", "gone.csv"), 2)
        self.ends(self.unhitch("resume", "gone"), 2)

    def test_credentials(self):
        self.write("job.csv", job([1]))
        missing = self.unhitch("run", "--operation", "crm.delink", "job.csv", token=None)
        self.ends(missing, 2)
        sandbox = self.sandbox("--token", "another")
        self.ends(self.run_job(sandbox, targets(5)), 6)
        refused = self.service(lambda request: http(200, {"error": "invalid_code"}))
        self.ends(self.run_job(refused, job([1]), out="two", token=None, env=SIGN), 6)
        gateway = self.service(lambda request: http(503, b"<html>"))
        self.ends(self.run_job(gateway, job([1]), "--max-duration", "1s", out="three",
                               token=None, env=SIGN), 10)

    def test_budget_then_resume_then_retry(self):
        sandbox = self.sandbox(faults="target /2/: status 503\n")
        self.ends(self.run_job(sandbox, targets(4), "--max-calls", "1", "-j", "1"), 8)
        self.ends(self.unhitch("report", "out"), 0)
        self.ends(self.resume(sandbox, "--max-calls", "9", "--retries", "0"), 4)
        self.ends(self.resume(sandbox), 4)
        self.ends(self.unhitch("retry", "--retries", "0", "out"), 4)

    def test_halted(self):
        sandbox = self.sandbox(faults='any: error 400 AUTHORIZATION_FAILED "no"\n')
        self.ends(self.run_job(sandbox, targets(9), "--halt-after", "2"), 7)

    def test_limit_of_the_day(self):
        sandbox = self.sandbox(faults='any: error 429 THRESHOLD_EXCEEDED "no more"\n')
        self.ends(self.go(sandbox, DESK, "call_id\n1\n2\n"), 8)

    def test_poison_and_blame(self):
        def answer(request):
            bad = request.ids[0] == related(0) and len(request.ids) > 1
            return http(400, {"code": "UNABLE_TO_PARSE_DATA_TYPE", "details": {}, "message": "m",
                              "status": "error"}) if bad else http(
                403, {"code": "NO_PERMISSION", "details": {}, "message": "m", "status": "error"})
        self.ends(self.run_job(self.service(answer), job(range(250)), "-j", "1"), 4)

    def test_lost_answers(self):
        for number, action in enumerate(("apply cut", "apply reset", "apply cut-at 20", "hold 9s",
                                         'status 200 body "{"')):
            sandbox = self.sandbox(faults=f"any: {action}\n")
            run = self.run_job(sandbox, job([1]), "--retries", "1", "--timeout", "1s",
                               out=f"out{number}")
            self.ends(run, 4)

    def test_verba(self):
        sandbox = self.sandbox(faults="request 2: apply cut\n")
        content = "native_id,extension,call_status\nA,,\nB,,\n,88,last\n0000404,,\n"
        self.ends(self.go(sandbox, VERBA, content, "-j", "1", "--retries", "1"), 4)

    def test_signals(self):
        for count in 1, 2:
            sandbox = self.sandbox("--latency", "3s")
            self.write("job.csv", targets(5))
            process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                                 "--out", f"out{count}", "-j", "1", "job.csv")
            self.wait_until(sandbox.log, LONG_S)
            for _ in range(count):
                process.send_signal(signal.SIGINT)
                time.sleep(0.3)
            self.ends(self.finish(process, f"out{count}", LONG_S), 130)

    def test_run_directories(self):
        sandbox = self.sandbox()
        self.ends(self.run_job(sandbox, targets(4), "--max-calls", "2"), 8)
        with open(self.path("out/journal"), "r+b") as file:
            file.seek(40)
            file.write(b"xxxx")
        self.ends(self.unhitch("resume", "out"), 1)
        self.ends(self.run_job(sandbox, targets(4), "--max-calls", "2", out="two"), 8)
        self.write("job.csv", targets(5))
        self.ends(self.unhitch("resume", "two"), 3)
        self.ends(self.unhitch("run", "--operation", "crm.delink", "--out", "two", "job.csv"),
                  2)

    def test_no_service(self):
        server = self.service()
        server.url = f"http://127.0.0.1:{self.closed_port()}"
        self.ends(self.run_job(server, job([1]), "--retries", "1"), 4)


if __name__ == "__main__":
    main()
