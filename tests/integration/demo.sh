#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demonstration itself: three newsrooms come to hold the same, three claims
# of the real thread, end to end, and nothing left behind.
set -eu

scratch=$(mktemp -d "${TMPDIR:-/tmp}/assay-demo-test.XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
TMPDIR=$scratch/tmp
export TMPDIR
mkdir "$TMPDIR"

"$ASSAY_SOURCE_DIR/samples/demo.sh" "$ASSAY_BIN" "$ASSAYD_BIN" \
    >"$scratch/out" </dev/null

fail()
{
    echo "FAILED: $1" >&2
    cat "$scratch/out" >&2
    exit 1
}

shows()
{
    # Text is wrapped for the terminal: compare with white space folded.
    tr -s ' \n' '  ' <"$scratch/out" | grep -qiF -- "$1" ||
        fail "the demonstration does not show: $1"
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
for key in asml-magnets ai-roi-95 mountain-pass; do
    shows "the same at harbor, coast and valley: $key"
done
shows 'MIXED · Coast Desk (sample)'
shows 'Challenged by Valley Desk (sample)'

# A reader who has seen it is told how to go on.
shows 'What to try next: ./run --keep the same, and the three nodes go on'
shows 'assay init once; then as in step 1'
shows 'assay chain claim1... --json the same chain for programs'
shows 'assay help every command, with an example each'

# Where a standing is shown at all three: agreed, valley behind, and agreed.
grep -E '^  (harbor|coast|valley) +[a-z]+: 3 teams' "$scratch/out" |
    sed 's/:.*//; s/  */ /g; s/^ //' >"$scratch/standings"
for word in contested close close; do
    echo "harbor $word"
    echo "coast $word"
    echo "valley $word"
done | sed '6s/close/contested/' | cmp -s - "$scratch/standings" ||
    fail "the newsrooms' standings are not those that were written"

if grep -q "$(printf '\033')" "$scratch/out"; then
    fail "colours without a terminal"
fi
# Ids are long; all else fits a terminal of 80 columns.
width=$(grep -v '[a-z]1[a-z0-9]\{50\}' "$scratch/out" | wc -L)
if [ "$width" -gt 80 ]; then
    fail "a line has $width columns"
fi
if [ -n "$(ls -A "$TMPDIR")" ]; then
    fail "the demonstration left something behind"
fi
