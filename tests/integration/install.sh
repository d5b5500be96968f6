#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Who embeds libassay needs the installed files and nothing else: a program
# is compiled against a moved copy of what was installed, and runs. The manual
# pages and what the shells complete are installed, too, and say of every
# command how it is used.
#
#   install.sh COMPILER [SANITIZERS]
set -eu

compiler=$1
sanitizers=${2:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/assay-install.XXXXXX")
trap 'rm -rf "$work"' EXIT HUP INT TERM

# From nothing, and over what an operator has changed.
cmake --install "$ASSAY_BINARY_DIR" --prefix "$work/first" >"$work/log"
conf=$work/first/etc/assay/assayd.conf
if [ -n "${ASSAYD_BIN:-}" ]; then
    cp "$conf" "$work/conf"
    echo '; ours' >>"$conf"
    cmake --install "$ASSAY_BINARY_DIR" --prefix "$work/first" >"$work/log"
    grep -q '^; ours$' "$conf"
fi

# The unit starts what was installed, with what was installed, and systemd
# takes it.
if [ -n "${ASSAYD_BIN:-}" ]; then
    units=$work/first/lib/systemd/system
    start=$(sed -n 's/^ExecStart=//p' "$units/assayd.service")
    test "$start" = "$work/first/bin/assayd --config $conf \
--ledger /var/lib/assay"
    "$work/first/bin/assayd" --check-config --config "$conf"
    test "$("$work/first/bin/assayd" --sample-config)" = "$(cat "$work/conf")"
    if command -v systemd-analyze >/dev/null 2>&1; then
        systemd-analyze verify --man=no "$units/assayd.service" \
            "$units/assayd.socket" 2>"$work/verify"
        test ! -s "$work/verify" || {
            cat "$work/verify"
            exit 1
        }
    fi
    # Under /usr the configuration is in /etc.
    DESTDIR=$work/root cmake --install "$ASSAY_BINARY_DIR" --prefix /usr \
        >"$work/log"
    cmp "$work/root/etc/assay/assayd.conf" "$work/conf"
    grep -q '^ExecStart=/usr/bin/assayd --config /etc/assay/assayd.conf ' \
        "$work/root/usr/lib/systemd/system/assayd.service"
    test -x "$work/root/usr/bin/assayd"
fi

mv "$work/first" "$work/moved"

pc=$(find "$work/moved" -name assay.pc)
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
pkg-config --exists --print-errors assay

cat >"$work/embed.c" <<'C'
#include "store/ledger.h"

#include "protocol/err.h"
#include "protocol/id.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
    struct assay_id id = {{1, 2, 3}};
    struct assay_id_prefix prefix;
    struct assay_fault fault;
    char text[ASSAY_ID_TEXT_MAX];

    assay_id_format(ASSAY_ID_CLAIM, id.hash, text);
    if (assay_id_parse(assay_bytes_of(text), &prefix, &fault) != ASSAY_OK) {
        return 1;
    }
    if (!assay_id_matches(&prefix, id.hash)) {
        return 1;
    }
    puts(text);
    return 0;
}
C

# A library that was built with a sanitizer needs its runtime.
set -- -std=c11 -Wall -Wextra -Werror
if [ -n "$sanitizers" ]; then
    set -- "$@" "-fsanitize=$sanitizers"
fi
# The flags of pkg-config are words, and meant to be split.
"$compiler" "$@" "$work/embed.c" -o "$work/embed" \
    $(pkg-config --cflags --libs assay)
"$work/embed" | grep -q '^claim1'

# Each installed header finds the others where it now is.
cd "$work/moved/include/assay"
find . -name '*.h' | while IFS= read -r header; do
    printf '#include "%s"\ntypedef int alone;\n' "${header#./}" |
        "$compiler" -std=c11 -Wall -Wextra -Werror -fsyntax-only \
            $(pkg-config --cflags assay) -x c -
done

[ -n "${ASSAY_BIN:-}" ] || exit 0

fail()
{
    echo "FAILED: $1" >&2
    exit 1
}

test -x "$work/moved/bin/assay"
share=$work/moved/share
for file in man/man1/assay.1 man/man8/assayd.8 man/man5/assayd.conf.5 \
    bash-completion/completions/assay zsh/site-functions/_assay; do
    [ -s "$share/$file" ] || fail "share/$file is not installed"
done
for shell in bash zsh; do
    "$ASSAY_BIN" completion "$shell" >"$work/$shell"
done
cmp "$work/bash" "$share/bash-completion/completions/assay"
cmp "$work/zsh" "$share/zsh/site-functions/_assay"

# Each command that help lists has a section, in the source and in the page.
"$ASSAY_BIN" help --scdoc >"$work/scd"
scdoc <"$work/scd" >"$work/page" || fail 'scdoc refuses the source'
cmp "$work/page" "$share/man/man1/assay.1"
"$ASSAY_BIN" help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *[A-Z].*/\1/p' \
    >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 45 ] || fail 'help lists too few commands'
while IFS= read -r command; do
    grep -Eq "^## assay $command( |\$)" "$work/scd" ||
        fail "help --scdoc lacks $command"
    grep -Eq "^\.SS assay $command( |\$)" "$share/man/man1/assay.1" ||
        fail "the manual page lacks $command"
    "$ASSAY_BIN" help $command >"$work/help"
    grep -q '^Example:' "$work/help" || fail "help $command has no example"
done <"$work/commands"
