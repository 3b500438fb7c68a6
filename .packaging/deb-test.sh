#!/bin/sh
# Checks a package with lintian, installs it in a clean Debian system (debootstrap, in a folder below /tmp), does a job
# there, and removes it again: `make deb-test`. Needs root, debootstrap and Debian's packages;
# where they are not to be had it says so and ends with success.
#
# usage: deb-test.sh PACKAGE
# shellcheck disable=SC2016  # commands are kept and evaluated later
set -eu

package=$1
skip() {
    echo "deb-test: skipped: $1"
    echo '0 passed, 0 failed'
    exit 0
}
[ "$(id -u)" = 0 ] || skip 'it needs root'
command -v debootstrap >/dev/null 2>&1 || skip 'debootstrap is not installed'

# The Debian that the package was made on, from where this system has its own packages.
# shellcheck disable=SC1091
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' \
    'Component: main' 'Origin: Debian' | sed -n "s/^$codename //p" | head -n 1)
[ "$mirror" ] || skip "no source of packages for $codename is known"

work=$(mktemp -d "${TMPDIR:-/tmp}/unhitch-deb.XXXXXX")
root=$work/root
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

passed=0
expect() {
    if ! eval "$2" >"$work/log" 2>&1; then
        cat "$work/log"
        echo "deb-test: FAILED: $1"
        echo "$passed passed, 1 failed"
        exit 1
    fi
    passed=$((passed + 1))
}
inside() {
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}

if command -v lintian >/dev/null 2>&1; then
    # it is no upload to Debian, so it closes no bug there
    expect 'lintian finds nothing' 'lintian --allow-root --fail-on error,warning \
        --suppress-tags initial-upload-closes-no-bugs "$package"'
fi
echo "deb-test: a clean $codename"
debootstrap --variant=minbase "$codename" "$root" "$mirror" >"$work/log" 2>&1 ||
    skip "debootstrap failed: $(tail -n 1 "$work/log")"
cp "$package" "$root/tmp/unhitch.deb"
cat >"$root/tmp/job.sh" <<'END'
set -eu
unhitch-sandbox --port 18808 --quiet & sandbox=$!
trap 'kill $sandbox' EXIT
mkdir -p /var/lib/night && cd /var/lib/night
export UNHITCH_BASE_URL=http://127.0.0.1:18808 ZOHO_ACCESS_TOKEN=any
for try in 1 2 3 4 5 6 7 8 9 10; do
    code=0
    /usr/lib/unhitch/nightly /usr/share/unhitch/jobs/delink-product-leads.json || code=$?
    [ $code = 7 ] || break                      # the sandbox was not there yet
    sleep 0.2
done
[ $code = 4 ] && ls runs/*/results.jsonl
END
expect 'apt installs it and what it depends on' \
    'inside env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /tmp/unhitch.deb'
expect 'its libraries are there' '! inside ldd /usr/bin/unhitch /usr/bin/unhitch-sandbox | grep "not found"'
expect 'its files are as packed' 'test -z "$(inside dpkg --verify unhitch)"'
expect 'it is the version of the tree' \
    'inside unhitch --version | grep -qx "unhitch $(dpkg-deb -f "$package" Version | sed "s/-.*//")"'
expect 'a nightly job runs' 'inside sh /tmp/job.sh'
expect 'it can be removed' 'inside dpkg --purge unhitch'
expect 'nothing of it is left' \
    'test -z "$(inside find /usr /etc /lib -name "*unhitch*")"'
echo "$passed passed, 0 failed"
