#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs the fuzzers, two at a time.
#
#   tools/fuzz.sh SECONDS [NAME]...       no name: every fuzzer
#
# Each starts from its seeds in tests/fuzz/corpus/NAME and keeps what it finds
# in build/fuzz/found/NAME, so that the next run goes on from there. An input
# that crashes is left in build/fuzz/crashes and makes this script fail; once
# the bug is mended, the input belongs among the seeds.
set -eu

if [ $# -lt 1 ] || ! [ "$1" -gt 0 ] 2>/dev/null; then
    echo "usage: tools/fuzz.sh SECONDS [NAME]..." >&2
    exit 2
fi
seconds=$1
shift

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
out=$root/build/fuzz
mkdir -p "$out"

if ! { cmake --preset fuzz && cmake --build build/fuzz; } \
    >"$out/build.log" 2>&1 </dev/null; then
    cat "$out/build.log" >&2
    exit 4
fi

if [ $# -eq 0 ]; then
    for program in "$out"/tests/fuzz/fuzz_*; do
        if [ -x "$program" ] && [ -f "$program" ]; then
            set -- "$@" "${program##*/fuzz_}"
        fi
    done
fi
if [ $# -eq 0 ]; then
    echo "There are no fuzzers."
    exit 0
fi

fuzz_one()
{
    name=$1
    seeds=tests/fuzz/corpus/$name
    found=$out/found/$name
    log=$out/$name.log
    mkdir -p "$found" "$out/crashes" "$out/home"

    set -- "$found"
    if [ -d "$seeds" ]; then
        set -- "$@" "$seeds"
    fi
    if [ -f "tests/fuzz/$name.dict" ]; then
        set -- "$@" "-dict=tests/fuzz/$name.dict"
    fi
    if HOME=$out/home "$out/tests/fuzz/fuzz_$name" \
        -max_total_time="$seconds" -max_len=65536 -timeout=10 \
        -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$out/crashes/$name-" "$@" >"$log" 2>&1 </dev/null
    then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
        echo "$name: $runs runs, $covered edges covered"
        return 0
    fi
    sed -n '/ERROR: /,/^Shadow bytes/p' "$log" | head -n 40
    tail -n 10 "$log"
    echo "$name: FAILED; the whole log is $log"
    return 1
}

status=0
while [ $# -gt 0 ]; do
    fuzz_one "$1" &
    first=$!
    shift
    second=
    if [ $# -gt 0 ]; then
        fuzz_one "$1" &
        second=$!
        shift
    fi
    wait "$first" || status=1
    if [ -n "$second" ]; then
        wait "$second" || status=1
    fi
done
exit "$status"
