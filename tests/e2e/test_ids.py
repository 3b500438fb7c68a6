#!/usr/bin/env python3
"""Record IDs: what is taken as meant, and what is refused and never repaired."""

from harness import *

TAKEN = [("1", "1"), ("12345678901234567890", "12345678901234567890"),
         (" 365239 ", "365239"), ("zcrm_365240", "365240"),
         ("'365241", "365241"), ('"=""365242"""', "365242"), ("007", "007"),
         ("00365243", "00365243"), (" zcrm_365244 ", "365244")]
MANGLED = ["3.6524E+18", "3.65E18", "3,65E+18", "3.652.397", "365.0", "3652397.", "1E+5",
           '"3,652,397,000"', "3 652 397", "3'652'397", "3.6524e+18"]
BAD = ["x", "123456789012345678901", "-1", "+1", "12x", "0x12", "１２３", "12;13",
       "zcrm_x", "#REF!", "12/13"]


def quoted(cell):
    return cell if cell.startswith('"') or "," not in cell else f'"{cell}"'


class Ids(Case):

    def test_taken_as_meant(self):
        sandbox = self.sandbox()
        run = self.run_job(sandbox, HEADER + "".join(
            f"Campaigns,{CAMPAIGN},Contacts,{cell}\n" for cell, _ in TAKEN))
        self.assertEqual(run.code, 0, run)
        self.assertEqual(sandbox.ids(), [[sent for _, sent in TAKEN]])

    def test_the_parent_too(self):
        for number, cell in enumerate(["zcrm_11", "'11", '"=""11"""', " 11 "]):
            sandbox = self.sandbox()
            run = self.run_job(sandbox, f"{HEADER}Campaigns,{cell},Contacts,5\n",
                               out=f"out{number}")
            self.assertEqual(run.code, 0, run)
            self.assertEqual(sandbox.targets(), ["/crm/v8/Campaigns/11/Contacts?ids=5"])

    def test_cells_come_back_as_they_were(self):
        cells = ["zcrm_1", "'2", " 3 ", '"=""4"""']
        content = HEADER + "".join(f"Campaigns,{CAMPAIGN},Contacts,{cell}\n" for cell in cells)
        run = self.run_job(self.sandbox(), content)
        self.assertEqual([row["related_id"] for row in run.rows()],
                         ["zcrm_1", "'2", " 3 ", '="4"'])

    def refused(self, cells, code, field):
        """Rejected, with the field, the value and the code; nothing is sent."""
        place = {"related_id": "Campaigns,{0},Contacts,{1}",
                 "record_id": "Campaigns,{1},Contacts,{0}"}[field]
        content = HEADER + "".join(place.format(CAMPAIGN, quoted(cell)) + "\n"
                                   for cell in cells)
        sandbox = self.sandbox()
        run = self.run_job(sandbox, content)
        self.assertEqual(run.code, 4, run)
        self.assertEqual(sandbox.log(), [])
        for number, (cell, row) in enumerate(zip(cells, run.rows()), 1):
            with self.subTest(cell):
                self.assertEqual(
                    [row["result_" + name] for name in
                     ("row", "line", "status", "code", "http", "attempts", "time")],
                    [str(number), str(number + 1), "rejected", code, "", "0", ""])
                self.says(row["result_message"], field, cell.strip('"'))
                self.assertEqual(row[field], cell.strip('"'))
        self.assertEqual(run.text("rejected.csv"), run.text())
        self.assertEqual(run.summary["codes"], {code: len(cells)})
        self.assertIn(f"job.csv:2: {field}", run.err)

    def test_mangled_related_ids(self):
        self.refused(MANGLED, "mangled-id", "related_id")

    def test_mangled_record_ids(self):
        self.refused(MANGLED, "mangled-id", "record_id")

    def test_bad_related_ids(self):
        self.refused(BAD, "bad-id", "related_id")

    def test_bad_record_ids(self):
        self.refused(BAD, "bad-id", "record_id")

    def test_the_remedy_is_named(self):
        run = self.run_job(self.sandbox(), HEADER + "Campaigns,1,Contacts,3.65E+18\n"
                           "Campaigns,1,Contacts,abc\nCampaigns,1,Contacts,\n"
                           "Campaigns,1,Tasks,5\nCam-paigns,1,Contacts,5\n")
        mangled, bad, missing, relation, value = run.column("message")
        self.says(mangled, "export", "text")
        self.says(bad, "digits", "correct")
        self.says(missing, "related_id", "fill")
        self.says(relation, "--allow-relation", "Campaigns/Tasks")
        self.says(value, "module", "Cam-paigns")

    def test_missing_fields(self):
        """Empty or only blanks, whichever field it is."""
        good = ["Campaigns", CAMPAIGN, "Contacts", "5"]
        for index, field in enumerate(HEADER.strip().split(",")):
            for blank in "", "  ":
                with self.subTest(field=field, blank=blank):
                    cells = [blank if i == index else cell for i, cell in enumerate(good)]
                    sandbox = self.sandbox()
                    run = self.run_job(sandbox, HEADER + ",".join(cells) + "\n",
                                       out=f"{field}{len(blank)}")
                    self.assertEqual(run.verdicts(), [("rejected", "missing-field")])
                    self.says(run.column("message")[0], field)
                    self.assertEqual((run.code, sandbox.log()), (4, []))

    def test_names_that_are_none(self):
        """They would change the request: never sent."""
        odd = ["Contacts?x=1", "Contacts/1", "../Leads", "Con%20tacts", "Cöntacts", "1Contacts",
               "Contacts#", "Contacts&ids=5", '"Con""tacts"', '"Con\r\ntacts"']
        sandbox = self.sandbox()
        run = self.run_job(sandbox, HEADER + "".join(
            f"Campaigns,1,{name},5\n{name},1,Contacts,5\n" for name in odd),
            "--allow-relation", "any")
        self.assertEqual(set(run.verdicts()), {("rejected", "bad-value")})
        self.assertEqual(sandbox.log(), [])

    def test_no_guess_about_a_repaired_twin(self):
        """A good and a mangled form of one ID: only the good one goes out."""
        sandbox = self.sandbox()
        run = self.run_job(sandbox, job([1]) + f'Campaigns,{CAMPAIGN},Contacts,'
                           f'"3,652,397,000,000,000,001"\n')
        self.assertEqual(run.verdicts(), [("success", "SUCCESS"), ("rejected", "mangled-id")])
        self.assertEqual(sandbox.ids(), [[related(1)]])


if __name__ == "__main__":
    main()
