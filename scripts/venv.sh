#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes a virtual environment with the pinned Python packages of python/requirements-NAME.txt. Does nothing, and says
# nothing, when it already has exactly these.
#   scripts/venv.sh               .venv with those of "demo": for the examples and the tests in Python, not for the services
#   scripts/venv.sh tensorflow    build/venv-tensorflow (1.6 GB): for exporting programs, and for tests of that
#   scripts/venv.sh torch         build/venv-torch (8 GB): likewise
#   scripts/venv.sh docs          build/venv-docs (70 MB): for the site, see scripts/site.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=${1:-demo}
requirements=python/requirements-$name.txt
if [[ ! -f $requirements ]]; then
  echo "venv: no $requirements; expected demo, tensorflow, torch or docs" >&2
  exit 2
fi
venv=build/venv-$name
resolving=()
if [[ $name == demo ]]; then
  venv=.venv
  resolving=(--no-deps)
fi
stamp=$venv/requirements.sha256
wanted=$(sha256sum <"$requirements")

if [[ -x $venv/bin/python && -f $stamp && $(<"$stamp") == "$wanted" ]]; then
  exit 0
fi

# Debian's own interpreter first: others on PATH may be too new for the pinned packages.
python=${SPUD_PYTHON:-}
if [[ -z $python ]]; then
  for candidate in /usr/bin/python3 python3.11 python3; do
    if "$candidate" -c 'import sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
      python=$candidate
      break
    fi
  done
fi
if [[ -z $python ]]; then
  echo "venv: no Python 3.10 to 3.12 with the venv module; run scripts/packages.sh --install or set SPUD_PYTHON" >&2
  exit 1
fi

echo "venv: installing $requirements into $venv ($("$python" --version))"
rm -rf "$venv"
mkdir -p "$(dirname "$venv")"
"$python" -m venv "$venv"
if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${resolving[@]}" --requirement "$requirements"; then
  echo "venv: the packages of $requirements could not be installed" >&2
  exit 1
fi
"$venv/bin/python" -m pip check --disable-pip-version-check >/dev/null
printf '%s\n' "$wanted" >"$stamp"
