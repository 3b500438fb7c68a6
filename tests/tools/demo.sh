#!/bin/sh
# Shows the main job at work (sandbox, plan, run, results), then all operations in one file,
# with sign-in, lost answers and retry. `make demo` builds first.
# usage: demo.sh BUILD
set -eu

build=$1
job=jobs/delink-campaign-contacts.json
work=$(mktemp -d "${TMPDIR:-/tmp}/unhitch-demo.XXXXXX")
sandbox=''

if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi

tidy() {
    [ -z "$sandbox" ] || stop_sandbox
    rm -rf "$work"
}
trap tidy EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

step() {
    printf '\n%s== %s%s\n' "$bold" "$1" "$plain"
}

note() {
    printf '%s\n' "$@"
}

show() {
    printf '%s$ %s%s\n' "$bold" "$*" "$plain"
}

# Runs the command, shown as typed, and checks its exit code.
expect() {
    expected=$1
    shift
    show "$@"
    code=0
    "$@" || code=$?
    if [ "$code" != "$expected" ]; then
        note "demo: exit code $code where $expected was expected" >&2
        exit 1
    fi
}

stop_sandbox() {
    kill "$sandbox" 2>/dev/null || :
    wait "$sandbox" 2>/dev/null || :
    sandbox=''
}

start_sandbox() {
    rm -f "$work/port"
    "$build/unhitch-sandbox" --port 0 --port-file "$work/port" --latency 150ms --quiet "$@" &
    sandbox=$!
    tries=0
    until [ -s "$work/port" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! kill -0 "$sandbox" 2>/dev/null; then
            note 'demo: the sandbox did not start' >&2
            exit 1
        fi
        sleep 0.1
    done
    url=http://127.0.0.1:$(cat "$work/port")
}

first_lines() {
    show "head -n $2 $1"
    head -n "$2" "$1"
}

step 'The job file: an export of campaign members, good rows and all kinds of trouble'
first_lines samples/campaign-members.csv 7
note '' 'The job definition says which column is which, and how fast to go:'
show "cat $job"
cat "$job"

step 'The sandbox: a local stand-in for Zoho CRM that takes 150 ms for every call'
start_sandbox
note "It listens on $url; nothing leaves this machine."

step 'The plan: every row is checked, nothing is sent (exit 4: some are rejected)'
expect 4 "$build/unhitch" plan --quiet "$job"

step 'The run: 4 calls a second, so that there is something to see'
out=$build/demo-run
rm -rf "$out"
progress=''
[ -t 2 ] || progress='--progress always'
export ZOHO_ACCESS_TOKEN=the-sandbox-takes-any
note '$ export ZOHO_ACCESS_TOKEN=the-sandbox-takes-any'
# shellcheck disable=SC2086  # two words or none
expect 4 "$build/unhitch" run --base-url "$url" --out "$out" $progress "$job"
note '' 'Exit code 4 is what this file deserves: finished, but not every row succeeded.'

step 'The results: every row of the file in its order, our columns after its own'
first_lines "$out/results.csv" 6
step 'What failed, and was told by the service'
first_lines "$out/failed.csv" 4
step 'What was rejected before anything was sent'
first_lines "$out/rejected.csv" 4
step 'The totals, for scripts'
show "cat $out/summary.json"
cat "$out/summary.json"

stop_sandbox

step 'Second part: all four operations in one file, on three services'
note 'The column operation says what to do with a row. Some of its 30 rows:'
show "sed -n '1,2p;5p;7p;28p;31p' samples/mixed.csv"
sed -n '1,2p;5p;7p;28p;31p' samples/mixed.csv

step 'A sandbox that wants a sign-in, loses an answer and has a bad moment'
cat >"$work/faults" <<'END'
# four contacts are removed, but the connection breaks before the answer
target 302375/Contacts first 1: apply cut
# Desk is being restarted
target /clearLiveMapping first 2: status 503
END
note 'Its script of faults:'
cat "$work/faults"
start_sandbox --faults "$work/faults" --client-id 1000.DEMO --client-secret demo-secret \
    --refresh-token 1000.demo-refresh --verba-user recorder --verba-password demo-password

step 'The run: it signs in, and tries nothing twice (--retries 0)'
unset ZOHO_ACCESS_TOKEN
give() {
    note "\$ export $1=$2"
    export "$1=$2"
}
give UNHITCH_BASE_URL "$url"
give ZOHO_CLIENT_ID 1000.DEMO
give ZOHO_CLIENT_SECRET demo-secret
give ZOHO_REFRESH_TOKEN 1000.demo-refresh
give ZOHO_DESK_ORG_ID 60001280952
give VERBA_API_KEY demo-key
give VERBA_USER recorder
give VERBA_PASSWORD demo-password
mixed=$build/demo-mixed
rm -rf "$mixed" "$mixed"-retry*
expect 4 "$build/unhitch" run --retries 0 --out "$mixed" jobs/mixed.json

step 'The retry: a new run over the rows worth trying again'
note 'Asked again for the four contacts, the CRM says "relation not found". unhitch knows' \
     'that it had sent them before: they are already-done, and count as success.'
expect 0 "$build/unhitch" retry "$mixed"

step 'Done'
note "What the main job wrote is in $out, the mixed one in $mixed." \
     "To look at in a browser: $out/report.html" \
     "                         $mixed/report.html" \
     'The sandbox is stopped; the credentials above were made up.' \
     'Next: README.md, "A first job", to do the same with a file of your own.'
