#!/usr/bin/env python3
"""--keep N removes old runs of the same job that succeeded, and nothing else, ever."""

import fcntl
import random

from harness import *

STAMP_NAME = re.compile(r"job-\d{8}T\d{6}Z(-\d+)?")


class Keep(Case):

    def setUp(self):
        super().setUp()
        self.server = self.service()
        self.write("job.csv", job([1]))

    def go(self, *options, name="job.csv", env=None, stdin=b"", cwd=None):
        """A run in its default place."""
        process = subprocess.run([UNHITCH, "run", "--operation", "crm.delink", "--base-url",
                                  self.server.url, *options, name], cwd=cwd or self.folder,
                                 input=stdin, capture_output=True, timeout=WAIT_S,
                                 env=self.environment(env), check=False)
        return Run(process.returncode, process.stdout, process.stderr, self.folder)

    def names(self):
        return sorted(os.listdir(self.path("runs")))

    def age(self, day):
        """The only run without an old name gets the name of that day."""
        new, = [name for name in self.names() if not name.startswith("job-2020")]
        old = f"job-202001{day:02}T020000Z"
        os.rename(self.path("runs/" + new), self.path("runs/" + old))
        return old

    def old_runs(self, count, *options):
        for day in range(1, count + 1):
            self.assertIn(self.go(*options).code, (0, 4))
            self.age(day)

    def test_the_newest_stay(self):
        self.old_runs(4)
        run = self.go("--keep", "3")
        self.assertEqual((run.code, run.err), (0, ""))
        self.assertEqual(self.names()[:2], ["job-20200103T020000Z", "job-20200104T020000Z"])
        self.assertEqual(len(self.names()), 3)
        self.assertEqual((self.go("--keep", "1").code, len(self.names())), (0, 1))

    def test_all_stay_without_it(self):
        self.old_runs(2)
        self.go()
        self.assertEqual(len(self.names()), 3)

    def test_a_key_of_the_definition(self):
        self.write("job.json", json.dumps({"input": "job.csv", "keep": 2}))
        for day in 1, 2, 3:
            self.assertEqual(self.go(name="job.json").code, 0)
            self.age(day) if day < 3 else None
        self.assertEqual(len(self.names()), 2)

    def test_runs_with_something_left_to_say_stay(self):
        """A row was rejected, failed, unsent: not removed, told in one line."""
        self.write("job.csv", job([1]) + rows(["x"]))
        self.old_runs(2)
        self.write("job.csv", job([1]))
        run = self.go("--keep", "1")
        self.assertEqual(run.code, 0)
        self.says(run.err, "--keep", "2 older runs", "stay")
        self.assertEqual(len(run.err.splitlines()), 1, run.err)
        self.assertEqual(len(self.names()), 3)

    def test_a_run_that_stops_removes_nothing(self):
        self.old_runs(2)
        self.write("job.csv", HEADER + rows([1]) + rows([1], record_id="3652397000000327002"))
        run = self.go("--keep", "1", "--max-calls", "1", "-j", "1")
        self.assertEqual(run.code, 8)
        self.assertEqual(len(self.names()), 3)
        newest = self.names()[-1]
        again = self.unhitch("resume", "--max-calls", "9", "runs/" + newest)
        self.assertEqual((again.code, self.names()), (0, [newest]), "with the saved setting")

    def test_a_run_that_cannot_begin_removes_nothing(self):
        self.old_runs(2)
        self.write("job.csv", b"")
        self.assertEqual(self.go("--keep", "1").code, 3)
        self.assertEqual(len(self.names()), 2)

    def test_another_place_or_no_name(self):
        """With --out, and from standard input, it says that it removes nothing."""
        self.old_runs(2)
        run = self.go("--keep", "1", "--out", "elsewhere")
        self.assertEqual(run.code, 0)
        self.says(run.err, "--keep", "elsewhere", "nothing is removed")
        for _ in range(2):
            run = self.go("--keep", "1", name="-", stdin=job([1]).encode())
            self.assertEqual(run.code, 0)
            self.says(run.err, "--keep", "standard input", "nothing is removed")
        self.assertEqual(len(self.names()), 4)

    def test_another_job_of_the_same_name(self):
        """Its job file lies in another folder: that is not ours to remove."""
        self.old_runs(2)
        self.write("other/job.csv", job([1]))
        self.assertEqual(self.go("--keep", "1", name="other/job.csv").code, 0)
        self.assertEqual(len(self.names()), 3)

    def test_a_retry_does_not_count(self):
        """It lies beside its parent; what was saved for that is not for it."""
        busy = self.sandbox(faults="first 1: status 503\nany: status 200\n")
        self.server, good = busy, self.server
        self.assertEqual(self.go("--keep", "1", "--retries", "0").code, 4)
        self.server = good
        name, = self.names()
        run = self.unhitch("retry", "--base-url", good.url, "runs/" + name)
        self.assertEqual(run.code, 2, "the address is saved")
        run = self.unhitch("retry", "runs/" + name)
        self.assertIn(run.code, (0, 4), run)
        self.assertNotIn("--keep", run.err)
        self.assertEqual(self.names(), [name, name + "-retry1"])

    def test_a_run_in_use(self):
        self.old_runs(2)
        lock = os.open(self.path("runs/job-20200101T020000Z/lock"), os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.assertEqual(self.go("--keep", "1").code, 0)
        os.close(lock)
        self.assertEqual(len(self.names()), 2)
        self.assertIn("job-20200101T020000Z", self.names())

    def test_the_exit_code_stands(self):
        self.old_runs(2)
        self.write("job.csv", job([1]) + rows(["x"]))
        self.assertEqual(self.go("--keep", "1").code, 4)
        self.assertEqual(len(self.names()), 1, "a run with failures has finished, too")

    # ---- any folder that somebody may have made of a run

    def spoil(self, dice, path):
        """Changes a copy of a good run so that it must stay. Returns what was done."""
        def edit(file, **changes):
            with open(os.path.join(path, file), encoding="utf-8") as old:
                content = json.load(old)
            content.update(changes)
            with open(os.path.join(path, file), "w", encoding="utf-8") as new:
                json.dump({k: v for k, v in content.items() if v is not None}, new)

        def put(name):
            with open(os.path.join(path, name), "w", encoding="ascii") as file:
                file.write("precious")

        def swap(file):
            """A link in place of a file of ours, to something precious."""
            os.unlink(os.path.join(path, file))
            os.symlink(self.path("precious"), os.path.join(path, file))

        def cut(file):
            with open(os.path.join(path, file), "r+b") as old:
                old.truncate(20)

        ways = [
            ("a foreign file", lambda: put(dice.choice(["notes.txt", ".keep", "results.txt",
                                                        "results.csv.bak", "summary.json~"]))),
            ("a folder", lambda: os.mkdir(os.path.join(path, dice.choice(["x", "failed.csv"])))),
            ("a link", lambda: swap(dice.choice(["results.csv", "report.html", "journal"]))),
            ("a link more", lambda: os.symlink("/", os.path.join(path, "unsent.csv"))),
            ("no summary", lambda: os.unlink(os.path.join(path, "summary.json"))),
            ("a cut summary", lambda: cut("summary.json")),
            ("no settings", lambda: os.unlink(os.path.join(path, "settings.json"))),
            ("cut settings", lambda: cut("settings.json")),
            ("settings elsewhere", lambda: swap("settings.json")),
            ("failed", lambda: edit("summary.json", exit_code=4, failed=1, success=0)),
            ("unknown", lambda: edit("summary.json", exit_code=4, unknown=1, success=0)),
            ("odd sum", lambda: edit("summary.json", unsent=1)),
            ("exit code", lambda: edit("summary.json", exit_code=1)),
            ("unfinished", lambda: edit("summary.json", finished=False)),
            ("no finished", lambda: edit("summary.json", finished=None)),
            ("another job", lambda: edit("settings.json", job="/elsewhere/job.csv")),
            ("an older version's", lambda: edit("settings.json", job=None)),
        ]
        what, way = dice.choice(ways)
        way()
        return what

    def content_of(self, root):
        """Every path below, with what it is and holds."""
        found = {}
        for folder, folders, files in os.walk(root):
            for name in folders + files:
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    found[path] = ("link", os.readlink(path))
                elif os.path.isdir(path):
                    found[path] = ("folder",)
                else:
                    with open(path, "rb") as file:
                        found[path] = ("file", file.read())
        return found

    def test_whatever_lies_there(self):
        """Hundreds of crafted folders: what must not go does not, what may go goes."""
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        self.write("precious", "precious")
        self.assertEqual(self.go().code, 0)
        model = self.path("model")
        os.rename(self.path("runs/" + self.names()[0]), model)
        for round_number in range(6):
            shutil.rmtree(self.path("runs"))
            os.mkdir(self.path("runs"))
            may_go, must_stay = {}, {}
            for number in range(40):
                stamp = f"20{dice.randrange(10, 25)}01{dice.randrange(1, 29):02}T0200{number:02}Z"
                name = f"job-{stamp}" + dice.choice(["", "", "-2", "-17"])
                other = dice.choice([f"job-{stamp}-retry1", f"job-{stamp}-x", f"job{stamp}",
                                     f"job-{stamp[:-1]}", f"jobs-{stamp}", f"a-job-{stamp}",
                                     f"job-{stamp}-02", f"job-{stamp}-", f"JOB-{stamp}",
                                     f"job.csv-{stamp}"])
                kind = dice.randrange(5)
                path = self.path("runs/" + (other if kind == 0 else name))
                if kind == 1:
                    must_stay[name] = "a link"
                    shutil.copytree(model, self.path(f"linked/{round_number}-{number}"))
                    os.symlink(self.path(f"linked/{round_number}-{number}"), path)
                    continue
                shutil.copytree(model, path, symlinks=True)
                if kind == 0:
                    must_stay[other] = "another name"
                elif kind == 2:
                    must_stay[name] = self.spoil(dice, path)
                else:
                    may_go[name] = path
            keep = dice.choice([1, 2, 5])
            before = self.content_of(self.folder)
            run = self.go("--keep", str(keep))
            self.assertEqual(run.code, 0, run)
            after = self.content_of(self.folder)
            left = set(self.names())
            with self.subTest(seed=seed, round=round_number):
                for name, why in must_stay.items():
                    self.assertIn(name, left, why)
                new = [name for name in left - set(may_go) - set(must_stay)]
                self.assertEqual(len(new), 1, "the run itself")
                gone = set(may_go) - left
                for path, what in before.items():
                    relative = os.path.relpath(path, self.path("runs"))
                    if relative.split(os.sep)[0] not in gone:
                        self.assertEqual(after.get(path), what, path)
                counted = sorted(name for name in [*may_go, *must_stay, *new]
                                 if must_stay.get(name) in (None, "a foreign file", "a folder",
                                                            "a link more", "no summary",
                                                            "a cut summary", "failed", "unknown",
                                                            "odd sum", "exit code", "unfinished",
                                                            "no finished")
                                 or (must_stay[name] == "a link" and
                                     not os.path.islink(self.path("runs/" + name))))
                self.assertEqual(gone, set(counted[:-keep]) & set(may_go))


if __name__ == "__main__":
    main()
