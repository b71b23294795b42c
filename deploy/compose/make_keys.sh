#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Keys for the trial of deploy/compose.yaml, into deploy/compose/keys: an authority and a certificate for each party, and the bundle of all.
#   deploy/compose/make_keys.sh [FOLDER]      FOLDER: elsewhere
# SPUD names the binary (default: build/release/bin/spud). Without one the image makes them, SPUD_IMAGE or the one of compose.yaml.
# Keys are given to the containers' user, 10001: run it as root, or with podman without rights by `podman unshare
# deploy/compose/make_keys.sh`; the image does that by itself.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
spud=${SPUD:-$here/../../build/release/bin/spud}
keys=$(realpath -m "${1:-$here/keys}")
[[ ! -e $keys ]] || { echo "make_keys: $keys is there already: remove it to begin anew" >&2 && exit 1; }
if [[ ! -x $spud ]]; then
  [[ -z ${SPUD:-} ]] || { echo "make_keys: $spud is missing" >&2 && exit 1; }
  image=${SPUD_IMAGE:-$(sed -n 's/^ *image: ${SPUD_IMAGE:-\(.*\)}$/\1/p' "$here/../compose.yaml")}
  if ! command -v podman >/dev/null || ! podman image exists "$image"; then
    echo "make_keys: neither a binary, $spud, nor the image $image: run scripts/build.sh or scripts/image.sh, or set SPUD or SPUD_IMAGE" >&2
    exit 1
  fi
  # This script again, as the root of a container that has what it needs.
  mkdir -p "$(dirname "$keys")"
  exec podman run --rm --network none --user 0:0 --env SPUD=/usr/local/bin/spud --volume "$here:$here" --volume "$(dirname "$keys"):$(dirname "$keys")" \
    --entrypoint /bin/bash "$image" "$here/make_keys.sh" "$keys"
fi

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
