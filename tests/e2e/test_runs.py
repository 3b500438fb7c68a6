#!/usr/bin/env python3
"""`unhitch runs`: what earlier runs came to, whatever else lies in the folder."""

import fcntl

from harness import *


def targets(count):
    return HEADER + "".join(rows([1], record_id=f"36523970000{n:08}")
                            for n in range(1, count + 1))


class Runs(Case):

    def setUp(self):
        super().setUp()
        self.server = self.service()

    def go(self, name, content, *options, server=None):
        return self.run_job(server or self.server, content, *options, out="runs/" + name,
                            name=name + ".csv")

    def listed(self, *arguments):
        run = self.unhitch("runs", "--json", *arguments, token=None)
        self.assertEqual((run.code, run.err), (0, ""), run)
        return json.loads(run.out)

    def table(self, *arguments):
        run = self.unhitch("runs", *arguments, token=None)
        self.assertEqual((run.code, run.err), (0, ""), run)
        return run.out

    def test_none_yet(self):
        run = self.unhitch("runs", token=None)
        self.assertEqual((run.code, run.out), (0, ""))
        self.says(run.err, "no runs in runs")
        self.assertEqual(self.listed(), [])
        self.assertEqual(self.unhitch("runs", "-q").err, "")

    def test_a_folder_that_is_not_there(self):
        run = self.unhitch("runs", "gone", token=None)
        self.assertEqual((run.code, run.out), (2, ""))
        self.says(run.err, "gone", "no such file")

    def test_what_became_of_them(self):
        """Finished, finished with failures, stopped; the newest first, with what to do."""
        self.assertEqual(self.go("good", job([1])).code, 0)
        self.assertEqual(self.go("stopped", targets(3), "--max-calls", "1", "-j", "1").code, 8)
        self.assertEqual(self.go("busy", job([1]) + rows(["x"]), "--retries", "0",
                                 server=self.sandbox(faults="any: status 503\n")).code, 4)
        busy, stopped, good = self.listed()
        self.assertEqual([busy["name"], stopped["name"], good["name"]],
                         ["busy", "stopped", "good"])
        self.assertEqual({key: good[key] for key in ("state", "rows", "success", "exit_code",
                                                     "stopped_by", "next")},
                         {"state": "finished", "rows": 1, "success": 1, "exit_code": 0,
                          "stopped_by": None, "next": None})
        self.assertEqual((stopped["state"], stopped["stopped_by"], stopped["unsent"],
                          stopped["next"]),
                         ("stopped", "budget", 2, "unhitch resume runs/stopped"))
        self.assertEqual((busy["failed"] + busy["unknown"], busy["rejected"], busy["next"]),
                         (1, 1, "unhitch retry runs/busy"))
        told = self.table("runs").splitlines()
        self.assertRegex(told[0], r"^RUN +STARTED \(UTC\) +STATE +EXIT")
        self.assertRegex(told[1], r"^busy +\d{4}-\d\d-\d\d \d\d:\d\d +finished +4 +2 ")
        self.assertEqual(told[2], "  -> unhitch retry runs/busy")
        for line in told:
            if line.startswith("  -> unhitch "):
                command, folder = line.split()[2:]
                self.assertIn(self.unhitch(command, folder).code, (0, 4, 8), line)
        self.assertEqual({run["name"]: run["next"] for run in self.listed()}["busy"], None,
                         "it has been retried")

    def test_killed_and_in_use(self):
        slow = self.service(lambda request: time.sleep(2) or CLOSE)
        self.write("job.csv", job([1]))
        process = self.start("run", "--operation", "crm.delink", "--base-url", slow.url,
                             "--out", "runs/a", "job.csv")
        self.wait_until(lambda: slow.requests)
        run, = self.listed()
        self.assertEqual((run["state"], run["rows"], run["next"]), ("in use", None, None))
        process.kill()
        process.wait(WAIT_S)
        run, = self.listed()
        self.assertEqual((run["state"], run["rows"], run["next"]),
                         ("unfinished", None, "unhitch resume runs/a"))
        self.assertIn("unfinished", self.table())

    def test_looking_does_not_get_in_the_way(self):
        """A run that is begun while somebody looks is not refused."""
        self.go("a", targets(3), "--max-calls", "1", "-j", "1")
        lock = os.open(self.path("runs/a/lock"), os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_SH)
        process = self.start("resume", "--max-calls", "9", "runs/a")
        time.sleep(0.01)
        os.close(lock)
        self.assertEqual(self.finish(process).code, 0)

    def test_foreign_things(self):
        """Files, links, folders without settings: not ours, and left alone."""
        self.go("good", job([1]))
        self.write("runs/notes.txt", "x")
        self.write("runs/folder/results.csv", "x")
        self.write("runs/.hidden/settings.json", "{}")
        os.symlink("good", self.path("runs/latest"))
        os.symlink("nowhere", self.path("runs/broken"))
        os.mkfifo(self.path("runs/pipe"))
        os.mkdir(self.path("runs/weird"))
        os.mkfifo(self.path("runs/weird/settings.json"))
        self.assertEqual([run["name"] for run in self.listed()], ["good"])
        self.assertEqual(os.listdir(self.path("runs/folder")), ["results.csv"])

    def test_damaged_summaries(self):
        """Not whole, not true, not ours: then nothing is known of the run."""
        self.go("good", job([1]))
        with open(self.path("runs/good/summary.json"), encoding="utf-8") as file:
            good = json.load(file)
        damaged = {"cut": json.dumps(good)[:100], "empty": "", "array": "[]",
                   "binary": b"\xff\x00", "sum": json.dumps({**good, "success": 2}),
                   "negative": json.dumps({**good, "rows": -1, "success": -1}),
                   "text": json.dumps({**good, "calls": "many"}),
                   "bare": "{}", "deep": "[" * 100000}
        for name, content in damaged.items():
            shutil.copytree(self.path("runs/good"), self.path("runs/" + name))
            self.write(f"runs/{name}/summary.json", content)
        os.unlink(self.path("runs/cut/settings.json"))
        for run in self.listed():
            if run["name"] != "good":
                self.assertEqual((run["state"], run["rows"]), ("unfinished", None), run)
        self.assertEqual({run["name"] for run in self.listed()},
                         {"good", *damaged} - {"cut"})
        self.table()

    def test_hostile_words(self):
        """Names and codes with control characters cannot drive the terminal."""
        self.go("good", targets(2), "--max-calls", "1", "-j", "1")
        with open(self.path("runs/good/summary.json"), encoding="utf-8") as file:
            told = json.load(file)
        told["stopped_by"]["code"] = "\x1b[2J\u009b31m\n"
        os.rename(self.path("runs/good"), self.path("runs/\x1b]0;x\x07\n"))
        self.write("runs/\x1b]0;x\x07\n/summary.json", json.dumps(told))
        text = self.table()
        self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")
        self.assertEqual(len(text.splitlines()), 2)
        self.assertEqual(len(self.listed()), 1)


if __name__ == "__main__":
    main()
