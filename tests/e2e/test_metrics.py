#!/usr/bin/env python3
"""--metrics: a text file for Prometheus, whole at any moment, whatever the run came to."""

import stat

from harness import *

NAME = r"[a-z_][a-z0-9_]*"
SAMPLE = re.compile(rf'({NAME})\{{((?:{NAME}="(?:[^"\\\n]|\\[\\"n])*",?)+)\}} (\S+)')
LABEL = re.compile(rf'({NAME})="((?:[^"\\\n]|\\[\\"n])*)"')


def parse(text):
    """Strictly: every line a HELP, a TYPE or a sample of the metric they head."""
    samples, helped, typed = {}, set(), {}
    if not text.endswith("\n"):
        raise AssertionError("the last line has no end")
    for line in text[:-1].split("\n"):
        word = line.split(" ")
        if line.startswith("# HELP "):
            if word[2] in helped:
                raise AssertionError("two HELP lines: " + line)
            helped.add(word[2])
            current = word[2]
        elif line.startswith("# TYPE "):
            if word[2] != current or word[2] in typed or word[3] != "gauge":
                raise AssertionError("bad TYPE: " + line)
            typed[word[2]] = word[3]
        else:
            found = SAMPLE.fullmatch(line)
            if not found or found.group(1) != current or current not in typed:
                raise AssertionError("no sample of " + current + ": " + line)
            labels = tuple(sorted(LABEL.findall(found.group(2))))
            if (current, labels) in samples:
                raise AssertionError("twice: " + line)
            samples[current, labels] = float(found.group(3))
    return samples


class Metrics(Case):

    def metrics(self, name="m.prom"):
        """The samples: {(name without unhitch_, the labels but job_name): value}."""
        with open(self.path(name), encoding="utf-8") as file:
            text = file.read()
        self.promtool(text)
        self.jobs, told = set(), {}
        for (name, labels), value in parse(text).items():
            self.jobs.add(dict(labels)["job_name"])
            rest = tuple(v for k, v in labels if k != "job_name")
            told[name.removeprefix("unhitch_"), *rest] = value
        return told

    def promtool(self, text):
        tool = shutil.which("promtool")
        if not tool:
            return
        done = subprocess.run([tool, "check", "metrics"], input=text.encode(),
                              capture_output=True, timeout=WAIT_S, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""), text)

    def go(self, server, content, *options, **how):
        return self.run_job(server, content, "--metrics", "m.prom", *options, **how)

    @unittest.skipUnless(shutil.which("promtool"), "no promtool here (package prometheus); "
                         "the format is checked by this file's own parser")
    def test_promtool_is_asked(self):
        self.assertRaises(AssertionError, self.promtool, "unhitch_x{ 1\n")

    def test_a_good_run(self):
        before = time.time()
        run = self.go(self.sandbox(), job([1, 2, 2]))
        self.assertEqual((run.code, run.err), (0, ""))
        told = self.metrics()
        self.assertEqual(self.jobs, {"job"})
        for status, rows_of in ("success", 3), ("failed", 0), ("unknown", 0), \
                ("rejected", 0), ("unsent", 0):
            self.assertEqual(told["last_run_rows", status], rows_of)
        self.assertEqual(told["last_run_code_rows", "SUCCESS", "success"], 3)
        self.assertEqual(told["last_run_calls",], 1)
        self.assertEqual(told["last_run_planned_calls",], 1)
        self.assertEqual(told["last_run_exit_code",], 0)
        self.assertEqual(told["last_run_finished",], 1)
        self.assertLess(before - 1, told["last_run_timestamp_seconds",])
        self.assertLess(told["last_run_timestamp_seconds",], time.time() + 1)
        self.assertAlmostEqual(told["last_run_call_latency_seconds", "100"],
                               run.summary["latency_ms"]["max"] / 1000, places=5)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("m.prom")).st_mode), 0o644)

    def test_a_mixed_run(self):
        content = job([1]) + rows(["x", 404, 405])
        run = self.go(self.service(lambda request: http(207, {"data": [
            entry(n, 'NASTY"\\CODE\n' if n.endswith("404") else "SUCCESS")
            for n in request.ids]})), content, out="mixed", name='odd"name.csv')
        self.assertEqual(run.code, 4, run)
        told = self.metrics()
        self.assertEqual(self.jobs, {'odd\\"name'})
        self.assertEqual(told["last_run_exit_code",], 4)
        self.assertEqual(sum(v for k, v in told.items() if k[0] == "last_run_rows"), 4)
        by_code = {}
        for key, value in told.items():
            if key[0] == "last_run_code_rows":
                by_code[key[1]] = by_code.get(key[1], 0) + value
        self.assertEqual(sum(by_code.values()), 4)
        self.assertEqual(by_code["bad-id"], 1)

    def test_many_codes(self):
        """No more than fifty of a status; the rest together."""
        run = self.go(self.service(lambda request: http(207, {"data": [
            entry(n, "E" + n[-3:]) for n in request.ids]})), job(range(1, 81)))
        told = self.metrics()
        codes = [key for key in told if key[0] == "last_run_code_rows"]
        self.assertEqual(run.code, 4)
        self.assertEqual(len(codes), 51)
        self.assertEqual(told["last_run_code_rows", "other", "failed"], 30)

    def test_stopped_and_resumed(self):
        server = self.sandbox()
        content = HEADER + rows([1]) + rows([1], record_id="3652397000000327002")
        run = self.go(server, content, "--max-calls", "1", "-j", "1")
        told = self.metrics()
        self.assertEqual((run.code, told["last_run_exit_code",], told["last_run_finished",]),
                         (8, 8, 0))
        self.assertEqual(told["last_run_code_rows", "budget", "unsent"], 1)
        os.unlink(self.path("m.prom"))
        os.mkdir(self.path("elsewhere"))
        done = subprocess.run([UNHITCH, "resume", "--max-calls", "9", "../out"],
                              cwd=self.path("elsewhere"), env=self.environment(),
                              capture_output=True, timeout=WAIT_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        told = self.metrics()
        self.assertEqual((self.jobs, told["last_run_rows", "success"]), ({"job"}, 2))

    def test_not_begun(self):
        """The exit code and the time are there, rows are not: none were counted."""
        self.go(self.sandbox(), b"")
        told = self.metrics()
        self.assertEqual((told["last_run_exit_code",], told["last_run_finished",]), (3, 0))
        self.assertFalse([key for key in told if "rows" in key[0]])

    def test_replaced_as_a_whole(self):
        """A reader sees the old file or the new one; nothing else is left in the folder."""
        self.write("text/m.prom", "old\n")
        old = open(self.path("text/m.prom"), encoding="utf-8")
        self.addCleanup(old.close)
        run = self.go(self.sandbox(), job([1]), "--metrics", "text/m.prom")
        self.assertEqual(run.code, 0)
        self.assertEqual(old.read(), "old\n", "not written in place")
        self.assertEqual(os.listdir(self.path("text")), ["m.prom"])
        self.metrics("text/m.prom")

    def test_unwritable(self):
        """Told; the run's exit code stands, and its results."""
        self.write("file", "x")
        os.mkdir(self.path("folder"))
        server = self.service()
        for path in "gone/m.prom", "file/m.prom", "folder", "/proc/m.prom":
            with self.subTest(path):
                out = "out-" + path.replace("/", "-")
                run = self.run_job(server, job([1]), "--metrics", path, "-q", out=out)
                self.assertEqual(run.code, 0, run)
                self.says(run.err, "--metrics", path)
                self.assertTrue(run.has("results.csv"))
        self.assertEqual(os.listdir(self.path("folder")), [])


if __name__ == "__main__":
    main()
