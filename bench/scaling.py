"""Writes bench/SCALING.md: what the newest measurements and the services' documented limits
mean for a billion rows."""

import scale_table
from report import MIB, middle, ours, percent_of_bound, per_million, rate, table, there

BILLION = 10 ** 9
BATCH = 100
DAY_S = 86400
LATENCIES_MS = (50, 200, 500)
# edition, credits in 24 hours, more for each user, calls in flight per organisation and app
CRM = (("Free", 5_000, 0, 5), ("Standard", 50_000, 250, 10), ("Professional", 50_000, 500, 15),
       ("Enterprise", 50_000, 1_000, 20), ("Ultimate", 50_000, 2_000, 25))
# edition, calls in flight per portal
DESK = (("Free", 5), ("Express, Standard", 10), ("Professional", 15), ("Enterprise", 25))
USERS = (10, 100, 1_000)
ORGANISATIONS = (1, 25, 1_000)
LINK_BYTES_PER_S = 125_000_000          # 1 Gbit/s
# what an ID costs on the wire without TLS and HTTP heads: in the URL, and its entry in the answer
SENT_BYTES, ANSWERED_BYTES = 20, 106
NEEDED = ("throughput", "latency", "calls", "http2")


def can_tell(results):
    return all(there(results, name) for name in NEEDED)


def duration(seconds):
    """Words for a time, in the unit that suits it."""
    for unit, name in ((DAY_S * 365, "years"), (DAY_S, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.0f} {name}" if seconds >= 20 * unit else \
                f"{seconds / unit:,.1f} {name}"
    return f"{seconds:,.0f} s"


def gigabytes(count):
    return f"{count / 1e9:,.1f} GB"


class Facts:
    """What was measured, per row or per million."""

    def __init__(self, results):
        throughput, calls = results["throughput"], results["calls"]
        us, tls = ours(throughput), results["http2"]
        self.rate, self.cpu = rate(us), per_million(us)[0]
        self.peak = middle(us["runs"], "memory")
        self.measured_rows = throughput["rows"]
        self.tls_cpu = middle(tls["ways"][1]["runs"], "cpu") / tls["rows"] * 1e6
        self.share = percent_of_bound(results, 25) or 0
        self.disk = {"job file": calls["job_bytes"] / calls["rows"],
                     "results.csv": calls["disk"].get("results.csv", 0) / calls["rows"],
                     "journal": calls["disk"].get("journal", 0) / calls["rows"]}
        self.scale = scale_table.newest(results)
        self.spill = max((row["spill_gb"] * 1e9 / row["rows"] for row in self.scale), default=0)
        self.disk_bytes = sum(self.disk.values()) + self.spill
        self.date = throughput["date"]


# ---- tables

def calls_table():
    rows = []
    for each in (500_000, 500, 100, 50, 10, 1):
        targets = BILLION // each
        calls = targets * -(-each // BATCH)
        rows.append([f"{targets:,}", f"{each:,}", f"{calls:,}", f"{BILLION / calls:,.0f}"])
    return table(["targets", "IDs of each", "calls", "IDs a call"], rows)


def credits_table():
    calls, rows = BILLION // BATCH, []
    for edition, base, more, _ in CRM:
        cells = [edition]
        for users in USERS if more else USERS[:1]:
            credits = base + more * users
            cells.append(f"{credits:,}: {duration(calls / credits * DAY_S)}")
        rows.append(cells + [""] * (1 + len(USERS) - len(cells)))
    return table(["edition"] + [f"{users:,} users" for users in USERS], rows)


def waiting_s(calls, in_flight, latency_ms, share):
    return calls * latency_ms / 1000 / in_flight / share


def concurrency_table(facts):
    rows = [[edition, str(in_flight)] +
            [duration(waiting_s(BILLION // BATCH, in_flight, latency, facts.share))
             for latency in LATENCIES_MS] for edition, _, _, in_flight in CRM]
    return table(["edition", "in flight"] + [f"{latency} ms" for latency in LATENCIES_MS], rows)


def singles_table(facts):
    rows = [[f"Desk {edition}", str(in_flight)] +
            [duration(waiting_s(BILLION, in_flight, latency, facts.share))
             for latency in LATENCIES_MS] for edition, in_flight in DESK]
    return table(["service", "in flight"] + [f"{latency} ms" for latency in LATENCIES_MS], rows)


def machine_table(facts):
    rows = [["CPU, one core, no TLS", f"{facts.cpu:.2f} s per million rows",
             duration(facts.cpu * BILLION / 1e6)],
            ["CPU, one core, TLS", f"{facts.tls_cpu:.2f} s per million rows",
             duration(facts.tls_cpu * BILLION / 1e6)],
            ["network, sent", f"{SENT_BYTES} bytes a row", gigabytes(SENT_BYTES * BILLION)],
            ["network, received", f"{ANSWERED_BYTES} bytes a row, {LINK_BYTES_PER_S // 1_000_000} "
             "MB/s", f"{gigabytes(ANSWERED_BYTES * BILLION)}, "
             f"{duration(ANSWERED_BYTES * BILLION / LINK_BYTES_PER_S)}"]]
    for name, size in facts.disk.items():
        rows.append([f"disk, {name}", f"{size:.1f} bytes a row", gigabytes(size * BILLION)])
    if facts.spill:
        rows.append(["disk, spill while it goes on", f"{facts.spill:.1f} bytes a row",
                     gigabytes(facts.spill * BILLION)])
    rows.append(["disk, all", f"{facts.disk_bytes:.1f} bytes a row",
                 gigabytes(facts.disk_bytes * BILLION)])
    return table(["", "measured", "a billion rows"], rows)


def memory_words(facts):
    """What was measured of memory, and where it was."""
    if not facts.scale:
        return (f"Peak memory was measured at {facts.measured_rows:,} rows only: "
                f"{facts.peak / MIB:.0f} MiB.")
    parts = []
    for rows in sorted({row["rows"] for row in facts.scale}):
        same = [row for row in facts.scale if row["rows"] == rows]
        parts.append(f"{max(row['peak_mib'] for row in same):.0f} MiB at {rows:,.0f} rows "
                     f"({min(row['us_per_row'] for row in same):.2f} to "
                     f"{max(row['us_per_row'] for row in same):.2f} µs a row)")
    return "Peak memory, the largest of all forms that were measured: " + "; ".join(parts) + "."


def peak_of(facts, rows):
    """Bytes of a run of so many rows: those of the next larger one that was measured."""
    known = sorted((row["rows"], row["peak_mib"] * MIB) for row in facts.scale)
    known.append((facts.measured_rows, facts.peak))
    larger = [peak for size, peak in known if size >= rows]
    return max(larger) if larger else max(peak for _, peak in known)


def organisations_table(facts):
    """How long, how much disk and memory, if a billion rows are those of so many."""
    rows, latency = [], LATENCIES_MS[1]
    for count in ORGANISATIONS:
        each = BILLION // count
        calls = -(-each // BATCH)
        credits = CRM[3][1] + CRM[3][2] * USERS[1]
        in_flight = CRM[3][3]
        by_credits = calls / credits * DAY_S
        by_waiting = waiting_s(calls, in_flight, latency, facts.share)
        by_cpu = facts.tls_cpu * BILLION / 1e6
        asked = count * in_flight / latency * 1000 * BATCH
        rows.append([f"{count:,}", f"{each:,}", f"{calls:,}",
                     duration(by_credits) if calls > credits else "within a day's",
                     duration(by_waiting), f"{count * in_flight:,}", f"{asked:,.0f}",
                     duration(by_cpu), gigabytes(each * facts.disk_bytes),
                     f"{count * peak_of(facts, each) / MIB:,.0f} MiB"])
    return table(["organisations", "rows of each", "calls of each", "by credits",
                  "by calls in flight", "in flight, all", "rows/s, all", "by CPU, one core",
                  "disk of each", "memory, all at once"], rows)


# ---- the page

TEXT = """\
# What a billion rows mean

Written by `make bench` from the measurements of {date} and the limits that the services
document; the sums are shown, so that you can put in your own figures. All of it is arithmetic
on what was measured with up to {largest:,.0f} rows: nobody ran a billion.

## Calls

A CRM call takes up to 100 IDs of one target ({ids_20} IDs of 20 digits), so a job needs, for each
target, its IDs / 100, rounded up. It does not depend on the order of the rows, but it does on
how many IDs a target has:

{calls}
Desk and Verba take one ID a call: a billion calls for a billion rows.

## What the service allows

**Credits.** A CRM call costs one credit; asking for tokens costs none. In any 24 hours an
organisation has 5,000 (Free), or 50,000 and for each user 250 (Standard), 500 (Professional),
1,000 (Enterprise) or 2,000 (Ultimate) more. Days for 10,000,000 calls = 10,000,000 / credits, if
nothing else uses them:

{credits}
**Calls in flight.** An organisation may have so many at once for each app. Time for 10,000,000
calls = calls x latency / calls in flight, and unhitch reaches {share:.1%} of that (25 in flight,
50 ms, measured). Which latency yours has is `latency_ms` in a run's `summary.json`.

{concurrency}
So for one organisation the credits decide, by far: what unhitch can do is only that no credit
is wasted on a batch that is not full, on a call sent twice, or on a run that starts again.
A nightly run with `--max-calls` spends what is left over, and `resume` carries on the next night.

**Desk** has calls in flight per portal, and credits whose number its pages do not give (when
they are used up, the run stops with exit code 8). One ID a call; a billion IDs would take:

{singles}
**Verba** documents no limit: agree on one with whoever runs the recorder, and set `--rate`.

## What the machine needs

{machine}
The network figures are without the heads of HTTP and TLS. {memory}

## One, 25 and 1,000 organisations

A billion rows shared evenly; Enterprise with {users} users each, {latency} ms latency. Each
organisation has limits of its own, so each gets a process of its own, with its own token, job
file and run directory.

{organisations}
- *By credits*: calls of each / ({base:,} + {more:,} x {users}) days.
- *By calls in flight*: calls of each x {latency} ms / {in_flight} / {share:.3f}.
- *Rows/s, all*: what all of them together would ask for if nothing held them back: organisations
  x {in_flight} / {latency} ms x 100. One core does {rate:,.0f} without TLS, and with it about
  {tls_rate:,.0f}.
- *By CPU*: {tls_cpu:.2f} s per million rows x 1,000, on one core, TLS included; n cores do it in
  an nth, since the processes share nothing.
- *Memory, all at once*: organisations x the peak of a run of that size. Start only as many at
  once as there is memory for; with 16 GiB for them that is {at_once:,} at a time.

## Where one machine ends

| what ends first | where | what to do |
|---|---|---|
| credits of an organisation | {credits_end:,} rows a day (Enterprise, {users} users) | nothing to split: a second machine shares the same credits. Spread over days with `--max-calls` and `resume`, or buy credits |
| calls in flight of an organisation | {flight_end:,.0f} rows/s (20 in flight, {latency} ms) | nothing to split; the limit is the organisation's. Two processes of one organisation must share it: `-j` of each, added up |
| CPU | about {tls_rate:,.0f} rows/s for each core, TLS included: {cpu_orgs:,.0f} such organisations | one process is one thread, so first use the other cores, with other organisations; then more machines, split by organisation |
| network | {link_rate:,.0f} rows/s for each 1 Gbit/s | more machines, split by organisation |
| memory | {at_once:,} processes at once in 16 GiB | start fewer at once, or more machines |
| disk | {disk_each:.0f} bytes a row, of all runs that are kept | a disk for each share of the organisations; keep `results.csv`, remove the job file |

If one organisation's file has to be split after all (because files of this size are
unwieldy), split it by target, never by row: all rows of a (module, record_id, related_list) in the
same part. Then the parts need as many calls as the whole. Cut every n rows, {rows:,} rows over
{targets:,} targets in random order need {by_hundred:,} calls instead of {minimum:,} if n is 100.
"""


def page(results):
    facts, calls = Facts(results), results["calls"]
    edition, base, more, in_flight = CRM[3]
    assert edition == "Enterprise"
    latency, users = LATENCIES_MS[1], USERS[1]
    at_once = int((16 << 30) / peak_of(facts, BILLION // ORGANISATIONS[-1]))
    largest = max([facts.measured_rows] + [row["rows"] for row in facts.scale])
    flight_end = in_flight / latency * 1000 * BATCH
    return TEXT.format(
        date=facts.date, largest=largest, ids_20=95, calls=calls_table(), credits=credits_table(),
        concurrency=concurrency_table(facts), singles=singles_table(facts), share=facts.share,
        machine=machine_table(facts), memory=memory_words(facts), users=users, latency=latency,
        organisations=organisations_table(facts), base=base, more=more, in_flight=in_flight,
        rate=facts.rate, tls_cpu=facts.tls_cpu, tls_rate=1e6 / facts.tls_cpu, at_once=at_once,
        credits_end=(base + more * users) * BATCH, flight_end=flight_end,
        cpu_orgs=1e6 / facts.tls_cpu / flight_end,
        link_rate=LINK_BYTES_PER_S / ANSWERED_BYTES,
        disk_each=facts.disk_bytes,
        rows=calls["rows"], targets=calls["targets"], by_hundred=calls["by_hundred"],
        minimum=calls["minimum"])
