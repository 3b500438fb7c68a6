// Drives unhitch-sandbox with Zoho's official Node SDK for CRM v8: what the SDK cannot
// parse, or takes for something else, is a bug of the sandbox.
//
// usage: node client.mjs SANDBOX

import assert from "node:assert/strict";
import path from "node:path";
import * as crm from "@zohocrm/nodejs-sdk-8.0";
import { Sandbox, newFolder, runTests, test } from "./sandbox.mjs";

const program = path.resolve(process.argv[2] ?? "build/unhitch-sandbox");
const CAMPAIGN = 3652397000000327001n;
const CONTACTS = ["3652397000000111001", "3652397000000111002", "3652397000000111003"];
const NEVER_RELATED = "3652397000000000404";
const SIGN_IN = ["--client-id", "1000.CLIENT", "--client-secret", "secret",
    "--refresh-token", "1000.refresh"];

/** Keeps tokens in memory, so that no test sees those of another. */
class MemoryStore extends crm.TokenStore.TokenStore {
    tokens = [];
    async findToken() { return null; }
    async findTokenById() { return null; }
    async saveToken(token) { this.tokens = [token]; }
    async deleteToken() { this.tokens = []; }
    async getTokens() { return this.tokens; }
    async deleteTokens() { this.tokens = []; }
}

/** A token that is given, or one that the SDK has to ask for. */
function makeToken({ accessToken = null, refreshToken = null, clientSecret = "secret" }) {
    return new crm.OAuthToken("1000.CLIENT", clientSecret, null, refreshToken, null, null,
        accessToken, null, false);
}

async function connect(sandbox, credentials) {
    const environment = crm.DataCenter.setEnvironment(sandbox.url,
        `${sandbox.url}/oauth/v2/token`, sandbox.url);
    // The SDK remembers sign-ins by their refresh token, with the address they were for.
    crm.Initializer.LOCAL.clear();
    const builder = await new crm.InitializeBuilder();
    await builder.environment(environment).token(makeToken(credentials))
        .store(new MemoryStore()).resourcePath(newFolder()).initialize();
}

/** Run `body` with a sandbox and an SDK that is signed in to it. */
async function withSandbox(options, body, credentials = { accessToken: "1000.given" },
    files = {}) {
    const sandbox = await Sandbox.start(program, options, files);
    try {
        await connect(sandbox, credentials);
        await body(sandbox);
        assert.equal(await sandbox.stop(), 0);
    } finally {
        await sandbox.stop();
    }
}

const { RelatedRecords, CallPreferences, ParameterMap } = crm;

async function delink(ids, { module = "Campaigns", list = "Contacts", record = CAMPAIGN } = {}) {
    const operations = new RelatedRecords.RelatedRecordsOperations(list, module);
    const parameters = new ParameterMap();
    await parameters.add(RelatedRecords.DelinkRecordsParam.IDS, ids.join(","));
    return operations.delinkRecords(record, parameters);
}

/** An entry or an error as the SDK sees it. */
function plain(answer) {
    return {
        kind: answer.constructor.name,
        code: answer.getCode().getValue(),
        status: answer.getStatus().getValue(),
        message: answer.getMessage()?.getValue?.() ?? answer.getMessage(),
        details: Object.fromEntries(answer.getDetails() ?? []),
    };
}

/** The entries of an answer: [kind, code, id as text]. */
function entries(response) {
    assert.equal(response.getObject()?.constructor.name, "ActionWrapper");
    return response.getObject().getData().map((entry) => {
        const seen = plain(entry);
        return [seen.kind, seen.code, String(seen.details.id)];
    });
}

/** The answer is an error for the whole request. */
function assertRefused(response, http, code, message, details = {}) {
    assert.equal(response.getStatusCode(), http);
    assert.deepEqual(plain(response.getObject()),
        { kind: "APIException", code, status: "error", message, details });
}

const done = (id) => ["SuccessResponse", "SUCCESS", id];
const gone = (id) => ["APIException", "INVALID_DATA", id];

// ---- delink

test("delink: all are removed", () => withSandbox([], async (sandbox) => {
    const response = await delink(CONTACTS);
    assert.equal(response.getStatusCode(), 200);
    assert.deepEqual(entries(response), CONTACTS.map(done));
    const first = plain(response.getObject().getData()[0]);
    assert.equal(first.message, "relation removed");
    assert.equal(first.status, "success");
    assert.equal(sandbox.requests().length, 1);
}));

test("delink: one at a time, by its own address", () => withSandbox([], async () => {
    const operations = new RelatedRecords.RelatedRecordsOperations("Contacts", "Campaigns");
    const response = await operations.delinkRecord(BigInt(CONTACTS[0]), CAMPAIGN);
    assert.deepEqual(entries(response), [done(CONTACTS[0])]);
    const again = await operations.delinkRecord(BigInt(CONTACTS[0]), CAMPAIGN);
    assert.deepEqual(entries(again), [gone(CONTACTS[0])]);
}));

for (const status of ["207", "200"])
    test(`delink: some are removed, under ${status}`, () =>
        withSandbox(["--mixed-status", status], async () => {
            const response = await delink([CONTACTS[0], NEVER_RELATED, CONTACTS[1]]);
            assert.equal(response.getStatusCode(), Number(status));
            assert.deepEqual(entries(response),
                [done(CONTACTS[0]), gone(NEVER_RELATED), done(CONTACTS[1])]);
            assert.equal(plain(response.getObject().getData()[1]).message,
                "relation not found");
        }));

test("delink: none is removed", () => withSandbox([], async () => {
    const response = await delink([NEVER_RELATED]);
    assert.equal(response.getStatusCode(), 400);
    assert.deepEqual(entries(response), [gone(NEVER_RELATED)]);
}));

test("delink: a second time", () => withSandbox([], async () => {
    assert.deepEqual(entries(await delink(CONTACTS)), CONTACTS.map(done));
    assert.deepEqual(entries(await delink(CONTACTS)), CONTACTS.map(gone));
}));

test("delink: a hundred IDs", () => withSandbox([], async () => {
    const ids = Array.from({ length: 100 }, (_, i) => String(3652397000000200001n + BigInt(i)));
    assert.deepEqual(entries(await delink(ids)), ids.map(done));
}));

test("delink: relations that are all known", () => withSandbox(
    ["--relations", "relations"], async () => {
        assert.deepEqual(entries(await delink(CONTACTS)),
            [done(CONTACTS[0]), gone(CONTACTS[1]), gone(CONTACTS[2])]);
    }, undefined, { relations: `Campaigns/${CAMPAIGN}/Contacts/${CONTACTS[0]}\n` }));

// For Deals the SDK first asks for the module's fields, which the sandbox does not have.
test("delink: documented relations", () => withSandbox([], async () => {
    for (const [module, list] of [["Campaigns", "Leads"], ["Leads", "Campaigns"],
        ["Products", "Accounts"], ["Products", "Price_Books"], ["Price_Books", "Products"],
        ["Leads", "Products"], ["Appointments__s", "Services__s"]])
        assert.deepEqual(entries(await delink([CONTACTS[0]], { module, list })),
            [done(CONTACTS[0])], `${module}/${list}`);
}));

test("delink: 101 IDs", () => withSandbox([], async () => {
    const ids = Array.from({ length: 101 }, (_, i) => String(i + 1));
    // Of the details the SDK keeps what its own description names; `limit` is not there.
    assertRefused(await delink(ids), 400, "LIMIT_EXCEEDED",
        "Limit Exceeded, You cannot give more than 100 record ids", { param_name: "ids" });
}));

test("delink: an ID that is none", () => withSandbox([], async () => {
    assertRefused(await delink(["12x"]), 400, "UNABLE_TO_PARSE_DATA_TYPE",
        "either the request body or parameters is in wrong format");
}));

test("delink: no IDs", () => withSandbox([], async () => {
    const operations = new RelatedRecords.RelatedRecordsOperations("Contacts", "Campaigns");
    assertRefused(await operations.delinkRecords(CAMPAIGN), 400, "MANDATORY_NOT_FOUND",
        "One of the expected parameter is missing", { param_name: "ids" });
}));

test("delink: no such module", () => withSandbox([], async () => {
    assertRefused(await delink(CONTACTS, { module: "Campains" }), 400, "INVALID_MODULE",
        "The module name given seems to be invalid", { resource_path_index: 0 });
}));

test("delink: no such parent", () => withSandbox([], async () => {
    assertRefused(await delink(CONTACTS, { record: 3652397000000000404n }), 400,
        "INVALID_DATA", "the related id given seems to be invalid",
        { resource_path_index: 1 });
}));

test("delink: no such related list", () => withSandbox([], async () => {
    assertRefused(await delink(CONTACTS, { list: "Contact" }), 400, "INVALID_DATA",
        "The relation name given seems to be invalid", { resource_path_index: 2 });
}));

test("delink: an entry of another code", () => withSandbox(["--faults", "faults"], async () => {
    assert.deepEqual(entries(await delink(CONTACTS.slice(0, 2))),
        [done(CONTACTS[0]), ["APIException", "NO_PERMISSION", CONTACTS[1]]]);
}, undefined, { faults: `any: entry ${CONTACTS[1]} NO_PERMISSION "permission denied"\n` }));

for (const [http, code, message] of [
    [403, "NO_PERMISSION", "Permission denied to delete records"],
    [404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one"],
    [400, "AUTHORIZATION_FAILED",
        "User does not have sufficient privilege to delete related records data"]])
    test(`delink: ${code}`, () => withSandbox(["--faults", "faults"], async () => {
        assertRefused(await delink(CONTACTS), http, code, message);
    }, undefined, { faults: `any: error ${http} ${code} "${message}"\n` }));

// The SDK resends a DELETE after 429 and 5xx, twice, with a second and two in between.
test("delink: 429, then good", () => withSandbox(["--faults", "faults"], async (sandbox) => {
    assert.deepEqual(entries(await delink(CONTACTS)), CONTACTS.map(done));
    assert.equal(sandbox.requests().length, 2);
}, undefined, { faults: "request 1: error 429 TOO_MANY_REQUESTS \"too many requests\"\n" }));

test("delink: a lost answer makes false failures", () =>
    withSandbox(["--faults", "faults"], async (sandbox) => {
        assert.deepEqual(entries(await delink(CONTACTS)), CONTACTS.map(gone));
        assert.equal(sandbox.requests().length, 2);
    }, undefined, { faults: "request 1: apply error 500 INTERNAL_ERROR \"Internal\"\n" }));

test("delink: the day's credits", () => withSandbox(["--limit-calls", "1"], async () => {
    assert.deepEqual(entries(await delink([CONTACTS[0]])), [done(CONTACTS[0])]);
    const response = await delink([CONTACTS[1]]);
    assert.equal(response.getStatusCode(), 429);
    assert.equal(plain(response.getObject()).code, "TOO_MANY_REQUESTS");
}));

test("delink: 500", () => withSandbox(["--faults", "faults"], async () => {
    assertRefused(await delink(CONTACTS), 500, "INTERNAL_ERROR", "Internal Server Error");
}, undefined, { faults: "any: error 500 INTERNAL_ERROR \"Internal Server Error\"\n" }));

// ---- call preferences

async function put(showFrom, showTo) {
    const wish = new CallPreferences.CallPreferences();
    wish.setShowFromNumber(showFrom);
    wish.setShowToNumber(showTo);
    const body = new CallPreferences.BodyWrapper();
    body.setCallPreferences(wish);
    return new CallPreferences.CallPreferencesOperations().updateCallPreference(body);
}

async function get() {
    const response = await new CallPreferences.CallPreferencesOperations().getCallPreference();
    assert.equal(response.getStatusCode(), 200);
    assert.equal(response.getObject().constructor.name, "ResponseWrapper");
    const values = response.getObject().getCallPreferences();
    return [values.getShowFromNumber(), values.getShowToNumber()];
}

/** What is wrapped in call_preferences. */
function wrapped(response) {
    assert.equal(response.getObject()?.constructor.name, "ActionWrapper");
    return plain(response.getObject().getCallPreferences());
}

const updated = {
    kind: "SuccessResponse", code: "SUCCESS", status: "success",
    message: "Calls preferences updated successfully", details: {},
};

test("call preferences: update and read back", () => withSandbox([], async () => {
    assert.deepEqual(await get(), [true, true]);
    for (const values of [[false, true], [true, false], [false, false], [true, true]]) {
        const response = await put(...values);
        assert.equal(response.getStatusCode(), 200);
        assert.deepEqual(wrapped(response), updated);
        assert.deepEqual(await get(), values);
    }
}));

test("call preferences: NOT_ALLOWED", () => withSandbox(
    ["--call-preferences-locked", "to"], async () => {
        const response = await put(true, false);
        assert.equal(response.getStatusCode(), 400);
        const seen = wrapped(response);
        assert.deepEqual([seen.kind, seen.code, seen.status],
            ["APIException", "NOT_ALLOWED", "error"]);
        assert.deepEqual(seen.details, {
            api_name: "show_to_number", json_path: "$.call_preferences.show_to_number",
        });
        assert.deepEqual(await get(), [true, true]);
        assert.deepEqual(wrapped(await put(false, true)), updated);
    }));

// The SDK refuses to send anything but booleans; a setter that is passed by sends them.
test("call preferences: INVALID_DATA", () => withSandbox([], async (sandbox) => {
    const wrong = async (body) => {
        const response = await fetch(`${sandbox.url}/crm/v8/settings/call_preferences`, {
            method: "PUT", body, headers: { Authorization: "Zoho-oauthtoken 1000.given",
                "Content-Type": "application/json" },
        });
        return { statusCode: response.status, body: await response.text() };
    };
    const raw = await wrong('{"call_preferences":{"show_from_number":"no","show_to_number":true}}');
    assert.equal(raw.statusCode, 400);
    const seen = await parse(raw);
    assert.equal(seen.constructor.name, "ActionWrapper");
    assert.deepEqual(plain(seen.getCallPreferences()), {
        kind: "APIException", code: "INVALID_DATA", status: "error",
        message: "The data type for the given fields are invalid",
        details: { expected_data_type: "boolean", api_name: "show_from_number",
            json_path: "$.call_preferences.show_from_number" },
    });
    const empty = await parse(await wrong(""));
    assert.deepEqual([empty.constructor.name, plain(empty).code],
        ["APIException", "INVALID_DATA"]);
    const missing = await parse(await wrong('{"call_preferences":{"show_from_number":true}}'));
    assert.deepEqual([missing.constructor.name, plain(missing).code],
        ["APIException", "MANDATORY_NOT_FOUND"]);
}));

/** What the SDK makes of an answer that it did not ask for itself. */
async function parse(response) {
    const handler = new crm.CommonAPIHandler();
    const converter = new crm.JSONConverter(handler);
    const [seen] = await converter.getWrappedResponse(response,
        "core/com/zoho/crm/api/call_preferences/action_handler");
    return seen;
}

test("call preferences: a refusal at top level", () => withSandbox(
    ["--call-preferences-locked", "both", "--call-preferences-form", "top"], async () => {
        const response = await put(false, false);
        assert.equal(response.getStatusCode(), 400);
        const seen = plain(response.getObject());
        assert.deepEqual([seen.kind, seen.code], ["APIException", "NOT_ALLOWED"]);
    }));

// ---- sign-in

for (const form of ["seconds", "milliseconds"])
    test(`sign-in: the SDK's own refresh, expires_in in ${form}`, () => withSandbox(
        [...SIGN_IN, "--expires-form", form], async (sandbox) => {
            assert.deepEqual(entries(await delink(CONTACTS)), CONTACTS.map(done));
            assert.deepEqual(wrapped(await put(false, false)), updated);
            const asked = sandbox.requests().filter((line) => line.includes("/oauth/"));
            assert.deepEqual(asked, ["POST /oauth/v2/token"]);
        }, { refreshToken: "1000.refresh" }));

test("sign-in: a token that has expired is renewed", () => withSandbox(
    [...SIGN_IN, "--token-life", "2s"], async (sandbox) => {
        // The SDK renews what ends within five seconds before each call.
        assert.deepEqual(entries(await delink([CONTACTS[0]])), [done(CONTACTS[0])]);
        assert.deepEqual(entries(await delink([CONTACTS[1]])), [done(CONTACTS[1])]);
        const asked = sandbox.requests().filter((line) => line.includes("/oauth/"));
        assert.ok(asked.length >= 2, `${asked.length} refreshes`);
    }, { refreshToken: "1000.refresh" }));

for (const [what, credentials, error] of [
    ["refresh token", { refreshToken: "1000.wrong" }, "invalid_code"],
    ["client secret", { refreshToken: "1000.refresh", clientSecret: "x" },
        "invalid_client_secret"]])
    test(`sign-in: a wrong ${what}`, async () => {
        const sandbox = await Sandbox.start(program, SIGN_IN);
        try {
            await assert.rejects(connect(sandbox, credentials), (thrown) => {
                const seen = thrown.cause ?? thrown;
                assert.equal(seen.code, "INVALID TOKEN ERROR");
                assert.equal(seen.message, error);
                return true;
            });
        } finally {
            await sandbox.stop();
        }
    });

test("sign-in: a wrong access token", () => withSandbox(["--token", "1000.good"], async () => {
    assertRefused(await delink(CONTACTS), 401, "INVALID_TOKEN", "invalid oauth token");
    const response = await put(true, true);
    assert.equal(response.getStatusCode(), 401);
    assert.equal(plain(response.getObject()).code, "INVALID_TOKEN");
}));

test("sign-in: a scope that is missing", () => withSandbox(
    ["--scopes", "ZohoCRM.modules.READ"], async () => {
        for (const response of [await delink(CONTACTS), await put(true, true)]) {
            assert.equal(response.getStatusCode(), 401);
            const seen = plain(response.getObject());
            assert.deepEqual([seen.kind, seen.code], ["APIException", "OAUTH_SCOPE_MISMATCH"]);
        }
    }));

process.exitCode = await runTests();
