#!/usr/bin/env python3
"""Rows of CSV job files: whole results, byte for byte."""

from harness import *

GOOD = "success,SUCCESS,200,relation removed,1,TIME\n"


class CsvRows(Case):

    def whole(self, content, expected, *options, code=0, delimiter=","):
        sandbox = self.sandbox()
        run = self.run_job(sandbox, content, *options)
        self.assertEqual(run.code, code, run)
        self.assertEqual(run.text(), expected)
        self.sent = sandbox.targets()
        return run

    def test_unknown_columns_and_blanks(self):
        """Cells of other columns come back with every byte, blanks too."""
        cells = [" left", "right ", "  ", "ü€𝄞", "0007", "'x", "a\tb", "=1+1", "-"]
        content = "Note," + HEADER[:-1] + ",Amount\n" + "".join(
            f"{cell},{rows([n])[:-1]}, {n} \n" for n, cell in enumerate(cells, 1))
        expected = "Note," + HEADER[:-1] + ",Amount," + OURS + "".join(
            f"{cell},{rows([n])[:-1]}, {n} ,{n},{n + 1},{GOOD}"
            for n, cell in enumerate(cells, 1))
        self.whole(content, expected)

    def test_a_first_cell_with_a_hash_is_no_comment(self):
        """Comments stand before the header only."""
        content = f"Note,{HEADER}#1,Campaigns,{CAMPAIGN},Contacts,{related(1)}\n"
        run = self.run_job(self.sandbox(), content)
        self.assertEqual(run.code, 0, run)
        row, = run.rows()
        self.assertEqual(row["Note"], "#1")

    def test_quoted_cells(self):
        """Delimiters, quotes and line breaks in cells; the line is where a row starts."""
        content = (f"note,{HEADER}"
                   f'"a, ""b""",Campaigns,{CAMPAIGN},Contacts,{related(1)}\n'
                   f'"two\nlines\r\nand one",Campaigns,{CAMPAIGN},Contacts,{related(2)}\n'
                   f'"plain","Campaigns","{CAMPAIGN}","Contacts","{related(3)}"\n'
                   f'"",Campaigns,{CAMPAIGN},Contacts,{related(4)}\n')
        expected = (f"note,{HEADER[:-1]},{OURS}"
                    f'"a, ""b""",Campaigns,{CAMPAIGN},Contacts,{related(1)},1,2,{GOOD}'
                    f'"two\nlines\r\nand one",Campaigns,{CAMPAIGN},Contacts,{related(2)},'
                    f"2,3,{GOOD}"
                    f"plain,Campaigns,{CAMPAIGN},Contacts,{related(3)},3,6,{GOOD}"
                    f",Campaigns,{CAMPAIGN},Contacts,{related(4)},4,7,{GOOD}")
        self.whole(content, expected)

    def test_a_line_of_tabs_is_blank(self):
        """Unless tabs are what separates."""
        content = "\t\n" + HEADER + "\t \n" + rows([1]) + "\t\n"
        run = self.run_job(self.sandbox(), content)
        self.assertEqual((run.code, run.column("line")), (0, ["4"]), run)
        tabs = (HEADER + rows([2])).replace(",", "\t") + "\t\t\t\n"
        run = self.run_job(self.sandbox(), tabs, name="job.tsv", out="tabs")
        self.assertEqual(run.summary["rejected"], 1, run)

    def test_comments_and_blank_lines(self):
        """Neither is a row, and both count as lines."""
        content = ("# exported\n\n#a second, comment\n" + HEADER + "\n" + rows([1]) +
                   "\r\n\n" + rows([2]) + "\n\n")
        self.whole(content, f"{HEADER[:-1]},{OURS}"
                   f"{rows([1])[:-1]},1,6,{GOOD}{rows([2])[:-1]},2,9,{GOOD}")

    def test_missing_last_cells(self):
        """They are empty, and come back as empty cells."""
        content = HEADER[:-1] + ",a,b\n" + rows([1]) + rows([2])[:-1] + ",x\n"
        self.whole(content, f"{HEADER[:-1]},a,b,{OURS}"
                   f"{rows([1])[:-1]},,,1,2,{GOOD}{rows([2])[:-1]},x,,2,3,{GOOD}")

    def test_our_columns_are_dropped(self):
        """Whatever begins with result_ is of an earlier run."""
        content = ("result_status,module,record_id,result_foo,related_list,related_id,"
                   f"RESULT_TIME\nfailed,Campaigns,{CAMPAIGN},x,Contacts,{related(1)},y\n")
        self.whole(content, f"{HEADER[:-1]},{OURS}{rows([1])[:-1]},1,2,{GOOD}")

    def test_results_are_a_job_file(self):
        """A result file runs again, and so do failed and rejected."""
        sandbox = self.sandbox()
        broken = "Campaigns,x,Contacts,5,note\n"
        content = (HEADER[:-1] + ",note\n" + rows([1])[:-1] + ',"a\nb"\n' +
                   f"Campaigns,{CAMPAIGN},Contacts,3652397000000000404,never\n" + broken)
        first = self.run_job(sandbox, content)
        self.assertEqual(first.code, 4, first)
        second = self.run_job(sandbox, first.bytes("results.csv"), out="second",
                              name="again.csv")
        self.assertEqual(second.verdicts(), [("failed", "INVALID_DATA"),
                                             ("failed", "INVALID_DATA"),
                                             ("rejected", "bad-id")])
        self.assertEqual(second.column("line"), ["2", "4", "5"])
        self.assertEqual(second.text().splitlines()[0], first.text().splitlines()[0])
        for name, verdict in (("failed.csv", ("failed", "INVALID_DATA")),
                              ("rejected.csv", ("rejected", "bad-id"))):
            again = self.run_job(sandbox, first.bytes(name), out=name + ".out", name=name)
            self.assertEqual(again.verdicts(), [verdict])

    def test_results_with_many_commas_in_a_name(self):
        """Read again, the delimiter is still found."""
        content = ('"' + ",".join("abcdefghijklmnopqrst") + '";' +
                   (HEADER + "x," + rows([1])).replace(",", ";"))
        first = self.run_job(self.sandbox(), content)
        second = self.run_job(self.sandbox(), first.bytes("results.csv"), out="second",
                              name="again.csv")
        self.assertEqual((second.code, second.text()), (0, first.text()), second)

    def test_delimiters_that_our_cells_hold(self):
        """Then ours are quoted, so that the results are a job file all the same."""
        for number, delimiter in enumerate(":-.2TZ_s #"):
            with self.subTest(delimiter):
                lines = csv.reader(io.StringIO(job([1, 2]) + "Campaigns,x,Contacts,5\n"))
                content = io.StringIO()
                csv.writer(content, delimiter=delimiter).writerows(lines)
                content, told = content.getvalue(), []
                for out in f"first{number}", f"second{number}":
                    run = self.run_job(self.sandbox(), content, "--delimiter", delimiter,
                                       out=out)
                    self.assertEqual(run.code, 4, run)
                    content = run.bytes("results.csv").decode()
                    told.append(run.rows(delimiter=delimiter))
                    for row in told[-1]:
                        row.pop("result_time")
                self.assertEqual([row["result_code"] for row in told[0]],
                                 ["SUCCESS", "SUCCESS", "bad-id"])
                self.assertEqual(told[0], told[1])

    def test_a_carriage_return_outside_quotes(self):
        """No row is lost or invented by it."""
        content = HEADER[:-1] + ",n\n" + rows([1])[:-1] + ",a\rb\n" + rows([2])
        run = self.run_job(self.sandbox(), content)
        self.assertEqual([row["related_id"] for row in run.rows()], [related(1), related(2)])
        self.assertEqual(run.column("status")[1], "success")

    def test_each_file_has_its_rows(self):
        """failed, rejected: the same lines as in results, under the same header."""
        sandbox = self.sandbox()
        content = (job([1]) + f"Campaigns,{CAMPAIGN},Contacts,3652397000000000404\n" +
                   "Campaigns,x,Contacts,5\n")
        run = self.run_job(sandbox, content)
        header, good, failed, rejected = run.text().splitlines(keepends=True)
        self.assertIn(",success,SUCCESS,207,", good)
        self.assertEqual(run.text("failed.csv"), header + failed)
        self.assertEqual(run.text("rejected.csv"), header + rejected)
        self.assertFalse(run.has("unsent.csv"))
        self.assertEqual(failed, f"Campaigns,{CAMPAIGN},Contacts,3652397000000000404,2,3,"
                         "failed,INVALID_DATA,207,relation not found,1,TIME\n")

    def test_a_message_with_a_delimiter_is_quoted(self):
        service = self.service(lambda request: http(400, {
            "code": "NO_PERMISSION", "status": "error", "details": {},
            "message": 'no, "never"\nagain'}))
        run = self.run_job(service, job([1]))
        self.assertEqual(run.column("message"), ['no, "never"\nagain'])

    def test_header_only(self):
        """No rows is no mistake."""
        run = self.whole(HEADER, f"{HEADER[:-1]},{OURS}")
        self.assertEqual(self.sent, [])
        self.assertEqual((run.summary["rows"], run.summary["planned_calls"]), (0, 0))
        for name in "failed.csv", "rejected.csv", "unsent.csv":
            self.assertFalse(run.has(name))

    def test_mixed_line_ends(self):
        content = HEADER[:-1] + ",note\n" + rows([1])[:-1] + ",x\n" + rows([2])[:-1] + ",y\r\n"
        run = self.run_job(self.sandbox(), content)
        self.assertEqual([row["note"] for row in run.rows()], ["x", "y"])

    def test_set_and_map(self):
        """--set where the row has none, --map for a column of another name."""
        content = "Kontakt,list,record_id,comment\n" \
                  f"{related(1)},,{CAMPAIGN},a\n{related(2)},Leads,{CAMPAIGN},b\n"
        run = self.whole(content, f"Kontakt,list,record_id,comment,{OURS}"
                         f"{related(1)},,{CAMPAIGN},a,1,2,{GOOD}"
                         f"{related(2)},Leads,{CAMPAIGN},b,2,3,{GOOD}",
                         "--map", "related_id=kontakt", "--map", "related_list=list",
                         "--set", "related_list=Contacts", "--set", "module=Campaigns")
        self.assertEqual(sorted(self.sent), sorted([
            f"{PATH}?ids={related(1)}", f"{PATH[:-8]}Leads?ids={related(2)}"]))
        self.assertEqual(run.summary["targets"], 2)

    def test_operation_column(self):
        sandbox = self.sandbox()
        self.write("job.csv", "operation," + HEADER + "crm.delink," + rows([1]) +
                   "," + rows([2]) + "crm.link," + rows([3]))
        run = self.unhitch("run", "--base-url", sandbox.url, "--set",
                           "operation=crm.delink", "--out", "out", "job.csv", out="out")
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"), ("success", "SUCCESS"),
                                          ("rejected", "unknown-operation")])
        self.says(run.column("message")[2], "operation", "crm.link")


if __name__ == "__main__":
    main()
