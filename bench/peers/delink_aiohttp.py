#!/usr/bin/env python3
"""The script a Python developer would write for the job: read the file, group by target,
send batches of 100, ten in flight, and write a results file with the outcome of every row.

usage: delink_aiohttp.py BASE_URL JOB.csv RESULTS.csv

It is here to be measured against. What unhitch does besides (checks, journal, retries,
resume) it leaves out; what both do it does with care: one session with reused connections,
URLs that are not parsed and quoted again, answers matched by ID.
"""
import asyncio
import csv
import json
import os
import sys

import aiohttp
from yarl import URL

BATCH = 100
IN_FLIGHT = 10
FIELDS = ("module", "record_id", "related_list", "related_id")
UNKNOWN = ("unknown", "no-entry", "", "")


def read_rows(path):
    """The header, then (row, target, ID) of every row."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader)
        yield header, None, None
        module, record_id, related_list, related_id = map(header.index, FIELDS)
        for row in reader:
            yield row, (row[module], row[record_id], row[related_list]), row[related_id]


def read_targets(path):
    """Targets in order of appearance, each with its distinct IDs."""
    targets = {}
    rows = read_rows(path)
    next(rows)
    for _, target, related_id in rows:
        targets.setdefault(target, {})[related_id] = UNKNOWN
    return targets


def batches(targets):
    for target, ids in targets.items():
        ids = list(ids)
        for start in range(0, len(ids), BATCH):
            yield target, ids[start:start + BATCH]


def judge(outcomes, ids, http, body):
    answer = json.loads(body)
    if "data" in answer:
        for entry in answer["data"]:
            status = "success" if entry["code"] == "SUCCESS" else "failed"
            outcomes[entry["details"]["id"]] = (status, entry["code"], http, entry["message"])
        return
    for related_id in ids:
        outcomes[related_id] = ("failed", answer["code"], http, answer["message"])


async def worker(session, base, queue, targets):
    for target, ids in queue:
        path = "/".join(target)
        url = URL(f"{base}/crm/v8/{path}?ids={','.join(ids)}", encoded=True)
        async with session.delete(url) as response:
            judge(targets[target], ids, response.status, await response.read())


async def send(base, targets):
    headers = {"Authorization": "Zoho-oauthtoken " + os.environ["ZOHO_ACCESS_TOKEN"]}
    queue = batches(targets)            # one generator: each worker takes the next batch
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        await asyncio.gather(*(worker(session, base, queue, targets)
                               for _ in range(IN_FLIGHT)))


def write_results(job, results, targets):
    with open(results, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        rows = read_rows(job)
        header, _, _ = next(rows)
        writer.writerow(header + ["result_row", "result_status", "result_code",
                                  "result_http", "result_message"])
        for number, (row, target, related_id) in enumerate(rows, 1):
            writer.writerow([*row, number, *targets[target][related_id]])


def main():
    base, job, results = sys.argv[1:]
    targets = read_targets(job)
    asyncio.run(send(base, targets))
    write_results(job, results, targets)


if __name__ == "__main__":
    main()
