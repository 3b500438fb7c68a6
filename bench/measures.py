"""The measurements. Each returns what the report needs, as plain data; bench/README.md says
what each is about and how it is done."""
import json
import os
import re
import shutil
import time

import nginx
from field import PEERS, Unhitch, gather
from jobfile import DATA, ROWS_PER_TARGET, JobFile
from machine import Failed, Sandbox, Stub, complain, fresh, last_words, timed

IN_FLIGHT = 10
LATENCY_MS = 50
LATENCY_ROUNDS = {10: 1, 25: 2, 100: 3}     # calls in flight: rounds
LATENCY_IN_FLIGHT = tuple(LATENCY_ROUNDS)
SLOW_SYNC_MS = 20
OUT = os.path.join(DATA, "out")
SUCCESS = b",success,"


class Missing(Exception):
    """Something that is measured with is not to be had; the text says what."""


class Bench:
    """What all measurements share: the build, the field, the size and the time there is."""

    def __init__(self, build, quick, wanted=None, rows=None):
        self.build, self.quick, self.wanted = build, quick, wanted
        self.rows = rows or (100_000 if quick else 1_000_000)
        self.limit_s = 105 if quick else 840
        self.begun = time.monotonic()
        self.field = gather(build, wanted)
        self.unhitch = next(client for client in self.field if isinstance(client, Unhitch))

    def rounds(self, count, share):
        """Numbers of rounds, from 0: all of them, unless by then that share of the whole
        time is used up. The first one always."""
        for number in range(count):
            if number and time.monotonic() - self.begun > share * self.limit_s:
                complain(f"time is short: {number} of {count} rounds")
                return
            yield number


def count_lines(path, part):
    """Lines of the file, and how many of them hold `part`; line by line, since a client's peak
    memory is never below that of this process."""
    lines = hits = 0
    with open(path, "rb") as file:
        for line in file:
            lines += 1
            hits += part in line
    return lines, hits


def check(client, job, run, books):
    """A run that did not do the whole job has no speed."""
    facts = [("exit code", run["exit"], 0),
             ("calls that came", books["requests"], job.calls),
             ("IDs removed by exactly one call", books["removed"], job.rows),
             ("IDs asked for again", books["repeats"], 0),
             ("things asked for that are none of the job", books["wrong"], 0)]
    if client.results(OUT) and run["exit"] == 0:
        lines, successes = count_lines(client.results(OUT), SUCCESS)
        facts += [("lines of results", lines, job.rows + 1),
                  ("rows with success", successes, job.rows)]
    for what, is_, should in facts:
        if is_ != should:
            raise Failed(f"{client.name}: {what}: {is_} where {should} were expected: "
                         f"{last_words()}")


def run_client(client, job, server, in_flight, url=None, options=(), environment=None):
    """One checked run against a server of its own: what it used, and what the server saw."""
    fresh(OUT)
    with server:
        client.prepare(url or server.url, job, OUT)
        run = timed(client.command(url or server.url, job, OUT, in_flight, *options),
                    environment=environment)
        run["server_cpu"] = server.cpu()
        books = server.books()
    check(client, job, run, books)
    run["connections"] = books.get("connections")
    run["sending"] = books.get("seconds")
    return run


def say(name, run, rows):
    print(f"  {name:30} {run['seconds']:8.3f} s {rows / run['seconds']:12,.0f} rows/s", flush=True)


def take_turns(bench, entries, rounds, share, server_of, in_flight):
    """Runs every entry once a round. A peer that fails is out, with a line that says why."""
    for number in bench.rounds(rounds, share):
        for entry in list(entries):
            client, job = entry["client"], entry["job"]
            if number >= entry.get("rounds", rounds):
                continue
            try:
                run = run_client(client, job, server_of(job), in_flight)
            except Failed as problem:
                if client is bench.unhitch:
                    raise
                complain(f"{client.name} is out: {problem}")
                entries.remove(entry)
                continue
            say(client.name, run, job.rows)
            entry["runs"].append(run)
    return [{"key": entry["client"].key, "name": entry["client"].name,
             "part": entry["client"].part, "goal": entry["client"].goal,
             "rows": entry["job"].rows, "calls": entry["job"].calls, "runs": entry["runs"]}
            for entry in entries]


# ---- do the peers do their work? The sandbox's books say so

def honesty(bench):
    """Every client does a small job against the sandbox; those whose books are wrong leave
    the field."""
    job = JobFile(2_000)
    for client in list(bench.field):
        try:
            run_client(client, job, Sandbox(bench.build), IN_FLIGHT)
        except Failed as problem:
            if client is bench.unhitch:
                raise
            complain(f"{client.name} is out: {problem}")
            bench.field.remove(client)
    return {"rows": job.rows, "names": [client.name for client in bench.field],
            "versions": [client.version() for client in bench.field if client.version()]}


# ---- no latency

def throughput(bench):
    entries = [{"client": client, "job": JobFile(bench.rows // client.slow), "runs": []}
               for client in bench.field]
    job = JobFile(bench.rows)
    who = take_turns(bench, entries, 2 if bench.quick else 5, 0.40,
                     lambda job: Stub(bench.build, job), IN_FLIGHT)
    return {"rows": job.rows, "targets": job.targets, "calls": job.calls, "in_flight": IN_FLIGHT,
            "who": who, "wrk": run_wrk(bench, job, IN_FLIGHT, 0)}


def run_wrk(bench, job, in_flight, latency_ms):
    """Calls per second of wrk, which repeats the calls for a while; None: not to be had."""
    if bench.wanted and "wrk" not in bench.wanted:
        return None
    if not shutil.which("wrk"):
        complain("wrk is skipped: it is not there")
        return None
    seconds = 1 if bench.quick else 3
    told = os.path.join(DATA, "wrk")
    with Stub(bench.build, job, latency_ms) as stub, open(told, "w", encoding="utf-8") as file:
        run = timed(["wrk", "-t", "1", "-c", str(in_flight), "-d", f"{seconds}s", "-s",
                     os.path.join(PEERS, "wrk_calls.lua"), stub.url, "--", job.paths],
                    stdout=file)
        books = stub.books()
    with open(told, encoding="utf-8") as file:
        match = re.search(r"(\d+) requests in ([\d.]+)s", file.read())
    if run["exit"] or not match or books["wrong"]:
        complain(f"wrk is out: {books} {last_words()}")
        return None
    calls, took = int(match.group(1)), float(match.group(2))
    return {"rows_per_s": calls * job.rows / job.calls / took, "memory": run["memory"],
            "cpu_per_million": run["cpu"] / (calls * job.rows / job.calls) * 1e6}


# ---- with latency

def latency(bench):
    """Fast clients do as much as takes five seconds at the bound, slow ones less."""
    levels = []
    for at, (in_flight, rounds) in enumerate(LATENCY_ROUNDS.items()):
        rows = bench.rows // 100 * in_flight // (2 if bench.quick else 1)
        entries = []
        for client in bench.field:
            whole = client is bench.unhitch
            job = JobFile(bench.rows if whole else
                          max(ROWS_PER_TARGET, min(rows, bench.rows // client.slow)))
            entries.append({"client": client, "job": job, "runs": [],
                            "rounds": 1 if client.slow > 1 else rounds})
        print(f" {in_flight} in flight", flush=True)
        who = take_turns(bench, entries, 1 if bench.quick else rounds, 0.45 + 0.12 * at,
                         lambda job: Stub(bench.build, job, LATENCY_MS), in_flight)
        levels.append({"in_flight": in_flight, "who": who})
    return {"latency_ms": LATENCY_MS, "levels": levels}


# ---- reading

def plan_command(bench, path):
    return [os.path.join(bench.build, "unhitch"), "plan", "--json", "--quiet", "--operation",
            "crm.delink", path]


def run_plan(command, job, core):
    """One `plan`, pinned to a core or free to use both (None)."""
    told = os.path.join(DATA, "plan.json")
    with open(told, "wb") as file:
        run = timed(command, core, stdout=file)
    with open(told, encoding="utf-8") as file:
        facts = json.loads(file.read() or "{}")
    if run["exit"] or facts.get("rows") != job.rows or facts.get("planned_calls") != job.calls:
        raise Failed(f"plan: {facts} instead of {job.rows} rows: {last_words()}")
    return run


def reading(bench):
    job = JobFile(bench.rows)
    piped = " ".join(plan_command(bench, "-"))
    ways = [{"name": "CSV", "command": plan_command(bench, job.csv), "core": 0},
            {"name": "JSON lines", "command": plan_command(bench, job.jsonl), "core": 0},
            {"name": "CSV, gzip", "command": plan_command(bench, job.gzip), "core": None},
            {"name": "`gzip -dc` piped into `plan -`", "core": None,
             "command": ["sh", "-c", f"gzip -dc {job.gzip} | {piped}"]}]
    for way in ways:
        way["runs"] = []
    for _ in bench.rounds(3 if bench.quick else 7, 0.85):
        for way in ways:
            way["runs"].append(run_plan(way["command"], job, way["core"]))
            say(way["name"], way["runs"][-1], job.rows)
    return {"rows": job.rows, "ways": [{"name": way["name"], "cores": 1 if way["core"] == 0 else 2,
                                        "runs": way["runs"]} for way in ways]}


# ---- calls

def calls(bench):
    """What the file needs, what unhitch plans and sends, what other ways of cutting send."""
    job = JobFile(bench.rows)
    run_client(bench.unhitch, job, Stub(bench.build, job), IN_FLIGHT)
    with open(os.path.join(OUT, "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    disk = {name: os.path.getsize(os.path.join(OUT, name)) for name in os.listdir(OUT)}
    return {"rows": job.rows, "targets": job.targets, "minimum": job.calls,
            "planned": summary["planned_calls"], "sent": summary["calls"], "disk": disk,
            "job_bytes": os.path.getsize(job.csv),
            "as_read": job.facts["as_read"], "by_hundred": job.facts["by_hundred"]}


# ---- HTTP/2

def http2(bench):
    path = nginx.program(bench.build)
    if not path:
        raise Missing("nginx is not to be had")
    job = JobFile(bench.rows // 5)
    ways = [{"name": name, "latency_ms": latency_ms, "http2": http2, "runs": []}
            for latency_ms in (0, LATENCY_MS)
            for name, http2 in (("HTTP/1.1", False), ("HTTP/2", True))]
    for _ in bench.rounds(1 if bench.quick else 5, 0.9):
        for way in ways:
            way["runs"].append(run_through_nginx(bench, path, job, way))
            say(f"{way['name']}, {way['latency_ms']} ms", way["runs"][-1], job.rows)
    return {"rows": job.rows, "calls": job.calls, "in_flight": LATENCY_IN_FLIGHT[-1],
            "ways": ways}


def run_through_nginx(bench, path, job, way):
    stub = Stub(bench.build, job, way["latency_ms"])
    with stub, nginx.Nginx(path, stub.port, way["http2"]) as front:
        run = run_client(bench.unhitch, job, stub, LATENCY_IN_FLIGHT[-1], front.url,
                         ("--ca-file", front.certificate))
        run["server_cpu"] += front.cpu()
        run.update(front.seen())
    if run["calls"] != job.calls:
        raise Failed(f"nginx saw {run['calls']} calls where {job.calls} were expected")
    return run


# ---- start-up

def start_up(bench):
    """A job of one row, and a look at the help."""
    job, unhitch = JobFile(1), os.path.join(bench.build, "unhitch")
    entries = [{"client": client, "job": job, "runs": []} for client in bench.field]
    for number in bench.rounds(5 if bench.quick else 21, 0.95):
        few = entries if number < (1 if bench.quick else 5) else entries[:1]
        take_turns(bench, few, 1, 1, lambda job: Stub(bench.build, job), 1)
    return {"help": [timed([unhitch, "--help"]) for _ in range(21)],
            "who": [{"name": entry["client"].name, "runs": entry["runs"]} for entry in entries]}


# ---- the journal

def journal(bench):
    """Counts the syncs, then makes each of them slow."""
    library = os.path.abspath(os.path.join(bench.build, "bench", "slow_sync.so"))
    told = os.path.join(DATA, "syncs.json")
    job = JobFile(bench.rows // 5)
    ways = [{"in_flight": in_flight, "latency_ms": latency_ms, "slow_ms": slow_ms, "runs": []}
            for in_flight, latency_ms in ((IN_FLIGHT, 0), (LATENCY_IN_FLIGHT[-1], LATENCY_MS))
            for slow_ms in (0, SLOW_SYNC_MS)]
    for _ in bench.rounds(1 if bench.quick else 3, 0.97):
        for way in ways:
            run = run_client(bench.unhitch, job, Stub(bench.build, job, way["latency_ms"]),
                             way["in_flight"], environment={
                                 "LD_PRELOAD": library, "SLOW_SYNC_REPORT": told,
                                 "SLOW_SYNC_MS": str(way["slow_ms"])})
            with open(told, encoding="ascii") as file:
                run["syncs"] = json.load(file)
            way["runs"].append(run)
            say(f"syncs {way['slow_ms']} ms slower", run, job.rows)
    return {"rows": job.rows, "calls": job.calls, "ways": ways}
