#!/bin/sh
# A real client checks the sandbox: Zoho's official Node SDK talks to unhitch-sandbox, and
# must understand what it answers. Needs node and npm; installs the SDK into BUILD/sdk.
#
# usage: run.sh [BUILD]
#
# Without node, npm or the SDK it says so and ends with success: nothing was checked.
set -eu

cd "$(dirname "$0")/../.."
build=${1:-build}
sdk='@zohocrm/nodejs-sdk-8.0@2.0.0'
folder=$build/sdk

skip() {
    echo "sdk-test: skipped: $1"
    echo '0 passed, 0 failed'
    exit 0
}

[ -x "$build/unhitch-sandbox" ] || {
    echo "sdk-test: $build/unhitch-sandbox is missing; run make first" >&2
    exit 1
}
command -v node >/dev/null 2>&1 || skip 'node is not installed'
command -v npm >/dev/null 2>&1 || skip 'npm is not installed'
node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' ||
    skip 'node is older than 18'

mkdir -p "$folder"
if [ "$(cat "$folder/installed" 2>/dev/null || :)" != "$sdk" ]; then
    echo "sdk-test: installing $sdk into $folder"
    echo '{"private": true, "type": "module"}' >"$folder/package.json"
    npm install --prefix "$folder" --no-audit --no-fund --ignore-scripts --loglevel error \
        --fetch-retries 1 --fetch-timeout 30000 "$sdk" >"$folder/install.log" 2>&1 </dev/null ||
        skip "npm cannot install $sdk (see $folder/install.log)"
    echo "$sdk" >"$folder/installed"
fi

# node looks for packages beside the file it runs
cp tests/sdk/client.mjs tests/sdk/sandbox.mjs "$folder/"
exec node "$folder/client.mjs" "$build/unhitch-sandbox"
