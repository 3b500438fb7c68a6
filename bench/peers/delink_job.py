"""What the two Python peers share: read the job file, group by target, cut into batches, judge
answers by ID, write a results file with the outcome of every row."""
import csv
import json

BATCH = 100
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
    """Targets in order of appearance, each with its distinct IDs and their outcomes."""
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


def write_results(job, results, targets):
    with open(results, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        rows = read_rows(job)
        header, _, _ = next(rows)
        writer.writerow(header + ["result_row", "result_status", "result_code",
                                  "result_http", "result_message"])
        for number, (row, target, related_id) in enumerate(rows, 1):
            writer.writerow([*row, number, *targets[target][related_id]])
