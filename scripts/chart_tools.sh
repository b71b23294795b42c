#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the long tests of the chart need, in build/tools/bin; does nothing for what is there already.
#   scripts/chart_tools.sh            helm (built by Go from its module), promtool (from Debian's prometheus)
#   scripts/chart_tools.sh cluster    also a Kubernetes without machines: API server, controllers, kubectl (built by Go from
#                                     k8s.io/kubernetes), kwok in place of kubelets (likewise), etcd (Debian's), and, in
#                                     build/tools/crds, the operators' definitions of the custom kinds that the chart has (from their modules)
# Needs Go 1.26 or later, which Debian 12 does not have: GO names it, else `go` or /usr/local/go/bin/go. Debian's packages are unpacked,
# not installed: none of their services is started. The cluster's parts take 4 GB of disk, and ten minutes of two cores, the first time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

helm_version=v3.20.2
kubernetes_version=v1.34.4
kwok_version=v0.7.0
cert_manager_version=v1.21.2
prometheus_operator_version=v0.85.0

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

by_go() {  # NAME PACKAGE@VERSION more flags of the linker…
  local stamp=$tools/$1.version
  if [[ -x $bin/$1 && -f $stamp && $(<"$stamp") == "$2" ]]; then return 0; fi
  echo "chart_tools: building $2"
  CGO_ENABLED=0 GOBIN=$bin GOFLAGS='-trimpath -buildvcs=false' "$go" install -ldflags "-s -w ${*:3}" "$2" || die "$2 could not be built"
  echo "$2" >"$stamp"
}

# The module k8s.io/kubernetes asks for v0.0.0 of the modules that live in its own tree. As a dependency it needs to be told
# which releases of them belong to it: those of the same number, v0.34.4 for v1.34.4.
kubernetes_by_go() {
  local stamp=$tools/kube.version
  if [[ -x $bin/kube && -f $stamp && $(<"$stamp") == "$kubernetes_version" ]]; then return 0; fi
  echo "chart_tools: building k8s.io/kubernetes@$kubernetes_version"
  local work=$tools/kube parts module file
  rm -rf "$work" && mkdir -p "$work"
  cp tests/chart/kube.go "$work/main.go"
  cd "$work"
  "$go" mod init kube 2>/dev/null
  file=$("$go" mod download -json "k8s.io/kubernetes@$kubernetes_version" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p') || file=''
  [[ -f $file ]] || die "k8s.io/kubernetes@$kubernetes_version could not be fetched"
  mapfile -t parts < <(sed -n 's/^\t\(k8s.io\/[a-z0-9.-]*\) v0\.0\.0\( \/\/ indirect\)\{0,1\}$/\1/p' "$file")
  ((${#parts[@]} > 0)) || die "no part of k8s.io/kubernetes is asked for as v0.0.0; is this script too old for $kubernetes_version?"
  for module in "${parts[@]}"; do "$go" mod edit -replace "$module=$module@v0.${kubernetes_version#v1.}"; done
  "$go" mod edit -require "k8s.io/kubernetes@$kubernetes_version"
  local package=k8s.io/component-base/version
  GOFLAGS=-mod=mod CGO_ENABLED=0 "$go" build -trimpath -buildvcs=false -o "$bin/kube" \
    -ldflags "-s -w -X $package.gitVersion=$kubernetes_version -X $package.gitMajor=1 -X $package.gitMinor=$minor" . ||
    die "k8s.io/kubernetes@$kubernetes_version could not be built"
  cd "$OLDPWD"
  echo "$kubernetes_version" >"$stamp"
}

crds_of() {  # MODULE@VERSION FILE…: copies files of a module into build/tools/crds
  local folder file module=${1%@*}
  local stamp=$tools/crds/${module##*/}.version
  if [[ -f $stamp && $(<"$stamp") == "$*" && -f $tools/crds/$(basename "${!#}") ]]; then return 0; fi
  echo "chart_tools: definitions of $1"
  mkdir -p "$tools/crds"
  folder=$("$go" mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p') || folder=''
  [[ -d $folder ]] || die "$1 could not be fetched"
  for file in "${@:2}"; do install -m 644 "$folder/$file" "$tools/crds/" || die "$1 has no $file"; done
  echo "$*" >"$stamp"
}

case ${1:-} in
  "" | cluster) ;;
  *)
    echo "usage: scripts/chart_tools.sh [cluster]" >&2
    exit 2
    ;;
esac
go=$(find_go)
scripts/from_debian.sh prometheus usr/bin/promtool
# Told as its own makefile tells it: without a cluster to ask, helm takes itself to be made for this one.
minor=$(cut -d . -f 2 <<<"$kubernetes_version")
by_go helm "helm.sh/helm/v3/cmd/helm@$helm_version" \
  -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=$minor" \
  -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor=1 -X "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor=$minor"
if [[ ${1:-} == cluster ]]; then
  scripts/from_debian.sh etcd-server usr/bin/etcd
  by_go kwok "sigs.k8s.io/kwok/cmd/kwok@$kwok_version"
  kubernetes_by_go
  crds_of "github.com/cert-manager/cert-manager@$cert_manager_version" deploy/crds/cert-manager.io_certificates.yaml
  crds_of "github.com/prometheus-operator/prometheus-operator@$prometheus_operator_version" \
    example/prometheus-operator-crd/monitoring.coreos.com_{podmonitors,prometheusrules,servicemonitors}.yaml
fi
echo "chart_tools: $(find "$bin" -type f -printf '%f ' | sort)in ${bin#"$PWD/"}"
