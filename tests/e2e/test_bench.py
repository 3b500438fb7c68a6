#!/usr/bin/env python3
"""The measurements: the stub answers as the sandbox does and keeps honest books, a small bench
runs to its end, and its pages are whole."""

import glob
import py_compile
import xml.dom.minidom
from http.client import HTTPConnection

from harness import *

BENCH = os.path.join(ROOT, "bench")
sys.path.insert(0, BENCH)
import jobfile
import machine
import measures

STUB = os.path.join(BUILD, "bench", "stub")
ROWS, TARGETS = 40, 4
AUTHORIZATION = {"Authorization": "Zoho-oauthtoken " + TOKEN}


def delink(port, numbers, target=0):
    """Status and body of a call that takes these relations of the rule off."""
    record = jobfile.row_of(target, TARGETS)[0]
    ids = ",".join(str(jobfile.row_of(number, TARGETS)[1]) for number in numbers)
    connection = HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    connection.request("DELETE", f"/crm/v8/Campaigns/{record}/Contacts?ids={ids}",
                       headers=AUTHORIZATION)
    response = connection.getresponse()
    body = json.loads(response.read())
    connection.close()
    return response.status, body


class Stub:
    """bench/stub on a port of its own."""

    def __init__(self, case, *options):
        self.books_file, port_file = case.path("books"), case.path("port")
        self.process = subprocess.Popen([
            STUB, "--port-file", port_file, "--books", self.books_file, "--rows", str(ROWS),
            "--targets", str(TARGETS), *options])
        case.addCleanup(machine.end, self.process)
        self.port = machine.wait_for_port(port_file, self.process)

    def books(self):
        machine.end(self.process)
        with open(self.books_file, encoding="ascii") as file:
            return json.load(file)


class TheStub(Case):

    def test_answers_as_the_sandbox_does(self):
        stub, sandbox = Stub(self), self.sandbox("--no-magic")
        for numbers, status in (([0, 4, 8], 200), ([8, 12], 207), ([0, 4], 400)):
            answer = delink(stub.port, numbers)
            self.assertEqual(answer[0], status)
            self.assertEqual(answer, delink(sandbox.port, numbers))

    def test_books(self):
        stub = Stub(self)
        delink(stub.port, [0, 4])
        delink(stub.port, [4, 8])                       # 4: again
        delink(stub.port, [1, 40])                      # of another target; of none
        delink(stub.port, [])                           # no call that it takes
        books = stub.books()
        self.assertLess(0, books.pop("seconds"))
        self.assertEqual(books, {
            "requests": 4, "connections": 4, "refused": 1, "removed": 3, "repeats": 1,
            "strangers": 2})

    def test_latency(self):
        stub, begun = Stub(self, "--latency-ms", "100"), time.monotonic()
        threads = [threading.Thread(target=delink, args=(stub.port, [4 * n])) for n in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        self.assertGreaterEqual(time.monotonic() - begun, 0.1)
        took = time.monotonic() - begun
        self.assertLess(took, 0.9, "they should wait at the same time")
        told = stub.books()["seconds"]      # from the first request to the last answer
        self.assertTrue(0.1 <= told <= took, (told, took))
        self.assertEqual(stub.books()["removed"], 10)


class TheBench(Case):

    def bench(self, *options):
        """A small measurement in a folder of its own; its results."""
        done = subprocess.run([
            sys.executable, os.path.join(BENCH, "run.py"), "--build", BUILD, "--quick", "--rows",
            "2000", "--peers", "unhitch", "--results", self.path("results"), *options],
            env=clean_environment(self.folder, BENCH_DATA=self.path("data")), cwd=ROOT,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=4 * WAIT_S,
            check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(self.path("results/latest.json"), encoding="utf-8") as file:
            return json.load(file)

    def test_small(self):
        wanted = ("honesty", "throughput", "latency", "reading", "calls", "start_up")
        results = self.bench("--only", ",".join(wanted))
        self.assertEqual([name for name in wanted if "skipped" in results[name]], [])
        self.assertEqual(results["calls"]["sent"], results["calls"]["minimum"])
        self.assertLess(results["calls"]["minimum"], results["calls"]["by_hundred"])
        self.check_tables(self.path("results/latest.md"))
        self.check_tables(self.path("results/readme.md"))
        for name in ("throughput", "cpu", "latency"):
            xml.dom.minidom.parse(self.path(f"results/{name}.svg"))

    def check_tables(self, path):
        """Every table has a head, and rows of as many cells."""
        with open(path, encoding="utf-8") as file:
            tables = re.findall(r"(?:^\|.*\|\n)+", file.read(), re.M)
        self.assertTrue(tables)
        for table in tables:
            lines = table.splitlines()
            self.assertRegex(lines[1], r"^\|---\|(---:\|)+$")
            self.assertGreater(len(lines), 2)
            self.assertEqual({line.count("|") for line in lines}, {lines[0].count("|")}, table)

    def test_a_part_of_the_job_does_not_count(self):
        class Client:
            name = "lazy"

            @staticmethod
            def results(_):
                return None

        class Job:
            rows, calls = 100, 1
        good = {"requests": 1, "removed": 100, "repeats": 0, "wrong": 0}
        machine.DATA = measures.DATA = self.folder
        with open(self.path("stderr"), "w", encoding="ascii") as file:
            file.write("no words")
        measures.check(Client, Job, {"exit": 0}, good)
        for change in ({"removed": 99}, {"requests": 2}, {"repeats": 1}, {"wrong": 1}):
            with self.assertRaises(machine.Failed):
                measures.check(Client, Job, {"exit": 0}, {**good, **change})
        with self.assertRaises(machine.Failed):
            measures.check(Client, Job, {"exit": 4}, good)

    def test_scripts_compile(self):
        for path in glob.glob(os.path.join(BENCH, "**", "*.py"), recursive=True):
            py_compile.compile(path, self.path("compiled"), doraise=True)

    def test_pages_are_those_of_the_newest_results(self):
        newest = os.path.join(BENCH, "results", "latest.json")
        if not os.path.exists(newest):
            self.skipTest("nothing was measured yet")
        done = subprocess.run([sys.executable, os.path.join(BENCH, "run.py"), "--check"],
                              cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
