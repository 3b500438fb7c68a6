#!/bin/sh
# Proves that the sources need nothing that only glibc has: every file of src/ is compiled, warnings
# as errors, against the headers of musl, and whatever the objects do not define themselves is a
# function of musl or of one of the libraries. Needs musl-gcc (Debian: musl-tools).
#
# usage: check-musl.sh BUILD
set -eu

cd "$(dirname "$0")/../.."
folder=$1/musl
command -v musl-gcc >/dev/null 2>&1 || {
    echo 'musl-check: skipped: musl-gcc is not installed'
    echo '0 passed, 0 failed'
    exit 0
}

# The libraries' own headers, without glibc's beside them.
mkdir -p "$folder/include"
for header in curl expat.h expat_external.h jansson.h jansson_config.h csv.h zlib.h zconf.h \
    microhttpd.h; do
    for place in /usr/include /usr/include/"$(cc -print-multiarch)"; do
        [ ! -e "$place/$header" ] || ln -sfn "$place/$header" "$folder/include/$header"
    done
done

objects=$(find src -name '*.c' | sed "s|^src/\(.*\)\.c$|$folder/obj/\1.o|")
# shellcheck disable=SC2086  # several words
nice make -k -s --no-print-directory CC=musl-gcc BUILD="$folder" LIBS_C= STRICT=-Werror \
    CFLAGS="-O2 -isystem $folder/include -Wno-sign-conversion" $objects
echo "$objects" | wc -l | sed 's/.*/musl-check: & files compile/'

libc=$(musl-gcc -print-file-name=libc.a)
gcc=$(cc -print-libgcc-file-name)
{
    nm -g --defined-only "$libc" "$gcc" 2>/dev/null
    # shellcheck disable=SC2086
    nm -g --defined-only $objects
    for name in curl jansson z expat csv microhttpd; do
        nm -D --defined-only "$(cc -print-file-name=lib$name.so)"
    done
} | awk 'NF == 3 { sub(/@.*/, "", $3); print $3 }' | sort -u >"$folder/known"
# shellcheck disable=SC2086
nm -u $objects | awk 'NF == 2 { print $2 }' | sort -u >"$folder/needed"
missing=$(comm -13 "$folder/known" "$folder/needed" | grep -vx _GLOBAL_OFFSET_TABLE_ || :)
if [ "$missing" ]; then
    printf 'musl-check: musl does not have:\n%s\n' "$missing"
    echo '0 passed, 1 failed'
    exit 1
fi
echo 'musl-check: all that they call is there'
echo '2 passed, 0 failed'
