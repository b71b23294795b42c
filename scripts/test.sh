#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing, builds, and runs every test: those of ctest, then those of pytest, each to its end.
#   scripts/test.sh          the release build
#   scripts/test.sh --long   first also the unit tests under ASan + UBSan and under TSan
# Exit code 0 only if every test of every part passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

long=no
case ${1:-} in
  "") ;;
  --long) long=yes ;;
  *)
    echo "usage: scripts/test.sh [--long]" >&2
    exit 2
    ;;
esac
jobs=${SPUD_JOBS:-$(nproc)}
failed=()

run_ctest() {  # PRESET [ctest arguments…]
  local preset=$1
  shift
  ctest --test-dir "build/$preset" --parallel "$jobs" --output-on-failure --no-tests=error --progress "$@"
}

scripts/packages.sh --install
scripts/venv.sh

if [[ $long == yes ]]; then
  for preset in asan-ubsan tsan; do
    scripts/build.sh "$preset"
    run_ctest "$preset" --label-regex '^unit$' || failed+=("ctest on $preset")
  done
fi

scripts/build.sh release
run_ctest release || failed+=(ctest)
.venv/bin/python -m pytest -q || failed+=(pytest)

if ((${#failed[@]} > 0)); then
  printf 'test: failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
