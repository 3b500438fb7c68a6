"""Makes tables (Markdown) and plots (SVG) of the measurements."""
import os
import statistics

import plot

MIB = 1 << 20


def numbers(runs, key="seconds"):
    return [run[key] for run in runs]


def middle(runs, key="seconds"):
    return statistics.median(numbers(runs, key))


def rate(who, runs=None):
    """Rows per second, of the median run."""
    return who["rows"] / middle(runs or who["runs"])


def rates(who):
    """Rows per second: median, lowest, highest."""
    seconds = numbers(who["runs"])
    return rate(who), who["rows"] / max(seconds), who["rows"] / min(seconds)


def per_million(who):
    """CPU seconds per million rows: median, lowest, highest."""
    cpu = [used / who["rows"] * 1e6 for used in numbers(who["runs"], "cpu")]
    return statistics.median(cpu), min(cpu), max(cpu)


def bound(who, in_flight, latency_ms):
    """Rows per second if every place in flight always waits for an answer."""
    return who["rows"] / who["calls"] * in_flight / latency_ms * 1000


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |",
             "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def there(results, name):
    return name in results and "skipped" not in results[name]


def ours(section):
    return next(who for who in section["who"] if who["key"] == "unhitch")


def percent_of_bound(results, in_flight, key="unhitch"):
    """None where it was not measured."""
    levels = results["latency"]["levels"]
    level = next(level for level in levels if level["in_flight"] == in_flight)
    for who in level["who"]:
        if who["key"] == key and who["runs"]:
            return rate(who) / bound(who, in_flight, results["latency"]["latency_ms"])
    return None


# ---- sections of latest.md

def throughput(results):
    section = results["throughput"]
    us = ours(section)
    rows = []
    for who in sorted(section["who"], key=rate, reverse=True):
        mid, low, high = rates(who)
        cpu, _, _ = per_million(who)
        times = "" if who is us else f"{rate(us) / mid:.1f} x"
        rows.append([who["name"] + (" ¹" if who["part"] else ""), f"{mid:,.0f}",
                     f"{low:,.0f} to {high:,.0f}", f"{cpu:.2f}",
                     f"{middle(who['runs'], 'memory') / MIB:,.0f}", f"{who['rows']:,}", times])
    if section.get("wrk"):
        wrk = section["wrk"]
        rows.insert(0, ["wrk ¹ ²", f"{wrk['rows_per_s']:,.0f}", "",
                        f"{wrk['cpu_per_million']:.2f}", f"{wrk['memory'] / MIB:,.0f}", "", ""])
    busy = middle(us["runs"], "server_cpu") / middle(us["runs"])
    return (f"## No latency\n\n{section['rows']:,} rows, {section['targets']:,} targets in random "
            f"order: {section['calls']:,} calls, {section['in_flight']} in flight. From the job "
            f"file to the finished results; medians of {len(us['runs'])} rounds in turn.\n\n"
            + table(["", "rows/s", "slowest to fastest", "CPU s per million", "peak MiB",
                     "rows measured", "unhitch does"], rows)
            + "\n¹ does a part of the job: sends ready-made URLs; reads no job, judges nothing, "
              "writes no results. ² repeats the calls for a while; it shows what the server "
              "can do.\n\nSlow clients did a smaller job of the same kind; the rates are theirs. "
              f"The server was busy for {busy:.0%} of the time that unhitch took.\n\n"
              "![rows per second](throughput.svg)\n\n![CPU seconds per million rows](cpu.svg)\n")


def sending(section):
    """unhitch as the server sees it: from the first request to the last answer."""
    cells = ["unhitch, first request to last answer"]
    for level in section["levels"]:
        who = ours(level)
        rows_per_s = who["rows"] / middle(who["runs"], "sending")
        share = rows_per_s / bound(who, level["in_flight"], section["latency_ms"])
        cells.append(f"{rows_per_s:,.0f} ({share:.1%})")
    return cells


def latency(results):
    section = results["latency"]
    names = {who["key"]: who["name"] for level in section["levels"] for who in level["who"]}
    head = [""] + [f"{level['in_flight']} in flight" for level in section["levels"]]
    rows = [["the bound"] + [
        f"{bound(ours(level), level['in_flight'], section['latency_ms']):,.0f} rows/s"
        for level in section["levels"]]]
    for key, name in names.items():
        cells = []
        for level in section["levels"]:
            who = next((who for who in level["who"] if who["key"] == key), None)
            share = percent_of_bound(results, level["in_flight"], key)
            cells.append(f"{rate(who):,.0f} ({share:.1%})" if share else "")
        rows.append([name] + cells)
        if key == "unhitch":
            rows.append(sending(section))
    us = ours(section["levels"][0])
    return (f"## {section['latency_ms']} ms latency\n\nRows per second, start-up and reports "
            "included, and how much that is of the bound, N calls in flight / latency. unhitch "
            f"does {us['rows']:,} rows at each; the others as many as take some seconds. Nothing is "
            "sent before the whole job was read and checked, so the server was asked for "
            "something during a part of the time only.\n\n"
            + table(head, rows) + "\n![share of the bound](latency.svg)\n")


def reading(results):
    section = results["reading"]
    rows = [[way["name"], f"{section['rows'] / middle(way['runs']):,.0f}",
             f"{section['rows'] / max(numbers(way['runs'])):,.0f} to "
             f"{section['rows'] / min(numbers(way['runs'])):,.0f}",
             f"{middle(way['runs'], 'cpu') / section['rows'] * 1e6:.2f}",
             f"{middle(way['runs'], 'memory') / MIB:,.0f}",
             str(way["cores"])] for way in section["ways"]]
    return (f"## Reading\n\n`unhitch plan` of {section['rows']:,} rows, medians of "
            f"{len(section['ways'][0]['runs'])} rounds in turn.\n\n"
            + table(["", "rows/s", "slowest to fastest", "CPU s per million", "peak MiB", "cores"],
                    rows))


def calls(results):
    section = results["calls"]
    ways = [("the minimum: 100 IDs of one target in each", section["minimum"]),
            ("unhitch planned", section["planned"]), ("unhitch sent", section["sent"]),
            ("each hundred rows grouped among themselves", section["by_hundred"]),
            ("a new batch whenever the target changes", section["as_read"]),
            ("one call for each row", section["rows"])]
    return (f"## Calls\n\nFor {section['rows']:,} rows of {section['targets']:,} targets in random "
            "order. The peers here group the whole file before they send, as unhitch does, so they "
            "send the minimum too; a program that cuts batches as it reads does not.\n\n"
            + table(["", "calls", "of the minimum"],
                    [[name, f"{count:,}", f"{count / section['minimum']:.2f}"]
                     for name, count in ways]))


def http2(results):
    section = results["http2"]
    rows = [[f"{way['name']}, {way['latency_ms']} ms latency",
             f"{section['rows'] / middle(way['runs']):,.0f}",
             f"{section['rows'] / max(numbers(way['runs'])):,.0f} to "
             f"{section['rows'] / min(numbers(way['runs'])):,.0f}",
             f"{middle(way['runs'], 'cpu') / section['rows'] * 1e6:.2f}",
             f"{middle(way['runs'], 'connections'):.0f}",
             f"{middle(way['runs'], 'handshakes'):.0f}",
             f"{middle(way['runs'], 'server_cpu') / middle(way['runs']):.0%}"]
            for way in section["ways"]]
    return ("## TLS: HTTP/2 beside HTTP/1.1\n\nunhitch through nginx with TLS, "
            f"{section['rows']:,} rows, {section['calls']:,} calls, {section['in_flight']} in "
            "flight. nginx and the stub share the other core.\n\n"
            + table(["", "rows/s", "slowest to fastest", "CPU s per million", "connections",
                     "handshakes", "servers busy"], rows))


def start_up(results):
    section = results["start_up"]
    rows = [["`unhitch --help`", f"{middle(section['help']) * 1000:.1f}",
             f"{min(numbers(section['help'])) * 1000:.1f}"]]
    rows += [[f"{who['name']}, one row", f"{middle(who['runs']) * 1000:.1f}",
              f"{min(numbers(who['runs'])) * 1000:.1f}"]
             for who in section["who"] if who["runs"]]
    return ("## Start-up\n\nWall time of the whole process, no latency.\n\n"
            + table(["", "median ms", "fastest ms"], rows))


def journal(results):
    section = results["journal"]
    rows = []
    for way in section["ways"]:
        syncs = [run["syncs"] for run in way["runs"]]
        rows.append([f"{way['in_flight']} in flight, {way['latency_ms']} ms latency"
                     + (f", each sync {way['slow_ms']} ms slower" if way["slow_ms"] else ""),
                     f"{section['rows'] / middle(way['runs']):,.0f}",
                     f"{statistics.median(sync['syncs'] for sync in syncs):,.0f}",
                     f"{statistics.median(sync['seconds'] for sync in syncs):.2f}",
                     f"{max(sync['longest_ms'] for sync in syncs):.1f}"])
    return ("## The journal\n\nThe syncs (fdatasync, fsync) of a run of "
            f"{section['rows']:,} rows in {section['calls']:,} calls.\n\n"
            + table(["", "rows/s", "syncs", "seconds in them", "longest ms"], rows))


def memory(results):
    section = results["memory"]
    more = "\nJobs of up to 100,000,000 rows: `scale.md`.\n" if section["full"] else ""
    return ("## Memory and scale\n\nJobs in random order over few and many targets, by "
            f"`bench/scale.py`.\n\n{section['markdown'].strip()}\n{more}")


SECTIONS = {"throughput": throughput, "latency": latency, "reading": reading, "calls": calls,
            "http2": http2, "start_up": start_up, "journal": journal, "memory": memory}


# ---- goals

def goal_lines(results):
    """(what is to be reached, measured, reached?) of each that was measured."""
    if there(results, "throughput"):
        section = results["throughput"]
        us = ours(section)
        cpu, peak = per_million(us)[0], middle(us["runs"], "memory") / MIB
        yield "1,000,000 rows/s on one core", f"{rate(us):,.0f}", rate(us) >= 1e6
        yield "CPU at most 1.0 s per million rows", f"{cpu:.2f}", cpu <= 1
        yield f"at most 128 MiB at {us['rows']:,} rows", f"{peak:.0f} MiB", peak <= 128
        for who in section["who"]:
            if who["goal"]:
                times, goal = rate(us) / rate(who), who["goal"]
                yield f"{goal} times {who['name']}", f"{times:.1f} times", times >= goal
    if there(results, "latency"):
        for level in results["latency"]["levels"]:
            share = percent_of_bound(results, level["in_flight"])
            yield f"98 % of the bound, {level['in_flight']} in flight", f"{share:.1%}", share >= .98
    if there(results, "reading"):
        csv, jsonl, packed, piped = (results["reading"]["rows"] / middle(way["runs"])
                                     for way in results["reading"]["ways"])
        yield "plan of CSV: 3,000,000 rows/s", f"{csv:,.0f}", csv >= 3e6
        yield "plan of JSON lines: 2,000,000 rows/s", f"{jsonl:,.0f}", jsonl >= 2e6
        times = packed / piped
        yield "gzip not slower than a pipe from gzip", f"{times:.2f} times", times >= 1
    yield from more_goal_lines(results)


def more_goal_lines(results):
    if there(results, "calls"):
        section = results["calls"]
        yield ("calls = planned = the minimum", f"{section['sent']:,}",
               section["sent"] == section["planned"] == section["minimum"])
    if there(results, "http2"):
        ways = results["http2"]["ways"]
        for one, two in zip(ways[::2], ways[1::2]):
            times = middle(one["runs"]) / middle(two["runs"])
            yield (f"HTTP/2 not slower than HTTP/1.1, {one['latency_ms']} ms latency",
                   f"{times:.2f} times", times >= 1)
        yield ("HTTP/2: one connection", f"{max(numbers(ways[1]['runs'], 'connections'))}",
               max(numbers(ways[1]["runs"], "connections")) == 1)
        most = max(max(numbers(way["runs"], "handshakes")) for way in ways)
        yield ("handshakes at most as many as calls in flight", f"{most}",
               most <= results["http2"]["in_flight"])
    if there(results, "start_up"):
        one = middle(results["start_up"]["who"][0]["runs"]) * 1000
        help_ms = middle(results["start_up"]["help"]) * 1000
        yield "one row in 20 ms", f"{one:.1f} ms", one <= 20
        yield "`--help` in 5 ms", f"{help_ms:.1f} ms", help_ms <= 5


def goals(results):
    return ("## Goals\n\n" + table(["goal", "measured", "reached"],
                                   [[goal, measured, "yes" if reached else "**no**"]
                                    for goal, measured, reached in goal_lines(results)]))


# ---- plots

def kind(who):
    return "own" if who["key"] == "unhitch" else "part" if who["part"] else "peer"


def throughput_plots(results):
    section = results["throughput"]
    ranked = sorted(section["who"], key=rate, reverse=True)
    speeds = [(who["name"], kind(who), *rates(who), f"{rate(who):,.0f}") for who in ranked]
    costs = [(who["name"], kind(who), *per_million(who), f"{per_million(who)[0]:.2f}")
             for who in sorted(section["who"], key=lambda who: per_million(who)[0])]
    under = (f"{section['rows']:,} rows, {section['targets']:,} targets in random order, no "
             "latency, one core for the client; pale: only a part of the job")
    return {"throughput.svg": plot.bars("Rows per second", under, speeds),
            "cpu.svg": plot.log_dots("CPU seconds per million rows (logarithmic)", under, costs)}


def latency_plots(results):
    section = results["latency"]
    levels = [level["in_flight"] for level in section["levels"]]
    rows = []
    for who in section["levels"][0]["who"]:
        shares = [percent_of_bound(results, level, who["key"]) or 0 for level in levels]
        rows.append((who["name"], [(share, f"{share:.1%}") for share in shares]))
    return {"latency.svg": plot.grouped_bars(
        f"Share of the bound at {section['latency_ms']} ms latency",
        "100 %: every place in flight always waits for an answer; start-up and results included",
        [f"{level} in flight" for level in levels], rows)}


def plots(results):
    made = {}
    if there(results, "throughput"):
        made.update(throughput_plots(results))
    if there(results, "latency"):
        made.update(latency_plots(results))
    return made


# ---- files

def origin(results):
    date = max(section["date"] for section in results.values() if "date" in section)
    versions = results.get("honesty", {}).get("versions", [])
    return f"{date}; {'; '.join([*versions, results['machine']])}."


def latest(results):
    parts = ["# The newest measurement\n\nWritten by `make bench`; bench/README.md says how each "
             "is measured.\n\n" + origin(results) + "\n", goals(results)]
    for name, section in SECTIONS.items():
        if there(results, name):
            parts.append(section(results))
        elif name in results:
            parts.append(f"## {name}: not measured\n\n{results[name]['skipped']}\n")
    return "\n".join(parts)


def for_readme(results):
    """The README's section: one table."""
    section = results["throughput"]
    us, rows = ours(section), []
    for who in sorted(section["who"], key=rate, reverse=True):
        share = percent_of_bound(results, 100, who["key"]) if there(results, "latency") else None
        rows.append([who["name"] + (" ¹" if who["part"] else ""), f"{rate(who):,.0f}",
                     "" if who is us else f"{rate(us) / rate(who):.1f}",
                     f"{per_million(who)[0]:.2f}", f"{middle(who['runs'], 'memory') / MIB:,.0f}",
                     "" if share is None else f"{share:.0%}"])
    return (f"{section['rows']:,} rows, {section['targets']:,} targets in random order, one core, "
            f"{section['in_flight']} calls in flight:\n\n"
            + table(["", "rows/s", "unhitch does ... times", "CPU s per million", "peak MiB",
                     "of the bound, 50 ms latency, 100 in flight"], rows)
            + "\n¹ only sends ready-made URLs: no job file, no judging, no results.\n\n"
            + origin(results) + "\n\n![rows per second](bench/results/throughput.svg)\n")


def pages(results):
    """Name to content of each file that shows the results."""
    made = {"latest.md": latest(results), **plots(results)}
    if there(results, "throughput"):
        made["readme.md"] = for_readme(results)
    return made
