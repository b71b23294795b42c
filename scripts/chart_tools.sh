#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the long tests of the chart need, in build/tools/bin; does nothing for what is there already.
#   scripts/chart_tools.sh            helm (built by Go from its module), promtool (from Debian's prometheus)
# Needs Go 1.26 or later, which Debian 12 does not have: GO names it, else `go` or /usr/local/go/bin/go. Debian's packages are unpacked,
# not installed: none of their services is started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

helm_version=v3.20.2
kubernetes_version=v1.34.4

tools=$PWD/build/tools
bin=$tools/bin
mkdir -p "$bin"

die() { echo "chart_tools: $*" >&2 && exit 1; }

find_go() {
  local candidate
  for candidate in "${GO:-}" go /usr/local/go/bin/go; do
    [[ -n $candidate ]] || continue
    command -v "$candidate" >/dev/null || continue
    if "$candidate" version | awk '{ split(substr($3, 3), v, "."); exit !(v[1] > 1 || v[2] >= 26) }'; then
      command -v "$candidate"
      return 0
    fi
  done
  die "no Go 1.26 or later: install it (Debian 12 has an older one) and set GO to it, or put it first in PATH"
}

from_debian() {  # PACKAGE FILE…: unpacks a package and puts files of it into bin
  local package=$1 file
  shift
  local missing=0
  for file in "$@"; do [[ -x $bin/$(basename "$file") ]] || missing=1; done
  ((missing == 1)) || return 0
  command -v apt-get >/dev/null || die "no apt-get: put $(basename -a "$@" | paste -sd ' ') into $bin"
  local work
  work=$(mktemp -d "$tools/$package.XXXXXX")
  (cd "$work" && { apt-get download -q "$package" || { apt-get update -q && apt-get download -q "$package"; }; }) ||
    die "Debian's $package could not be fetched"
  dpkg-deb --extract "$work"/*.deb "$work/root"
  for file in "$@"; do install -m 755 "$work/root/$file" "$bin/"; done
  rm -rf "$work"
}

by_go() {  # NAME PACKAGE@VERSION more flags of the linker…
  local stamp=$tools/$1.version
  if [[ -x $bin/$1 && -f $stamp && $(<"$stamp") == "$2" ]]; then return 0; fi
  echo "chart_tools: building $2"
  CGO_ENABLED=0 GOBIN=$bin GOFLAGS='-trimpath -buildvcs=false' "$go" install -ldflags "-s -w ${*:3}" "$2" || die "$2 could not be built"
  echo "$2" >"$stamp"
}

if (($# > 0)); then
  echo "usage: scripts/chart_tools.sh" >&2
  exit 2
fi
go=$(find_go)
from_debian prometheus usr/bin/promtool
# Told as its own makefile tells it: without a cluster to ask, helm takes itself to be made for this one.
minor=$(cut -d . -f 2 <<<"$kubernetes_version")
by_go helm "helm.sh/helm/v3/cmd/helm@$helm_version" \
  -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=$minor" \
  -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor=1 -X "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor=$minor"
echo "chart_tools: $(find "$bin" -type f -printf '%f ' | sort)in ${bin#"$PWD/"}"
