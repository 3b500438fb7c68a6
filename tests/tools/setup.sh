#!/bin/sh
# Installs what is missing for the given goals: build, test, bench, ci, fuzz, package, format.
# Where all is there it does nothing: no package manager, no network.
# shellcheck disable=SC2086  # CC may hold options
set -eu

cc=${CC:-cc}
PATH=$PATH:/usr/sbin
missing=''          # groups of the table below that must be installed

# thing, how to see that it is there, Debian and Ubuntu, Fedora, Alpine, Arch, Homebrew
# ("-": comes with something else in the same column)
table() {
    cat <<'END'
build  compiler       links:$cc           gcc,libc6-dev         gcc          gcc,musl-dev      gcc            -
build  make           command:make        make                  make         make              make           make
build  pkg-config     command:pkg-config  pkg-config            pkgconf      pkgconf           pkgconf        pkgconf
build  libcurl        header:curl/curl.h  libcurl4-openssl-dev  libcurl-devel curl-dev         curl           curl
build  libcsv         header:csv.h        libcsv-dev            libcsv-devel libcsv-dev        libcsv         libcsv
build  jansson        header:jansson.h    libjansson-dev        jansson-devel jansson-dev      jansson        jansson
build  zlib           header:zlib.h       zlib1g-dev            zlib-devel   zlib-dev          zlib           zlib
build  expat          header:expat.h      libexpat1-dev         expat-devel  expat-dev         expat          expat
build  libmicrohttpd  header:microhttpd.h libmicrohttpd-dev     libmicrohttpd-devel libmicrohttpd-dev libmicrohttpd libmicrohttpd
test   cmocka         header:cmocka.h     libcmocka-dev         libcmocka-devel cmocka-dev     cmocka         cmocka
test   python3        command:python3     python3               python3      python3           python         python
test   openssl        command:openssl     openssl               openssl      openssl           openssl        openssl
test   http2-server   command:nghttpd     nghttp2-server        nghttp2      nghttp2           nghttp2        nghttp2
bench  aiohttp        python:aiohttp      python3-aiohttp       python3-aiohttp py3-aiohttp    python-aiohttp aiohttp
bench  requests       python:requests     python3-requests      python3-requests py3-requests  python-requests requests
bench  go             command:go          golang-go             golang       go                go             go
bench  node           command:node        nodejs                nodejs       nodejs            nodejs         node
bench  npm            command:npm         npm                   nodejs-npm   npm               npm            -
bench  curl           command:curl        curl                  curl         curl              curl           curl
bench  xargs          command:xargs       findutils             findutils    findutils         findutils      findutils
bench  gzip           command:gzip        gzip                  gzip         gzip              gzip           gzip
bench  wrk            command:wrk         wrk                   wrk          wrk               -              wrk
ci     clang          command:clang       clang                 clang        clang             clang          llvm
ci     clang-runtime  sanitizes:clang     libclang-rt-dev       compiler-rt  compiler-rt       compiler-rt    -
ci     git            command:git         git                   git          git               git            git
ci     promtool       command:promtool    prometheus            golang-github-prometheus prometheus prometheus    prometheus
ci     valgrind       command:valgrind    valgrind              valgrind     valgrind          valgrind       valgrind
ci     mandoc         command:mandoc      mandoc                mandoc       mandoc            mandoc         mandoc
ci     groff          command:groff       groff-base            groff        groff             groff          groff
ci     zsh            command:zsh         zsh                   zsh          zsh               zsh            zsh
ci     fish           command:fish        fish                  fish         fish              fish           fish
ci     yaml           python:yaml         python3-yaml          python3-pyyaml py3-yaml        python-yaml    -
fuzz   clang          command:clang       clang                 clang        clang             clang          llvm
fuzz   fuzzer         fuzzes:clang        libclang-rt-dev       compiler-rt  compiler-rt       compiler-rt    -
ci     musl           command:musl-gcc    musl-tools            musl-gcc     -                 musl           -
package dpkg-dev      command:dpkg-shlibdeps dpkg-dev           dpkg-dev     dpkg-dev          dpkg           dpkg
package lintian       command:lintian     lintian               lintian      -                 lintian        -
package debootstrap   command:debootstrap debootstrap           debootstrap  debootstrap       debootstrap    -
format clang-format   command:clang-format clang-format         clang-tools-extra clang-extra-tools clang     clang-format
END
}

includes() {
    # shellcheck disable=SC2046
    printf '#include <stddef.h>\n#include <stdint.h>\n#include <stdarg.h>\n#include <setjmp.h>\n#include <%s>\n' "$1" |
        $cc $(pkg-config --cflags libcurl jansson zlib expat libmicrohttpd 2>/dev/null || :) \
            ${CPPFLAGS:-} -E -x c - >/dev/null 2>&1
}

# A python3 that can import the module; the system's may be another than the first one found.
python_has() {
    for python in python3 /usr/bin/python3; do
        "$python" -c "import $1" >/dev/null 2>&1 && return 0
    done
    return 1
}

# Can the compiler (with the option) make a program?
links() {
    command -v "$1" >/dev/null 2>&1 || return 1
    printf '#include <stdio.h>\nint main(void) { return puts(""); }\n' |
        "$@" -x c -o /dev/null - >/dev/null 2>&1
}

is_there() {
    case $1 in
    links:*) links $cc ;;
    command:*) command -v "${1#*:}" >/dev/null 2>&1 ;;
    header:*) includes "${1#*:}" ;;
    python:*) python_has "${1#*:}" ;;
    fuzzes:*) links "${1#*:}" -Dmain=LLVMFuzzerTestOneInput -fsanitize=fuzzer,address,undefined ;;
    sanitizes:*) links "${1#*:}" -fsanitize=address,undefined ;;
    esac
}

# The packages of the missing things, by column of the table.
packages() {
    table | awk -v column="$1" -v missing=" $missing " '
        index(missing, " " $2 " ") && $column != "-" { gsub(",", " ", $column); printf "%s%s", space, $column; space = " " }'
}

# Everything that the wanted groups lack.
look() {
    missing=''
    while read -r group thing probe _; do
        case " $* " in *" $group "*) is_there "$probe" || missing="$missing $thing" ;; esac
    done <<END
$(table)
END
    missing=${missing# }
}

advise() {
    echo "setup: missing: $missing" >&2
    echo "setup: $1; install with one of these, then try again:" >&2
    echo "  apt-get install $(packages 4)" >&2
    echo "  dnf install $(packages 5)" >&2
    echo "  apk add $(packages 6)" >&2
    echo "  pacman -S $(packages 7)" >&2
    echo "  brew install $(packages 8)" >&2
    exit 1
}

install_with_apt() {
    as_root=''
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || advise 'neither root nor sudo is at hand'
        as_root='sudo'
    fi
    set -f
    # shellcheck disable=SC2046
    set -- $(packages 4)
    echo "setup: installing $*"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
        echo 'setup: apt-get update failed; trying with the package lists at hand' >&2
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends "$@" >/dev/null && return
    # one that cannot be had should not keep the others away
    for package in "$@"; do
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends "$package" >/dev/null ||
            echo "setup: apt-get cannot install $package" >&2
    done
}

[ $# -gt 0 ] || set -- build
for group in "$@"; do
    case $group in
    build | test | bench | ci | fuzz | package | format) ;;
    *) echo "usage: setup.sh [build] [test] [bench] [ci] [fuzz] [package] [format]" >&2; exit 2 ;;
    esac
done
look "$@"
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null 2>&1 || advise 'this script installs packages with apt-get only'
install_with_apt
look "$@"
[ -z "$missing" ] || advise 'still not found after the installation'
