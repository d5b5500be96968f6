#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# libassay is pure: what it links against is seen in its own symbols. It calls
# neither clock, randomness, files, sockets, threads nor allocation behind a
# caller's back, and it has no variable that outlives a call.
#
#   purity.sh LIBRARY
set -eu

library=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/assay-purity.XXXXXX")
trap 'rm -rf "$work"' EXIT HUP INT TERM
status=0

# Its own functions; memory and text; pure functions of the two libraries; and
# what compilers and sanitizers add. check.c says what broke, then stops.
cat >"$work/allowed" <<'LIST'
assay_[a-z0-9_]*
mem(chr|cmp|cpy|move|set)|__mem(cpy|move|set)_chk
str(chr|cmp|len|ncmp|rchr)
(m|c|re)alloc|free
bsearch|qsort
cbor_(encode|stream)_[a-z0-9_]*|cbor_stream_decode
crypto_(aead|auth|core|generichash|hash|kdf|kx|pwhash|scalarmult|verify)_.*
crypto_(shorthash|sign|stream)_.*|crypto_shorthash
sodium_(add|compare|increment|init|is_zero|memcmp|memzero)
__(asan|lsan|msan|sanitizer|sancov|tsan|ubsan)_.*
_GLOBAL_OFFSET_TABLE_|__stack_chk_fail
abort|stderr|fprintf|__fprintf_chk
LIST

nm -A -u "$library" >"$work/nm"
awk '{ print $NF, $0 }' "$work/nm" | sort -u -k 1,1 |
    while read -r symbol where; do
        case $symbol in
        crypto_*_seed_keypair) continue ;;
        crypto_*_keypair | crypto_*_keygen) echo "not pure: $where" ;;
        esac
        if ! printf '%s\n' "$symbol" | grep -E -x -q -f "$work/allowed"; then
            echo "not pure: $where"
        fi
    done >"$work/impure"
if [ -s "$work/impure" ]; then
    cat "$work/impure"
    status=1
fi

# Constants with addresses in them are in .data.rel.ro, which is read-only
# once the program runs. The names of a sanitizer's own variables have dots.
objdump -t "$library" |
    awk '/:     file format/ { object = $1 }
        / O (\*COM\*|\.t?(data|bss))/ && !/\.data\.rel\.ro/ &&
        $NF !~ /^(__|\.)/ { print "a variable: " object " " $NF }' \
    >"$work/variables"
if [ -s "$work/variables" ]; then
    cat "$work/variables"
    status=1
fi

# Nothing above means nothing if the tools saw nothing.
grep -q crypto_sign_detached "$work/nm"
exit "$status"
