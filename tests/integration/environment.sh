#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a machine can do to a ledger: unsafe folders, loose key files, read-only
# media, a full disk. Each is refused with exit code 4 and a reason, and loses
# nothing. Mounting needs root; without it those parts are skipped, which ctest
# shows.
set -eu

scratch=$(mktemp -d "${TMPDIR:-/tmp}/assay-environment.XXXXXX")
mounted=
cleanup()
{
    for place in $mounted; do
        umount "$place" 2>/dev/null || true
    done
    rm -rf -- "$scratch"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
cd "$scratch"

fail()
{
    echo "FAILED: $1" >&2
    [ ! -f err ] || cat err >&2
    exit 1
}

# expect CODE WORD ARGUMENTS: runs assay, compares its exit code, and looks for
# the word in what it says on standard error.
expect()
{
    code=$1 word=$2
    shift 2
    status=0
    "$ASSAY_BIN" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$code" ] || fail "exit $status, not $code: assay $*"
    [ -z "$word" ] || grep -qi -- "$word" err || fail "no '$word': assay $*"
}

new_ledger()
{
    expect 0 '' --ledger "$1" init
    expect 0 '' --ledger "$1" key new --name ann
    expect 0 '' --ledger "$1" team found --name Desk --as ann
}

records_of()
{
    "$ASSAY_BIN" --json --ledger "$1" stats </dev/null >stats
    "$PYTHON3" -c 'import json; print(json.load(open("stats"))["records"])'
}

# A new ledger of two records on a disk with hardly any room beside them.
too_small()
{
    umount small
    mount -t tmpfs -o size=3m tmpfs small
    new_ledger small/ledger
    expect 0 '' --ledger small/ledger claim add --text "One." \
        --url https://a.example/
    kept=$(cat out)
}

# A folder that is not what it seems.
new_ledger real
ln -s real link
expect 4 symlink --ledger link stats
expect 4 symlink --ledger link list claims
chmod o+w real
expect 4 writ --ledger real stats
chmod o-w real
expect 0 '' --ledger real stats
expect 4 ledger --ledger nowhere stats
: >file
expect 4 '' --ledger file stats
expect 4 '' --ledger real init
if [ "$(id -u)" -eq 0 ]; then
    chown 65534 real
    expect 4 own --ledger real stats
    chown 0 real
fi

# A key file that others can read is not used.
chmod 644 real/keys/ann.key
expect 4 permission --ledger real claim add --text "One." --url https://a.example/
chmod 600 real/keys/ann.key
expect 0 '' --ledger real claim add --text "One." --url https://a.example/
claim=$(cat out)

if [ "$(id -u)" -ne 0 ] || ! mkdir small ||
    ! mount -t tmpfs -o size=3m tmpfs small 2>/dev/null; then
    echo "left out: read-only media and full disk (mounting is not allowed)"
    exit 77
fi
mounted=$scratch/small

# A full disk: the command fails clearly, and all that was acknowledged stays.
new_ledger small/ledger
printf '%s' "$(head -c 9000 /dev/zero | tr '\0' 'x')" >text
: >ids
status=0
count=0
while [ "$status" -eq 0 ] && [ "$count" -lt 2000 ]; do
    "$ASSAY_BIN" --ledger small/ledger claim add --text - --url https://a.example/ \
        <text >>ids 2>err || status=$?
    count=$((count + 1))
done
[ "$status" -eq 4 ] || fail "a full disk gave exit $status after $count records"
grep -qi 'space' err || fail "a full disk is not named"
expect 0 '' --ledger small/ledger check
while read -r id; do
    expect 0 '' --ledger small/ledger show "$id"
done <ids
[ "$(wc -l <ids)" -ge 5 ] || fail "too few records before the disk was full"

# Space returns: writing goes on.
mount -o remount,size=12m small
expect 0 '' --ledger small/ledger claim add --text "Again." --url https://a.example/

# Read-only media: reading works, writing says why not.
mount -o remount,ro small
expect 0 '' --ledger small/ledger list claims
expect 0 '' --ledger small/ledger chain "$(head -n 1 ids)"
expect 4 read-only --ledger small/ledger claim add --text "No." --url https://a.example/
mount -o remount,rw small
expect 0 '' --ledger small/ledger check

# What takes in more at once than there is room for: a load is stored wholly or
# not at all, of an import what was acknowledged stays, and of a capture nothing
# is left behind. With more room, each then succeeds.
"$PYTHON3" -c 'import json
print(json.dumps({"format": "assay-manifest/1", "claims": [
    {"key": "c%d" % n, "text": "%d %s" % (n, "x" * 9000),
     "places": [{"url": "https://a.example/%d" % n}]} for n in range(400)]}))' \
    >manifest
head -c 4000000 /dev/urandom >page.bin
new_ledger large
expect 0 '' --ledger large load manifest
expect 0 '' --ledger large export --all -o all.assay
large=$(records_of large)

too_small
expect 4 space --ledger small/ledger load manifest
expect 0 '' --ledger small/ledger check
[ "$(records_of small/ledger)" -eq 2 ] || fail 'half a load was stored'
expect 0 '' --ledger small/ledger show "$kept"
mount -o remount,size=30m small
expect 0 '' --ledger small/ledger load manifest
[ "$(records_of small/ledger)" -eq 402 ] || fail 'the load is not whole'

too_small
expect 4 space --ledger small/ledger import all.assay
added=$(sed -n 's/.*\b\([0-9][0-9]*\) records were added and are kept.*/\1/p' err)
expect 0 '' --ledger small/ledger check
[ "$(records_of small/ledger)" -eq $((added + 2)) ] ||
    fail "not $added records more after an import"
expect 0 '' --ledger small/ledger show "$kept"
mount -o remount,size=30m small
expect 0 '' --ledger small/ledger import all.assay
[ "$(records_of small/ledger)" -eq $((large + 2)) ] ||
    fail 'the import is not whole'

too_small
expect 4 space --ledger small/ledger capture page.bin
expect 0 '' --ledger small/ledger check
[ "$(records_of small/ledger)" -eq 2 ] || fail 'a capture without its bytes'
[ "$(du -sk small | cut -f 1)" -lt 1500 ] || fail 'a torn capture takes room'
expect 0 '' --ledger small/ledger show "$kept"
mount -o remount,size=30m small
expect 0 '' --ledger small/ledger capture page.bin
expect 0 '' --ledger small/ledger check

expect 0 '' --ledger real chain "$claim"
echo "done: $count records until the disk was full"
