// What the Node peers share: read the job file, group by target, cut into batches, judge
// entries by ID, write a results file with the outcome of every row.

import fs from "node:fs";
import Papa from "papaparse";

const BATCH = 100;
const FIELDS = ["module", "record_id", "related_list", "related_id"];
const UNKNOWN = ["unknown", "no-entry", "", ""];
const RESULT = ["result_row", "result_status", "result_code", "result_http", "result_message"];

/** The header and the rows; `keys(row)` is [target, ID]. */
export function readJob(path) {
    const { data: [header, ...rows] } = Papa.parse(fs.readFileSync(path, "utf8"),
        { skipEmptyLines: true });
    const [module, record, list, id] = FIELDS.map((name) => header.indexOf(name));
    const keys = (row) => [`${row[module]}/${row[record]}/${row[list]}`, row[id]];
    return { header, rows, keys };
}

/** Target to its IDs, each with its outcome. */
export function groupByTarget({ rows, keys }) {
    const targets = new Map();
    for (const row of rows) {
        const [target, id] = keys(row);
        let ids = targets.get(target);
        if (!ids)
            targets.set(target, ids = new Map());
        ids.set(id, UNKNOWN);
    }
    return targets;
}

export function* batches(targets) {
    for (const [target, outcomes] of targets) {
        const ids = [...outcomes.keys()];
        for (let start = 0; start < ids.length; start += BATCH)
            yield { target, outcomes, ids: ids.slice(start, start + BATCH) };
    }
}

/** Have `count` workers take one batch after another from the same generator. */
export function inFlight(count, queue, send) {
    return Promise.all(Array.from({ length: count }, async () => {
        for (const batch of queue)
            await send(batch);
    }));
}

export function outcome(code, http, message) {
    return [code === "SUCCESS" ? "success" : "failed", code, String(http), message];
}

export function writeResults(path, { header, rows, keys }, targets) {
    const file = fs.openSync(path, "w");
    const write = (lines) => fs.writeSync(file, Papa.unparse(lines, { newline: "\n" }) + "\n");
    write([[...header, ...RESULT]]);
    for (let start = 0; start < rows.length; start += 10000)
        write(rows.slice(start, start + 10000).map((row, i) => {
            const [target, id] = keys(row);
            return [...row, start + i + 1, ...targets.get(target).get(id)];
        }));
    fs.closeSync(file);
}
