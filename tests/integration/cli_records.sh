#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Adding records as people do: captures and quotes, claims, sources, verdicts
# and what answers them, erasure, and the sample thread loaded at once.
set -eu

scratch=$(mktemp -d "${TMPDIR:-/tmp}/assay-records.XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 1' INT TERM
cd "$scratch"
ASSAY_LEDGER=$scratch/ledger
export ASSAY_LEDGER

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

# added PREFIX ARGUMENTS: adds a record, whose id alone is printed.
added()
{
    prefix=$1
    shift
    expect 0 '' "$@"
    [ "$(wc -l <out)" -eq 1 ] || fail "not one line: assay $*"
    id=$(cat out)
    case $id in
    "$prefix"1*) ;;
    *) fail "$id is no $prefix: assay $*" ;;
    esac
}

records()
{
    "$ASSAY_BIN" stats --json | tr -d ' \n' |
        sed 's/.*"records":\([0-9]*\).*/\1/'
}

expect 0 '' init
expect 0 '' key new --name ann
expect 0 '' key new --name bob
expect 0 '' team found --name Desk --as ann
expect 0 '' team found --name Other --as bob

# Captures: bytes by their hash, once.
printf 'The mine ran. The plant ran. In 2015 the owner went bankrupt.\n' >page
expect 4 'no such file' capture nowhere --as ann
added capture capture page --url https://a.example/ --title Page --as ann
capture=$id
hash=$(sha256sum page | cut -c 1-64)
cmp page "ledger/captures/$(echo "$hash" | cut -c 1-2)/$(echo "$hash" |
    cut -c 3-)" || fail "the bytes are not where their hash says"
expect 2 url capture page --url ftp://a.example/ --as ann

# Quotes stand in the bytes, once, or nothing is signed.
before=$(records)
expect 3 'went bankrupt' claim add --text "It failed." --as ann \
    --capture "$capture" --quote "In 2016 the owner went bankrupt."
expect 3 '2 times' claim add --text "It ran." --as ann --capture "$capture" \
    --quote ran.
expect 2 quote claim add --text "It ran." --as ann --url https://a.example/ \
    --prefix x
[ "$(records)" -eq "$before" ] || fail "a refused claim was written"
added claim claim add --text "It ran." --as ann --capture "$capture" \
    --quote ran. --prefix "plant " --topic mining --lang en --said 2025-10
claim=$id
added claim claim add --text "The plant ran." --as ann --url https://b.example/
other=$id
printf 'A text from standard input.\n' |
    "$ASSAY_BIN" claim add --text - --as ann >out 2>err ||
    fail "a text from standard input"
grep -q '^claim1' out || fail "no id for a text from standard input"

# typed TEXT CODE WORD ARGUMENTS: the same as expect, with standard input.
typed()
{
    input=$1 code=$2 word=$3
    shift 3
    status=0
    printf '%s' "$input" | "$ASSAY_BIN" "$@" >out 2>err || status=$?
    [ "$status" -eq "$code" ] || fail "exit $status, not $code: assay $*"
    [ -z "$word" ] || grep -qi -- "$word" err || fail "no '$word': assay $*"
}

# member NAME TEXT: the record just added says that.
member()
{
    expect 0 '' show --json "$(cat out)"
    grep -qF "\"$1\": \"$2\"" out || fail "$1 is not $2: $(cat out)"
}

# Every option that takes a text may be - once, line ends at the end cut.
typed 'ran.
' 0 '' claim add --text "It ran." --as ann --capture "$capture" --quote - \
    --prefix "plant "
member quote ran.
typed 'plant ' 0 '' claim add --text "It ran." --as ann --capture "$capture" \
    --quote ran. --prefix -
member prefix 'plant '
typed ' The plant' 0 '' source add "$claim" --stance context --as ann \
    --capture "$capture" --quote ran. --suffix -
member suffix ' The plant'
echo other >titled
typed A 0 '' capture titled --title - --as ann
titled=$(cat out)
member title A
expect 0 '' erase "$titled" --reason "Captured to be named."
typed A 0 '' link "$other" part-of "$claim" --note - --as bob
member note A
before=$(records)
typed A 2 'once' claim add --text - --quote - --as ann --capture "$capture"
typed A 2 'once' capture - --title - --as ann
typed '' 3 'empty' link "$other" part-of "$claim" --note - --as bob
head -c 17000 /dev/zero | tr '\0' x >long
status=0
"$ASSAY_BIN" claim add --text - --as ann <long >out 2>err || status=$?
[ "$status" -eq 3 ] || fail "exit $status for a text that is too long"
[ "$(records)" -eq "$before" ] || fail "a refused text was written"

# Sources and verdicts.
expect 2 stance source add "$claim" --stance maybe --url https://a.example/ \
    --as ann
expect 2 capture source add "$claim" --stance context --as ann
added source source add "$claim" --stance supports --capture "$capture" \
    --quote "The plant ran." --note "Its own page." --as ann
source=$id
expect 2 mostly-false verdict add "$claim" --rating fake --rationale r --as ann
expect 2 '' verdict add "$source" --rating mixed --rationale r --as ann
added verdict verdict add "$claim" --rating mixed --rationale "First look." \
    --cite "$source" --as ann
first=$id
expect 3 "another team" verdict add "$claim" --rating true --rationale r \
    --supersedes "$first" --as bob
expect 3 "another claim" verdict add "$other" --rating true --rationale r \
    --supersedes "$first" --as ann
added verdict verdict add "$claim" --rating mostly-true --rationale "Seen." \
    --cite "$source" --supersedes "$first" --as ann
verdict=$id

# What is not here is looked for in the list of its kind.
for kind in claim source verdict capture; do
    expect 1 "list ${kind}s" show "${kind}1qqqqqqqqqqqq"
done
expect 1 'team list' show team1qqqqqqqqqqqq
expect 1 'assay log' show record1qqqqqqqqqqqq
expect 1 'list verdicts' endorse record1qqqqqqqqqqqq --as ann
expect 1 'list captures' claim add --text "It ran." --as ann \
    --capture capture1qqqqqqqqqqqq --quote ran.

# Who may answer what.
expect 3 own endorse "$verdict" --as ann
expect 3 "another team" endorse "$verdict" --as bob
expect 2 capture challenge "$capture" --reason r --as bob
added record challenge "$verdict" --reason "Too early." --cite "$source" \
    --as bob
challenge=$id
added record carry "$challenge" --as ann
expect 2 same-as link "$claim" on "$other" --as ann
expect 3 same link "$claim" same-as "$claim" --as ann
added record link "$other" part-of "$claim" --note "One half." --as ann
expect 3 'only its author' retract "$verdict" --reason r --as bob
added record retract "$verdict" --reason "Wrong page." --as ann
expect 3 never retract "$id" --reason r --as ann

# Erasure, asked for and by this ledger alone.
added record retract "$other" --reason "A name." --erase --as ann
before=$(records)
expect 1 before erase "$other" --reason again
expect 0 '' erase "$capture" --reason "Court order."
expect 1 before erase "$capture" --reason again
[ "$(records)" -eq "$before" ] || fail "erase wrote a record"
[ -z "$(find ledger/captures -type f)" ] || fail "erased bytes are still here"

# A retraction that asks to erase takes captured bytes along as well.
added capture capture page --as ann
[ -n "$(find ledger/captures -type f)" ] || fail "no bytes were captured"
added record retract "$id" --reason "A name." --erase --as ann
[ -z "$(find ledger/captures -type f)" ] || fail "retracted bytes are here"
expect 0 '' chain "$claim"

# A manifest: all or nothing.
cat >bad.json <<'END'
{"format":"assay-manifest/1","team":"Desk",
 "captures":[{"key":"page","file":"page"}],
 "claims":[{"key":"one","text":"One.",
   "places":[{"capture":"page","quote":"The mine ran"}]},
  {"key":"two","text":"Two.",
   "places":[{"capture":"page","quote":"The mine run"}]}]}
END
before=$(records)
expect 3 'claims\[1\].places\[0\]' load bad.json
[ ! -s out ] || fail "a refused manifest printed ids"
ln -s page link
sed 's/"file":"page"/"file":"link"/; s/mine run/mine ran/' bad.json >linked.json
expect 3 symbolic load linked.json
sed 's/mine run/mine ran/; s/"team":"Desk"/"team":"Nobody"/' bad.json >nobody.json
status=0
"$ASSAY_BIN" load nobody.json >out 2>err || status=$?
[ "$status" -ne 0 ] || fail "a manifest of an unknown team was loaded"
[ "$(records)" -eq "$before" ] || fail "a refused manifest left records"
sed 's/mine run/mine ran/' bad.json >good.json
expect 0 '' load good.json
[ "$(cut -d ' ' -f 1 out | tr '\n' ' ')" = "page one two " ] ||
    fail "not the keys of what was loaded"
[ "$(records)" -eq $((before + 3)) ] || fail "not three new records"

# The sample thread, whole.
expect 0 '' team found --name "Harbor Desk (sample)" --as ann
expect 0 '' team found --name "Inland Desk (sample)" --as bob
before=$(records)
expect 0 '' load "$ASSAY_SOURCE_DIR/samples/rare-earths-thread/manifest.json"
[ "$(grep -c ' claim1' out)" -eq 9 ] || fail "not nine claims"
[ "$(records)" -gt $((before + 20)) ] || fail "too few records"
for claim in $(sed -n 's/^[^ ]* \(claim1.*\)/\1/p' out); do
    expect 0 '' chain "$claim"
done
