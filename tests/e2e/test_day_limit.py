#!/usr/bin/env python3
"""The service's daily limit: recognised after ten refusals, with growing waits."""

from harness import *


class DayLimit(Case):

    def test_ten_429_alone_mean_the_limit_of_the_day(self):
        """Exit 8; the rows stay unsent, with the service's code and words."""
        sandbox = self.sandbox("--limit-calls", "2")
        content = HEADER + "".join(rows([1], record_id=str(n)) for n in range(1, 6))
        run = self.run_job(sandbox, content, "-j", "1", timeout=110)
        self.assertEqual(run.code, 8, run)
        self.assertEqual(run.column("status"), ["success"] * 2 + ["unsent"] * 3)
        self.assertEqual(set(run.column("code", "unsent.csv")), {"budget"})
        self.assertEqual(len(sandbox.log()), 12)
        tried = [row for row in run.rows("unsent.csv") if row["result_attempts"] != "0"]
        self.says(tried[0]["result_message"], "TOO_MANY_REQUESTS")
        self.assertEqual(run.summary["stopped_by"]["code"], "budget")
        self.says(run.out, "resume")


if __name__ == "__main__":
    main()
