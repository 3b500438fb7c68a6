"""Job files for the measurements, made once from a fixed seed and kept in bench/data/.

Row number k of the rule (not of the file: that is shuffled) takes contact
FIRST_CONTACT + 3 k off campaign FIRST_CAMPAIGN + 7 (k mod targets); bench/stub/answer.c has
relations by the same rule, so it can tell whether each was removed exactly once.
"""
import gzip
import json
import multiprocessing
import os
import random

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.environ.get("BENCH_DATA") or os.path.join(ROOT, "bench", "data")
FIRST_CAMPAIGN, CAMPAIGN_STEP = 3652397000000300000, 7
FIRST_CONTACT, CONTACT_STEP = 3652397000010000000, 3
BATCH = 100
ROWS_PER_TARGET = 500


class JobFile:
    """One job in all its forms: paths, and what is known about it."""

    def __init__(self, rows):
        self.rows, self.targets = rows, max(1, rows // ROWS_PER_TARGET)
        self.base = os.path.join(DATA, f"job-{self.rows}-{self.targets}")
        self.csv, self.jsonl = self.base + ".csv", self.base + ".jsonl"
        self.gzip = self.csv + ".gz"
        self.paths = self.base + ".paths"       # ready-made calls: a request target per line
        facts = self.base + ".json"
        if not os.path.exists(facts):
            print(f"making a job of {rows:,} rows (once)", flush=True)
            # in a process of its own: a child's peak memory is never below its parent's
            maker = multiprocessing.Process(target=make, args=(self, facts))
            maker.start()
            maker.join()
        with open(facts, encoding="ascii") as file:
            self.facts = json.load(file)
        self.calls = self.facts["minimum"]


def row_of(number, targets):
    """Record ID and related ID."""
    return (FIRST_CAMPAIGN + CAMPAIGN_STEP * (number % targets),
            FIRST_CONTACT + CONTACT_STEP * number)


def shuffled(job):
    """(record ID, related ID) in the order of the file."""
    for number in random.Random(job.rows).sample(range(job.rows), job.rows):
        yield row_of(number, job.targets)


def write_forms(job):
    with open(job.csv, "w", encoding="ascii") as file, \
            open(job.jsonl, "w", encoding="ascii") as lines:
        file.write("module,record_id,related_list,related_id\n")
        for record, related in shuffled(job):
            file.write(f"Campaigns,{record},Contacts,{related}\n")
            lines.write(f'{{"module":"Campaigns","record_id":"{record}",'
                        f'"related_list":"Contacts","related_id":"{related}"}}\n')
    with open(job.csv, "rb") as file, gzip.open(job.gzip, "wb", compresslevel=6) as packed:
        while block := file.read(1 << 20):
            packed.write(block)


def write_paths(job):
    """Returns how many calls are fewest: one per 100 distinct IDs of a target."""
    groups = {}
    for record, related in shuffled(job):
        groups.setdefault(record, []).append(str(related))
    calls = 0
    with open(job.paths, "w", encoding="ascii") as file:
        for record, ids in groups.items():
            for start in range(0, len(ids), BATCH):
                calls += 1
                file.write(f"/crm/v8/Campaigns/{record}/Contacts?ids="
                           f"{','.join(ids[start:start + BATCH])}\n")
    return calls


def count_as_read(job):
    """Calls that two simple ways of cutting make of the file as it is: a new batch whenever the
    target changes or 100 are full; each hundred rows read grouped among themselves."""
    runs = windows = length = 0
    last, window = None, set()
    for number, (record, _) in enumerate(shuffled(job), 1):
        if record != last or length == BATCH:
            runs, length = runs + 1, 0
        last, length = record, length + 1
        window.add(record)
        if number % BATCH == 0 or number == job.rows:
            windows += len(window)
            window.clear()
    return {"as_read": runs, "by_hundred": windows}


def make(job, facts):
    os.makedirs(DATA, exist_ok=True)
    write_forms(job)
    known = {"minimum": write_paths(job), **count_as_read(job)}
    with open(facts + ".tmp", "w", encoding="ascii") as file:
        json.dump(known, file)
    os.replace(facts + ".tmp", facts)
