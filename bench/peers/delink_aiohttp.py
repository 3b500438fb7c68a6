#!/usr/bin/env python3
"""The job in Python, with aiohttp: one session with reused connections, and URLs that are not
parsed and quoted again.

usage: delink_aiohttp.py BASE_URL JOB.csv RESULTS.csv IN_FLIGHT
"""
import asyncio
import os
import sys

import aiohttp
from yarl import URL

from delink_job import batches, judge, read_targets, write_results


async def worker(session, base, queue, targets):
    for target, ids in queue:
        path = "/".join(target)
        url = URL(f"{base}/crm/v8/{path}?ids={','.join(ids)}", encoded=True)
        async with session.delete(url) as response:
            judge(targets[target], ids, response.status, await response.read())


async def send(base, targets, in_flight):
    headers = {"Authorization": "Zoho-oauthtoken " + os.environ["ZOHO_ACCESS_TOKEN"]}
    queue = batches(targets)            # one generator: each worker takes the next batch
    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        await asyncio.gather(*(worker(session, base, queue, targets)
                               for _ in range(in_flight)))


def main():
    base, job, results, in_flight = sys.argv[1:]
    targets = read_targets(job)
    asyncio.run(send(base, targets, int(in_flight)))
    write_results(job, results, targets)


if __name__ == "__main__":
    main()
