#!/usr/bin/env python3
"""CSV rows that cannot be read are rejected alone; the cells that fit are kept."""

from harness import *


class BadRows(Case):

    def test_too_many_cells(self):
        """One bad row between two good ones."""
        sandbox = self.sandbox()
        run = self.run_job(sandbox, job([1]) + "Campaigns,1,Contacts,5,6,7\n" + rows([2]))
        self.assertEqual(run.code, 4, run)
        lines = run.text().split("\n")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"), ("rejected", "bad-syntax"),
                                          ("success", "SUCCESS")])
        self.assertTrue(lines[2].startswith("Campaigns,1,Contacts,5,2,3,rejected,bad-syntax,,"))
        self.assertTrue(lines[2].endswith(",0,"), lines[2])
        self.assertEqual(run.column("line"), ["2", "3", "4"])
        self.assertEqual(sandbox.ids(), [[related(1), related(2)]])
        self.assertIn("job.csv:3: ", run.err)
        self.says(run.column("message")[1], "6", "4")

    def test_not_utf8(self):
        """The cells come back byte for byte."""
        sandbox = self.sandbox()
        run = self.run_job(sandbox, HEADER.encode() + b"Campaigns,1,Conta\xe9cts,5\n" +
                           rows([1]).encode())
        self.assertEqual(run.verdicts(), [("rejected", "bad-syntax"), ("success", "SUCCESS")])
        self.says(run.column("message")[0], "UTF-8")
        self.assertIn(b"\nCampaigns,1,Conta\xe9cts,5,1,2,rejected,bad-syntax,,",
                      run.bytes("results.csv"))
        self.assertEqual(sandbox.ids(), [[related(1)]])

    def test_surrogates_and_overlong_forms(self):
        for number, bad in enumerate([b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80",
                                      b"\xe2\x82"]):
            run = self.run_job(self.sandbox(), HEADER.encode()[:-1] + b",n\n" +
                               rows([1]).encode()[:-1] + b"," + bad + b"\n",
                               out=f"out{number}")
            self.assertEqual(run.column("code"), ["bad-syntax"], bad)

    def test_a_nul(self):
        sandbox = self.sandbox()
        run = self.run_job(sandbox, HEADER.encode() + b"Campaigns,1,Contacts,5\x00\n" +
                           rows([1]).encode())
        self.assertEqual(run.verdicts(), [("rejected", "bad-syntax"), ("success", "SUCCESS")])
        self.says(run.column("message")[0], "NUL")
        self.assertEqual(sandbox.ids(), [[related(1)]])

    def test_results_stay_a_job_file(self):
        """The file of such rows can be read again: same number of rows."""
        bad = [b"a,b,c,d,e", b"Campaigns,1,\xff,5", b"Campaigns,1,\x00,5"]
        sandbox = self.sandbox()
        first = self.run_job(sandbox, HEADER.encode() + b"\n".join(bad) + b"\n")
        second = self.run_job(sandbox, first.bytes("rejected.csv"), name="again.csv",
                              out="second")
        self.assertEqual(second.summary["rows"], 3)
        self.assertEqual(sandbox.log(), [])

    def test_a_quoted_row_with_too_many_cells(self):
        """The next row is not lost, and its line is right."""
        run = self.run_job(self.sandbox(), HEADER + '"a\nb",1,2,3,4\n' + rows([1]))
        self.assertEqual(run.verdicts(), [("rejected", "bad-syntax"), ("success", "SUCCESS")])
        self.assertEqual(run.column("line"), ["2", "4"])

    def test_on_standard_error(self):
        """The first few are told with file and line; the rest is in the file."""
        run = self.run_job(self.sandbox(), HEADER + "a,1,2,3\n" * 500)
        self.assertEqual(run.summary["rejected"], 500)
        self.assertLess(run.err.count("job.csv:"), 50)
        self.assertEqual(len(run.rows("rejected.csv")), 500)


if __name__ == "__main__":
    main()
