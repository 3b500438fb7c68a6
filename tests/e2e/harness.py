"""What the end-to-end tests share: a folder per test, the sandbox and scripted servers
on 127.0.0.1, the program in a clean environment, and what it left behind.

Every server and every run is bounded in time and ended by its process id. The binaries
are those of $UNHITCH_BUILD (default: build), so the same tests run on other builds.
"""

import contextlib
import csv
import gzip
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("UNHITCH_BUILD", "build"))
UNHITCH = os.path.join(BUILD, "unhitch")
SANDBOX = os.path.join(BUILD, "unhitch-sandbox")

WAIT_S = 20
TOKEN = "1000.5ecre7"
HEADER = "module,record_id,related_list,related_id\n"
OURS = ("result_row,result_line,result_status,result_code,result_http,"
        "result_message,result_attempts,result_time\n")
CAMPAIGN = "3652397000000327001"
PATH = f"/crm/v8/Campaigns/{CAMPAIGN}/Contacts"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


def related(number):
    """A related ID of 19 digits."""
    return f"36523970000{number:08}"


def rows(numbers, record_id=CAMPAIGN, module="Campaigns", related_list="Contacts"):
    """Rows of a CSV job file."""
    return "".join(f"{module},{record_id},{related_list},{related(n)}\n" for n in numbers)


def job(numbers):
    """A CSV job file with one target."""
    return HEADER + rows(numbers)


def clean_environment(home, **more):
    """Nothing of ours, no proxy; what sanitizers need stays."""
    kept = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env.update(HOME=home, LC_ALL="C.UTF-8", **more)
    return env


def mask_times(data):
    """Every time stamp becomes TIME; a shape that is no RFC 3339 UTC stays and fails."""
    return re.sub(STAMP, "TIME", data)


def unpack(data):
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


class Run:
    """What a finished run of the program left: exit code, output, run directory."""

    def __init__(self, code, out, err, folder):
        self.code, self.folder = code, folder
        self.out, self.err = out.decode(), err.decode()

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    def path(self, name):
        return os.path.join(self.folder, name)

    def has(self, name):
        return os.path.exists(self.path(name))

    def bytes(self, name):
        with open(self.path(name), "rb") as file:
            return unpack(file.read())

    def text(self, name="results.csv"):
        """A result file, whole, with its times masked."""
        return mask_times(self.bytes(name).decode(errors="surrogateescape"))

    def rows(self, name="results.csv", delimiter=","):
        """The rows of a result file, as objects."""
        text = self.bytes(name).decode(errors="surrogateescape")
        if ".jsonl" in name:
            return [json.loads(line) for line in text.splitlines()]
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))

    def column(self, name, file="results.csv"):
        """One of our columns, of every row."""
        return [row["result_" + name] for row in self.rows(file)]

    def verdicts(self, file="results.csv"):
        """(status, code) of every row."""
        return list(zip(self.column("status", file), self.column("code", file)))

    @property
    def summary(self):
        return json.loads(self.bytes("summary.json"))


class Sandbox:
    """unhitch-sandbox on a free port, with a log and its books."""

    def __init__(self, folder, *options, faults=None, relations=None):
        self.folder = tempfile.mkdtemp(prefix="sandbox-", dir=folder)
        command = [SANDBOX, "--port", "0", "--port-file", self.path("port"), "--quiet",
                   "--log", self.path("log"), "--books", self.path("books"), *options]
        for name, text in ("faults", faults), ("relations", relations):
            if text is not None:
                with open(self.path(name), "w", encoding="utf-8") as file:
                    file.write(text)
                command += ["--" + name, self.path(name)]
        with open(self.path("stderr"), "wb") as complaints:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=complaints,
                                            env=clean_environment(self.folder))
        self.port = self.wait_for_port()
        scheme = "https" if "--tls-cert" in options else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"

    def path(self, name):
        return os.path.join(self.folder, name)

    def wait_for_port(self):
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            try:
                with open(self.path("port"), encoding="ascii") as file:
                    return int(file.read())
            except (OSError, ValueError):
                pass
            if self.process.poll() is not None:
                with open(self.path("stderr"), encoding="utf-8") as file:
                    raise AssertionError("the sandbox ended: " + file.read())
            time.sleep(0.005)
        self.kill()
        raise AssertionError("the sandbox did not start to listen")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(WAIT_S)

    def log(self):
        """Every request so far."""
        try:
            with open(self.path("log"), encoding="utf-8") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []

    def targets(self):
        return [line["target"] for line in self.log()]

    def ids(self):
        """The IDs of each request, in order."""
        return [target.split("?ids=")[1].split(",") for target in self.targets()]

    def stop(self):
        """End it and read its books."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                self.kill()
        with open(self.path("books"), encoding="utf-8") as file:
            return json.load(file)


class Request:
    """One request a scripted server received."""

    def __init__(self, number, head):
        lines = head.decode("latin-1").split("\r\n")
        self.number, self.head = number, head
        self.method, self.target, self.version = lines[0].split(" ", 2)
        self.headers = {name.strip().lower(): value.strip()
                        for name, _, value in (line.partition(":") for line in lines[1:])
                        if name}
        self.ids = self.target.split("?ids=")[1].split(",") if "?ids=" in self.target else []


def entry(number, code="SUCCESS", message="relation removed"):
    status = "success" if code == "SUCCESS" else "error"
    return {"code": code, "details": {"id": number}, "message": message, "status": status}


def http(status, body=b"", *headers, length=None):
    """The bytes of an answer."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", *headers,
             f"Content-Length: {len(body) if length is None else length}", "", ""]
    return "\r\n".join(lines).encode() + body


def all_good(request):
    return http(200, {"data": [entry(number) for number in request.ids]})


CLOSE = object()


class Service:
    """A scripted service: answer(request) gives the bytes to send, or bytes and CLOSE,
    or CLOSE alone. It keeps every request, and counts connections."""

    def __init__(self, answer=all_good, tls=None, port=0):
        self.answer, self.tls = answer, tls
        self.requests, self.connections, self.failures = [], 0, []
        self.lock = threading.Lock()
        self.open = set()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.add(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        plain = client
        try:
            client.settimeout(WAIT_S)
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            pending = b""
            while True:
                while b"\r\n\r\n" not in pending:
                    chunk = client.recv(65536)
                    if not chunk:
                        return
                    pending += chunk
                head, _, pending = pending.partition(b"\r\n\r\n")
                with self.lock:
                    request = Request(len(self.requests) + 1, head)
                    self.requests.append(request)
                reply = self.answer(request)
                if reply is CLOSE:
                    return
                data, after = reply if isinstance(reply, tuple) else (reply, None)
                client.sendall(data)
                if after is CLOSE:
                    return
        except OSError:
            pass
        except Exception as failure:  # a mistake of the script itself
            self.failures.append(repr(failure))
        finally:
            with self.lock:
                self.open.discard(plain)
            client.close()
            plain.close()

    def stop(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            left = list(self.open)
        for client in left:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self.thread.join(1)


class Case(unittest.TestCase):
    """A test with a folder of its own, where everything runs."""

    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="unhitch-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.home = os.path.join(self.folder, "home")
        os.mkdir(self.home)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        """A file in the test's folder; its path."""
        data = content.encode() if isinstance(content, str) else content
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def sandbox(self, *options, **files):
        sandbox = Sandbox(self.folder, *options, **files)
        self.addCleanup(sandbox.kill)
        return sandbox

    def service(self, answer=all_good, tls=None, port=0):
        service = Service(answer, tls, port)
        self.addCleanup(service.stop)
        self.addCleanup(lambda: self.assertEqual(service.failures, []))
        return service

    def environment(self, env=None, token=TOKEN):
        more = dict(env or {})
        if token is not None:
            more.setdefault("ZOHO_ACCESS_TOKEN", token)
        return clean_environment(self.home, **more)

    def unhitch(self, *arguments, stdin=b"", env=None, token=TOKEN, out=None,
                timeout=WAIT_S):
        """Runs the program to its end."""
        process = subprocess.run([UNHITCH, *map(str, arguments)], input=stdin,
                                 capture_output=True, timeout=timeout, cwd=self.folder,
                                 env=self.environment(env, token), check=False)
        if process.returncode < 0 or "Sanitizer" in process.stderr.decode("latin-1"):
            self.fail(f"it crashed ({process.returncode}): {process.stderr.decode()}")
        return Run(process.returncode, process.stdout, process.stderr,
                   self.path(out) if out else self.folder)

    def run_job(self, server, content, *options, name="job.csv", out="out", **how):
        """`unhitch run` of a job file with that content against a server."""
        if content is not None:
            self.write(name, content)
        run = self.unhitch("run", "--operation", "crm.delink", "--base-url", server.url,
                           "--out", out, *options, *([name] if content is not None else []),
                           out=out, **how)
        self.check_balance(run)
        return run

    def resume(self, server, *options, out="out", **how):
        """The saved settings hold the server's address; `server` is only for reading."""
        del server
        run = self.unhitch("resume", *options, out, out=out, **how)
        self.check_balance(run)
        return run

    def check_balance(self, run):
        """What holds for every summary: the statuses add up, the exit code is told."""
        if not run.has("summary.json"):
            return
        told = run.summary
        statuses = ("success", "failed", "unknown", "rejected", "unsent")
        self.assertEqual(told["rows"], sum(told[status] for status in statuses), told)
        self.assertEqual(told["rows"], sum(told["codes"].values()), told)
        self.assertEqual(told["exit_code"], run.code, run)

    def start(self, *arguments, env=None, token=TOKEN, stderr=subprocess.PIPE,
              stdin=subprocess.DEVNULL):
        """Starts the program and lets it run; ended at the latest with the test."""
        process = subprocess.Popen([UNHITCH, *map(str, arguments)], cwd=self.folder,
                                   stdin=stdin, stdout=subprocess.PIPE, stderr=stderr,
                                   env=self.environment(env, token))
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        for stream in process.stdin, process.stdout, process.stderr:
            if stream:
                stream.close()
        process.wait(WAIT_S)

    def finish(self, process, out="out", timeout=WAIT_S):
        """Waits for a program that was started."""
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            self.fail("it did not end in time")
        return Run(process.returncode, stdout, stderr or b"", self.path(out))

    def wait_until(self, true, seconds=WAIT_S):
        until = time.monotonic() + seconds
        while not true():
            if time.monotonic() > until:
                self.fail("waited in vain")
            time.sleep(0.01)

    def closed_port(self):
        """A port of 127.0.0.1 on which nobody listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def says(self, text, *words):
        """Every word is in the text, without regard to case."""
        for word in words:
            self.assertIn(word.lower(), text.lower())


class _Result(unittest.TextTestResult):
    """Counts what passed, subtests apart."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.passed = 0
        self.broken = set()

    def _note(self, test):
        self.broken.add(getattr(test, "test_case", test).id())

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._note(test)

    def addError(self, test, err):
        super().addError(test, err)
        self._note(test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._note(test)


def report(suite):
    """Runs tests, says what failed or was skipped, ends with the counts."""
    result = unittest.TextTestRunner(stream=sys.stdout, resultclass=_Result).run(suite)
    for test, why in result.skipped:
        print(f"skipped: {test.id()}: {why}")
    for name in sorted(result.broken):
        print(f"FAILED: {name}")
    print(f"{result.passed} passed, {len(result.broken)} failed")
    return 1 if result.broken or not result.testsRun else 0


def main():
    """For `python3 test_x.py [name ...]`."""
    names = sys.argv[1:]
    loader = unittest.TestLoader()
    module = sys.modules["__main__"]
    suite = loader.loadTestsFromNames(names, module) if names else \
        loader.loadTestsFromModule(module)
    sys.exit(report(suite))


__all__ = [name for name in dir() if not name.startswith("_")]


# ---- for the tests of several services (test_svc_*.py)

UUID = "a8343631-9f35-4a3a-83f0-9e81592339fb"
ORG = "2389290"


def uuid(number):
    """The callID of a call in Verba."""
    return f"a8343631-9f35-4a3a-83f0-{number:012x}"


def verba_xml(code=0, message=None, more="", action="DeleteCall"):
    """An answer of Verba."""
    inner = "" if message is None else f"<ErrorMessage>{message}</ErrorMessage>"
    return ('<?xml version="1.0" encoding="UTF-8"?><VerbaApi>'
            f'<Response code="{code}" type="{action}"{more}>{inner}</Response>'
            '</VerbaApi>').encode()


def read_body(pending, head, client):
    """The body after `head`: it, and what came behind it."""
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
    length = int(found.group(1)) if found else 0
    while len(pending) < length:
        chunk = client.recv(65536)
        if not chunk:
            break
        pending += chunk
    return pending[:length], pending[length:]


class BodyService(Service):
    """A scripted service whose requests have a `body`, too, their time and their socket."""

    def serve(self, client):
        try:
            client.settimeout(WAIT_S)
            pending = b""
            while True:
                while b"\r\n\r\n" not in pending:
                    chunk = client.recv(65536)
                    if not chunk:
                        return
                    pending += chunk
                head, _, pending = pending.partition(b"\r\n\r\n")
                body, pending = read_body(pending, head, client)
                with self.lock:
                    request = Request(len(self.requests) + 1, head)
                    request.body, request.time = body, time.monotonic()
                    request.client = client
                    self.requests.append(request)
                reply = self.answer(request)
                if reply is CLOSE:
                    return
                data, after = reply if isinstance(reply, tuple) else (reply, None)
                client.sendall(data)
                if after is CLOSE:
                    return
        except OSError:
            pass
        except Exception as failure:  # a mistake of the script itself
            self.failures.append(repr(failure))
        finally:
            with self.lock:
                self.open.discard(client)
            client.close()


class ServicesCase(Case):
    """Runs of any operation, with the credentials of all services."""

    ENV = {"ZOHO_DESK_ORG_ID": ORG, "VERBA_API_KEY": "verba-key"}

    def bodied(self, answer):
        service = BodyService(answer)
        self.addCleanup(service.stop)
        self.addCleanup(lambda: self.assertEqual(service.failures, []))
        return service

    def go(self, server, operation, content, *options, name="job.csv", out="out",
           env=None, command="run", **how):
        """`unhitch run` of a job file with that content; env adds to ENV, None removes."""
        self.write(name, content)
        env = {key: value for key, value in {**self.ENV, **(env or {})}.items()
               if value is not None}
        fixed = ["--base-url", server.url] if server else []
        fixed += ["--operation", operation] if operation else []
        fixed += ["--out", out] if command == "run" else []
        run = self.unhitch(command, *fixed, *options, name, out=out, env=env, **how)
        if command == "run":
            self.check_balance(run)
        return run

    def again(self, command, *options, folder="out", out=None, env=None, **how):
        """resume or retry, with the same credentials."""
        env = {key: value for key, value in {**self.ENV, **(env or {})}.items()
               if value is not None}
        run = self.unhitch(command, *options, folder, out=out or folder, env=env, **how)
        self.check_balance(run)
        return run


__all__ = [name for name in dir() if not name.startswith("_")]
