"""Runs a client on one core and counts what it used; starts servers on the other core."""
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
import time

from jobfile import DATA, ROOT

CLIENT_CORE, SERVER_CORE = 0, 1
CLIENT_LIMIT_S = 240
START_LIMIT_S = 10


class Failed(Exception):
    """Something did not do what it should; the text says what."""


def spawn(command, core=None, **options):
    """A child on that core, if there are two; it inherits this process's place."""
    able = core is not None and hasattr(os, "sched_setaffinity")
    cores = os.sched_getaffinity(0) if able else set()
    if len(cores) > 1:
        os.sched_setaffinity(0, {sorted(cores)[core]})
    try:
        return subprocess.Popen(command, stdin=options.pop("stdin", subprocess.DEVNULL), **options)
    finally:
        if len(cores) > 1:
            os.sched_setaffinity(0, cores)


def end(process):
    """Ends a server of ours; how long it takes is bounded."""
    if process.returncode is None:
        process.terminate()
        try:
            process.wait(START_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def timed(command, core=CLIENT_CORE, environment=None, stdout=subprocess.DEVNULL):
    """Runs the command to its end: seconds, CPU seconds and peak memory (bytes), those of
    the children it waited for included (of their memory the largest), and the exit code."""
    whole = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"),
             "ZOHO_ACCESS_TOKEN": "measured", **(environment or {})}
    with open(os.path.join(DATA, "stderr"), "wb") as errors:
        begun = time.monotonic()
        process = spawn(command, core, env=whole, stdout=stdout, stderr=errors,
                        start_new_session=True)
        timer = threading.Timer(CLIENT_LIMIT_S, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss * 1024, "exit": process.returncode}


def last_words():
    """The end of what the last client said on standard error."""
    with open(os.path.join(DATA, "stderr"), encoding="utf-8", errors="replace") as file:
        return " ".join(file.read()[-300:].split())


def wait_for_port(path, process):
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        if os.path.exists(path) and os.path.getsize(path):
            with open(path, encoding="ascii") as file:
                return int(file.read())
        time.sleep(0.01)
    end(process)
    raise Failed(f"{process.args[0]} did not start")


class Child:
    """A server of ours, which ends with its `with`."""
    process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)

    def cpu(self):
        """CPU seconds used so far; 0 where /proc does not tell."""
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server(Child):
    """One server for one run, so that every run finds every relation in place."""

    def __init__(self, command):
        self.port_file, self.books_file = os.path.join(DATA, "port"), os.path.join(DATA, "books")
        for path in (self.port_file, self.books_file):
            if os.path.exists(path):
                os.unlink(path)
        self.process = spawn([*command, "--port-file", self.port_file, "--books",
                              self.books_file], SERVER_CORE)
        self.port = wait_for_port(self.port_file, self.process)
        self.url = f"http://127.0.0.1:{self.port}"

    def books(self):
        """Ends the server: requests that came, IDs that exactly one of them removed, and what
        was asked besides."""
        end(self.process)
        with open(self.books_file, "rb") as file:
            return self.read_books(file)


class Stub(Server):
    def __init__(self, build, job, latency_ms=0):
        super().__init__([os.path.join(build, "bench", "stub"), "--rows", str(job.rows),
                          "--targets", str(job.targets), "--latency-ms", str(latency_ms)])

    @staticmethod
    def read_books(file):
        books = json.load(file)
        return {"requests": books["requests"], "removed": books["removed"],
                "repeats": books["repeats"], "wrong": books["refused"] + books["strangers"],
                "connections": books["connections"], "seconds": books["seconds"]}


class Sandbox(Server):
    def __init__(self, build):
        super().__init__([os.path.join(build, "unhitch-sandbox"), "--port", "0", "--quiet",
                          "--no-magic"])

    @staticmethod
    def read_books(file):
        """A line per relation, behind one with the number of requests."""
        requests = json.loads(file.readline().rstrip(b", \n") + b"}")["requests"]
        entries = [line for line in file if b'"asked":' in line]
        removed = sum(b'"asked":1,"removed":1' in line for line in entries)
        return {"requests": requests, "removed": removed, "repeats": 0,
                "wrong": len(entries) - removed}


def output_of(command):
    """First line that the command prints; empty if it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT,
                              stdin=subprocess.DEVNULL)
    except OSError:
        return ""
    lines = (done.stdout or done.stderr).splitlines()
    return lines[0].strip() if lines else ""


def describe():
    """The machine in a few words."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpu = next(line.split(":")[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        cpu = platform.machine()
    return (f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, load "
            f"average before it began {os.getloadavg()[0]:.1f}")


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def complain(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)
