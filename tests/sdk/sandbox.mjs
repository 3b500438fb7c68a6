// A sandbox of its own for each test, and a count of what passed.

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "unhitch-sdk-"));
const running = new Set();
let made = 0;

process.on("exit", () => {
    for (const child of running)
        child.kill("SIGKILL");
    fs.rmSync(root, { recursive: true, force: true });
});

/** A new empty folder, which goes at the end. */
export function newFolder() {
    const folder = path.join(root, String(made++));
    fs.mkdirSync(folder);
    return folder;
}

export class Sandbox {
    /** Start `program` on a free port; `files`: name to content, for options that name one. */
    static async start(program, options = [], files = {}) {
        const sandbox = new Sandbox();
        sandbox.folder = newFolder();
        const inside = (name) => path.join(sandbox.folder, name);
        for (const [name, content] of Object.entries(files))
            fs.writeFileSync(inside(name), content);
        const words = options.map((word) => (word in files ? inside(word) : word));
        sandbox.child = spawn(program, ["--port", "0", "--port-file", inside("port"), "--log",
            inside("log"), "--quiet", ...words], { stdio: ["ignore", "inherit", "inherit"] });
        running.add(sandbox.child);
        sandbox.ended = new Promise((resolve) => sandbox.child.on("exit", (code) => {
            running.delete(sandbox.child);
            resolve(code);
        }));
        for (let tries = 0; !sandbox.port; tries++) {
            if (tries > 500 || sandbox.child.exitCode !== null)
                throw new Error("the sandbox does not start");
            await new Promise((resolve) => setTimeout(resolve, 20));
            if (fs.existsSync(inside("port")))
                sandbox.port = Number(fs.readFileSync(inside("port"), "utf8"));
        }
        sandbox.url = `http://127.0.0.1:${sandbox.port}`;
        return sandbox;
    }

    /** What was asked so far, "METHOD target" each. */
    requests() {
        return fs.readFileSync(path.join(this.folder, "log"), "utf8").split("\n")
            .filter((line) => line)
            .map((line) => JSON.parse(line))
            .map((entry) => `${entry.method} ${entry.target}`);
    }

    async stop() {
        this.child.kill("SIGTERM");
        return this.ended;
    }
}

const tests = [];

export function test(name, body) {
    tests.push({ name, body });
}

/** Run them one after another: the SDK keeps its state in statics. */
export async function runTests() {
    let passed = 0, failed = 0;
    for (const { name, body } of tests) {
        try {
            await body();
            passed++;
        } catch (error) {
            failed++;
            console.log(`FAILED ${name}`);
            console.log(String(error?.stack ?? error).replace(/^/gm, "    "));
            if (error?.code || error?.details)
                console.log(`    SDK: ${error.code} ${error.message} ${
                    JSON.stringify(error.details)} ${error.cause ?? ""}`);
        }
    }
    console.log(`${passed} passed, ${failed} failed`);
    return failed || !passed ? 1 : 0;
}
