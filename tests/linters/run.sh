#!/bin/sh
# Holds jobs/kubernetes.yaml against the schemas of Kubernetes (TypeScript finds keys that there
# are not, the schemas' validators find wrong and missing values) and jobs/Dockerfile against a
# linter. Needs node and npm; installs all of them into BUILD/linters.
#
# usage: run.sh [BUILD]
#
# Without node, npm or the packages it says so and ends with success: nothing was checked.
set -eu

cd "$(dirname "$0")/../.."
folder=${1:-build}/linters
packages='kubernetes-models@5.1.0 typescript@5.9.3 yaml@2.8.1 dockerfilelint@1.8.0'

skip() {
    echo "lint-jobs: skipped: $1"
    echo '0 passed, 0 failed'
    exit 0
}

command -v node >/dev/null 2>&1 || skip 'node is not installed'
command -v npm >/dev/null 2>&1 || skip 'npm is not installed'

mkdir -p "$folder"
if [ "$(cat "$folder/installed" 2>/dev/null || :)" != "$packages" ]; then
    echo "lint-jobs: installing $packages into $folder"
    echo '{"private": true, "type": "module"}' >"$folder/package.json"
    # shellcheck disable=SC2086  # several words
    npm install --prefix "$folder" --no-audit --no-fund --ignore-scripts --loglevel error \
        --fetch-retries 1 --fetch-timeout 30000 $packages >"$folder/install.log" 2>&1 </dev/null ||
        skip "npm cannot install them (see $folder/install.log)"
    echo "$packages" >"$folder/installed"
fi

# node looks for packages beside the file it runs
cp tests/linters/check.mjs "$folder/"
exec node "$folder/check.mjs" jobs/kubernetes.yaml jobs/Dockerfile
