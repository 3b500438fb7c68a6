#!/usr/bin/env python3
"""Random kills under random faults: in the end every row says what became of it."""

import random

from harness import *

FAULTS = ["every 5: apply cut\n", "every 7: status 503\n", "every 11: apply status 502\n",
          "every 13: status 429\n", "every 17: reset\n", "every 19: drop *\n"]
POISON = related(77)
ENDS = [signal.SIGKILL, signal.SIGKILL, signal.SIGINT]


class Storm(Case):

    def storm(self, seed):
        rng = random.Random(seed)
        lines = [rows([n], record_id=f"91523970000{target:08}")
                 for target in range(4) for n in range(100)]
        lines += rng.sample(lines, 30)
        rng.shuffle(lines)
        self.write("job.csv", HEADER + "".join(lines))
        sandbox = self.sandbox("--no-magic", "--latency", "2ms", faults=(
            f'target {POISON}: error 400 UNABLE_TO_PARSE_DATA_TYPE "poison"\n' +
            "".join(rng.sample(FAULTS, 3))))
        process = self.start("run", "--operation", "crm.delink", "--base-url", sandbox.url,
                             "--out", "out", "--batch-size", rng.choice(["7", "20", "100"]),
                             "--halt-after", "0", "--retries", "9", "-j", rng.choice("149"),
                             "job.csv")
        self.wait_until(lambda: sandbox.log() or process.poll() is not None)
        for _ in range(3):
            time.sleep(rng.uniform(0, 0.3))
            process.send_signal(rng.choice(ENDS))
            process.communicate(timeout=WAIT_S)
            report = self.unhitch("report", "out", out="out", token=None)
            self.assertEqual(report.code, 0, report)
            self.assertEqual([row["related_id"] for row in report.rows()],
                             [line.strip().split(",")[3] for line in lines])
            process = self.start("resume", "out")
        process.communicate(timeout=WAIT_S)
        run = self.resume(sandbox, timeout=60)
        done = sandbox.stop()["ids"]
        self.assertEqual(run.code, 4, run)
        for row in run.rows():
            key = f"Campaigns/{row['record_id']}/Contacts/{row['related_id']}"
            removed = done.get(key, {"removed": 0})["removed"]
            expected = ("failed", 0) if row["related_id"] == POISON else ("success", 1)
            self.assertEqual((row["result_status"], removed), expected, row)

    def test_storms(self):
        for seed in range(1, 7):
            with self.subTest(seed):
                shutil.rmtree(self.path("out"), ignore_errors=True)
                self.storm(seed)


if __name__ == "__main__":
    main()
