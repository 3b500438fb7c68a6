#!/usr/bin/env python3
"""The good way: every form of job file, and what the service receives for it."""

import gzip
import json

from harness import *

IDS = [related(1), related(2), related(3)]


def table(delimiter):
    lines = [["module", "record_id", "related_list", "related_id"]]
    lines += [["Campaigns", CAMPAIGN, "Contacts", number] for number in IDS]
    return "".join(delimiter.join(line) + "\n" for line in lines)


def json_lines():
    return "".join(json.dumps({"module": "Campaigns", "record_id": CAMPAIGN,
                               "related_list": "Contacts", "related_id": number}) + "\n"
                   for number in IDS)


def results(delimiter=","):
    lines = [f"module,record_id,related_list,related_id,{OURS}"]
    lines += [f"Campaigns,{CAMPAIGN},Contacts,{number},{n},{n + 1},success,SUCCESS,200,"
              f"relation removed,1,TIME\n" for n, number in enumerate(IDS, 1)]
    return "".join(lines).replace(",", delimiter)


def json_results():
    lines = []
    for n, (number, line) in enumerate(zip(IDS, json_lines().splitlines()), 1):
        lines.append(line[:-1] + ',"result":{"row":%d,"line":%d,"status":"success",'
                     '"code":"SUCCESS","http":200,"message":"relation removed",'
                     '"attempts":1,"time":"TIME"}}\n' % (n, n))
    return "".join(lines)


class GoodWay(Case):

    def check(self, content, name, expected, file, *options, stdin=None):
        sandbox = self.sandbox()
        if stdin is None:
            run = self.run_job(sandbox, content, *options, name=name, out=f"out-{name}")
        else:
            run = self.run_job(sandbox, None, *options, "-", stdin=stdin)
        self.assertEqual(run.code, 0, run)
        self.assertEqual(run.text(file), expected)
        self.assertEqual(sandbox.targets(), [PATH + "?ids=" + ",".join(IDS)])
        return run

    def test_csv(self):
        self.check(table(","), "job.csv", results(), "results.csv")

    def test_semicolons(self):
        self.check(table(";"), "job.csv", results(";"), "results.csv")

    def test_bars(self):
        self.check(table("|"), "job.csv", results("|"), "results.csv")

    def test_tabs_in_a_csv_file(self):
        self.check(table("\t"), "job.csv", results("\t"), "results.csv")

    def test_tsv(self):
        run = self.unhitch("plan", "--operation", "crm.delink",
                           self.write("job.tsv", table("\t")), token=None)
        self.assertEqual(run.code, 0, run)
        self.check(table("\t"), "job.tsv", results("\t"), "results.csv")

    def test_format_by_option(self):
        self.check(table("\t"), "job.txt", results("\t"), "results.csv", "--format", "tsv")

    def test_delimiter_by_option(self):
        self.check(table("~"), "job.csv", results("~"), "results.csv", "--delimiter", "~")

    def test_jsonl(self):
        self.check(json_lines(), "job.jsonl", json_results(), "results.jsonl")

    def test_jsonl_by_content(self):
        self.check(json_lines(), "job.txt", json_results(), "results.jsonl")

    def test_csv_by_content(self):
        self.check(table(";"), "job.dat", results(";"), "results.csv")

    def test_gzip_of_each(self):
        forms = [("csv", table(","), results(), "results.csv"),
                 ("tsv", table("\t"), results("\t"), "results.csv"),
                 ("jsonl", json_lines(), json_results(), "results.jsonl")]
        for ending, content, expected, file in forms:
            with self.subTest(ending):
                self.check(gzip.compress(content.encode()), f"job.{ending}.gz", expected, file)

    def test_gzip_by_content(self):
        """Its name does not say so; and a stream of two members."""
        content = table(",").encode()
        packed = gzip.compress(content[:50]) + gzip.compress(content[50:])
        self.check(packed, "job.csv", results(), "results.csv")

    def test_standard_input(self):
        run = self.check(None, None, results(), "results.csv", stdin=table(",").encode())
        self.assertTrue(run.has("summary.json"))

    def test_standard_input_gzip(self):
        self.check(None, None, json_results(), "results.jsonl",
                   stdin=gzip.compress(json_lines().encode()))

    def test_a_pipe_by_name(self):
        """As a shell's <(...) gives it: it can be read only once."""
        os.mkfifo(self.path("pipe"))

        def feed():
            with open(self.path("pipe"), "wb") as pipe:
                pipe.write(gzip.compress(table(",").encode()))
        threading.Thread(target=feed, daemon=True).start()
        run = self.run_job(self.sandbox(), None, "pipe")
        self.assertEqual((run.code, run.text()), (0, results()), run)

    def test_a_file_whose_name_begins_with_a_dash(self):
        sandbox = self.sandbox()
        self.write("-odd.csv", table(","))
        run = self.run_job(sandbox, None, "--", "-odd.csv")
        self.assertEqual((run.code, len(sandbox.log())), (0, 1), run)

    def test_byte_order_mark_and_crlf(self):
        content = "\ufeff" + table(",").replace("\n", "\r\n")
        self.check(content, "job.csv", results(), "results.csv")

    def test_json_with_mark_and_crlf(self):
        content = "\ufeff" + json_lines().replace("\n", "\r\n")
        self.check(content, "job.jsonl", json_results(), "results.jsonl")

    def test_no_line_end_at_the_end(self):
        self.check(table(",")[:-1], "job.csv", results(), "results.csv")

    def test_header_names(self):
        """Case, blanks, - and _ do not matter; results keep the names as they were."""
        sandbox = self.sandbox()
        run = self.run_job(sandbox, "MODULE, Record Id,related-list,RelatedID\n" +
                           rows([1]))
        self.assertEqual(run.code, 0, run)
        self.assertEqual(run.text(), f"MODULE, Record Id,related-list,RelatedID,{OURS}"
                         f"Campaigns,{CAMPAIGN},Contacts,{related(1)},1,2,success,SUCCESS,"
                         f"200,relation removed,1,TIME\n")

    def test_the_request(self):
        """Method, target with literal commas, token, no body."""
        sandbox = self.sandbox()
        self.run_job(sandbox, job([2, 1]))
        request, = sandbox.log()
        self.assertEqual(request["method"], "DELETE")
        self.assertEqual(request["target"], f"{PATH}?ids={related(2)},{related(1)}")
        self.assertEqual(request["body"], "")
        headers = request["headers"]
        self.assertEqual(headers["authorization"], "Zoho-oauthtoken " + TOKEN)
        self.assertEqual(headers["host"], f"127.0.0.1:{sandbox.port}")
        self.assertIn("gzip", headers["accept-encoding"])
        for absent in "content-length", "transfer-encoding", "content-type", "expect", "cookie":
            self.assertNotIn(absent, headers)

    def test_api_version(self):
        sandbox = self.sandbox()
        self.run_job(sandbox, job([1]), "--api-version", "v2.1")
        self.assertEqual(sandbox.targets(), [PATH.replace("v8", "v2.1") + "?ids=" + related(1)])


if __name__ == "__main__":
    main()
