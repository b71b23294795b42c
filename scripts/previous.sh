#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/previous.sh: builds the version before, as deploy/previous.txt names it, from git's history, for tests/upgrade.
#   build/previous/bin/spud                  as it was
#   build/previous/bin/spud-other-compiler   the same, but that its compiler calls itself another version: what a release looks like
#                                            whose plans differ
# Does nothing if both are there. With ccache it takes as long as the linker does; else as long as any build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

named() { sed -n "s/^$1 //p" deploy/previous.txt; }
commit=$(named commit) version=$(named version)
folder=build/previous source=build/previous/source
stamp="$commit $(sha256sum <"${BASH_SOURCE[0]}")"

if [[ -x $folder/bin/spud && -x $folder/bin/spud-other-compiler && $(cat $folder/stamp 2>/dev/null) == "$stamp" ]]; then
  echo "previous: $version ($commit) is built"
  exit 0
fi
if ! git cat-file -e "$commit^{commit}" 2>/dev/null; then
  echo "previous: $commit ($version) is not in this clone; run: git fetch --unshallow" >&2
  exit 1
fi

rm -rf "$source"
mkdir -p "$source" "$folder/bin"
git archive "$commit" | tar -x -C "$source"

make_binary() {  # NAME
  echo "previous: building $version ($commit) as $1"
  "$source/scripts/build.sh" release spud
  cp "$source/build/release/bin/spud" "$folder/bin/$1"
}
make_binary spud
sed -i 's/kCompilerVersion\[\] = ".*"/kCompilerVersion[] = "other"/' "$source/src/compiler/version.hpp"
make_binary spud-other-compiler
if cmp -s "$folder/bin/spud" "$folder/bin/spud-other-compiler"; then
  echo "previous: the version of the compiler is not where it was looked for" >&2
  exit 1
fi
rm -rf "$source"
echo "$stamp" >"$folder/stamp"
echo "previous: $folder/bin/spud"
