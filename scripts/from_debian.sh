#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Unpacks files of one of Debian's packages into build/tools/bin, and does nothing if they are there. The package is not
# installed: none of its services is started, and nothing it depends on comes along.
#   scripts/from_debian.sh PACKAGE FILE…     FILE: its path in the package, such as usr/bin/promtool
#   scripts/from_debian.sh prometheus usr/bin/prometheus usr/bin/promtool      what the tests of alerts and the demo's --observe need
# On a system without apt-get it takes programs of these names from PATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() { echo "from_debian: $*" >&2 && exit 1; }

(($# >= 2)) || { echo "usage: scripts/from_debian.sh PACKAGE FILE…" >&2 && exit 2; }
package=$1
shift
bin=$PWD/build/tools/bin
mkdir -p "$bin"

missing=()
for file in "$@"; do [[ -x $bin/${file##*/} ]] || missing+=("$file"); done
((${#missing[@]} > 0)) || exit 0

if ! command -v apt-get >/dev/null; then
  for file in "${missing[@]}"; do
    there=$(command -v "${file##*/}") || die "no apt-get and no ${file##*/}: install it (Debian's package is $package), or put it into $bin"
    ln -s "$there" "$bin/${file##*/}"
  done
  exit 0
fi

work=$(mktemp -d "${bin%/bin}/$package.XXXXXX")
trap 'rm -rf "$work"' EXIT
(cd "$work" && { apt-get download -q "$package" || { apt-get update -q && apt-get download -q "$package"; }; }) ||
  die "Debian's $package could not be fetched"
dpkg-deb --extract "$work"/*.deb "$work/root"
for file in "${missing[@]}"; do install -m 755 "$work/root/$file" "$bin/"; done
