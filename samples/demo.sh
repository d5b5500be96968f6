#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Loads the sample thread into a throw-away ledger and prints the evidence
# chain of three of its claims. Usage: demo.sh PATH-OF-ASSAY
set -eu

assay=${1:?usage: demo.sh PATH-OF-ASSAY}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/assay-demo.XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A ledger of its own, away from any that the user has.
ASSAY_LEDGER=$scratch/ledger
export ASSAY_LEDGER
unset ASSAY_PASSPHRASE_FILE

say()
{
    printf '\n\033[1m%s\033[0m\n' "$1" | if [ -t 1 ]; then cat; else
        sed 's/\x1b\[[0-9;]*m//g'
    fi
}

# Prints a command as a person would type it, then runs it.
try()
{
    printf '$ assay'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./:=@%+-]*) printf ' "%s"' "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$assay" "$@"
}

say "1. A ledger, two keys and two desks. Both desks are samples."
{
    try init
    try key new --name harbor
    try key new --name inland
    try team found --name "Harbor Desk (sample)" --as harbor
    try team found --name "Inland Desk (sample)" --as inland
} 2>"$scratch/notes" || { cat "$scratch/notes" >&2; exit 1; }

say "2. The thread and its nine claims, signed and stored at once."
printf '$ assay load manifest.json\n'
"$assay" load "$here/rare-earths-thread/manifest.json" >"$scratch/ids"
cat "$scratch/ids"

say "3. The evidence chains of three claims."
for key in asml-magnets ai-roi-95 mountain-pass; do
    id=$(sed -n "s/^$key //p" "$scratch/ids")
    short=$(printf '%s' "$id" | cut -c 1-18)
    printf '\n$ assay chain %s\n' "$short"
    "$assay" chain "$short"
done

say "4. Anyone can check one of them without this ledger."
printf '$ assay export %s -o mountain-pass.assay\n' "$short"
"$assay" export "$short" -o "$scratch/mountain-pass.assay" 2>/dev/null
printf '$ assay verify mountain-pass.assay\n'
"$assay" --ledger "$scratch/none" verify "$scratch/mountain-pass.assay" |
    sed -n '1,12p'

cat <<'END'

What to try next, with a ledger of your own:
  assay init                         once; then as in step 1
  assay list claims --topic ai       what there is
  assay chain claim1... --json       the same chain for programs
  assay chain claim1... --dot | dot -Tsvg -o chain.svg
  assay help                         every command, with an example each
This demonstration's ledger is gone now; nothing of it is left.
END
