// Checks the documents of a Kubernetes file and a Dockerfile: check.mjs YAML DOCKERFILE. Each is
// broken once too, to see that the check sees it. Ends with `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = {
    CronJob: 'kubernetes-models/batch/v1/CronJob',
    PersistentVolumeClaim: 'kubernetes-models/v1/PersistentVolumeClaim',
};

// What TypeScript says of the documents as literals of their types.
function compile(name, documents) {
    const lines = documents.map((document, n) => {
        const kind = document.kind;
        return `import { I${kind} as Type${n} } from '${MODULES[kind]}';\n` +
            `export const value${n}: Type${n} = ${JSON.stringify(document)};`;
    });
    const file = join(HERE, `${name}.ts`);
    writeFileSync(file, lines.join('\n'));
    const done = spawnSync(process.execPath, [
        join(HERE, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck',
        '--module', 'nodenext', '--target', 'es2022', file], { encoding: 'utf8', cwd: HERE });
    return done.status === 0 ? '' : done.stdout + done.stderr;
}

async function validate(document) {
    const Kind = (await import(MODULES[document.kind]))[document.kind];
    try {
        new Kind(document).validate();
        return '';
    } catch (error) {
        return `${document.kind}: ${error.message}`;
    }
}

// What the linter says of a Dockerfile.
function lint(file) {
    const done = spawnSync(process.execPath, [
        join(HERE, 'node_modules/dockerfilelint/bin/dockerfilelint'), file], { encoding: 'utf8' });
    return done.status === 0 ? '' : done.stdout + done.stderr;
}

let passed = 0;
let failed = 0;
function expect(what, good, problem) {
    good ? passed++ : failed++;
    if (!good)
        console.log(`FAILED: ${what}: ${problem}`);
}

const documents = parseAllDocuments(readFileSync(process.argv[2], 'utf8')).map((document) => {
    expect('YAML', document.errors.length === 0, document.errors.join('\n'));
    return document.toJS();
});
expect('there are documents', documents.length > 0, 'none');
let problem = compile('documents', documents);
expect('every key is known', problem === '', problem);
for (const document of documents) {
    problem = await validate(document);
    expect(`${document.kind} is valid`, problem === '', problem);
    const misspelt = compile('misspelt', [{ ...document, spec: { ...document.spec, storge: 1 } }]);
    expect('a key that there is not is found', misspelt.includes('storge'), misspelt);
    expect('a wrong value is found', await validate({ ...document, spec: 'none' }) !== '', 'not so');
}
problem = lint(process.argv[3]);
expect('the Dockerfile is good', problem === '', problem);
const careless = join(HERE, 'Careless.Dockerfile');
writeFileSync(careless, 'FROM debian\nRUN apt-get install gcc\n');
expect('a careless Dockerfile is found', lint(careless) !== '', 'not so');
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
