#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Compares spud with SecretFlow SPU 0.9.5 on the programs of tests/bench and writes docs/benchmarks.md and
# docs/benchmarks.svg. Takes tens of minutes.
#   scripts/bench-vs-spu.sh [--runs 5] [--parties 2] [NAME…]    more options: --help
# Raw figures stay in build/bench-vs-spu.json; --report FILE writes the pages from such a file again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=0.9.5
venv=build/spu-$version
stamp=$venv/complete

scripts/build.sh release spud >&2
if [[ ! -f $stamp ]]; then
  # SPU has wheels for a few versions of Python only: the same as scripts/venv.sh looks for.
  python=${SPUD_PYTHON:-/usr/bin/python3}
  echo "bench-vs-spu: installing spu==$version into $venv ($("$python" --version))" >&2
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "spu==$version"
  touch "$stamp"
fi
exec "$venv/bin/python" scripts/bench_vs_spu.py "$@"
