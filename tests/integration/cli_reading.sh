#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the commands that read print, and their exit codes: for people without
# a byte that steers a terminal, as JSON that parses, as a graph that draws.
set -eu

scratch=$(mktemp -d "${TMPDIR:-/tmp}/assay-reading.XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 1' INT TERM
cd "$scratch"
mkdir tmp
export TMPDIR="$scratch/tmp" ASSAY_LEDGER="$scratch/ledger"

fail()
{
    echo "FAILED: $1" >&2
    [ ! -f err ] || cat err >&2
    exit 1
}

# expect CODE WORD ARGUMENTS: runs assay, compares its exit code, and looks for
# the word in what it says on both outputs.
expect()
{
    code=$1 word=$2
    shift 2
    status=0
    "$ASSAY_BIN" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$code" ] || fail "exit $status, not $code: assay $*"
    [ -z "$word" ] || cat out err | grep -qi -- "$word" ||
        fail "no '$word': assay $*"
}

# json EXPRESSION ARGUMENTS: what it prints has the form of docs/json.md, is
# ASCII, and the expression over it (d) is true.
json()
{
    expression=$1
    shift
    "$ASSAY_BIN" --json "$@" >out 2>err </dev/null || true
    "$PYTHON3" "$ASSAY_SOURCE_DIR/tests/integration/json_form.py" out \
        "$ASSAY_SOURCE_DIR/docs/json.md" "$expression" || fail "assay $*"
}

# harmless: what was printed is UTF-8 without control or bidi characters, and
# no character is buried under marks.
harmless()
{
    "$PYTHON3" -c 'import sys, unicodedata
text = open("out", encoding="utf-8").read()
marks = 0
for c in text:
    marks = marks + 1 if unicodedata.category(c) in ("Mn", "Me") else 0
    bad = unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c != "\n"
    if bad or marks > 8:
        sys.exit("U+%04X" % ord(c))' || fail "harmful: $1"
}

expect 0 '' init
expect 0 '' key new --name ann
expect 0 '' team found --name Desk --as ann
team=$(cat out)
expect 0 '' claim add --text 'The sea is dry.' --url https://a.example/ \
    --topic sea --speaker Bo --as ann
claim=$(cat out)
expect 0 '' source add "$claim" --stance refutes --url https://b.example/ \
    --note 'It is wet.' --as ann
source=$(cat out)
expect 0 '' verdict add "$claim" --rating false --rationale 'It is wet.' \
    --cite "$source" --as ann
verdict=$(cat out)

# Text that would steer a terminal. Control characters are refused by the
# format; what it allows must come out as visible escapes.
"$PYTHON3" -c 'print("A\u202eB\u2066C\u200bD\u2028E\ttab\n\u2713 it stands\n" +
    "x" + "\u0301" * 7000)' >hostile
status=0
"$ASSAY_BIN" claim add --text - --url https://c.example/ --topic hostile \
    --as ann <hostile >out 2>err || status=$?
[ "$status" -eq 0 ] || fail 'the hostile text is not taken'
hostile=$(cat out)
status=0
printf 'A\033[2JB' | "$ASSAY_BIN" claim add --text - \
    --url https://c.example/ --as ann >out 2>err || status=$?
[ "$status" -eq 3 ] || fail "an escape sequence gave exit $status"

# show, for people: whole and short ids, and ids that mean nothing or too much.
short=$(printf '%s' "$claim" | cut -c 1-14)
expect 0 'The sea is dry' show "$claim"
expect 0 "$claim" show "$short"
expect 0 'signature good' show "$short"
expect 0 'refutes' show "$source"
expect 0 'false' show "$verdict"
expect 0 'cites' show "$verdict"
expect 0 'next key hash' show "$team"
expect 0 '202E' show "$hostile"
harmless show
grep -q '^. it stands' out && fail 'a text passes for a line of ours'
expect 1 '' show claim1qqqqqqqqqqqq
expect 2 '' show claim1qq
expect 2 '' show nonsense
expect 2 '' show
expect 2 'exclude' show --raw --diag "$claim"

# show, for programs.
json 'd["format"] == "assay-record/1" and d["body"]["text"] == "The sea is dry."' \
    show "$claim"
json 'd["body"]["topics"] == ["sea"] and d["state"]["signature"] == "good"' \
    show "$claim"
json 'd["body"]["places"][0] == {"url": "https://a.example/", "capture": None,
    "capture_hex": None, "quote": None, "prefix": None, "suffix": None}' \
    show "$claim"
json 'd["body"]["lang"] is None and len(d["id_hex"]) == 64' show "$claim"
json 'd["auth"] is None and len(d["prev"]) == 0 and d["log"] == d["id"]' \
    show "$team"
json 'd["grant"]["next_key_hash"] and d["body"]["words"] == []' show "$team"
json "[a['id'] for a in d['about']] == ['$claim', '$source']" show "$verdict"
json 'd["body"]["text"].startswith("A\u202eB")' show "$hostile"
expect 0 '"The sea is dry."' show --diag "$claim"
expect 0 'u202e' show --diag "$hostile"
harmless diag
"$ASSAY_BIN" show --raw "$claim" >raw 2>err || fail 'show --raw'
"$PYTHON3" -c 'import cbor2, hashlib
with open("raw", "rb") as f:
    envelope, body = cbor2.loads(f.read())
payload = cbor2.loads(cbor2.loads(envelope).value[2]) \
    if isinstance(envelope, bytes) else cbor2.loads(envelope.value[2])
if isinstance(body, bytes):
    assert payload[6] == hashlib.sha256(body).digest()
    body = cbor2.loads(body)
assert body[1] == "The sea is dry."' 2>err || fail 'the raw bytes are not the record'

# log and list: order, pages, filters, and exit code 1 where nothing is found.
json 'len(d["records"]) == 5 and d["next"] is None' log
json 'd["records"][0]["lsn"] == 5 and d["records"][-1]["lsn"] == 1' log
json 'len(d["records"]) == 2 and d["next"] == 4' log --limit 2
json 'd["records"][0]["lsn"] == 3' log --limit 2 --after 4
json 'len(d["logs"]) == 1 and d["logs"][0]["record_count"] == 5' log ann
json 'len(d["logs"][0]["records"]) == 5' log Desk
json 'len(d["logs"][0]["records"]) == 2' log "$team" --limit 2
expect 0 'number\|desk' log
harmless log
expect 1 '' log key1qqqqqqqqqqqq
expect 1 '' log team1qqqqqqqqqqqq
json 'len(d["records"]) == 2' list claims
json 'len(d["records"]) == 1' list claims --topic sea
json 'len(d["records"]) == 2' list claims --team Desk
json 'len(d["records"]) == 1 and d["next"] is not None' list claims --limit 1
json 'len(d["records"]) == 1' list verdicts --rating false
json 'd["records"] == []' list verdicts --rating true
json 'len(d["records"]) == 1' list sources --stance refutes
json 'd["records"] == []' list sources --stance supports
json 'd["records"] == []' list claims --until 2001-01-01
json 'len(d["records"]) == 2' list claims --since 2001-01-01
json 'len(d["records"]) == 1' list teams
expect 0 '' list claims
harmless list
expect 1 '' list captures
expect 1 'nothing here' list claims --topic none

# A file that is not there is of the environment, whatever it was to be.
for command in capture import load verify 'key import' restore; do
    # shellcheck disable=SC2086 # Two words are two words.
    expect 4 'nowhere' $command ./nowhere
done
expect 4 'folder' backup ./nowhere/copy
echo 'no records' >plain
expect 3 'no file of records' import plain
expect 2 'usage: assay stats$' stats more
expect 2 '' list lies
expect 2 '' list claims --rating false
expect 2 '' list verdicts --rating rotten
expect 2 '' list claims --limit none
expect 2 '' list claims --limit 0
expect 2 '' list claims --since someday

# chain.
expect 0 'The sea is dry' chain "$short"
harmless chain
expect 0 '' chain "$hostile"
harmless 'hostile chain'
expect 1 '' chain "$claim" --as-of 2001-01-01
expect 2 '' chain "$verdict"
for id in "$claim" "$hostile"; do
    json 'd["format"] == "assay-chain/1"' chain "$id"
    expect 0 'digraph' chain "$id" --dot
    harmless 'chain --dot'
    if command -v dot >/dev/null; then
        dot -Tsvg out >graph.svg 2>err || fail 'the graph does not draw'
        [ ! -s err ] || fail 'dot complains'
    fi
done

# What else is asked about keys, teams and the ledger.
json 'd["keys"][0]["name"] == "ann" and d["keys"][0]["made"].endswith("Z")' \
    key list
json 'd["format"] == "assay-key/1" and not d["is_encrypted"]' key show ann
json "d['teams'][0]['id'] == '$team' and d['teams'][0]['counts_as'] == 'own'" \
    team list
json 'd["name"] == "Desk" and d["grants"][0]["grant"] == d["id"]' team show Desk
json 'd["teams"] == []' trust list
expect 1 '' --json trust list
expect 0 '' trust add "$team"
json 'd["teams"][0]["name"] == "Desk" and d["teams"][0]["since"]' trust list
expect 0 '' trust remove "$team"
json 'd["records"] == 5 and d["kinds"]["claim"] == 2' stats
json 'd["records"] == 5 and d["problems"] == []' check
cp ledger/keys/ann.key ledger/keys/eve.key
chmod 644 ledger/keys/eve.key
json '[k["key"] for k in d["keys"] if k["name"] == "eve"] == [None]' key list
rm ledger/keys/eve.key

# A file's name may be no text at all; the answer is JSON all the same.
[ -d ledger/captures ] || mkdir -m 700 ledger/captures
odd="ledger/captures/$(printf 'odd\377')"
printf 'x' >"$odd"
json '"odd\ufffd" in d["problems"][0]["problem"]' check
expect 1 '' check --json
rm -f "$odd"

# verify: a record, the ledger, and files without any ledger.
expect 0 'it stands' verify "$short"
expect 0 'Its authority' verify "$verdict"
expect 0 'nobody is above' verify "$team"
expect 0 '' verify "$hostile"
harmless verify
expect 0 '5 records verified' verify --all
json 'd["is_good"] and d["record"]["kind"] == "verdict" and
    [c["check"] for c in d["checks"]] == ["form", "signature", "body",
    "authority", "place", "standing"]' verify "$verdict"
json "[p['id'] for p in d['path']] == ['$team']" verify "$verdict"
json 'd["path"] == [] and d["checks"][3]["outcome"] == "good"' verify "$team"
json 'd["is_good"] and d["records"] == 5 and d["by_validity"]["stands"] == 5' \
    verify --all
expect 1 '' verify claim1qqqqqqqqqqqq
expect 2 '' verify
expect 2 '' verify --all "$claim"
expect 4 'opened' verify ./nowhere
expect 0 '' export "$claim" --output proof
expect 0 '' export "$hostile" --output hostile.proof

# Captured bytes go along where they are asked for, and where not, not.
printf 'It rained all day.\n' >page
expect 0 '' capture page --as ann
capture=$(cat out)
holds()
{
    json "d['is_good'] and d['captures'] == $1" verify "./$2"
    status=0
    grep -qF 'It rained all day.' "$2" || status=$?
    [ "$status" -eq $((1 - $1)) ] || fail "captured bytes in $2: not $1"
}
expect 0 '' export "$capture" -o one
holds 1 one
expect 0 '' export "$capture" -o one --no-captures
holds 0 one
expect 0 '' export --all -o all
holds 0 all
expect 0 '' export --all -o all --captures
holds 1 all
for words in "$capture --captures" "$capture --captures --no-captures" \
    '--all --no-captures' '--all --captures --no-captures' \
    "$capture --all"; do
    # shellcheck disable=SC2086 # Words of a command line.
    expect 2 'captures\|either' export $words -o none
done
[ ! -e none ] || fail 'a refused export wrote a file'
mv ledger away
expect 0 'single' verify proof
expect 0 'false' verify ./proof
json "d['is_good'] and d['claims'][0]['id'] == '$claim'" verify proof
json 'd["claims"][0]["verdicts"][0]["rating"] == "false"' verify proof
json 'd["claims"][0]["standing"]["name"] == "single"' verify proof
expect 0 '' verify hostile.proof
harmless 'verify of a file'
expect 3 '' verify hostile
: >empty
expect 1 'no records' verify ./empty
size=$(wc -c <proof)
head -c $((size - 4)) proof >cut
expect 1 'CUT' verify cut
json 'd["is_cut"] and d["cut_offset"] > 0 and not d["is_good"]' verify cut
expect 1 '' verify --json cut

# A file that is still coming, and a signal: it is not waited for, and nothing
# is left behind. (SIGINT is ignored by what a script starts in the background.)
mkfifo coming
"$ASSAY_BIN" verify ./coming >out 2>err &
reader=$!
exec 3>coming # Waits until it is opened there, and so until it listens.
kill -TERM "$reader"
status=0
wait "$reader" || status=$?
exec 3>&-
[ "$status" -eq 143 ] || fail "an interrupted verify gave exit $status"
[ -z "$(ls -A tmp)" ] || fail 'an interrupted verify leaves its ledger'

# A bit flipped anywhere: never a proof.
for at in 20 60 100 200 $((size / 2)) $((size - 80)); do
    "$PYTHON3" -c 'import sys
data = bytearray(open("proof", "rb").read())
data[int(sys.argv[1])] ^= 4
open("flipped", "wb").write(data)' "$at"
    status=0
    "$ASSAY_BIN" verify ./flipped >out 2>err || status=$?
    [ "$status" -eq 1 ] || [ "$status" -eq 3 ] ||
        fail "a bit flipped at $at gave exit $status"
done
json 'not d["is_good"] and (d["faults"] or d["is_cut"])' verify ./flipped
[ -z "$(ls -A tmp)" ] || fail 'a temporary ledger is left'
mv away ledger

# A retraction asks to erase: the record still verifies, without its text.
expect 0 '' retract "$claim" --reason 'It was a test.' --erase --as ann
expect 0 'erased' show "$claim"
json 'd["body"] is None and d["state"]["body"] == "erased"' show "$claim"
json 'd["state"]["retraction"]["reason"] == "It was a test."' show "$claim"
expect 0 'erased' verify "$claim"
json 'd["checks"][2] == {"check": "body", "outcome": "unknown", "sentence":
    d["checks"][2]["sentence"]} and d["is_good"]' verify "$claim"
json 'd["erased"] == 1 and d["is_good"]' verify --all
expect 2 'exclude' chain --json --dot "$claim"
expect 0 'null' show --diag "$claim"
echo 'done'
