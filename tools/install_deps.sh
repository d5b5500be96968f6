#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs the distribution's packages that are missing, and nothing else.
#
#   tools/install_deps.sh [build] [test] [lint]      no group: all of them
#
# Exits 4 when something is missing and the user may not install it.
set -eu

build="gcc libc6-dev cmake ninja-build pkg-config libsodium-dev liblmdb-dev
    libcbor-dev libjansson-dev libuv1-dev libinih-dev
    libmicrohttpd-dev uthash-dev scdoc"
test="git binutils clang libclang-rt-14-dev llvm libcmocka-dev python3
    python3-cbor2 python3-cryptography graphviz util-linux
    systemd zsh"
lint="git clang clang-format clang-tidy python3"

# Whoever offers npm, offers node: the distribution's would be in its way.
if ! command -v npm >/dev/null 2>&1; then
    test="$test nodejs npm"
fi

wanted=
for group in "${@:-all}"; do
    case $group in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    lint) wanted="$wanted $lint" ;;
    all) wanted="$build $test $lint" ;;
    *)
        echo "usage: tools/install_deps.sh [build] [test] [lint]" >&2
        exit 2
        ;;
    esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "No dpkg here: see to these packages, or their like, yourself:" >&2
    echo $wanted >&2
    exit 0
fi

is_installed()
{
    status=$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) || return 1
    test "$status" = "install ok installed"
}

missing=
for package in $wanted; do
    case " $missing " in
    *" $package "*) continue ;;
    esac
    is_installed "$package" || missing="$missing $package"
done
test -n "$missing" || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "Some packages are missing. As root, run:" >&2
    echo "    apt-get install --no-install-recommends$missing" >&2
    exit 4
fi

export DEBIAN_FRONTEND=noninteractive

install_missing()
{
    # The list is words, and meant to be split.
    apt-get install -y -q --no-install-recommends $missing </dev/null
}

has_lists()
{
    for list in /var/lib/apt/lists/*_Packages*; do
        test -e "$list" && return 0
    done
    return 1
}

echo "Installing$missing"
if has_lists && install_missing; then
    exit 0
fi
# There were no lists yet, or they name versions that are gone.
apt-get update -q </dev/null
install_missing
