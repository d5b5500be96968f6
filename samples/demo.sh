#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Three newsrooms on one machine: each has a ledger and a node, one loads the
# sample thread, the others answer, and all three come to hold the same. What
# it starts and writes is gone when it ends, however it ends.
#
#   demo.sh [--keep] PATH-OF-ASSAY PATH-OF-ASSAYD
#
# With --keep and when all went well the nodes go on, in their folder.
set -eu

keep=
if [ "${1-}" = --keep ]; then
    keep=yes
    shift
fi
if [ $# -ne 2 ]; then
    echo "usage: demo.sh [--keep] PATH-OF-ASSAY PATH-OF-ASSAYD" >&2
    exit 2
fi
assay=$1
assayd=$2
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

newsrooms="harbor coast valley"
patience_s=60 # For what takes less than a second as a rule.

# Ledgers of their own, away from any that the user has.
unset ASSAY_LEDGER ASSAY_PASSPHRASE_FILE ASSAY_NEW_PASSPHRASE_FILE
scratch=
running=  # The nodes' process ids.
starting= # Not empty while the last one is not among them yet.

# ------------------------------------------------------------- how it ends

# Ends nodes by their process ids, in turn by force where one does not end.
end_nodes()
{
    for pid in "$@"; do
        kill "$pid" 2>/dev/null || :
    done
    for pid in "$@"; do
        tries=0
        while kill -0 "$pid" 2>/dev/null; do
            tries=$((tries + 1))
            if [ "$tries" -eq 400 ]; then
                kill -KILL "$pid" 2>/dev/null || :
                break
            fi
            sleep 0.05
        done
        wait "$pid" 2>/dev/null || :
    done
}

clean_up()
{
    code=$?
    trap '' HUP INT QUIT PIPE TERM
    if [ -n "$starting" ]; then
        running="$running ${!-}"
    fi
    end_nodes $running
    if [ -n "$scratch" ]; then
        rm -rf -- "$scratch"
    fi
    exit "$code"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 131' QUIT
trap 'exit 141' PIPE
trap 'exit 143' TERM

fail()
{
    printf '\nThe demonstration failed: %s.\n' "$1" >&2
    for name in $newsrooms; do
        if [ -s "$scratch/$name.log" ]; then
            printf '\nThe last words of the node of %s:\n' "$name" >&2
            tail -n 8 "$scratch/$name.log" >&2
        fi
    done
    exit 1
}

# Waits until a command says yes: await WHAT COMMAND [WORD]...
await()
{
    what=$1
    shift
    until=$(($(date +%s) + patience_s))
    until "$@"; do
        for pid in $running; do
            kill -0 "$pid" 2>/dev/null || fail "a node has ended by itself"
        done
        if [ "$(date +%s)" -ge "$until" ]; then
            fail "after $patience_s seconds $what"
        fi
        sleep 0.05
    done
}

forget_node()
{
    rest=
    for pid in $running; do
        test "$pid" = "$1" || rest="$rest $pid"
    done
    running=$rest
}

# ------------------------------------------------------------- how it looks

say()
{
    if [ -t 1 ]; then
        printf '\n\033[1m%s\033[0m\n' "$1"
    else
        printf '\n%s\n' "$1"
    fi
}

tell()
{
    printf '%s\n' "$*" | fold -s -w 78 | sed 's/ *$//'
}

# Prints a command as a person would type it, in lines that fit; an option
# stays with its value.
print_command()
{
    line="$1\$ assay"
    option=
    shift
    for word in "$@"; do
        case $word in
        --*)
            option=$word
            continue
            ;;
        *[!A-Za-z0-9_./:=@%+-]*) word="\"$word\"" ;;
        esac
        word=${option:+$option }$word
        option=
        if [ $((${#line} + ${#word})) -gt 76 ]; then
            printf '%s \\\n' "$line"
            line="        $word"
        else
            line="$line $word"
        fi
    done
    printf '%s\n' "$line${option:+ $option}"
}

# Runs assay at a newsroom: at NEWSROOM WORD...
at()
{
    where=$1
    shift
    "$assay" --ledger "$scratch/$where" "$@"
}

# The same, and shows it. Its notes are only of interest when it fails.
try()
{
    print_command "$@"
    at "$@" 2>"$scratch/notes" || {
        cat "$scratch/notes" >&2
        fail "that command was refused"
    }
}

# The same with a text on standard input, into $id: write TEXT NEWSROOM WORD...
write()
{
    text=$1
    shift
    print_command "$@"
    printf '%s\n' "$text" | fold -s -w 74 | sed 's/^/  > /; s/ *$//'
    id=$(printf '%s\n' "$text" | at "$@" 2>"$scratch/notes") || {
        cat "$scratch/notes" >&2
        fail "that command was refused"
    }
    printf '%s\n' "$id"
}

# The first letters of an id, which do for a command.
short()
{
    printf '%s' "$1" | sed 's/^\([a-z]*1[a-z0-9]\{12\}\).*/\1/'
}

# The id that the manifest's key was given.
id_of()
{
    short "$(sed -n "s/^$1 //p" "$scratch/ids")"
}

# ------------------------------------------------------- nodes and agreement

# A line of a node's ready file: ready harbor node
ready()
{
    sed -n "s/^$2=//p" "$scratch/$1.ready" | head -n 1
}

# start_node NEWSROOM [PEER]...: it dials these newsrooms, and says where it is.
start_node()
{
    name=$1
    shift
    printf '%s$ assayd --listen 127.0.0.1:0 --allow open' "$name"
    for peer in "$@"; do
        printf ' \\\n        --peer %.17s...@%s' "$(ready "$peer" node)" \
            "$(ready "$peer" listen)"
        set -- "$@" --peer "$(ready "$peer" node)@$(ready "$peer" listen)"
        shift
    done
    printf '\n'
    rm -f "$scratch/$name.ready"
    starting=yes
    "$assayd" --ledger "$scratch/$name" --listen 127.0.0.1:0 --allow open \
        --ready-file "$scratch/$name.ready" "$@" \
        >>"$scratch/$name.log" 2>&1 </dev/null &
    running="$running $!"
    starting=
    await "the node of $name was not ready" test -s "$scratch/$name.ready"
    printf '  it is %.17s..., and listens on %s\n' "$(ready "$name" node)" \
        "$(ready "$name" listen)"
}

has_record()
{
    at "$1" show "$2" >/dev/null 2>&1
}

# Waits until each newsroom has a record: await_record ID
await_record()
{
    for newsroom in $newsrooms; do
        await "$newsroom had not got $(short "$1")" has_record "$newsroom" "$1"
    done
}

count_records()
{
    at "$1" --json stats | sed -n 's/^  "records": \([0-9]*\).*/\1/p'
}

has_count()
{
    test "$(count_records "$1")" -eq "$2"
}

# Waits until each newsroom holds so many records.
await_count()
{
    for newsroom in $newsrooms; do
        await "$newsroom had not got $1 records" has_count "$newsroom" "$1"
    done
}

# A chain as JSON, in a form to compare: each line with the record that it is
# about, in alphabetical order, since lists stand as a newsroom received them.
# When and as which number that was is left out, and so is whether the bytes
# of a captured page are in the newsroom.
facts_of()
{
    at "$1" --json chain "$2" >"$scratch/chain.json" || return 1
    awk '
        /^ ? ? ? ?[^ ]/ { about = "" }
        /^ *"id": / { about = $2 }
        /^ *"(received|lsn|quote_offset)":/ || /^ *"state": "/ { next }
        { sub(/,$/, ""); print about, $0 }
    ' "$scratch/chain.json" | LC_ALL=C sort
}

# Whether all newsrooms have the same chain of a claim.
agree_on()
{
    facts_of harbor "$1" >"$scratch/harbor.facts" &&
        facts_of coast "$1" >"$scratch/coast.facts" &&
        facts_of valley "$1" >"$scratch/valley.facts" &&
        cmp -s "$scratch/harbor.facts" "$scratch/coast.facts" &&
        cmp -s "$scratch/harbor.facts" "$scratch/valley.facts"
}

show_standing()
{
    for newsroom in $newsrooms; do
        printf '  %-7s ' "$newsroom"
        at "$newsroom" chain "$1" | sed -n 's/.*Standing: //p'
    done
}

# ------------------------------------------------------------- what happens

tmp=${TMPDIR:-/tmp}
if [ "${#tmp}" -gt 60 ]; then
    tmp=/tmp # A node's control socket has a path of 107 bytes at most.
fi
scratch=$(mktemp -d "$tmp/assay-demo.XXXXXX")

say "1. Three newsrooms. Each has a ledger, and desks with keys to sign with."
tell "Harbor has two desks. All desks here are samples."
# new_desk NEWSROOM KEY NAME
new_desk()
{
    try "$1" key new --name "$2" </dev/null
    try "$1" team found --name "$3" --as "$2" >"$scratch/shown"
    cat "$scratch/shown"
    tail -n 1 "$scratch/shown" >"$scratch/$2.team"
}
for name in $newsrooms; do
    try "$name" init
done
new_desk harbor harbor "Harbor Desk (sample)"
new_desk harbor inland "Inland Desk (sample)"
new_desk coast coast "Coast Desk (sample)"
new_desk valley valley "Valley Desk (sample)"

say "2. Each newsroom says whose verdicts count there: those of all four desks."
tell "They have told each other their teams' ids, on the telephone or in print."
trust()
{
    for desk in harbor inland coast valley; do
        team=$(cat "$scratch/$desk.team")
        if ! at "$1" team list | grep -q "$team  *own "; then
            try "$1" trust add "$team"
        fi
    done
}
trust harbor
trust coast >"$scratch/shown"
trust valley >"$scratch/shown"
tell "Coast and Valley do the same, each with the desks that are not its own."

say "3. Each newsroom starts a node. Coast dials Harbor, Valley dials both."
tell "What they say to each other is encrypted. Ids are cut off here."
start_node harbor
start_node coast harbor
start_node valley harbor coast
await_count 4
tell "All three know all four desks now."

say "4. Harbor loads a thread from a forum, with nine claims made in it."
print_command harbor load manifest.json
at harbor load "$here/rare-earths-thread/manifest.json" \
    >"$scratch/ids" 2>"$scratch/notes" || {
    cat "$scratch/notes" >&2
    fail "the thread was refused"
}
cat "$scratch/ids"
await_count "$(count_records harbor)"
tell "All three newsrooms hold the thread, the claims, their sources and the" \
    "verdicts now, and each has checked every signature itself."

claim=$(id_of ai-roi-95)
source=$(id_of fortune-mit)
say "5. Coast adds a verdict of its own, and Valley challenges it."
write "The study exists, and it says of about 95% of the pilots in it that they \
brought no return that could be measured. Companies are another matter." \
    coast verdict add "$claim" --rating mixed --cite "$source" --rationale -
verdict=$(short "$id")
await_record "$id"
echo
write "\"Mixed\" reads as if half of the claim were right. The study is about \
pilots of generative AI; it says nothing of all companies, nor of all AI." \
    valley challenge "$verdict" --cite "$source" --reason -
await_record "$id"

say "6. Do the three newsrooms agree? We compare the chain of each claim there."
print_command NEWSROOM chain CLAIM --json
for key in asml-magnets ai-roi-95 mountain-pass; do
    await "the newsrooms have not the same chain of $key" \
        agree_on "$(id_of "$key")"
    printf '  the same at harbor, coast and valley: %s\n' "$key"
done
tell "The same records, the same standing. (Left out of the comparison: when" \
    "each received a record, as which number, and whether it has the bytes of" \
    "the captured page at hand.) On $claim, three teams now say:"
show_standing "$claim"

say "7. The evidence chains of three claims, each at another newsroom."
show_chain()
{
    print_command "$1" chain "$(id_of "$2")"
    at "$1" chain "$(id_of "$2")"
    echo
}
show_chain harbor asml-magnets
show_chain coast ai-roi-95
show_chain valley mountain-pass

say "8. Valley's node stops. Coast thinks again, and judges anew meanwhile."
end_nodes "$(ready valley pid)"
forget_node "$(ready valley pid)"
tell "Valley's node has stopped: its last line is" \
    "$(tail -n 1 "$scratch/valley.log" | sed 's/.*\(event=[a-z-]*\).*/\1/')."
write "The challenge is right. The figure is one of pilots, and the claim makes \
it one of companies, which misleads." \
    coast verdict add "$claim" --rating misleading --supersedes "$verdict" \
    --cite "$source" --rationale -
revised=$id
await "harbor had not got $(short "$revised")" has_record harbor "$revised"
if has_record valley "$revised" || agree_on "$claim"; then
    fail "valley has what was written while its node was stopped"
fi
show_standing "$claim"

say "9. Valley's node starts again, and asks for what it missed."
start_node valley harbor coast
await_record "$revised"
await "the newsrooms have not the same chain of $claim" agree_on "$claim"
tell "The same at harbor, coast and valley:"
show_standing "$claim"

say "10. Anyone can check a chain without a ledger and without a node."
print_command harbor export "$(id_of mountain-pass)" -o mountain-pass.assay
at harbor export "$(id_of mountain-pass)" -o "$scratch/mountain-pass.assay" \
    2>"$scratch/notes" || fail "the chain was not exported"
print_command anyone verify mountain-pass.assay
at nobody verify "$scratch/mountain-pass.assay" >"$scratch/shown" ||
    fail "the exported chain was not verified"
# What it says of the file, and of this claim; it names others of the thread.
sed -n '1,/^$/p' "$scratch/shown"
awk -v id="$(id_of mountain-pass | cut -c 1-14):" '
    /^claim1/ { is_shown = index($0, id) == 1 }
    is_shown
' "$scratch/shown"

if [ -z "$keep" ]; then
    cat <<'END'

What to try next:
  ./run --keep                       the same, and the three nodes go on
With a ledger of your own:
  assay init                         once; then as in step 1
  assay list claims --topic ai       what there is
  assay chain claim1... --json       the same chain for programs
  assay chain claim1... --dot | dot -Tsvg -o chain.svg
  assayd                             its node; then as in step 3
  assay help                         every command, with an example each
The three nodes end now, and their ledgers go; nothing of them is left.
END
    exit 0
fi

# What ends them by their process ids, waits for their last words, and removes
# the folder that it is in.
cat >"$scratch/stop.sh" <<END
#!/bin/sh
# Stops the three nodes of this demonstration and removes its folder.
stop()
{
    tries=0
    kill "\$2" 2>/dev/null
    while kill -0 "\$2" 2>/dev/null &&
        ! tail -n 1 "$scratch/\$1.log" | grep -q event=stopped; do
        tries=\$((tries + 1))
        if [ "\$tries" -eq 400 ]; then
            echo "The node of \$1 does not stop: see $scratch/\$1.log" >&2
            exit 1
        fi
        sleep 0.05
    done
}
$(for name in $newsrooms; do echo "stop $name $(ready "$name" pid)"; done)
rm -rf -- "$scratch"
END

say "The three nodes go on, in $scratch:"
for name in $newsrooms; do
    printf '  %-7s %s, process %s, log in %s.log\n' "$name" \
        "$(ready "$name" listen)" "$(ready "$name" pid)" "$name"
    printf '          %s\n' "$(ready "$name" node)"
done
cat <<END

What to try next:
  assay=$assay
  cd $scratch
  \$assay --ledger coast status             how a node is
  \$assay --ledger coast peers              whom it speaks with
  \$assay --ledger valley follow            records as they come (Ctrl-C ends it)
  \$assay --ledger coast claim add --text "..." --url https://example.org/
                                           in another window, meanwhile
  \$assay --ledger valley chain $claim
  \$assay help                              every command, with an example each
To stop the nodes and remove all that they hold:
  sh $scratch/stop.sh
END
running= scratch= # Nothing is cleaned up behind this.
