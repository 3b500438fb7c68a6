#!/usr/bin/env python3
"""Rows of JSONL job files: own bytes kept, "result" spliced in."""

from harness import *


def result(row, line=None, status="success", code="SUCCESS", http="200",
           message="relation removed", attempts=1, when='"TIME"'):
    return (f'"result":{{"row":{row},"line":{line or row},"status":"{status}",'
            f'"code":"{code}","http":{http},"message":"{message}",'
            f'"attempts":{attempts},"time":{when}}}')


def line(number, rest=""):
    return (f'{{"module":"Campaigns","record_id":"{CAMPAIGN}","related_list":"Contacts",'
            f'"related_id":"{related(number)}"{rest}}}')


class JsonRows(Case):

    def whole(self, content, expected, code=0, options=()):
        self.server = self.sandbox()
        run = self.run_job(self.server, content, *options, name="job.jsonl")
        self.assertEqual(run.code, code, run)
        self.assertEqual(run.text("results.jsonl"), expected)
        return run

    def test_own_bytes(self):
        """Blanks, escapes, numbers and nested values stay as they were written."""
        odd = (f'{{ "module" : "Campaigns", "n": 1.50e3, "deep":{{"a":[1, 2]}},'
               f'"record_id":"{CAMPAIGN}", "t":"\\u00fc\\/", "related_list":"Contacts",'
               f'"related_id":"{related(1)}" , "z":null }}')
        run = self.whole(odd + "\n" + line(2) + "\n", odd[:-2] + "," + result(1) + "}\n" +
                         line(2)[:-1] + "," + result(2) + "}\n")
        self.assertEqual(run.rows("results.jsonl")[0]["deep"], {"a": [1, 2]})

    def test_blank_lines_are_no_rows(self):
        self.whole("\n" + line(1) + "\n  \n\r\n" + line(2) + "\n",
                   line(1)[:-1] + "," + result(1, 2) + "}\n" +
                   line(2)[:-1] + "," + result(2, 5) + "}\n")

    def test_an_earlier_result_is_dropped(self):
        for before in (line(1)[:-1] + ',"result":{"row":7,"status":"failed"}}',
                       '{"result":1,' + line(1)[1:],
                       line(1).replace('"related_list"', '"result":["}"],"related_list"')):
            with self.subTest(before):
                run = self.run_job(self.sandbox(), before + "\n", name="job.jsonl",
                                   out=f"out{abs(hash(before))}")
                self.assertEqual(run.text("results.jsonl"),
                                 line(1)[:-1] + "," + result(1) + "}\n")

    def test_results_are_a_job_file(self):
        sandbox = self.sandbox()
        first = self.run_job(sandbox, line(1) + "\n", name="job.jsonl")
        second = self.run_job(sandbox, first.bytes("results.jsonl"), name="again.jsonl",
                              out="second")
        self.assertEqual(second.text("results.jsonl"), line(1)[:-1] + "," + result(
            1, status="failed", code="INVALID_DATA", http="400",
            message="relation not found") + "}\n")

    def test_ids_as_numbers(self):
        """A JSON integer of 20 digits is an ID like any other; a rounded one is not."""
        big = "98765432109876543210"
        content = (f'{{"module":"Campaigns","record_id":{CAMPAIGN},"related_list":"Contacts",'
                   f'"related_id":{big}}}\n'
                   f'{{"module":"Campaigns","record_id":{CAMPAIGN},"related_list":"Contacts",'
                   f'"related_id":3.65E+18}}\n'
                   f'{{"module":"Campaigns","record_id":{CAMPAIGN},"related_list":"Contacts",'
                   f'"related_id":365.0}}\n'
                   f'{{"module":"Campaigns","record_id":{CAMPAIGN},"related_list":"Contacts",'
                   f'"related_id":-5}}\n')
        run = self.run_job(self.sandbox(), content, name="job.jsonl")
        self.assertEqual([(row["result"]["status"], row["result"]["code"])
                          for row in run.rows("results.jsonl")],
                         [("success", "SUCCESS"), ("rejected", "mangled-id"),
                          ("rejected", "mangled-id"), ("rejected", "bad-id")])
        self.assertIn(f'"related_id":{big},', run.text("results.jsonl"))

    def test_the_20_digits_are_sent(self):
        self.whole(line(1).replace(f'"{related(1)}"', "98765432109876543210") + "\n",
                   line(1).replace(f'"{related(1)}"}}', "98765432109876543210,") +
                   result(1) + "}\n")
        self.assertEqual(self.server.targets(), [PATH + "?ids=98765432109876543210"])

    def test_keys_are_matched_as_headers(self):
        """Case, blanks, - and _; escapes too."""
        text = (f'{{"MODULE":"Campaigns","Record Id":"{CAMPAIGN}","related-list":"Contacts",'
                f'"Related\\u005fID":"{related(1)}"}}')
        self.whole(text + "\n", text[:-1] + "," + result(1) + "}\n")

    def test_set_and_map(self):
        text = f'{{"Wer":"{related(1)}","record_id":"{CAMPAIGN}","module":""}}'
        self.whole(text + "\n", text[:-1] + "," + result(1) + "}\n",
                   options=("--map", "related_id=wer", "--set", "module=Campaigns", "--set",
                            "related_list=Contacts"))
        self.assertEqual(self.server.targets(), [PATH + "?ids=" + related(1)])

    def test_escaped_values(self):
        text = line(1).replace("Campaigns", "C\\u0061mpaigns")
        self.whole(text + "\n", text[:-1] + "," + result(1) + "}\n")
        self.assertEqual(self.server.targets(), [PATH + "?ids=" + related(1)])

    def test_rejected_rows(self):
        """Never sent: no http, no time, 0 attempts."""
        run = self.run_job(self.sandbox(), line(1).replace(related(1), "x") + "\n",
                           name="job.jsonl")
        row, = run.rows("results.jsonl")
        self.assertEqual(row["result"]["status"], "rejected")
        self.assertEqual(row["result"]["attempts"], 0)
        self.assertIn(row["result"]["http"], (None, ""))
        self.assertIn(row["result"]["time"], (None, ""))
        self.assertEqual(list(row["result"]), ["row", "line", "status", "code", "http",
                                               "message", "attempts", "time"])
        self.assertEqual(run.text("rejected.jsonl"), run.text("results.jsonl"))

    def test_broken_lines(self):
        """A row whose line is broken holds "result" alone; the others go on."""
        broken = [b"{", b"[1]", b'"x"', line(1).encode() + b"x", b'{"a":1,}', b"{'a':1}",
                  line(1).encode().replace(b"Contacts", b"Conta\xffcts"),
                  line(1, ',"note":"a\\u0000b"').encode(), b'{"a":"\x00"}', b"nonsense",
                  line(1, ',"module":"Leads"').encode()]
        content = b"\n".join(broken) + b"\n" + line(2).encode() + b"\n"
        sandbox = self.sandbox()
        run = self.run_job(sandbox, content, "--format", "jsonl", name="job.jsonl")
        self.assertEqual(run.code, 4, run)
        found = run.rows("results.jsonl")
        self.assertEqual(len(found), len(broken) + 1)
        for number, row in enumerate(found[:-1], 1):
            with self.subTest(broken[number - 1]):
                self.assertEqual(list(row), ["result"])
                self.assertEqual((row["result"]["row"], row["result"]["line"],
                                  row["result"]["status"], row["result"]["code"]),
                                 (number, number, "rejected", "bad-syntax"))
                self.assertTrue(row["result"]["message"])
        self.assertEqual(found[-1]["result"]["status"], "success")
        self.assertEqual(sandbox.targets(), [PATH + "?ids=" + related(2)])

    def test_two_keys_of_one_name_in_a_row(self):
        """After folding, one field with two values: never a guess."""
        text = line(1, ',"Related Id":"5"')
        sandbox = self.sandbox()
        run = self.run_job(sandbox, text + "\n", name="job.jsonl")
        self.assertEqual(sandbox.log(), [])
        self.assertIn(run.code, (3, 4), run)


if __name__ == "__main__":
    main()
