#!/bin/sh
# Installs a build, or removes what it installed: `make install`, `make uninstall`.
#
# usage: install.sh install|uninstall BUILD
#
# $DESTDIR is put before every path; $PREFIX is /usr/local unless it is set.
set -eu

cd "$(dirname "$0")/.."
verb=$1
build=$2
prefix=${PREFIX:-/usr/local}
case $prefix in
/*) ;;
*) echo "install: PREFIX must be an absolute path: '$prefix'" >&2; exit 2 ;;
esac
share=$prefix/share
ours=$share/unhitch             # definitions name job files as ../samples/...
units=$prefix/lib/systemd/system

# mode, source, where it goes
table() {
    cat <<END
755 $build/unhitch                      $prefix/bin/unhitch
755 $build/unhitch-sandbox              $prefix/bin/unhitch-sandbox
644 $build/man/unhitch.1                $share/man/man1/unhitch.1
644 $build/man/unhitch-sandbox.1        $share/man/man1/unhitch-sandbox.1
644 $build/man/unhitch-job.5            $share/man/man5/unhitch-job.5
644 $build/completions/unhitch.bash     $share/bash-completion/completions/unhitch
644 $build/completions/unhitch.bash     $share/bash-completion/completions/unhitch-sandbox
644 $build/completions/unhitch.zsh      ${ZSHDIR:-$share/zsh/site-functions}/_unhitch
644 $build/completions/unhitch.fish     $share/fish/vendor_completions.d/unhitch.fish
644 $build/completions/unhitch.fish     $share/fish/vendor_completions.d/unhitch-sandbox.fish
755 jobs/nightly                        $prefix/lib/unhitch/nightly
644 jobs/unhitch@.service               $units/unhitch@.service
644 jobs/unhitch@.timer                 $units/unhitch@.timer
END
    for file in README.md CHANGELOG.md LICENSE; do
        echo "644 $file $share/doc/unhitch/$file"
    done
    for file in samples/* jobs/*.json jobs/*.md jobs/unhitch.cron jobs/kubernetes.yaml jobs/Dockerfile; do
        echo "644 $file $ours/$file"
    done
}

# The files that name installed ones do so below /usr.
put() {
    mkdir -p "$(dirname "$3")"
    case $2 in
    jobs/unhitch*) sed "s|/usr/lib/unhitch/|$prefix/lib/unhitch/|" "$2" >"$3.new" ;;
    *) cp "$2" "$3.new" ;;
    esac
    chmod "$1" "$3.new"
    mv -f "$3.new" "$3"
}

# The folder, if it is empty, and those above it, as long as only we use them.
tidy() {
    folder=$1
    while :; do
        case $folder in
        */unhitch | */unhitch/*) rmdir "$folder" 2>/dev/null || return 0 ;;
        *) return 0 ;;
        esac
        folder=${folder%/*}
    done
}

table | while read -r mode source target; do
    target=${DESTDIR:-}$target
    case $verb in
    install) put "$mode" "$source" "$target" ;;
    uninstall) rm -f "$target"; tidy "${target%/*}" ;;
    *) echo 'usage: install.sh install|uninstall BUILD' >&2; exit 2 ;;
    esac
done
