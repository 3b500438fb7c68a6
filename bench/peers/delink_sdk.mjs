// The job with Zoho's official Node SDK for CRM v8. It neither cuts IDs into batches nor bounds
// what is in flight, so this program does.
//
// usage: node delink_sdk.mjs BASE_URL JOB.csv RESULTS.csv IN_FLIGHT

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as crm from "@zohocrm/nodejs-sdk-8.0";
import { batches, groupByTarget, inFlight, outcome, readJob, writeResults } from "./delink_job.mjs";

const { RelatedRecords, ParameterMap } = crm;
const [base, file, results, count] = process.argv.slice(2);

/** The token is given: nothing to keep. */
class NoStore extends crm.TokenStore.TokenStore {
    async findToken() { return null; }
    async findTokenById() { return null; }
    async saveToken() {}
    async deleteToken() {}
    async getTokens() { return []; }
    async deleteTokens() {}
}

async function connect(folder) {
    const environment = crm.DataCenter.setEnvironment(base, `${base}/oauth/v2/token`, base);
    const token = new crm.OAuthToken("1000.CLIENT", "secret", null, null, null, null,
        process.env.ZOHO_ACCESS_TOKEN, null, false);
    const builder = await new crm.InitializeBuilder();
    await builder.environment(environment).token(token).store(new NoStore())
        .resourcePath(folder).initialize();
}

async function send({ target, outcomes, ids }) {
    const [module, record, list] = target.split("/");
    const operations = new RelatedRecords.RelatedRecordsOperations(list, module);
    const parameters = new ParameterMap();
    await parameters.add(RelatedRecords.DelinkRecordsParam.IDS, ids.join(","));
    const response = await operations.delinkRecords(BigInt(record), parameters);
    const answer = response.getObject();
    const told = (entry) => outcome(entry.getCode().getValue(), response.getStatusCode(),
        entry.getMessage()?.getValue?.() ?? entry.getMessage());
    if (answer instanceof RelatedRecords.APIException) {
        for (const id of ids)
            outcomes.set(id, told(answer));
        return;
    }
    for (const entry of answer.getData())
        outcomes.set(String(entry.getDetails().get("id")), told(entry));
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "delink-sdk-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
await connect(folder);
const job = readJob(file);
const targets = groupByTarget(job);
await inFlight(Number(count), batches(targets), send);
writeResults(results, job, targets);
