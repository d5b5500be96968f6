#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks the rules of the house that no compiler checks: who may include whom,
# functions that we do not call, the form of files, that nothing is left out of
# the build, and that each command has a file of its name. Prints each offence as file:line: why, and fails if there
# is one. Looks at what git tracks and at what it would track.
set -eu

LC_ALL=C
export LC_ALL
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
work=$(mktemp -d "${TMPDIR:-/tmp}/assay-check.XXXXXX")
trap 'rm -rf "$work"' EXIT HUP INT TERM

# git lists a file that was deleted but not yet committed, too.
git ls-files -co --exclude-standard >"$work/listed"
sort -u "$work/listed" |
    while IFS= read -r file; do
        if [ -f "$file" ]; then
            printf '%s\n' "$file"
        fi
    done >"$work/all"

# What others wrote, or what a machine did, is kept as it came.
grep -v -e '^tests/vectors/' -e '^tests/fuzz/corpus/' -e '^samples/.*/' \
    -e '^LICENSE$' "$work/all" >"$work/ours" || true
grep '\.[ch]$' "$work/ours" >"$work/c" || true
grep '\.h$' "$work/ours" >"$work/headers" || true
grep -e '\.[ch]$' -e '\.sh$' -e '\.py$' -e '\.cmake$' -e '\.cddl$' \
    -e '\.in$' -e '\.scd$' -e '/CMakeLists\.txt$' -e '^CMakeLists\.txt$' \
    -e '^\.clang-' -e '^run$' -e '^test$' -e '^\.ci/run$' \
    "$work/ours" >"$work/licensed" || true

# Every text file: blanks, and the licence where there is room for it.
check_text()
{
    tr '\n' '\0' <"$work/ours" | xargs -0 -r grep -I -n "$(printf '\t')" \
        /dev/null | sed 's/^\([^:]*:[0-9]*\):.*/\1: a tab/' || true
    tr '\n' '\0' <"$work/ours" | xargs -0 -r grep -I -n '[[:blank:]]$' \
        /dev/null | sed 's/^\([^:]*:[0-9]*\):.*/\1: blanks at the end/' || true
    # U+202A to U+202E and U+2066 to U+2069 show text in another order.
    printf '\342\200\252\n\342\200\253\n\342\200\254\n' >"$work/bidi"
    printf '\342\200\255\n\342\200\256\n' >>"$work/bidi"
    printf '\342\201\246\n\342\201\247\n' >>"$work/bidi"
    printf '\342\201\250\n\342\201\251\n' >>"$work/bidi"
    tr '\n' '\0' <"$work/ours" |
        xargs -0 -r grep -a -n -F -f "$work/bidi" /dev/null |
        sed 's/^\([^:]*:[0-9]*\):.*/\1: a bare bidi control; escape it/' ||
        true
    tr '\n' '\0' <"$work/licensed" | xargs -0 -r awk '
        function judge() {
            if (file != "" && !licensed) {
                print file ":1: no SPDX-License-Identifier in its first lines"
            }
        }
        FNR == 1 { judge(); file = FILENAME; licensed = 0 }
        FNR <= 3 && /SPDX-License-Identifier: / { licensed = 1 }
        END { judge() }'
    # tail tells each file's name, then its last byte.
    tr '\n' '\0' <"$work/licensed" | xargs -0 -r tail -v -c 1 |
        sed -n -e '/^==> .* <==$/{ s/^==> //; s/ <==$//; h; b' -e '}' \
            -e '/./{ g; s/$/:1: its last line has no end/p' -e '}'
}

# The rules of C files. Strings and comments are emptied before words are
# looked for.
cat >"$work/c.awk" <<'AWK'
function offence(why)
{
    printf "%s:%d: %s\n", FILENAME, FNR, why
}

# The line without comments and without what stands between quotes.
function bare(line,    out, rest, at, mark)
{
    out = ""
    rest = line
    while (rest != "") {
        if (in_comment) {
            at = index(rest, "*/")
            if (at == 0) {
                return out
            }
            rest = substr(rest, at + 2)
            in_comment = 0
            continue
        }
        if (!match(rest, /"|'|\/\*|\/\//)) {
            return out rest
        }
        mark = substr(rest, RSTART, RLENGTH)
        out = out substr(rest, 1, RSTART - 1)
        rest = substr(rest, RSTART + RLENGTH)
        if (mark == "/*") {
            in_comment = 1
            out = out " "
        } else if (mark == "//") {
            offence("a // comment; ours are /* */")
            return out
        } else {
            rest = after_quote(rest, mark)
            out = out mark mark
        }
    }
    return out
}

function after_quote(rest, mark,    at, c)
{
    for (at = 1; at <= length(rest); at++) {
        c = substr(rest, at, 1)
        if (c == "\\") {
            at++
        } else if (c == mark) {
            return substr(rest, at + 1)
        }
    }
    return ""
}

# Which folders the files of a folder may include by name.
function may_include(from, to)
{
    if (from == "tests") {
        return 1
    }
    if (to == "protocol") {
        return from == "store" || from == "cli" || from == "node"
    }
    if (to == "store") {
        return from == "cli" || from == "node"
    }
    return 0
}

function check_ours(path,    to)
{
    to = path
    sub(/\/.*/, "", to)
    if (path ~ /\.\./ && !(is_nested && path ~ /^\.\.\/[^.\/]+\.h$/)) {
        offence("an include that climbs out of its folder with ..")
    } else if (path ~ /\// && (to in is_folder)) {
        if (to == folder && !is_nested) {
            offence("inside " folder "/ an include is plain: \"" \
                    substr(path, length(to) + 2) "\"")
        } else if (to != folder && !may_include(folder, to)) {
            offence(folder "/ must not include from " to "/")
        }
    }
}

function check_system(path,    to)
{
    to = path
    sub(/\/.*/, "", to)
    if (path ~ /\// && (to in is_folder)) {
        offence("our own headers are included with \"\"")
    }
    if (path == "lmdb.h" && folder != "store") {
        offence("only store/ includes <lmdb.h>")
    }
    if (path == "microhttpd.h" && FILENAME != "node/http.c") {
        offence("only node/http.c includes <microhttpd.h>")
    }
    if (path == "uv.h" && folder != "node") {
        offence("only node/ includes <uv.h>")
    }
    if (path == "assert.h") {
        offence("use ASSAY_CHECK (protocol/check.h) instead of assert")
    }
    if (folder == "protocol" && !(path in is_pure) &&
        path !~ /^sodium\/(core|crypto_[a-z0-9_]*|utils|version)\.h$/ &&
        !(FILENAME == "protocol/check.c" && path == "stdio.h")) {
        offence("protocol/ is pure and does not include <" path ">")
    }
}

function check_words(line,    rest, word)
{
    rest = line
    while (match(rest, /[A-Za-z_][A-Za-z_0-9]*/)) {
        word = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        if (rest ~ /^[ ]*\(/) {
            if (word in banned) {
                offence(word "(): " banned[word])
            }
            if (folder == "protocol" && (word in impure)) {
                offence(word "(): protocol/ has no " impure[word])
            }
            if (folder == "node" && FILENAME != "node/clock.c" &&
                (word in told)) {
                offence(word "(): only node/clock.c reads " told[word])
            }
            if (folder == "tests" && FILENAME !~ /^tests\/bench\// &&
                (word in sleeps)) {
                offence(word "(): a test does not wait for time to pass")
            }
        }
        if (word == "goto" && rest !~ /^ out;/) {
            offence("goto leads to out: and nowhere else")
        }
    }
}

function end_of_file(    want)
{
    if (last_file == "") {
        return
    }
    if (last_line > 800) {
        printf "%s:%d: longer than 800 lines\n", last_file, last_line
    }
    if (last_file ~ /\.h$/) {
        want = last_file
        gsub(/[^A-Za-z0-9]/, "_", want)
        want = "ASSAY_" toupper(want)
        if (guard != want) {
            printf "%s:1: the include guard is not %s\n", last_file, want
        }
    }
}

function fill(set, words, why,    list, count, i)
{
    count = split(words, list, " ")
    for (i = 1; i <= count; i++) {
        set[list[i]] = why
    }
}

BEGIN {
    fill(is_folder, "protocol store node cli tests", 1)
    fill(is_pure, "inttypes.h limits.h stdalign.h stdbool.h stddef.h", 1)
    fill(is_pure, "stdint.h stdlib.h string.h sodium.h", 1)
    fill(is_pure, "cbor.h cbor/encoding.h cbor/streaming.h uthash.h", 1)
    fill(banned, "strcpy strcat strncpy strncat stpcpy gets", \
         "its bound is easily wrong; copy with a length")
    fill(banned, "sprintf vsprintf", "has no bound; use snprintf")
    fill(banned, "strtok", "keeps state; walk with indexes")
    fill(banned, "atoi atol atoll atof", "cannot tell an error from zero")
    fill(banned, "alloca", "the stack has no room to promise")
    fill(banned, "assert", "use ASSAY_CHECK, which stays on")
    fill(banned, "rand srand random srandom drand48", \
         "use libsodium, or a seed that is an argument")
    fill(banned, "gmtime localtime ctime asctime", \
         "is not safe with threads; use the _r form")
    fill(banned, "mktemp tmpnam tempnam", "can be raced; use mkstemp, mkdtemp")
    fill(banned, "setjmp longjmp", "leaves owners behind")
    fill(impure, "time clock clock_gettime gettimeofday timespec_get", "clock")
    fill(impure, "randombytes_buf randombytes_random randombytes_uniform", \
         "randomness; it is an argument")
    fill(impure, "randombytes crypto_sign_keypair crypto_box_keypair", \
         "randomness; it is an argument")
    fill(impure, "getenv system exit _exit", "world around it")
    fill(told, "time clock_gettime gettimeofday timespec_get uv_now", "time")
    fill(told, "uv_hrtime uv_gettimeofday uv_update_time", "time")
    fill(told, "randombytes_buf randombytes_random randombytes_uniform", \
         "randomness")
    fill(told, "randombytes uv_random", "randomness")
    fill(sleeps, "sleep usleep nanosleep clock_nanosleep", 1)
}

FNR == 1 {
    end_of_file()
    last_file = FILENAME
    guard = ""
    in_comment = 0
    folder = FILENAME
    sub(/\/.*/, "", folder)
    rest = FILENAME
    is_nested = gsub(/\//, "/", rest) > 1
}

{
    last_line = FNR
}

/(^|[^A-Za-z])(TODO|FIXME|XXX)([^A-Za-z]|$)/ && !/#[0-9]/ {
    offence("something left to do without an issue's number")
}

/NOLINT/ && !/NOLINT(NEXTLINE|BEGIN|END)?\([a-z]/ {
    offence("a NOLINT names its check and its reason")
}

/^[ ]*#[ ]*include[ ]/ && !in_comment {
    path = $0
    sub(/^[ ]*#[ ]*include[ ]*/, "", path)
    mark = substr(path, 1, 1)
    path = substr(path, 2)
    sub(/[">].*/, "", path)
    if (mark == "\"") {
        check_ours(path)
    } else if (mark == "<") {
        check_system(path)
    }
    next
}

{
    line = bare($0)
    if (guard == "" && match(line, /^#ifndef [A-Z0-9_]+/)) {
        guard = substr(line, 9, RLENGTH - 8)
    }
    check_words(line)
}

END {
    end_of_file()
}
AWK

check_c()
{
    tr '\n' '\0' <"$work/c" | xargs -0 -r awk -f "$work/c.awk"
}

# A file that no CMakeLists.txt names is neither built nor run. Looks in the
# file's folder and in those above it.
check_listed()
{
    grep -e '^protocol/.*\.c$' -e '^store/.*\.c$' -e '^cli/.*\.c$' \
        -e '^node/.*\.c$' -e '^tests/.*\.c$' -e '^tests/integration/.*\.sh$' \
        "$work/ours" >"$work/built" || true
    {
        grep -e '^CMakeLists\.txt$' -e '/CMakeLists\.txt$' "$work/ours"
        echo "$work/built"
    } | tr '\n' '\0' | xargs -0 -r awk -v built="$work/built" '
            function above(folder) {
                return sub(/\/[^\/]*$/, "", folder) ? folder : "."
            }
            FILENAME != built { list[above(FILENAME)] = list[above(FILENAME)] \
                "\n" $0; next }
            {
                base = $0
                sub(/.*\//, "", base)
                for (at = above($0); ; at = above(at)) {
                    if (index(list[at], base) > 0) {
                        next
                    }
                    if (at == ".") {
                        break
                    }
                }
                print $0 ":1: no CMakeLists.txt names it"
            }'
}

# A command is where its name says: in cmd_<name>.c or cmd_<name>_<sub>.c.
check_commands()
{
    grep '^cli/.*\.c$' "$work/ours" | tr '\n' '\0' | xargs -0 -r awk '
        /^const struct cli_command cli_cmd_/ {
            whole = $4
            sub(/^cli_/, "", whole)
            first = whole
            sub(/^cmd_/, "", first)
            sub(/_.*/, "", first)
            if (FILENAME != "cli/" whole ".c" &&
                FILENAME != "cli/cmd_" first ".c") {
                print FILENAME ":" FNR ": the command belongs in cmd_" \
                    first ".c"
            }
        }'
}

# Each header compiles alone, with nothing before it.
check_headers()
{
    flags=$(pkg-config --cflags libsodium libcbor lmdb jansson libuv 2>/dev/null) ||
        flags=
    export flags
    tr '\n' '\0' <"$work/headers" | xargs -0 -r -n 8 -P "$(nproc)" sh -c '
        for header in "$@"; do
            why=$(printf "#include \"%s\"\ntypedef int alone;\n" "$header" |
                ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra \
                    -Wpedantic -Werror -fsyntax-only -I. -Itests/support \
                    $flags -x c - 2>&1) ||
                echo "$header:1: does not compile alone: $(
                    echo "$why" | grep -m 1 error)"
        done' sh
}

{
    check_text
    check_c
    check_listed
    check_commands
    check_headers
} >"$work/offences"

if [ -s "$work/offences" ]; then
    cat "$work/offences"
    echo "$(wc -l <"$work/offences") offences against the rules of the house" >&2
    exit 1
fi
