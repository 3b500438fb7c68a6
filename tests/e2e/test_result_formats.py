#!/usr/bin/env python3
"""--results and --gzip: other forms of the result files."""

import gzip

from harness import *

JSON_ROW = (f'{{"module":"Campaigns","record_id":{CAMPAIGN},"related_list":"Contacts",'
            f'"related_id":"{related(1)}","note":"a, \\"b\\"\\nc","n":1.50,"z":null,'
            f'"deep":{{"a": [1]}},"yes":true}}\n')


class ResultFormats(Case):

    def test_csv_to_jsonl(self):
        """Every cell is a string: no digit is lost."""
        content = ("Note," + HEADER + '"a ""b""\nü",' + rows([1]) + "007," + rows(["x"]) +
                   "a,b,c,d,e,f\n")
        run = self.run_job(self.sandbox(), content, "--results", "jsonl")
        found = run.text("results.jsonl").splitlines()
        self.assertEqual(found[0], '{"Note":"a \\"b\\"\\nü","module":"Campaigns",'
                         f'"record_id":"{CAMPAIGN}","related_list":"Contacts",'
                         f'"related_id":"{related(1)}","result":{{"row":1,"line":2,'
                         '"status":"success","code":"SUCCESS","http":200,'
                         '"message":"relation removed","attempts":1,"time":"TIME"}}')
        rejected, broken = (json.loads(line) for line in found[1:])
        self.assertEqual(rejected["Note"], "007")
        self.assertEqual(rejected["result"]["code"], "bad-id")
        self.assertEqual(list(broken), ["result"])
        self.assertEqual(run.text("rejected.jsonl").splitlines(), found[1:])
        self.assertFalse(run.has("results.csv"))

    def test_jsonl_to_csv(self):
        """Columns in the order of their first appearance; other values as JSON."""
        second = JSON_ROW.replace(related(1), related(2)).replace('"z":null', '"late":"x"')
        run = self.run_job(self.sandbox(), JSON_ROW + second + "broken\n", "--results",
                           "csv", name="job.jsonl")
        text = run.text("results.csv")
        self.assertEqual(text, HEADER[:-1] + ",note,n,z,deep,yes,late," + OURS +
                         f'Campaigns,{CAMPAIGN},Contacts,{related(1)},"a, ""b""\nc",1.50,,'
                         '"{""a"": [1]}",true,,1,1,success,SUCCESS,200,relation removed,1,'
                         f'TIME\nCampaigns,{CAMPAIGN},Contacts,{related(2)},"a, ""b""\nc",'
                         '1.50,,"{""a"": [1]}",true,x,2,2,success,SUCCESS,200,'
                         'relation removed,1,TIME\n' + text.splitlines(True)[-1])
        self.assertTrue(text.splitlines()[-1].startswith(",,,,,,,,,,3,3,rejected,bad-syntax"))

    def test_converted_results_are_job_files(self):
        sandbox = self.sandbox("--no-magic")
        there = self.run_job(sandbox, job([1, 2]), "--results", "jsonl", out="there")
        back = self.run_job(sandbox, there.bytes("results.jsonl"), "--results", "csv",
                            name="back.jsonl", out="back")
        self.assertEqual([row["related_id"] for row in back.rows()], [related(1), related(2)])
        self.assertEqual(back.verdicts(), [("failed", "INVALID_DATA")] * 2)
        self.assertEqual(back.text().splitlines()[0] + "\n", HEADER[:-1] + "," + OURS)

    def test_gzip(self):
        for form, content, name in (("csv", job([1]) + rows(["x"]), "job.csv"),
                                    ("jsonl", JSON_ROW + "broken\n", "job.jsonl")):
            with self.subTest(form):
                sandbox = self.sandbox()
                plain = self.run_job(sandbox, content, name=name, out=form)
                packed = self.run_job(self.sandbox(), content, "--gzip", name=name,
                                      out=form + "-packed")
                for file in "results", "rejected":
                    path = packed.path(f"{file}.{form}.gz")
                    with open(path, "rb") as stream:
                        data = gzip.decompress(stream.read())
                    self.assertEqual(mask_times(data.decode()), plain.text(f"{file}.{form}"))
                    self.assertFalse(packed.has(f"{file}.{form}"))
                again = self.run_job(sandbox, None, packed.path(f"results.{form}.gz"),
                                     out=form + "-again")
                self.assertEqual(again.summary["rows"], 2)

    def test_a_gzip_job_file_has_plain_results(self):
        run = self.run_job(self.sandbox(), gzip.compress(job([1]).encode()), name="job.csv.gz")
        self.assertTrue(run.has("results.csv"))
        self.assertFalse(run.has("results.csv.gz"))

    def test_delimiter_is_kept(self):
        """In every file; cells that hold it are quoted."""
        content = job([1]).replace(",", ";").replace("id\n", "id;note\n") + \
            rows(["x"]).replace(",", ";")[:-1] + ';"a;b"\n'
        run = self.run_job(self.sandbox(), content)
        ours = OURS.replace(",", ";")
        header = HEADER[:-1].replace(",", ";") + ";note;" + ours
        self.assertEqual(run.text().splitlines(True)[0], header)
        self.assertIn(";\"a;b\";2;3;rejected;bad-id;;", run.text("rejected.csv"))
        self.assertEqual(run.rows(delimiter=";")[1]["note"], "a;b")


if __name__ == "__main__":
    main()
