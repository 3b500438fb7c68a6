#!/usr/bin/env python3
"""resume and report: after kill -9, of changed files, of finished and busy runs."""

import datetime

from harness import *


def targets(count):
    return HEADER + "".join(rows([1, 2], record_id=f"36523970000{n:08}")
                            for n in range(1, count + 1))


class Resume(Case):

    def begin(self, sandbox, content, *options, name="job.csv", stdin=None):
        """A run in the background."""
        if content is not None:
            self.write(name, content)
        return self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                          "--out", "out", *options, name,
                          stdin=stdin or subprocess.DEVNULL)

    def kill(self, process, sandbox, calls):
        """kill -9 once that many calls were answered."""
        self.wait_until(lambda: len(sandbox.log()) >= calls)
        process.kill()
        process.wait(WAIT_S)
        return Run(-9, b"", b"", self.path("out"))

    def test_kill_then_report_then_resume(self):
        sandbox, content = self.sandbox("--latency", "20ms"), targets(60)
        self.kill(self.begin(sandbox, content, "-j", "3"), sandbox, 20)
        answered = {line["target"] for line in sandbox.log()}
        report = self.unhitch("report", "out", out="out", token=None)
        self.assertEqual(report.code, 0, report)
        told = report.summary
        self.assertFalse(told["finished"])
        self.assertEqual(told["rows"], 120)
        self.assertEqual(sum(told[one] for one in ("success", "failed", "unknown", "rejected",
                                                   "unsent")), 120)
        self.assertLessEqual(told["unknown"], 6, "only what was in flight")
        self.assertGreaterEqual(told["success"], 2 * 20 - 6)
        self.assertEqual(len(report.rows()), 120)
        time.sleep(0.1)
        again = self.resume(sandbox, "-j", "20")
        self.assertEqual(again.code, 0, again)
        self.assertEqual(set(again.column("status")), {"success"})
        self.assertEqual([row["record_id"] for row in again.rows()],
                         [line.split(",")[1] for line in content.splitlines()[1:]])
        books = sandbox.stop()
        twice = [key for key, one in books["ids"].items() if one["asked"] > 1]
        self.assertLessEqual(len(twice), 6, "only what was in flight goes again")
        self.assertTrue(all(one["removed"] == 1 for one in books["ids"].values()))
        self.assertLessEqual(again.summary["codes"].get("already-done", 0), 6)
        self.assertTrue(answered)
        for name in "failed.csv", "unsent.csv", "rejected.csv":
            self.assertFalse(again.has(name), name + " is stale")

    def test_kill_in_flight_is_already_done(self):
        """Applied, but the program died before the answer came."""
        sandbox = self.sandbox(faults="request 1: delay 1s\n")
        process = self.begin(sandbox, job([1, 2]) + rows(["x"]))
        time.sleep(0.4)
        process.kill()
        process.wait(WAIT_S)
        report = self.unhitch("report", "--json", "out", out="out", token=None)
        self.assertEqual(report.code, 0, report)
        self.assertEqual(report.column("status"), ["unknown", "unknown", "rejected"])
        self.assertEqual(json.loads(report.out), report.summary)
        again = self.resume(sandbox)
        self.assertEqual(again.verdicts(), [("success", "already-done")] * 2 +
                         [("rejected", "bad-id")])

    def test_a_blamed_target_stays_so(self):
        """What failed unsent with its target's first batch is not sent after a kill."""
        held = threading.Event()
        self.addCleanup(held.set)

        def answer(request):
            if "/1/" in request.target:
                return http(403, {"code": "NO_PERMISSION", "details": {}, "status": "error",
                                  "message": "m"})
            if request.number == 2:
                held.wait(WAIT_S)
                return CLOSE
            return all_good(request)
        service = self.service(answer)
        content = HEADER + rows(range(250), record_id="1") + rows([1], record_id="2")
        process = self.begin(service, content, "-j", "1")
        self.wait_until(lambda: len(service.requests) == 2)
        process.kill()
        process.wait(WAIT_S)
        held.set()
        report = self.unhitch("report", "out", out="out", token=None)
        self.assertEqual(report.summary["codes"], {"NO_PERMISSION": 250, "connection-lost": 1})
        again = self.resume(service)
        self.assertEqual(again.summary["codes"], {"NO_PERMISSION": 250, "SUCCESS": 1}, again)
        self.assertEqual(len(service.requests), 3)
        self.assertEqual(again.column("attempts")[99:101], ["1", "0"])

    def test_same_bytes_as_an_undisturbed_run(self):
        """Of a file with every kind of row; three kills in a row."""
        content = (HEADER[:-1] + ",note\n" + "".join(
            f'Campaigns,36523970000{n:08},Contacts,{related(n)}, " n {n}\n' if n % 7 else
            f'Campaigns,3,Contacts,3.6E+18,bad\nCampaigns,36523970000{n + 1:08},Contacts,'
            f'{related(n + 1)},again\n' for n in range(1, 80)).replace('"', ""))
        plain = self.run_job(self.sandbox(), content, name="plain.csv", out="plain")
        sandbox = self.sandbox("--latency", "15ms")
        self.kill(self.begin(sandbox, content, "-j", "1"), sandbox, 8)
        for calls in 20, 40:
            process = self.start("resume", "out")
            self.kill(process, sandbox, calls)
        again = self.resume(sandbox)
        self.assertEqual(again.code, 4, again)

        def bare(text):
            text = re.sub(r",\d+,TIME", ",N,TIME", text)
            text = text.replace("already-done,400,relation not found",
                                "SUCCESS,200,relation removed")
            return text.replace("already-done,400,same", "SUCCESS,200,same")
        self.assertEqual(bare(again.text()), bare(plain.text()))
        self.assertLessEqual(again.summary["codes"].get("already-done", 0), 12)
        self.assertEqual(again.text("rejected.csv"), plain.text("rejected.csv"))

    def test_standard_input_was_kept(self):
        """Read once, kept in the run directory: resume needs it."""
        sandbox = self.sandbox("--latency", "20ms")
        data = self.write("piped", targets(30))
        with open(data, "rb") as stdin:
            process = self.begin(sandbox, None, "-j", "1", name="-", stdin=stdin)
            self.kill(process, sandbox, 5)
        os.unlink(data)
        again = self.resume(sandbox)
        self.assertEqual((again.code, again.summary["success"]), (0, 60), again)

    def test_changed_job_file(self):
        """Refused with exit 3 by resume and report; nothing is sent."""
        sandbox = self.sandbox()
        self.run_job(sandbox, targets(5), "--max-calls", "2")
        for change in ("more", "gone", "same length"):
            with self.subTest(change):
                path = self.write("job.csv", targets(5).replace(",1,", ",2,"))
                if change == "more":
                    self.write("job.csv", targets(6))
                elif change == "gone":
                    os.unlink(path)
                else:
                    self.write("job.csv", targets(5).replace(related(2), related(3)))
                for command in "resume", "report":
                    run = self.unhitch(command, "out")
                    self.assertIn(run.code, (2, 3) if change == "gone" else (3,), run)
                    self.says(run.err, "job.csv")
        self.assertEqual(len(sandbox.log()), 2)
        self.write("job.csv", targets(5))
        again = self.resume(sandbox, "--max-calls", "10")
        self.assertEqual((again.code, again.summary["success"]), (0, 10), again)

    def test_the_journal_is_gone(self):
        """What was sent is not known any more, so nothing is: not even a report."""
        sandbox = self.sandbox()
        env = {"VERBA_API_KEY": "key"}
        self.write("job.csv", "operation,extension,call_status\nverba.delete_call,12,last\n")
        run = self.unhitch("run", "--base-url", sandbox.url, "--out", "out", "job.csv",
                           out="out", env=env)
        self.assertEqual(run.code, 0, run)
        results = run.bytes("results.csv")
        for change in "missing", "empty":
            with self.subTest(change):
                os.unlink(self.path("out/journal"))
                if change == "empty":
                    self.write("out/journal", "")
                for command in "resume", "report":
                    again = self.unhitch(command, "out", out="out", env=env)
                    self.assertEqual(again.code, 1, again)
                    self.says(again.err, "out/journal", "is gone")
                self.write("out/journal", "")
        self.assertEqual(len(sandbox.log()), 1)
        self.assertEqual(run.bytes("results.csv"), results)

    def test_a_bad_row_is_mended_meanwhile(self):
        """The file has changed while the calls were made: exit 3, whatever changed."""
        content = targets(3) + "Campaigns,x1,Contacts,5\n"

        def answer(request):
            self.write("job.csv", content.replace("x1", "11"))
            return all_good(request)
        service = self.service(answer)
        run = self.run_job(service, content)
        self.assertEqual(run.code, 3, run)
        self.says(run.err, "job.csv", "has changed")
        self.write("job.csv", content)
        report = self.unhitch("report", "out", out="out")
        self.assertEqual((report.code, report.column("status")),
                         (0, ["success"] * 6 + ["rejected"]), report)

    def test_the_job_file_goes_meanwhile(self):
        """Calls were made: nobody says that nothing was sent."""
        content = targets(3)
        for number, change in enumerate(("empty", "gone", "a workbook", "UTF-16")):
            with self.subTest(change):
                def answer(request, change=change):
                    new = {"empty": b"", "a workbook": b"PK\x03\x04" * 99,
                           "UTF-16": content.encode("utf-16")}
                    self.write("job.csv", new.get(change, b""))
                    if change == "gone":
                        os.unlink(self.path("job.csv"))
                    return all_good(request)
                service = self.service(answer)
                run = self.run_job(service, content, "-j", "1", out=f"out{number}")
                self.assertEqual((run.code, len(service.requests)), (3, 3), run)
                self.says(run.err, "job.csv", f"unhitch report out{number}", "put the old file")
                self.assertNotIn("nothing was sent", run.err)
                self.write("job.csv", content)
                report = self.unhitch("report", f"out{number}", out=f"out{number}")
                self.assertEqual(report.column("status"), ["success"] * 6, report)

    def test_the_time_of_what_was_in_flight(self):
        """It was sent, so it has one: when it was about to be."""
        held = threading.Event()
        self.addCleanup(held.set)
        service = self.service(lambda request: held.wait(WAIT_S) and CLOSE)
        process = self.begin(service, targets(3), "-j", "2")
        self.wait_until(lambda: len(service.requests) == 2)
        before = time.time()
        process.kill()
        process.wait(WAIT_S)
        report = self.unhitch("report", "out", out="out", token=None)
        self.assertEqual(report.column("status"), ["unknown"] * 4 + ["unsent"] * 2, report)
        times = report.column("time")
        self.assertEqual(times[4:], ["", ""])
        for one in times[:4]:
            self.assertRegex(one, "^" + STAMP + "$")
            told = datetime.datetime.fromisoformat(one.replace("Z", "+00:00")).timestamp()
            self.assertTrue(before - 3 < told <= before, times)

    def test_from_another_folder(self):
        """The job file was named relative to where the run began."""
        sandbox = self.sandbox()
        self.run_job(sandbox, targets(5), "--max-calls", "2")
        os.mkdir(self.path("elsewhere"))
        self.folder, old = self.path("elsewhere"), self.folder
        run = self.unhitch("resume", "--max-calls", "9", "../out")
        self.folder = old
        self.assertEqual(run.code, 0, run)

    def test_finished_run(self):
        """It says so, sends nothing, and the results are as before."""
        sandbox = self.sandbox()
        run = self.run_job(sandbox, targets(2))
        before = run.bytes("results.csv")
        again = self.resume(sandbox)
        self.assertEqual(again.code, 0, again)
        self.says(again.out + again.err, "finished")
        self.assertEqual((run.bytes("results.csv"), len(sandbox.log())), (before, 2))

    def test_report_restores_deleted_files(self):
        run = self.run_job(self.sandbox(), job([1]) + rows(["x"]))
        before = {name: run.bytes(name) for name in ("results.csv", "rejected.csv")}
        for name in before:
            os.unlink(run.path(name))
        os.unlink(run.path("summary.json"))
        report = self.unhitch("report", "out", out="out", token=None)
        self.assertEqual(report.code, 0, report)
        self.assertEqual({name: run.bytes(name) for name in before}, before)
        self.assertEqual(report.summary["exit_code"], 4)
        self.assertEqual(report.summary["calls"], 1)

    def test_one_process_per_run_directory(self):
        """The second: exit 75, whatever it wants to do; the first goes on."""
        sandbox = self.sandbox("--latency", "300ms")
        process = self.begin(sandbox, targets(8), "-j", "2")
        self.wait_until(lambda: len(sandbox.log()) >= 2)
        for command in (["resume", "out"], ["report", "out"]):
            run = self.unhitch(*command)
            self.assertEqual(run.code, 75, run)
            self.says(run.err, "out")
        second = self.unhitch("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                              "--out", "out", "job.csv")
        self.assertEqual(second.code, 75, second)
        first = self.finish(process)
        self.assertEqual((first.code, first.summary["success"]), (0, 16), first)

    def test_a_stale_lock_does_not_block(self):
        sandbox = self.sandbox("--latency", "20ms")
        self.kill(self.begin(sandbox, targets(20), "-j", "1"), sandbox, 3)
        self.assertEqual(self.resume(sandbox).code, 0)

    def test_a_torn_journal(self):
        """Its last bytes are missing: cut off, the rest counts."""
        sandbox = self.sandbox()
        run = self.run_job(sandbox, targets(6), "--max-calls", "4", "-j", "1")
        with open(run.path("journal"), "r+b") as file:
            file.truncate(os.path.getsize(run.path("journal")) - 3)
        again = self.resume(sandbox, "--max-calls", "10")
        self.assertEqual((again.code, again.summary["success"]), (0, 12), again)

    def test_a_damaged_journal(self):
        """Elsewhere than at its end: refused, not guessed at."""
        sandbox = self.sandbox()
        run = self.run_job(sandbox, targets(6), "--max-calls", "4", "-j", "1")
        with open(run.path("journal"), "r+b") as file:
            file.seek(os.path.getsize(run.path("journal")) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 0x55]))
        again = self.unhitch("resume", "out")
        self.assertNotIn(again.code, (0, 4), again)
        self.says(again.err, "journal")
        self.assertEqual(len(sandbox.log()), 4)

    def test_killed_before_it_began(self):
        """Settings have no name yet, so nothing was sent: the same command works again. But
        a journal that tells of calls is nobody's leftover."""
        server = self.sandbox("--no-magic")
        self.run_job(server, targets(3), "--max-calls", "0", "--missing-ok")
        with open(self.path("out/journal"), "rb") as file:
            begun = file.read()[:110]
        for number, journal in enumerate((None, b"", begun[:5], begun, begun + b"x" * 600)):
            with self.subTest(number):
                name = f"early{number}"
                os.mkdir(self.path(name), 0o700)
                self.write(f"{name}/lock", b"")
                shutil.copy(self.path("out/settings.json"),
                            self.path(f"{name}/settings.json.tmp"))
                if journal is not None:
                    self.write(f"{name}/journal", journal)
                run = self.unhitch("resume", name, out=name)
                self.assertEqual(run.code, 2, run)
                self.says(run.err, "before it sent anything; start it again")
                again = self.run_job(server, None, "job.csv", "--missing-ok", out=name)
                self.assertEqual(again.code, 0 if len(journal or b"") < 600 else 2, again)

    def test_killed_before_the_first_call(self):
        """At any of the first moments: resume works or says what is missing."""
        for wait in 0, 0.002, 0.004, 0.008, 0.016:
            with self.subTest(wait):
                shutil.rmtree(self.path("out"), ignore_errors=True)
                sandbox = self.sandbox("--latency", "50ms")
                process = self.begin(sandbox, targets(3), "-j", "1")
                time.sleep(wait)
                process.kill()
                process.wait(WAIT_S)
                run = self.unhitch("resume", "out", out="out")
                self.assertIn(run.code, (0, 2), run)
                if run.code == 2:
                    self.assertEqual(sandbox.log(), [], "something was sent, so it must resume")


if __name__ == "__main__":
    main()
