// The job in Node, with undici (the client behind Node's fetch, by its fastest interface).
//
// usage: node delink_undici.mjs BASE_URL JOB.csv RESULTS.csv IN_FLIGHT

import { Pool } from "undici";
import { batches, groupByTarget, inFlight, outcome, readJob, writeResults } from "./delink_job.mjs";

const [base, path, results, count] = process.argv.slice(2);
const job = readJob(path);
const targets = groupByTarget(job);
const pool = new Pool(base, { connections: Number(count), pipelining: 1 });
const headers = { authorization: `Zoho-oauthtoken ${process.env.ZOHO_ACCESS_TOKEN}` };

await inFlight(Number(count), batches(targets), async ({ target, outcomes, ids }) => {
    const { statusCode, body } = await pool.request({
        method: "DELETE", path: `/crm/v8/${target}?ids=${ids.join(",")}`, headers,
    });
    const answer = await body.json();
    for (const entry of answer.data ?? [])
        outcomes.set(entry.details.id, outcome(entry.code, statusCode, entry.message));
    if (!answer.data)
        for (const id of ids)
            outcomes.set(id, outcome(answer.code, statusCode, answer.message));
});
await pool.close();
writeResults(results, job, targets);
