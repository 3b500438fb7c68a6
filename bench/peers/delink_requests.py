#!/usr/bin/env python3
"""The job in Python, with requests: a pool of threads, each with a session of its own.

usage: delink_requests.py BASE_URL JOB.csv RESULTS.csv IN_FLIGHT
"""
import os
import queue
import sys
import threading

import requests

from delink_job import batches, judge, read_targets, write_results


def worker(base, work, targets):
    with requests.Session() as session:
        session.trust_env = False       # else it looks for proxies and .netrc at every call
        session.headers["Authorization"] = "Zoho-oauthtoken " + os.environ["ZOHO_ACCESS_TOKEN"]
        while True:
            try:
                target, ids = work.get_nowait()
            except queue.Empty:
                return
            response = session.delete(f"{base}/crm/v8/{'/'.join(target)}?ids={','.join(ids)}")
            judge(targets[target], ids, response.status_code, response.content)


def main():
    base, job, results, in_flight = sys.argv[1:]
    targets = read_targets(job)
    work = queue.SimpleQueue()
    for batch in batches(targets):
        work.put(batch)
    threads = [threading.Thread(target=worker, args=(base, work, targets))
               for _ in range(int(in_flight))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    write_results(job, results, targets)


if __name__ == "__main__":
    main()
