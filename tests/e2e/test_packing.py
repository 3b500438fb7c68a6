#!/usr/bin/env python3
"""As few calls as possible, whatever the order of the rows; repeats are sent once."""

import random

from harness import *


class Packing(Case):

    def pack(self, content, *options, code=0):
        """IDs of every call, by target."""
        sandbox = self.sandbox("--no-magic")
        run = self.run_job(sandbox, content, *options)
        self.assertEqual(run.code, code, run)
        self.assertEqual(run.summary["calls"], run.summary["planned_calls"])
        self.assertEqual(run.summary["calls"], len(sandbox.log()))
        for target in sandbox.targets():
            self.assertLessEqual(len(target.split("?ids=")[1]), 2000)
        self.run_ = run
        return sandbox

    def test_19_digits_100_a_call(self):
        for count, calls in ((99, 1), (100, 1), (101, 2), (200, 2), (1000, 10)):
            with self.subTest(count):
                sandbox = self.sandbox()
                run = self.run_job(sandbox, job(range(count)), out=f"out{count}")
                self.assertEqual(len(sandbox.log()), calls)
                self.assertEqual(run.summary["calls"], calls)
                self.assertLessEqual(max(map(len, sandbox.ids())), 100)

    def test_20_digits_95_a_call(self):
        for count, calls in ((95, 1), (96, 2), (190, 2), (191, 3)):
            with self.subTest(count):
                content = HEADER + "".join(f"Campaigns,{CAMPAIGN},Contacts,1{related(n)}\n"
                                           for n in range(count))
                sandbox = self.sandbox()
                self.run_job(sandbox, content, out=f"out{count}")
                self.assertEqual(len(sandbox.log()), calls)
                self.assertTrue(all(len(",".join(ids)) <= 2000 for ids in sandbox.ids()))

    def test_short_ids_too(self):
        sandbox = self.pack(HEADER + "".join(f"Campaigns,1,Contacts,{n}\n"
                                             for n in range(1, 201)))
        self.assertEqual([len(ids) for ids in sandbox.ids()], [100, 100])

    def test_mixed_lengths(self):
        """90 IDs of 20 digits and 60 of 1: two calls suffice."""
        ids = [f"1{related(n)}" for n in range(90)] + [str(n) for n in range(60)]
        ids = sorted(set(ids), key=lambda one: random.Random(one).random())
        sandbox = self.pack(HEADER + "".join(f"Campaigns,1,Contacts,{one}\n" for one in ids))
        self.assertEqual(len(sandbox.log()), 2)
        self.assertEqual(sorted(sum(sandbox.ids(), [])), sorted(ids))

    def test_random_order(self):
        """The minimum for each of 23 targets, with repeats in between; each ID once."""
        rng = random.Random(7)
        wanted = {f"3652397000000{n:06}": rng.choice([1, 99, 100, 101, 250]) for n in range(23)}
        lines = [rows([n], record_id=record) for record, count in wanted.items()
                 for n in range(count)]
        repeats = rng.sample(lines, 50)
        lines += repeats
        rng.shuffle(lines)
        sandbox = self.pack(HEADER + "".join(lines))
        self.assertEqual(len(sandbox.log()), sum(-(-n // 100) for n in wanted.values()))
        self.assertEqual(self.run_.summary["targets"], 23)
        self.assertEqual(self.run_.summary["duplicates"], 50)
        sent = [(target.split("?")[0].split("/")[4], one)
                for target in sandbox.targets() for one in target.split("=")[1].split(",")]
        self.assertEqual(len(sent), len(set(sent)), "an ID was sent twice")
        self.assertEqual(len(sent), sum(wanted.values()))
        self.assertEqual([row["related_id"] for row in self.run_.rows()],
                         [line.strip().split(",")[3] for line in lines])
        self.assertEqual({row["asked"] for row in sandbox.stop()["ids"].values()}, {1})

    def test_batch_size(self):
        sandbox = self.pack(job(range(10)), "--batch-size", "3")
        self.assertEqual(sorted(map(len, sandbox.ids())), [1, 3, 3, 3])
        self.assertEqual(sorted(sum(sandbox.ids(), [])), [related(n) for n in range(10)])

    def test_batch_size_1(self):
        sandbox = self.pack(job(range(3)), "--batch-size", "1")
        self.assertEqual(sorted(sandbox.targets()),
                         [f"{PATH}?ids={related(n)}" for n in range(3)])

    def test_repeats(self):
        """Each row carries the outcome of the first, and says so."""
        sandbox = self.sandbox()
        never = "3652397000000000404"
        content = (job([1, 2]) + rows([1]) + f"Campaigns,{CAMPAIGN},Contacts,{never}\n" +
                   f"Campaigns,zcrm_{CAMPAIGN},Contacts,' {never}\n" + rows([1]))
        run = self.run_job(sandbox, content)
        self.assertEqual(sandbox.ids(), [[related(1), related(2), never]])
        self.assertEqual([line.split(",", 4)[4] for line in run.text().splitlines()[1:]], [
            "1,2,success,SUCCESS,207,relation removed,1,TIME",
            "2,3,success,SUCCESS,207,relation removed,1,TIME",
            "3,4,success,SUCCESS,207,same as row 1,1,TIME",
            "4,5,failed,INVALID_DATA,207,relation not found,1,TIME",
            "5,6,failed,INVALID_DATA,207,same as row 4,1,TIME",
            "6,7,success,SUCCESS,207,same as row 1,1,TIME"])
        self.assertEqual(run.summary["duplicates"], 3)
        self.assertEqual(len(run.rows("failed.csv")), 2)

    def test_repeats_of_rejected_rows_are_no_repeats(self):
        run = self.run_job(self.sandbox(), job(["x", "x"]))
        self.assertEqual(run.summary["duplicates"], 0)
        self.assertNotIn("same as", run.column("message")[1])

    def test_the_same_id_in_another_target_is_another(self):
        sandbox = self.pack(job([1]) + rows([1], related_list="Leads") +
                            rows([1], record_id="5"))
        self.assertEqual(len(sandbox.log()), 3)

    def test_leading_zeros_make_another_id(self):
        sandbox = self.pack(HEADER + "Campaigns,1,Contacts,7\nCampaigns,1,Contacts,07\n")
        self.assertEqual(sorted(sandbox.ids()[0]), ["07", "7"])

    def test_many_rows(self):
        """50,000 rows over 500 targets in random order."""
        rng = random.Random(3)
        lines = [rows([n // 500], record_id=f"36523970000{n % 500:08}")
                 for n in range(50000)]
        rng.shuffle(lines)
        sandbox = self.pack(HEADER + "".join(lines), "-j", "8")
        self.assertEqual(len(sandbox.log()), 500)
        self.assertEqual(set(self.run_.column("status")), {"success"})
        self.assertEqual([int(row) for row in self.run_.column("row")],
                         list(range(1, 50001)))


if __name__ == "__main__":
    main()
