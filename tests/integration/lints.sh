#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The lints find what they are there to find. Each case is a small tree with
# one offence, which must be named with its file and line, and nothing else.
set -eu

tools=$ASSAY_SOURCE_DIR/tools
work=$(mktemp -d "${TMPDIR:-/tmp}/assay-lints.XXXXXX")
trap 'rm -rf "$work"' EXIT HUP INT TERM
status=0

licence='/* SPDX-License-Identifier: Apache-2.0 */'

# A clean tree of one header and one source.
new_tree()
{
    rm -rf "$work/tree"
    mkdir -p "$work/tree/tools" "$work/tree/protocol" "$work/tree/store" \
        "$work/tree/tests/unit" "$work/tree/docs"
    cd "$work/tree"
    git init -q .
    cp "$tools/check_source.sh" "$tools/check_quotes.py" tools/
    printf '%s\n' "$licence" '#ifndef ASSAY_PROTOCOL_A_H' \
        '#define ASSAY_PROTOCOL_A_H' 'int assay_a(void);' '#endif' \
        >protocol/a.h
    printf '%s\n' "$licence" '#include "a.h"' '' 'int assay_a(void)' '{' \
        '    return 1;' '}' >protocol/a.c
    printf '%s\n' '# SPDX-License-Identifier: Apache-2.0' 'a.c b.c' \
        >CMakeLists.txt
    printf '%s\n' '# Records' '' '## 4. Envelope' '' \
        'A decoder MUST refuse a `version`' 'that it does not know.' '' \
        '### 4.1 Bounds' '' 'The text MUST be short.' >docs/records.md
}

# expect NAME TOOL OUTPUT: the tool fails and says just that.
expect()
{
    if "$2" >"$work/out" 2>/dev/null; then
        echo "$1: the lint passed"
        status=1
    elif [ "$(cat "$work/out")" != "$3" ]; then
        echo "$1: expected"
        echo "    $3"
        echo "but the lint said"
        sed 's/^/    /' "$work/out"
        status=1
    fi
}

expect_clean()
{
    if ! "$2" >"$work/out" 2>&1; then
        echo "$1: the lint failed"
        cat "$work/out"
        status=1
    fi
}

# in_source NAME FOLDER LINE WHY: the line is the third of FOLDER/b.c.
in_source()
{
    new_tree
    mkdir -p "$2"
    printf '%s\n' "$licence" '' "$3" >"$2/b.c"
    expect "$1" tools/check_source.sh "$2/b.c:3: $4"
}

new_tree
expect_clean "a clean tree" tools/check_source.sh

in_source "an upward arrow" protocol '#include "store/ledger.h"' \
    'protocol/ must not include from store/'
in_source "a long way home" store '#include "store/ledger.h"' \
    'inside store/ an include is plain: "ledger.h"'
in_source "a climb" store '#include "../protocol/a.h"' \
    'an include that climbs out of its folder with ..'
in_source "our own header as the system's" store '#include <protocol/a.h>' \
    'our own headers are included with ""'
in_source "LMDB outside the store" cli '#include <lmdb.h>' \
    'only store/ includes <lmdb.h>'
in_source "an impure header" protocol '#include <pthread.h>' \
    'protocol/ is pure and does not include <pthread.h>'
in_source "a banned function" store 'int x = (int)strlen("a") + atoi (y);' \
    'atoi(): cannot tell an error from zero'
in_source "plain assert" store 'assert(x > 0);' \
    'assert(): use ASSAY_CHECK, which stays on'
in_source "a clock" protocol 'x = time(NULL);' \
    'time(): protocol/ has no clock'
in_source "a test that sleeps" tests/unit 'sleep(1);' \
    'sleep(): a test does not wait for time to pass'
in_source "a wandering goto" store 'goto fail;' \
    'goto leads to out: and nowhere else'
in_source "a C++ comment" store 'int x; // why' \
    'a // comment; ours are /* */'
in_source "an unnamed NOLINT" store 'int x; /* NOLINT */' \
    'a NOLINT names its check and its reason'
in_source "work without a number" store "/* TO""DO: write this */" \
    "something left to do without an issue's number"
in_source "a tab" store "$(printf '\tint x;')" 'a tab'
in_source "a bidi control" store "const char *c = \"$(printf '\342\200\256')\";" \
    'a bare bidi control; escape it'
in_source "blanks at the end" store 'int x; ' 'blanks at the end'

new_tree
printf '%s\n' "$licence" '/* "strcpy(a)' ' * atoi(b) */' \
    'const char *c = "atoi(x) // \" /*";' "int d = '\"'; /* gets() */" \
    'goto out;' >store/b.c
expect_clean "words in comments and strings" tools/check_source.sh

in_source "a command in another's file" cli \
    'const struct cli_command cli_cmd_team_found = {' \
    'the command belongs in cmd_team.c'

new_tree
printf '%s\n' '' 'int x;' >store/b.c
expect "no licence" tools/check_source.sh \
    'store/b.c:1: no SPDX-License-Identifier in its first lines'

new_tree
printf '%s\nint x;' "$licence" >store/b.c
expect "no last newline" tools/check_source.sh \
    'store/b.c:1: its last line has no end'

new_tree
{
    echo "$licence"
    yes 'int x;' | head -n 800
} >store/b.c
expect "a long file" tools/check_source.sh \
    'store/b.c:801: longer than 800 lines'

new_tree
printf '%s\n' "$licence" >store/left_out.c
expect "a file outside the build" tools/check_source.sh \
    'store/left_out.c:1: no CMakeLists.txt names it'

new_tree
sed 's/PROTOCOL_A_H/PROTOCOL_B_H/' protocol/a.h >a.new
mv a.new protocol/a.h
expect "another header's guard" tools/check_source.sh \
    'protocol/a.h:1: the include guard is not ASSAY_PROTOCOL_A_H'

new_tree
sed 's/assay_a(void)/assay_a(size_t x)/' protocol/a.h >a.new
mv a.new protocol/a.h
expect "a header that leans on others" tools/check_source.sh \
    "protocol/a.h:1: does not compile alone: \
protocol/a.h:4:13: error: unknown type name 'size_t'"

# in_comment NAME COMMENT WHY: the comment begins on line 3 of store/b.c.
in_comment()
{
    new_tree
    printf '%s\n' "$licence" '' "$2" >store/b.c
    expect "$1" tools/check_quotes.py "store/b.c:3: $3"
}

new_tree
printf '%s\n' "$licence" '/*' ' * RECORDS 4: "A decoder MUST refuse a version' \
    ' * that it does not know."' ' */' >store/b.c
expect_clean "a quotation over two lines" tools/check_quotes.py

in_comment "a false quotation" '/* RECORDS 4.1: "The text MUST be long." */' \
    'RECORDS 4.1 does not say "The text MUST be long."'
in_comment "another section" '/* RECORDS 4: "The text MUST be short." */' \
    'this stands in RECORDS 4.1, not 4'
in_comment "no such section" '/* RECORDS 5: "The text MUST be short." */' \
    'RECORDS has no section 5'
in_comment "no such document" '/* STORE 5: "The text MUST be short." */' \
    'docs/store.md is not there'
in_comment "nearly a quotation" '/* RECORDS 4.1 "The text MUST be short." */' \
    'not of the form RECORDS 4.1: "..."'

exit "$status"
