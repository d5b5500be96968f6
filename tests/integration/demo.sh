#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demonstration itself: three claims of the real thread, end to end, and
# nothing left behind.
set -eu

scratch=$(mktemp -d "${TMPDIR:-/tmp}/assay-demo-test.XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
TMPDIR=$scratch/tmp
export TMPDIR
mkdir "$TMPDIR"

"$ASSAY_SOURCE_DIR/samples/demo.sh" "$ASSAY_BIN" >"$scratch/out" </dev/null

shows()
{
    # Text is wrapped for the terminal: compare with white space folded.
    tr -s ' \n' '  ' <"$scratch/out" | grep -qiF -- "$1" || {
        echo "FAILED: the demonstration does not show: $1" >&2
        cat "$scratch/out" >&2
        exit 1
    }
}

shows 'ASML uses rare earths for magnets in its lithography machines.'
shows '95% of US companies are not seeing a return on investment on AI.'
shows 'California refused a final permit for the Mountain Pass'
shows 'Harbor Desk (sample)'
shows 'Inland Desk (sample)'
shows 'mostly-true'
shows 'misleading'
shows 'mostly-false'
shows 'unproven'
shows 'nothing is archived'

if grep -q "$(printf '\033')" "$scratch/out"; then
    echo "FAILED: colours without a terminal" >&2
    exit 1
fi
# Ids are long; all else fits a terminal of 80 columns.
width=$(grep -v '[a-z]1[a-z0-9]\{50\}' "$scratch/out" | wc -L)
if [ "$width" -gt 80 ]; then
    echo "FAILED: a line has $width columns" >&2
    exit 1
fi
if [ -n "$(ls -A "$TMPDIR")" ]; then
    echo "FAILED: the demonstration left something behind" >&2
    exit 1
fi
