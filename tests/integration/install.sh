#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Who embeds libassay needs the installed files and nothing else: a program
# is compiled against a moved copy of what was installed, and runs.
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

if [ -n "${ASSAY_BIN:-}" ]; then
    test -x "$work/moved/bin/assay"
fi
