#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing, builds, and runs every test: those of ctest, then those of pytest, each to its end.
#   scripts/test.sh          the release build
#   scripts/test.sh --long   first also the unit tests under ASan + UBSan and under TSan, ten minutes of fuzzing, the plans that
#                            clang makes, the contract with lesser instruction sets, 10,000 simulated clusters, three
#                            minutes of tests/soak, and what is marked long in pytest: a sentence encoder's weights, TensorFlow and
#                            PyTorch are installed for it (10 GB in build), images are built and run, helm and Kubernetes are built
#                            by Go (4 GB in build; without a recent Go the chart's long tests fail)
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

build_and_ctest() {  # PRESET NAME [ctest arguments…]: a part that does not build has failed, and the others still run
  local preset=$1 name=$2
  shift 2
  if ! scripts/build.sh "$preset"; then
    failed+=("$name: it does not build")
  elif ! run_ctest "$preset" "$@"; then
    failed+=("$name")
  fi
}

# The two presets of clang have other levels of optimisation than those of g++ above: -O1 and -O3, -Og and -O2.
tests_by_clang() {  # PRESET TEST…: with recorded plans and transcripts, which parties that run together must share
  local preset=$1 test
  shift
  if ! scripts/build.sh "$preset" "$@"; then
    failed+=("$preset: it does not build")
    return
  fi
  for test in "$@"; do
    "build/$preset/tests/$test" --gtest_brief=1 || failed+=("$test by clang, preset $preset")
  done
}

contract_with_lesser_instruction_sets() {
  local simd
  for simd in portable avx2; do
    [[ $simd == avx2 ]] && ! grep -qw avx2 /proc/cpuinfo && continue
    SPUD_SIMD=$simd run_ctest release --label-regex '^contract$' || failed+=("the contract with SPUD_SIMD=$simd")
  done
}

soak() {
  .venv/bin/python tests/soak/soak.py --minutes 3 --report build/soak.json || failed+=("the soak: build/soak.json")
}

simulate_for_long() {
  SPUD_SIM_SEEDS=10000 build/release/tests/sim_test --gtest_brief=1 --gtest_filter='Simulation.*' || failed+=("the simulated cluster")
}

scripts/packages.sh --install browser
scripts/venv.sh
# The rules of the chart are tested by promtool, and a real Prometheus watches a cluster in tests/observe.
scripts/from_debian.sh prometheus usr/bin/prometheus usr/bin/promtool || failed+=("Prometheus was not fetched")

if [[ $long == yes ]]; then
  # Leaks are looked for too: LeakSanitizer comes with ASan. Nothing is suppressed; one function is like a library's (actors/mailbox.cpp).
  export UBSAN_OPTIONS=print_stacktrace=1
  build_and_ctest asan-ubsan "unit tests under ASan + UBSan" --label-regex '^unit$'
  build_and_ctest tsan "unit tests under TSan" --label-regex '^unit$'
  scripts/fuzz.sh 300 || failed+=(fuzzing)
  tests_by_clang fuzz compiler_test
  tests_by_clang clang compiler_test ring_test contract_test
fi

build_and_ctest release ctest
[[ $long == yes ]] && contract_with_lesser_instruction_sets
[[ $long == yes ]] && simulate_for_long
if [[ $long == yes ]]; then
  scripts/packages.sh --install containers || failed+=("what images need was not installed")
  scripts/packages.sh --install site || failed+=("what the site needs was not installed")
  scripts/chart_tools.sh cluster || failed+=("the tools of the chart's tests")
fi
# A later -m wins over the one of pytest.ini, which leaves out what is marked long.
marked="not long"
[[ $long == yes ]] && marked="long or not long"
.venv/bin/python -m pytest -q -m "$marked" || failed+=(pytest)
[[ $long == yes ]] && soak

if ((${#failed[@]} > 0)); then
  printf 'test: failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
