#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The life of keys and teams as a desk lives it: keys with and without a
# passphrase, a team with members, a member who leaves, a stolen root key.
# Wrong command lines are refused with exit code 2 and change nothing.
set -eu

scratch=$(mktemp -d "${TMPDIR:-/tmp}/assay-keys-teams.XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 1' INT TERM
cd "$scratch"
ASSAY_LEDGER=$scratch/desk
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
    [ -z "$word" ] || grep -qiF -e "$word" err || fail "no '$word': assay $*"
}

# says WORD: the last command's output has it.
says()
{
    grep -qF -e "$1" out || {
        cat out >&2
        fail "the output lacks '$1'"
    }
}

lacks()
{
    if grep -qF -e "$1" out; then
        cat out >&2
        fail "the output has '$1'"
    fi
}

# prints PREFIX: the last command printed one id and nothing else.
prints()
{
    [ "$(wc -l <out)" -eq 1 ] || fail "not one line"
    grep -Eqx "$1"'1[a-z0-9]{58}' out || fail "no $1 id alone: $(cat out)"
}

# typed FILE ARGUMENTS: assay with that file as standard input.
typed()
{
    file=$1
    shift
    "$ASSAY_BIN" "$@" <"$file" >out 2>err || fail "exit $?: assay $*"
}

# notes TEXT: the record whose id was just printed says that.
notes()
{
    expect 0 '' --json show "$(cat out)"
    says "\"note\": \"$1\""
}

# state_of NAME STATE: of the last grant with that name, in JSON that was just
# printed.
state_of()
{
    state=$("$PYTHON3" -c 'import json, sys
print([grant["state"] for grant in json.load(open("out"))["grants"]
       if grant["name"] == sys.argv[1]][-1])' "$1")
    [ "$state" = "$2" ] || fail "$1 is $state, not $2"
}

# The command line itself.
expect 2 '' frobnicate
expect 2 'did you mean "claim"' cliam
expect 2 'did you mean "team"' taem list
expect 2 'another word' key
expect 2 '--name' key new
expect 2 'did you mean --name' key new --nmae ann
expect 2 'needs a value' key new --name
expect 2 'too many' key list more
expect 0 '' help
says 'team rotate'
expect 0 '' team revoke --help
says 'Example:'
expect 2 '' help frobnicate
expect 2 'bash and zsh' completion fish
for shell in bash zsh; do
    expect 0 '' completion "$shell"
    says 'revoke'
done

# Without a ledger.
expect 4 'init' key list
expect 0 '' init
expect 4 '' init

# Keys.
expect 1 'key new' key list
expect 0 'no passphrase' key new --name ann
prints key
expect 3 'already' key new --name ann
expect 3 '' key new --name ../ann
expect 0 '' key show
says 'ann'
expect 4 'no terminal' key passphrase
expect 4 'ASSAY_PASSPHRASE_FILE' key passphrase ann
expect 0 '' key new --name ben --no-passphrase
ben=$(cat out)
expect 0 '' key show "$ben"
says 'ben'
expect 1 'no key' key show eve

# The key that is meant where none is named.
expect 2 'ann, ben' key show
expect 2 '--as' key export -o key.copy
expect 2 'ann, ben' key passphrase --remove
expect 0 '' key show --as ben
says "$ben"
expect 0 'ben' key export -o key.copy --as ben
expect 0 '' key passphrase --remove --as ben
expect 0 '' key show ann --as ben
says 'ann'

# Who can read the folder of the keys is no owner of them.
chmod 755 desk/keys
for words in 'key list' 'key show ann' 'key new --name eve' 'team list' \
    'team found --name Desk'; do
    # shellcheck disable=SC2086 # Words of a command line.
    expect 4 "chmod 700 $scratch/desk/keys" $words
done
chmod 700 desk/keys
chmod 644 desk/keys/ann.key
expect 4 "chmod 600 $scratch/desk/keys/ann.key" key show ann
chmod 600 desk/keys/ann.key
expect 0 '' --json key list
says '"format": "assay-keys/1"'
[ "$(stat -c %a desk/keys/ann.key)" = 600 ] || fail "the key's permissions"

# A passphrase from a file that only its owner reads.
printf 'correct horse\n' >pass
chmod 600 pass
ASSAY_PASSPHRASE_FILE=$scratch/pass
export ASSAY_PASSPHRASE_FILE
expect 0 '' key new --name cyd
cyd=$(cat out)
expect 0 '' key show cyd
says 'passphrase'
chmod 644 pass
expect 4 'chmod 600' team found --name Lone --as cyd
chmod 600 pass
printf 'wrong\n' >pass
expect 4 'passphrase' team found --name Lone --as cyd
printf 'correct horse\n' >pass

# One passphrase into another, without a terminal.
expect 4 'ASSAY_NEW_PASSPHRASE_FILE' key passphrase cyd
ASSAY_NEW_PASSPHRASE_FILE=$scratch/pass.new
export ASSAY_NEW_PASSPHRASE_FILE
expect 4 'ASSAY_NEW_PASSPHRASE_FILE' key passphrase cyd
: >pass.new
chmod 600 pass.new
expect 2 'empty' key passphrase cyd
printf 'battery staple\n' >pass.new
expect 0 '' key passphrase cyd
expect 4 'passphrase' key passphrase cyd
cp -p pass.new pass
printf 'a third\n' >pass.new
expect 0 '' key passphrase cyd
cp -p pass.new pass
unset ASSAY_NEW_PASSPHRASE_FILE
expect 0 '' key passphrase cyd --remove
unset ASSAY_PASSPHRASE_FILE
expect 0 '' key show cyd
says 'plain'

# Out and in again, as it is; never over what is there.
expect 0 '' key export ben -o ben.file
expect 4 'already' key export ben -o ben.file
[ "$(stat -c %a ben.file)" = 600 ] || fail "the copy's permissions"
expect 3 'name' key import ben.file
rm desk/keys/ben.key
expect 0 '' key import ben.file
prints key
[ "$(cat out)" = "$ben" ] || fail "another key came back"
head -c 20 ben.file >cut.file
chmod 600 cut.file
expect 3 '' key import cut.file

# A team.
expect 2 'several keys' team found --name "Harbor Desk"
expect 1 'no key' team found --name "Harbor Desk" --as eve
expect 2 '--signoffs' team found --name "Harbor Desk" --as ann --signoffs many
expect 2 'empty' team found --name "" --as ann
expect 1 '' team list
expect 0 'ann.next-' team found --name "Harbor Desk" --as ann --signoffs 1
prints team
team=$(cat out)
next_name=ann.next-$(cut -c 6-13 out)
[ -f "desk/keys/$next_name.key" ] || fail 'the next key is not called by its team'
expect 0 '' team list
says 'own'
says 'Harbor Desk'
expect 1 'no team' team show Nowhere
expect 0 '' team show "Harbor Desk"
says "$team"
expect 0 '' --json team show "$team"
says '"format": "assay-team/1"'

# Members: by a key held here, or by what they sent.
expect 2 'roles are' team member ben --name Ben --role chief
expect 2 '--signoffs' team member ben --name Ben --role editor --signoffs 17
expect 2 '--signoffs' team member ben --name Ben --role editor --signoffs -1
expect 1 'no key' team member eve --name Eve --role checker
expect 0 '' team member ben --name Ben --role checker
prints record
ben_grant=$(cat out)
expect 0 '' team member "$cyd" --name Cyd --role editor --signoffs 0
expect 3 'root' team member ann --name Ann --role checker --as ben
expect 0 '' team show "$team"
says 'verdicts need 1 sign-off'

# What a team says of itself: what is not given stays.
expect 2 'nothing to change' team profile --as ann
expect 2 'mostly-false' team profile --word nonsense
expect 2 '--url is not' team profile --url 'not a url'
expect 2 '--lang is not' team profile --lang 12345678901
expect 0 '' team profile --url https://harbor.example/ --lang en --lang nl \
    --word false='Pants on fire' --signoffs 2
expect 0 '' team profile --name "Harbour Desk"
expect 0 '' team show "Harbour Desk"
says 'https://harbor.example/'
says 'nl'
says 'Pants on fire'
says 'need 2 sign-offs'

# Ben speaks, then leaves: his last good record stands, the rest falls.
expect 0 '' claim add --as ben --text 'One.' --url https://a.example/
good=$(cat out)
expect 0 '' claim add --as ben --text 'Two.' --url https://a.example/
bad=$(cat out)
expect 2 "--last" team revoke ben
expect 3 'not signed under' team revoke cyd --last "$good"
expect 3 'rotate' team revoke ann --nothing-good
expect 1 'no key' team revoke eve --nothing-good
expect 3 'root' team revoke cyd --nothing-good --as ben
expect 2 'empty' team revoke ben --last "$good" --note -
echo 'Left the desk.' >note
typed note team revoke ben --last "$good" --note -
prints record
notes 'Left the desk.'
expect 0 '' --json show "$good"
says '"stands"'
expect 0 '' --json show "$bad"
says '"revoked"'
expect 1 'no grant' team revoke ben --last "$good"
expect 3 '' claim add --as ben --text 'Three.' --url https://a.example/

# A new grant is a new log; its id ends it alone, and no other.
expect 0 '' team member ben --name Ben --role editor
again=$(cat out)
expect 0 'already' team member ben --name Ben --role archivist
expect 0 '' team revoke "$again"
prints record
expect 0 '' claim add --as ben --text 'Four.' --url https://a.example/
expect 1 'no grant' team revoke "$ben_grant"

# A root key is stolen: the next one takes its place, and cuts what was done.
mv "desk/keys/$next_name.key" elsewhere
expect 3 'NAME.next-TEAM' team rotate
expect 0 '' team member "$cyd" --name Thief --role editor
expect 0 '' key import elsewhere
expect 0 '' key show "$next_name"
next=$(awk '{ print $2 }' out)
rm desk/keys/ann.key
expect 3 'not signed by the root' team rotate --last "$bad"
expect 0 'ann signs as the root now' team rotate --last "$again"
prints record
expect 0 '' key show ann
says "$next"
expect 0 '' key show "$next_name"
lacks "$next"
expect 0 '' --json team show "$team"
says '"rotation_count": 1'
state_of Thief rotated
state_of Cyd in-force

# With the old key still here, it is kept under another name; all that it
# signed stands.
expect 0 'already' team member "$cyd" --name Cynthia --role archivist
typed note team rotate --note -
notes 'Left the desk.'
expect 0 '' key show ann.old-1
says "$next"
expect 0 '' team profile --contact desk@harbor.example
expect 0 '' team show "$team"
says 'rotated 2 times'
expect 0 '' --json team show "$team"
state_of Cyd in-force
state_of Ben rotated
state_of Cynthia in-force

# An older ledger calls it NAME.next; it serves all the same.
mv "desk/keys/$next_name.key" desk/keys/ann.next.key
expect 0 'ann signs as the root now' team rotate
[ -f "desk/keys/$next_name.key" ] || fail 'the key after next has another name'

# Two teams with one root: each has a next key of its own, and what replaces
# the root of one leaves the other its key.
expect 0 '' key new --name two
expect 0 'two.next-' team found --name 'Two A' --as two
two_a=$(cat out)
expect 0 'two.next-' team found --name 'Two B' --as two
two_b=$(cat out)
[ "$(ls desk/keys | grep -c '^two.next-')" -eq 2 ] ||
    fail 'two teams share a next key'
expect 2 '--team' team rotate --as two
expect 0 '' key show two
two=$(awk '{ print $2 }' out)
expect 0 "two-$(printf '%s' "$two_a" | cut -c 6-13) signs as the root now" \
    team rotate --team "$two_a"
expect 0 '' key show two
says "$two"
expect 0 'two signs as the root now' team rotate --team "$two_b"
expect 0 '' key show two
lacks "$two"
expect 0 '' team rotate --team "$two_a"
expect 0 '' --json team show "$two_a"
says '"rotation_count": 2'
rm desk/keys/two*.key

# A second team: who signs must be said, and teams vouch for each other.
expect 0 '' key new --name dee
expect 0 '' team found --name "Inland Desk" --as dee
inland=$(cat out)
expect 2 '--team' claim add --text 'Five.' --url https://a.example/
expect 2 '--as' claim add --team "$team" --text 'Five.' --url https://a.example/
expect 0 '' claim add --team "Inland Desk" --text 'Five.' \
    --url https://a.example/
expect 3 'itself' team vouch "Inland Desk" --as dee
expect 0 '' team vouch "Inland Desk" --as ann --note 'We met.'
prints record
typed note team vouch "Inland Desk" --as ann --note -
notes 'Left the desk.'

# A team's logs in pages, one of them forked: each record once, in order, and
# no page has more than was asked for.
cp -r desk twin
for text in Six Seven Eight; do
    expect 0 '' claim add --as ann --text "$text." --url https://a.example/
    expect 0 '' --ledger twin claim add --as ann --text "Not $text." \
        --url https://a.example/
done
expect 0 '' --ledger twin export --all -o twin.file
expect 0 '' import twin.file
expect 0 '' log "$team" --limit 2
says 'the next page begins with --after'
expect 0 '' log "$team" --limit 1000
says 'forked'
lacks '--after'
expect 2 '--after' log "$team" --after 999999
expect 2 '--after' log "$inland" --after 1
cat >pages.py <<'END'
import json
import os
import subprocess
import sys


def log(*words):
    done = subprocess.run([os.environ["ASSAY_BIN"], "--json", "log", *words],
                          check=True, capture_output=True)
    return json.loads(done.stdout)


def pages(who, limit):
    after = []
    while True:
        page = log(who, "--limit", str(limit), *after)
        assert sum(len(one["records"]) for one in page["logs"]) <= limit, page
        yield page
        if page["next"] is None:
            return
        after = ["--after", str(page["next"])]


def ids(records):
    return [record["id"] for record in records]


for who in sys.argv[1:]:
    whole = log(who, "--limit", "1000")
    assert whole["next"] is None, whole
    want = {one["grant"]: ids(one["records"]) for one in whole["logs"]}
    assert [len(want[one["grant"]]) for one in whole["logs"]] == [
        one["record_count"] for one in whole["logs"]], whole
    for limit in (1, 2, 3, 7):
        got = {}
        for page in pages(who, limit):
            for one in page["logs"]:
                before = got.get(one["grant"], [])
                got[one["grant"]] = ids(one["records"]) + before
        assert list(got.items()) == list(want.items()), (limit, got, want)
END
"$PYTHON3" pages.py "$team" ann ben "$inland" || fail 'the pages of a log'

# Trust is this ledger's own.
expect 1 '' trust remove "$inland"
expect 0 '' trust add "$inland"
expect 0 '' trust list
says 'Inland Desk'
expect 0 '' trust remove "$inland"

# Hostile names reach the terminal as harmless text.
expect 2 '' team profile --as ann --name "$(printf 'a\033[2Jb')"
expect 0 '' team profile --as ann --name "$(printf 'a\342\200\256b')"
expect 0 '' team list
lacks "$(printf '\342\200\256')"
expect 0 '' check
