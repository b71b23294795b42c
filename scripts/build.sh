#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/build.sh [PRESET] [TARGET…]: configures and builds with a preset of CMakePresets.json (default: release).
# Leaves the binary at build/PRESET/bin/spud. SPUD_JOBS limits the parallel compilers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=${1:-release}
shift || true
jobs=${SPUD_JOBS:-$(nproc)}

if ! command -v cmake >/dev/null || ! command -v ninja >/dev/null; then
  echo "build: cmake or ninja is not installed; run: scripts/packages.sh --install" >&2
  exit 1
fi

# A second checkout of the same sources finds the objects of the first: paths are taken relative to the checkout.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

log=build/$preset.configure.log
mkdir -p build
echo "build: configuring $preset"
if ! cmake --preset "$preset" >"$log" 2>&1; then
  cat "$log" >&2
  echo "build: configuring failed; missing packages: $(scripts/packages.sh --missing 2>/dev/null | paste -sd ' ')" >&2
  exit 1
fi

echo "build: compiling with $jobs jobs"
if (($# > 0)); then
  cmake --build --preset "$preset" --parallel "$jobs" --target "$@"
  exit 0
fi
cmake --build --preset "$preset" --parallel "$jobs"

if [[ ! -x build/$preset/bin/spud ]]; then
  echo "build: build/$preset/bin/spud was not made" >&2
  exit 1
fi
echo "build: build/$preset/bin/spud"
