#!/bin/sh
# Makes the Debian package of a build: `make deb`. Needs dpkg-dev.
#
# usage: deb.sh BUILD       writes BUILD/unhitch_VERSION_ARCHITECTURE.deb
set -eu

cd "$(dirname "$0")/.."
build=$1
constant() {
    sed -n "s/^#define UNHITCH_$1 \"\(.*\)\"/\1/p" src/base/version.h
}
version=$(constant VERSION)-1
day=$(constant DATE)
arch=$(dpkg --print-architecture)
root=$build/deb
maintainer='The unhitch authors <unhitch@example.com>'
SOURCE_DATE_EPOCH=$(date -u -d "$day" +%s)
export SOURCE_DATE_EPOCH

rm -rf "$root"
DESTDIR=$root PREFIX=/usr ZSHDIR=/usr/share/zsh/vendor-completions .packaging/install.sh install "$build"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root"/usr/bin/*

# documents as Debian has them
doc=$root/usr/share/doc/unhitch
mv "$doc/CHANGELOG.md" "$doc/changelog"
cat >"$doc/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
$(sed -n 's/^Copyright (c) /Copyright: /p' LICENSE)
License: Expat
$(sed -n '/^Permission/,$p' LICENSE | sed 's/^$/./; s/^/ /')
END
rm "$doc/LICENSE"
cat >"$doc/changelog.Debian" <<END
unhitch ($version) unstable; urgency=medium

  * What this version brings is in changelog.gz.

 -- $maintainer  $(LC_ALL=C date -u -d "$day" '+%a, %d %b %Y 00:00:00 +0000')
END
gzip -9n "$doc/changelog" "$doc/changelog.Debian" "$root"/usr/share/man/man?/*
find "$root" -type d -exec chmod 755 {} +

# which libraries it needs, in which versions
mkdir -p "$root/DEBIAN" "$build/shlibs/debian"
echo 'Source: unhitch' >"$build/shlibs/debian/control"
binaries=$(cd "$root" && echo "$PWD"/usr/bin/*)
# shellcheck disable=SC2086  # several words
libraries=$(cd "$build/shlibs" && dpkg-shlibdeps -O $binaries 2>/dev/null)
# and libcurl, which is loaded when it is needed: that of CURLOPT_PREREQFUNCTION at least
curl=$(dpkg-query -S "$(readlink -f "$(cc -print-file-name=libcurl.so.4)")" | cut -d : -f 1)

cat >"$root/DEBIAN/control" <<END
Package: unhitch
Version: $version
Architecture: $arch
Maintainer: $maintainer
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f 1)
Depends: ${libraries#shlibs:Depends=}, $curl (>= 7.80), ca-certificates
Recommends: bash-completion
Section: net
Priority: optional
Description: bulk delinking and call clean-up for Zoho CRM, Zoho Desk and Verba
 Reads a file of IDs (CSV, TSV or JSON lines) and does one thing to each, in the
 fewest API calls: takes records off related lists in Zoho CRM, sets its call
 preferences, clears live calls in Zoho Desk or deletes recorded calls in Verba.
 .
 Every row of the file has exactly one outcome. Runs keep to limits of rate,
 credits and time; one that stopped is carried on, by hand or night by night
 with the systemd timer that comes along. unhitch-sandbox stands in for the
 services when a job is tried.
END
cat >"$root/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null || true
fi
END
cat >"$root/DEBIAN/postrm" <<'END'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null || true
fi
END
chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/postrm"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)

package=$build/unhitch_${version}_$arch.deb
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
rm -rf "$root" "$build/shlibs"
echo "$package"
