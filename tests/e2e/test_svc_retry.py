#!/usr/bin/env python3
"""retry: which rows it takes, how they look in the new run, and what it is called."""

from harness import *

NOTED = HEADER[:-1] + ",note\n"


def noted(numbers):
    """Rows with a target each, and a column of the user."""
    return "".join(f"Campaigns,36523970000{n:08},Contacts,{related(n)},n{n}\n" for n in numbers)


def refusal(status, code, message="m"):
    return http(status, {"code": code, "details": {}, "message": message, "status": "error"})


class Retry(ServicesCase):

    def number(self, request):
        """The row of noted() a request is about."""
        return int(request.target.split("/")[4][-8:])

    def first(self, faults, content=None, *options, name="job.csv", **how):
        """A run by the sandbox under those faults; it is kept for the retry."""
        self.box = self.sandbox(faults=faults)
        return self.go(self.box, "crm.delink", content or NOTED + noted(range(1, 9)),
                       "--retries", "0", "--halt-after", "0", *options, name=name, **how)

    # every class of row: what a fault script does to row N
    FAULTS = ('target 000001/C first 1: apply cut\n'
              'target 000002/C first 1: error 403 NO_PERMISSION no\n'
              'target 000003/C first 1: status 503\n'
              'target 000004/C first 1: entry * INVALID_DATA "relation not found"\n'
              'target 000005/C first 1: apply status 502\n'
              'target 000006/C first 1: apply status 200 body "<html>"\n'
              'target 000007/C first 1: apply drop *\n')

    def test_which_rows(self):
        """unknown, 5xx; neither success, rejected nor a plain refusal."""
        run = self.first(self.FAULTS, NOTED + noted(range(1, 9)) +
                         "Campaigns,x,Contacts,1,bad\n")
        self.assertEqual(run.verdicts(), [
            ("unknown", "connection-lost"), ("failed", "NO_PERMISSION"), ("failed", "http-503"),
            ("failed", "INVALID_DATA"), ("failed", "http-502"), ("unknown", "bad-response"),
            ("unknown", "no-entry"), ("success", "SUCCESS"), ("rejected", "bad-id")], run)
        again = self.again("retry", "--out", "two", out="two")
        self.assertEqual(again.code, 0, again)
        self.assertEqual([row["note"] for row in again.rows()], ["n1", "n3", "n5", "n6", "n7"])
        self.assertEqual(again.verdicts(), [
            ("success", "already-done"), ("success", "SUCCESS"), ("success", "already-done"),
            ("success", "already-done"), ("success", "already-done")])
        self.assertEqual(again.column("row"), list("12345"))
        self.assertEqual(list(again.rows()[0])[:5], NOTED.strip().split(","))
        self.assertEqual(again.text().splitlines()[0] + "\n", NOTED[:-1] + "," + OURS)
        self.assertEqual(again.summary["parent"], "out")
        self.assertEqual(again.summary["rows"], 5)

    def test_all(self):
        """Every failed row, too; a plain refusal is no lost answer; rejected ones never."""
        self.first(self.FAULTS, NOTED + noted(range(1, 9)) + "Campaigns,x,Contacts,1,bad\n")
        again = self.again("retry", "--all", "--out", "two", out="two")
        self.assertEqual([row["note"] for row in again.rows()],
                         ["n1", "n2", "n3", "n4", "n5", "n6", "n7"])
        self.assertEqual(set(again.column("status")), {"success"}, again)

    def test_gone_after_a_refusal_is_failed(self):
        """--all of an INVALID_DATA row: never sent with its answer lost."""
        run = self.first("", NOTED + f"Campaigns,{CAMPAIGN},Contacts,36520000404,x\n")
        self.assertEqual(run.verdicts(), [("failed", "INVALID_DATA")])
        again = self.again("retry", "--all", "--out", "two", out="two")
        self.assertEqual((again.code, again.verdicts()), (4, [("failed", "INVALID_DATA")]))
        again = self.again("retry", "--all", "--missing-ok", "--out", "three", out="three")
        self.assertEqual(again.verdicts(), [("success", "already-done")])

    def test_codes_that_may_pass(self):
        """TOO_MANY_REQUESTS, 5xx of either kind, connect-failed, tls-failed; no 4xx."""
        answers = {1: refusal(500, "INTERNAL_ERROR"), 2: http(504), 3: http(408),
                   4: refusal(400, "INVALID_MODULE"), 5: http(400), 6: http(404)}
        service = self.bodied(lambda request: answers.pop(self.number(request), None) or
                              all_good(request))
        self.go(service, "crm.delink", NOTED + noted(range(1, 7)), "--retries", "0")
        again = self.again("retry", "--out", "two", out="two")
        self.assertLessEqual({"n1", "n2"}, {row["note"] for row in again.rows()})
        self.assertFalse({"n4", "n5", "n6"} & {row["note"] for row in again.rows()}, again)

    def test_too_many_requests_for_one_id(self):
        """It may pass, whatever the HTTP status of the answer it stands in."""
        run = self.first('any first 1: entry 2 TOO_MANY_REQUESTS "slower"\n',
                         NOTED + f"Campaigns,{CAMPAIGN},Contacts,1,n1\n"
                         f"Campaigns,{CAMPAIGN},Contacts,2,n2\n")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"),
                                          ("failed", "TOO_MANY_REQUESTS")], run)
        again = self.again("retry", out="out-retry1")
        self.assertEqual(([row["note"] for row in again.rows()], again.verdicts()),
                         (["n2"], [("success", "SUCCESS")]), again)

    def test_of_a_killed_run(self):
        """What was in flight and found gone now is done; what was not sent is sent."""
        sandbox = self.sandbox(faults="request 1: delay 2s\n")
        self.write("job.csv", HEADER + rows([1], record_id="1") + rows([1], record_id="2"))
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "-j", "1", "job.csv")
        time.sleep(0.6)
        process.kill()
        process.wait(WAIT_S)
        retry = self.again("retry", out="out-retry1")
        self.assertEqual(retry.verdicts(), [("success", "already-done"),
                                            ("success", "SUCCESS")], retry)

    def test_unsent_rows(self):
        """Of a run out of budget: the retry sends them; the old run stays as it was."""
        run = self.first("", NOTED + noted(range(1, 9)), "--max-calls", "3", "-j", "1")
        before = run.bytes("results.csv")
        again = self.again("retry", "--out", "two", "--max-calls", "99", out="two")
        self.assertEqual((again.code, again.summary["rows"]), (0, 5), again)
        self.assertEqual(run.bytes("results.csv"), before)
        books = self.box.stop()
        self.assertTrue(all(one == {"asked": 1, "removed": 1}
                            for one in books["ids"].values()))

    def test_connect_failed(self):
        port = self.closed_port()

        class Nobody:
            url = f"http://127.0.0.1:{port}"
        run = self.go(Nobody, "crm.delink", NOTED + noted([1, 2]), "--retries", "0")
        self.assertEqual(set(run.verdicts()), {("failed", "connect-failed")})
        service = BodyService(lambda request: refusal(403, "NO_PERMISSION"), port=port)
        self.addCleanup(service.stop)
        again = self.again("retry", out="out-retry1")
        self.assertEqual(len(service.requests), 2)
        self.assertEqual(again.verdicts(), [("failed", "NO_PERMISSION")] * 2)

    def test_default_names(self):
        """-retry1, -retry2 beside the old one; what exists is not touched."""
        self.first("any: status 503\n")
        for expected in "out-retry1", "out-retry2":
            run = self.unhitch("retry", "--retries", "0", "out", out=expected)
            self.assertTrue(run.has("summary.json"), run)
            self.assertEqual(run.summary["parent"], "out")
            self.says(run.out, expected)
        run = self.unhitch("retry", "--retries", "0", "out-retry1/", out="out-retry1-retry1")
        self.assertTrue(run.has("summary.json"), os.listdir(self.folder))
        self.assertEqual(run.summary["parent"], "out-retry1/")

    def test_names_beside_the_old_one(self):
        self.first("any: status 503\n")
        os.mkdir(self.path("elsewhere"))
        os.rename(self.path("out"), self.path("elsewhere/old"))
        run = self.unhitch("retry", "--retries", "0", "elsewhere/old", out="elsewhere/old-retry1")
        self.assertTrue(run.has("summary.json"), run)

    def test_out_must_be_empty(self):
        self.first("any: status 503\n")
        self.write("full/x", "x")
        run = self.unhitch("retry", "--out", "full", "out")
        self.assertEqual(run.code, 2, run)
        self.assertEqual(os.listdir(self.path("full")), ["x"])

    def test_duplicates_stay(self):
        """Repeated rows are rows of the new run as well, and sent once."""
        content = NOTED + noted([1, 2, 1]) + noted([1]).replace("n1", "other")
        self.first("target 000001/C first 1: status 503\n", content)
        again = self.again("retry", "--out", "two", out="two")
        self.assertEqual([row["note"] for row in again.rows()], ["n1", "n1", "other"])
        self.assertEqual((again.summary["duplicates"], again.summary["calls"]), (2, 1))
        self.says(again.column("message")[2], "same as row 1")

    def shapes(self, content, name, take, results="results.csv", **how):
        """Retry of a job file of that shape takes exactly those rows."""
        self.first("target 000002/C first 1: status 503\ntarget 000004/C first 1: apply cut\n",
                   content, name=name)
        again = self.again("retry", "--out", "two", out="two")
        self.assertEqual(again.code, 0, again)
        rows_now = again.rows(results, **how)
        self.assertEqual([row["note"] for row in rows_now], take)
        return again

    def test_semicolons(self):
        content = (NOTED + noted(range(1, 6))).replace(",", ";").replace("n2", '"n;2"')
        again = self.shapes(content, "job.csv", ["n;2", "n4"], delimiter=";")
        self.assertIn(b'"n;2";1;', again.bytes("results.csv"))

    def test_hostile_cells(self):
        """Quotes, line breaks, formulas, leading blanks, UTF-8: the same bytes again."""
        notes = ['a "b" c', "x\ny", "=1+1", "  lead", "é😀", "#no", "trail ", "'q"]
        for index, note in enumerate(notes):
            with self.subTest(note):
                shutil.rmtree(self.path("out"), ignore_errors=True)
                shutil.rmtree(self.path("two"), ignore_errors=True)
                quote = '"' + note.replace('"', '""') + '"'
                self.shapes((NOTED + noted(range(1, 6))).replace(",n2", "," + quote),
                            "job.csv", [note, "n4"])

    def test_tsv(self):
        self.shapes((NOTED + noted(range(1, 6))).replace(",", "\t"), "job.tsv", ["n2", "n4"],
                    "results.csv", delimiter="\t")

    def test_jsonl(self):
        """Keys of the user stay, whatever they hold; the old `result` does not."""
        lines = [{"module": "Campaigns", "record_id": f"36523970000{n:08}", "related_list":
                  "Contacts", "related_id": int(related(n)), "note": f"n{n}",
                  "more": {"a": [n, None, "é"]}} for n in range(1, 6)]
        again = self.shapes("".join(json.dumps(one) + "\n" for one in lines), "job.jsonl",
                            ["n2", "n4"], "results.jsonl")
        now = again.rows("results.jsonl")
        self.assertEqual(now[0]["more"], {"a": [2, None, "é"]})
        self.assertEqual(now[0]["related_id"], int(related(2)))
        self.assertEqual([row["result"]["row"] for row in now], [1, 2])
        self.assertEqual(now[1]["result"]["code"], "already-done")

    def test_gzip_input(self):
        self.write("job.csv.gz", b"")
        content = gzip.compress((NOTED + noted(range(1, 6))).encode())
        self.shapes(content, "job.csv.gz", ["n2", "n4"])

    def test_byte_order_mark_crlf_and_comments(self):
        content = "\ufeff# a comment\r\n" + (NOTED + noted(range(1, 6))).replace("\n", "\r\n")
        self.shapes(content, "job.csv", ["n2", "n4"])

    def test_map_set_and_definition(self):
        """Saved settings count for the retry."""
        self.write("d.json", json.dumps({
            "operation": "crm.delink", "map": {"related_id": "who"},
            "set": {"module": "Campaigns", "related_list": "Contacts"}}))
        self.write("job.csv", "record_id,who,note\n" + "".join(
            f"36523970000{n:08},{related(n)},n{n}\n" for n in range(1, 6)))
        box = self.sandbox(faults="target 000002/C first 1: status 503\n")
        self.unhitch("run", "--base-url", box.url, "--retries", "0", "--out", "out", "d.json",
                     "job.csv")
        again = self.again("retry", "--out", "two", out="two")
        self.assertEqual((again.code, [row["note"] for row in again.rows()]), (0, ["n2"]))

    def test_operation_column(self):
        """A mixed file keeps its operations."""
        self.box = self.sandbox(faults="any: status 503\n")
        self.go(self.box, None, "operation,call_id\ndesk.clear_live_mapping,5\n"
                f"verba.delete_call,{UUID}\n", "--retries", "0")
        self.box.kill()
        service = BodyService(lambda request: http(204) if "/calls/" in request.target else
                              http(200, verba_xml()), port=self.box.port)
        self.addCleanup(service.stop)
        again = self.again("retry", "--out", "two", out="two")
        self.assertEqual(again.verdicts(), [("success", "SUCCESS")] * 2, again)

    def test_default_operation_is_kept(self):
        self.first("any first 1: status 503\n", NOTED + noted([1]))
        again = self.again("retry", out="out-retry1")
        self.assertEqual((again.code, again.summary["success"]), (0, 1), again)

    def test_retry_of_a_retry(self):
        """The last one is worth as much: unknown three times, then found gone."""
        self.first("requests 1-3: apply cut\n", NOTED + noted([1]))
        again = self.again("retry", "--retries", "0", "--out", "two", out="two")
        self.assertEqual(again.verdicts(), [("unknown", "connection-lost")])
        again = self.again("retry", "--retries", "0", "--out", "three", folder="two", out="three")
        self.assertEqual(again.verdicts(), [("unknown", "connection-lost")])
        again = self.again("retry", "--out", "four", folder="three", out="four")
        self.assertEqual(again.verdicts(), [("success", "already-done")])
        self.assertEqual(again.summary["parent"], "three")
        self.assertEqual(again.column("row"), ["1"])

    def test_memory_of_a_lost_answer_goes_on(self):
        """Lost in the first run, not reached in the second, found gone in the third."""
        self.first("request 1: apply cut\n", NOTED + noted([1]))
        port = self.box.port
        self.box.kill()
        again = self.again("retry", "--retries", "0", "--out", "two", out="two")
        self.assertEqual(again.column("status"), ["unknown"], "that is still what is known")
        service = BodyService(lambda request: http(400, {"data": [entry(
            one, "INVALID_DATA", "relation not found") for one in request.ids]}), port=port)
        self.addCleanup(service.stop)
        again = self.again("retry", "--out", "three", folder="two", out="three")
        self.assertEqual(again.verdicts(), [("success", "already-done")], again)

    def test_not_reached_after_a_5xx(self):
        """That is what failed now, and may pass; the 5xx of the first run is not forgotten."""
        self.first("any: status 503\n", NOTED + noted([1]))
        port = self.box.port
        self.box.kill()
        again = self.again("retry", "--retries", "1", "--out", "two", out="two")
        self.assertEqual(again.verdicts(), [("failed", "connect-failed")], again)
        self.assertEqual(again.column("http"), [""])
        service = BodyService(lambda request: http(400, {"data": [entry(
            one, "INVALID_DATA", "relation not found") for one in request.ids]}), port=port)
        self.addCleanup(service.stop)
        again = self.again("retry", "--out", "three", folder="two", out="three")
        self.assertEqual(again.verdicts(), [("success", "already-done")], again)

    def test_killed_retry_resumes(self):
        """resume of the new run knows what was lost in the old one."""
        self.first("any: apply cut\n", NOTED + noted(range(1, 4)))
        port = self.box.port
        self.box.kill()
        gone = BodyService(lambda request: (time.sleep(0.3), http(400, {"data": [entry(
            one, "INVALID_DATA", "relation not found") for one in request.ids]}))[1], port=port)
        self.addCleanup(gone.stop)
        process = self.start("retry", "-j", "1", "--out", "two", "out")
        self.wait_until(lambda: len(gone.requests) >= 2)
        process.kill()
        process.wait(WAIT_S)
        run = self.again("resume", folder="two")
        self.assertEqual(run.verdicts(), [("success", "already-done")] * 3, run)
        self.assertEqual(run.summary["parent"], "out")

    def test_standard_input(self):
        """Its copy is in the run directory."""
        box = self.sandbox(faults="target 000002/C first 1: status 503\n")
        self.unhitch("run", "--operation", "crm.delink", "--base-url", box.url, "--retries", "0",
                     "--out", "out", "-", stdin=(NOTED + noted([1, 2, 3])).encode())
        again = self.again("retry", "--out", "two", out="two")
        self.assertEqual((again.code, [row["note"] for row in again.rows()]), (0, ["n2"]))

    def test_job_file_of_the_parent_may_go_then(self):
        """The rows are the new run's own job file: report and resume need no other."""
        self.first("any: status 503\n")
        self.again("retry", "--retries", "0", "--out", "two", out="two")
        os.unlink(self.path("job.csv"))
        shutil.rmtree(self.path("out"))
        report = self.unhitch("report", "two", out="two")
        self.assertEqual(report.code, 0, report)

    def test_changed_job_file(self):
        run = self.first("any: status 503\n")
        sent = len(self.box.log())
        self.write("job.csv", NOTED + noted(range(1, 9)).replace("n3", "n4"))
        again = self.unhitch("retry", "out")
        self.assertEqual((again.code, len(self.box.log())), (3, sent), again)
        self.assertFalse(os.path.exists(self.path("out-retry1")))
        self.assertTrue(run.has("results.csv"))

    def test_run_directory_in_use(self):
        box = self.sandbox("--latency", "400ms")
        self.write("job.csv", NOTED + noted(range(1, 5)))
        process = self.start("run", "--operation", "crm.delink", "--base-url", box.url, "-j", "1",
                             "--out", "out", "job.csv")
        self.wait_until(lambda: box.log())
        again = self.unhitch("retry", "out")
        self.assertEqual(again.code, 75, again)
        self.assertEqual(self.finish(process).code, 0)
        self.assertFalse(os.path.exists(self.path("out-retry1")))

    def test_nothing_to_retry(self):
        """Exit 0, said so, no directory, nothing sent."""
        self.first("target 000002/C: error 400 INVALID_MODULE no\n", NOTED + noted([1, 2]) +
                   "Campaigns,x,Contacts,1,bad\n")
        sent = len(self.box.log())
        for options in [], ["--out", "two"], ["--json"]:
            again = self.unhitch("retry", *options, "out")
            self.assertEqual(again.code, 0, again)
            self.says(again.out + again.err, "no row")
        self.assertEqual(sorted(set(os.listdir(self.folder)) & {"out-retry1", "two", "runs"}), [])
        self.assertEqual(len(self.box.log()), sent)

    def test_not_a_run_directory(self):
        os.mkdir(self.path("empty"))
        for name in "empty", "nowhere", "job.csv":
            run = self.unhitch("retry", name)
            self.assertEqual(run.code, 2, run)
            self.says(run.err, name)
        self.assertEqual(self.unhitch("retry").code, 2)
        self.assertFalse(os.path.exists(self.path("empty-retry1")))

    def test_missing_credentials(self):
        """Exit 2, nothing sent, no directory left behind."""
        self.first("any: status 503\n")
        again = self.unhitch("retry", "out", token=None)
        self.assertEqual(again.code, 2, again)
        self.assertFalse(os.path.exists(self.path("out-retry1")))

    def test_json(self):
        self.first("requests 1-8: status 503\n")
        again = self.unhitch("retry", "--json", "out", out="out-retry1")
        self.assertEqual(json.loads(again.out), again.summary)
        self.assertEqual(again.summary["parent"], "out")

    def test_preferences_in_order(self):
        """Rows of call preferences that failed for a while: again in order."""
        box = self.sandbox(faults="requests 1-3: status 503\n")
        self.go(box, "crm.call_preferences", "show_to_number,show_from_number\n"
                "true,false\nfalse,false\nfalse,true\n", "--retries", "0")
        again = self.again("retry", "--out", "two", out="two")
        self.assertEqual(again.code, 0, again)
        self.assertEqual([(one["show_to_number"], one["show_from_number"])
                          for one in box.stop()["call_preferences"]],
                         [(True, False), (False, False), (False, True)])


if __name__ == "__main__":
    main()
