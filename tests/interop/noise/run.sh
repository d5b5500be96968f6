#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what package-lock.json pins into a build folder, then runs a script
# of this folder there.
#
#   run.sh FOLDER SCRIPT ARGUMENT...
#
# Exits 77, which ctest shows as skipped, where node, npm or the registry are
# not to be had. A package that is not the pinned one is a failure.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=$1
script=$2
shift 2

skip()
{
    echo "skipped: $1"
    exit 77
}

command -v node >/dev/null 2>&1 || skip "there is no node here"
command -v npm >/dev/null 2>&1 || skip "there is no npm here"

install()
{
    rm -rf "$folder/node_modules" "$folder/installed.json"
    cp "$here/package.json" "$here/package-lock.json" "$folder/"
    if (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund) \
        >"$folder/npm.log" 2>&1; then
        cp "$here/package-lock.json" "$folder/installed.json"
        return 0
    fi
    cat "$folder/npm.log"
    if grep -q -E 'code (ENOTFOUND|EAI_AGAIN|ECONN[A-Z]*|ENETUNREACH|EHOSTUNREACH|E?TIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED)' \
        "$folder/npm.log"; then
        skip "npm does not reach its registry"
    fi
    return 1
}

mkdir -p "$folder"
if ! cmp -s "$here/package-lock.json" "$folder/installed.json"; then
    install
fi
cp "$here"/*.js "$folder/"
exec node "$folder/$script" "$@"
