#!/usr/bin/env python3
"""Job files that are refused as a whole: exit 3, nothing sent, nothing left behind."""

import gzip

from harness import *


class RefusedFiles(Case):

    def refused(self, content, *words, name="job.csv", options=()):
        """By run, by plan and from standard input."""
        sandbox = self.sandbox()
        run = self.run_job(sandbox, content, *options, name=name)
        self.assertEqual(run.code, 3, run)
        self.says(run.err, name, *words)
        self.assertFalse(os.path.exists(self.path("out")), "no run directory")
        self.assertEqual(run.out, "")
        plan = self.unhitch("plan", "--operation", "crm.delink", *options, name, token=None)
        self.assertEqual(plan.code, 3, plan)
        self.says(plan.err, name, *words)
        data = content if isinstance(content, bytes) else content.encode()
        piped = self.run_job(sandbox, None, *options, "-", stdin=data, out="piped")
        self.assertEqual(piped.code, 3, piped)
        self.assertFalse(os.path.exists(self.path("piped")))
        self.assertEqual(sandbox.log(), [])
        self.assertFalse(os.path.exists(self.path("runs")))

    def test_empty(self):
        self.refused(b"", "empty")

    def test_empty_after_gzip(self):
        self.refused(gzip.compress(b""), "empty")

    def test_unclosed_quote(self):
        """At the very end of many good rows; the line where the quote opened is named."""
        self.refused(job(range(500)) + f'Campaigns,"{CAMPAIGN},Contacts,5\n' + rows([7]),
                     ":502", "quote")

    def test_truncated_gzip(self):
        data = gzip.compress(job(range(5000)).encode())
        self.refused(data[:len(data) // 2], "gzip")

    def test_gzip_without_its_last_bytes(self):
        self.refused(gzip.compress(job(range(50)).encode())[:-4], "gzip")

    def test_damaged_gzip(self):
        data = bytearray(gzip.compress(job(range(5000)).encode()))
        data[len(data) // 2] ^= 0xFF
        self.refused(bytes(data), "gzip")

    def test_gzip_with_a_wrong_checksum(self):
        data = bytearray(gzip.compress(job(range(50)).encode()))
        data[-6] ^= 0xFF
        self.refused(bytes(data), "gzip")

    def test_garbage_after_gzip(self):
        self.refused(gzip.compress(job(range(50)).encode()) + b"garbage", "gzip")

    def test_two_columns_of_one_name(self):
        self.refused("module,record_id,related_list,related_id,Record ID\n" + rows([1]),
                     "record_id", "Record ID", "two columns")

    def test_two_unknown_columns_of_one_name(self):
        self.refused(HEADER[:-1] + ",note,Note\n" + rows([1]), "note", "two columns")

    def test_no_usable_column(self):
        self.refused("alpha,related_ident\n1,2\n", "related_ident", "--map")

    def test_no_header(self):
        self.refused(rows([1, 2]), "header")

    def test_header_that_is_not_utf8(self):
        self.refused(HEADER.encode()[:-1] + b",\xff\n" + rows([1]).encode(), "UTF-8")

    def test_map_to_a_column_that_is_not_there(self):
        self.refused(job([1]), "Contakt", options=("--map", "related_id=Contakt"))

    def test_on_invalid_stop(self):
        """One rejected row among many: nothing is sent, and the row is shown."""
        sandbox = self.sandbox()
        run = self.run_job(sandbox, job(range(300)) + rows(["x"]), "--on-invalid", "stop")
        self.assertEqual(run.code, 3, run)
        self.assertEqual(sandbox.log(), [])
        self.says(run.err, "job.csv:302", "related_id")
        if run.has("summary.json"):
            self.assertEqual(run.summary["rejected"], 1)
            self.assertEqual(run.summary["unsent"], 300)
            self.assertEqual(len(run.rows("rejected.csv")), 1)
        plan = self.unhitch("plan", "--operation", "crm.delink", "--on-invalid", "stop",
                            "job.csv", token=None)
        self.assertEqual(plan.code, 3, plan)

    def test_on_invalid_stop_without_a_bad_row(self):
        sandbox = self.sandbox()
        run = self.run_job(sandbox, job(range(3)), "--on-invalid", "stop")
        self.assertEqual((run.code, len(sandbox.log())), (0, 1), run)

    def test_an_empty_out_folder_stays(self):
        """Ours was there before: it is emptied of what we wrote, not removed."""
        os.mkdir(self.path("out"))
        run = self.run_job(self.sandbox(), b"")
        self.assertEqual(run.code, 3, run)
        self.assertEqual(os.listdir(self.path("out")), [])


if __name__ == "__main__":
    main()
