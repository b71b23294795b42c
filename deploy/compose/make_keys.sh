#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Keys for the trial of deploy/compose.yaml, into deploy/compose/keys: an authority and a certificate for each party, and the bundle of all.
#   deploy/compose/make_keys.sh [FOLDER]      FOLDER: elsewhere
# SPUD names the binary (default: build/release/bin/spud). Keys are given to the containers' user, 10001: run it as root, or with podman
# without rights by `podman unshare deploy/compose/make_keys.sh`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
spud=${SPUD:-$here/../../build/release/bin/spud}
keys=${1:-$here/keys}
[[ -x $spud ]] || { echo "make_keys: $spud is missing: run scripts/build.sh, or set SPUD" >&2 && exit 1; }
[[ ! -e $keys ]] || { echo "make_keys: $keys is there already: remove it to begin anew" >&2 && exit 1; }

parties=(operator alice bob carol hospital)
for party in "${parties[@]}"; do "$spud" keys ca --party "$party" --out "$keys/$party"; done
"$spud" keys issue --ca "$keys/operator" --role scheduler --name scheduler --out "$keys/operator/scheduler"
for node in alice bob; do
  "$spud" keys issue --ca "$keys/$node" --role compute --name "$node" --out "$keys/$node/$node"
  "$spud" keys stock --out "$keys/$node/$node/stock.key"
done
"$spud" keys issue --ca "$keys/carol" --role dealer --name carol --out "$keys/carol/carol"
"$spud" keys issue --ca "$keys/hospital" --role client --name hospital --out "$keys/hospital/hospital"
"$spud" keys bundle --out "$keys/bundles" "${parties[@]/#/$keys/}"
mkdir -p "$here/data"
if ((EUID == 0)); then chown -R 10001:10001 "$keys" "$here/data"; fi
