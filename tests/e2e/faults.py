"""What the fault tests share: a job of every operation, runs of it under the library of
tests/faults that lets calls fail or the process die, and what must hold in the end.

One sandbox serves many trials at once: each has IDs of its own, with the trial's number in
them, so that its requests can be told apart in the sandbox's log and books.
"""

import concurrent.futures
import random

from harness import *

LIBRARY = os.path.join(BUILD, "faults.so")
FULL = bool(os.environ.get("UNHITCH_FAULTS_FULL"))  # every point, as `make soak` wants it
STATUSES = ("success", "failed", "unknown", "rejected", "unsent")
GONE = {"relation not found", "Call with the given ID cannot be found"}
COLUMNS = ("operation,module,record_id,related_list,related_id,call_id,native_id,extension,"
           "call_status,show_to_number,show_from_number,note\n")


def mixed_job(mark):
    """Every operation, repeats, bad rows, IDs that are gone, a parent that does not exist."""
    def delink(target, number):
        return f"crm.delink,Campaigns,365{mark}{target},Contacts,{related(number)},,,,,,"
    lines = [delink("01", 1), delink("02", 1), delink("01", 2) + ',"a ""b"""',
             "crm.delink,Campaigns,x1",
             "crm.call_preferences,,,,,,,,,true,false", delink("03404", 1), delink("01", 1),
             delink("03404", 2), delink("02", 404), delink("03404", 3),
             f"desk.clear_live_mapping,,,,,61{mark}0001", delink("01", 3), "nonsense",
             f"desk.clear_live_mapping,,,,,61{mark}0000404", delink("02", 2),
             f"verba.delete_call,,,,,,TRS{mark}", f"verba.delete_call,,,,,,,8{mark},last"]
    return COLUMNS + "".join(line.ljust(1) + "\n" for line in lines)


class Trial:
    """One run directory with its own job file, and what became of it."""

    def __init__(self, case, number):
        self.case, self.mark = case, f"98{number:05o}89"
        self.folder = case.path("t" + self.mark)
        self.out = os.path.join(self.folder, "out")
        self.disk = os.path.join(self.folder, "disk")
        os.makedirs(self.disk)
        self.kills = 0
        with open(os.path.join(self.folder, "job.csv"), "w", encoding="utf-8") as file:
            file.write(case.content(self.mark))

    def call(self, *arguments, fault=None, stdin=b"", preload=True, **env):
        """Runs the program, with `fault` as FAULT_... variables."""
        environment = self.case.environment({**self.case.ENV, **env})
        if preload and fault is not None:
            environment.update(LD_PRELOAD=LIBRARY, FAULT_DIR=self.out)
            environment.update({f"FAULT_{key}": str(value) for key, value in fault.items()})
        done = subprocess.run([UNHITCH, *arguments], cwd=self.folder, env=environment,
                              input=stdin, capture_output=True, timeout=WAIT_S, check=False)
        self.kills += done.returncode == -signal.SIGKILL
        run = Run(done.returncode, done.stdout, done.stderr, self.out)
        if done.returncode < 0 and done.returncode != -signal.SIGKILL:
            self.case.fail(f"trial {self.mark}: it crashed: {run}")
        return run

    def run(self, fault=None, *options, **env):
        return self.call("run", "--base-url", self.case.server.url, "--out", "out",
                         *self.case.OPTIONS, *options, "job.csv", fault=fault, **env)

    def resume(self, fault=None, *options, **env):
        return self.call("resume", *options, "out", fault=fault, **env)

    def report(self, fault=None, **env):
        return self.call("report", "out", fault=fault, **env)

    def has_begun(self):
        return os.path.exists(os.path.join(self.out, "settings.json"))

    def trace(self, *arguments, **fault):
        """The calls that are counted in an undisturbed run: (name, path below the folder)."""
        path = os.path.join(self.folder, "trace")
        run = self.call(*arguments, fault={"TRACE": path, **fault})
        with open(path, encoding="utf-8") as file:
            lines = [line.split(" ", 2)[1:] for line in file.read().splitlines()]
        os.unlink(path)
        return run, [(name, os.path.relpath(where, self.out)) for name, where in lines]


@unittest.skipUnless(os.path.exists(LIBRARY) and "ASAN_OPTIONS" not in os.environ,
                     "build/faults.so is not there or does not go with this build")
class FaultCase(ServicesCase):
    """Trials of one job; `self.plain` is what an undisturbed run of it leaves."""

    OPTIONS = ("--batch-size", "2", "-j", "2")
    SANDBOX = ()
    content = staticmethod(mixed_job)

    def setUp(self):
        super().setUp()
        self.server = self.sandbox(*self.SANDBOX)
        self.trials, self.lock = 0, threading.Lock()
        plain = self.trial()
        run, self.calls = plain.trace("run", "--base-url", self.server.url, "--out", "out",
                                      *self.OPTIONS, "job.csv")
        self.plain, self.plain_mark = run, plain.mark
        self.assertEqual(run.code, 4, run)
        self.finals = []  # (trial, run) whose requests are checked in the end

    def trial(self):
        with self.lock:
            self.trials += 1
            number = self.trials
        return Trial(self, number)

    def each(self, work, points, sample=None):
        """work(point) of every point, two at a time; of `sample` of them unless FULL."""
        points = list(points)
        if sample and not FULL and len(points) > sample:
            points = sorted(random.Random(len(points)).sample(points, sample), key=str)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for point, problem in zip(points, pool.map(self.attempt(work), points)):
                with self.subTest(point):
                    if problem:
                        raise problem
        return points

    @staticmethod
    def attempt(work):
        def attempt(point):
            try:
                return work(point)
            except Exception as problem:  # told as a failed subtest
                return problem
        return attempt

    # ---- what must hold

    def check_files(self, run, code=None):
        """Result files, summary and each other agree; no half-written file is left."""
        text, told = run.bytes("results.csv").decode(), run.summary
        lines = text.splitlines(keepends=True)
        status = lines[0].split(",").index("result_status")
        for name, wanted in (("failed", ("failed", "unknown")), ("rejected", ("rejected",)),
                             ("unsent", ("unsent",))):
            chosen = [line for line in lines[1:] if line.split(",")[status] in wanted]
            if chosen:
                self.assertEqual(run.bytes(name + ".csv").decode(),
                                 "".join(lines[:1] + chosen), run)
            else:
                self.assertFalse(run.has(name + ".csv"), run)
        for one in STATUSES:
            self.assertEqual(told[one], run.column("status").count(one), run)
        self.assertEqual(told["rows"], len(lines) - 1)
        if code is not None:
            self.assertEqual((told["exit_code"], run.code), (code, code), run)
        self.assertTrue(run.has("report.html"))
        self.assertEqual([name for name in os.listdir(run.folder) if name.endswith(".tmp")], [])

    def check_final(self, trial, run):
        """The same as the undisturbed run, but for what was sent again."""
        self.assertEqual(run.code, 4, run)
        self.check_files(run, 4)
        rows, plain = run.rows(), self.plain.rows()
        self.assertEqual(len(rows), len(plain))
        for row, like in zip(rows, plain):
            for name in like:
                if not name.startswith("result_") or name in ("result_row", "result_line"):
                    self.assertEqual(row[name], like[name].replace(self.plain_mark, trial.mark)
                                     if like[name] else row[name])
            self.check_row(row, like)
        with self.lock:
            self.finals.append((trial, run))

    def check_row(self, row, like):
        names = "result_status", "result_code", "result_http", "result_message"
        told, usual = [row[name] for name in names], [like[name] for name in names]
        if told == usual:
            return
        again = int(row["result_attempts"]) > 1
        if row["extension"]:
            self.assertEqual((row["result_status"], row["result_attempts"]), ("unknown", "1"),
                             row)
        elif told[1] == "already-done":
            self.assertTrue(again, row)
            self.assertIn((told[0], usual[1]), {("success", "SUCCESS"),
                          ("success", "INVALID_DATA"), ("success", "URL_NOT_FOUND")}, row)
        else:
            self.fail(f"{row}\nis not like\n{like}")

    def check_recorded(self, before, after):
        """What had a final word in a report keeps it, time and attempts included."""
        for old, new in zip(before.rows(), after.rows()):
            if old["result_status"] in ("success", "failed", "rejected"):
                self.assertEqual(old, new)

    def check_requests(self):
        """What the sandbox saw of every trial that came to its end."""
        self.server.process.send_signal(signal.SIGUSR1)
        log, books = self.server.log(), self.server.stop()["ids"]
        texts = [line["target"] + " " + line.get("body", "") for line in log]
        for trial, run in self.finals:
            with self.subTest(trial.mark):
                mine = [text for text in texts if trial.mark in text]
                self.assertLessEqual(len(mine) + 1, run.summary["calls"], "\n".join(mine) + run.text())
                self.assertLessEqual(len([1 for text in mine if "extension=8" in text]), 1)
                for row in run.rows():
                    self.check_asked(row, books, mine)

    def check_asked(self, row, books, texts):
        if row["operation"] == "crm.delink" and row["result_status"] != "rejected":
            key = f"Campaigns/{row['record_id']}/Contacts/{row['related_id']}"
            asked = sum(row["record_id"] in text and row["related_id"] in text
                        for text in texts)
            removed = books.get(key, {"removed": 0})["removed"]
            self.assertLessEqual(asked, int(row["result_attempts"]), row)
            if row["result_status"] == "success" and not key.endswith("0000404"):
                self.assertEqual(removed, 1, row)
            if row["result_status"] == "failed":
                self.assertEqual(removed, 0, row)


__all__ = [name for name in dir() if not name.startswith("_")]
