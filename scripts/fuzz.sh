#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fuzzes the importer of programs with the compiler behind it, and the reader of plans with the verifier behind it, each
# from its corpus in tests/fuzz and, for programs, from tests/corpus.
#   scripts/fuzz.sh [SECONDS]        for each of the two, 1800 if not given; one after the other
#   scripts/fuzz.sh --minimise       writes what was found back to tests/fuzz/corpus, without repetitions
# Ends with an error at the first crash, and leaves the input that caused it in build/fuzz.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/packages.sh --install fuzzing
scripts/build.sh fuzz import_fuzz plan_fuzz

scripts/build.sh release compiler_test

found=build/fuzz/found
mkdir -p "$found/import" "$found/plan" build/fuzz/seeds build/fuzz/plans
SPUD_WRITE_PLANS=build/fuzz/plans build/release/tests/compiler_test --gtest_brief=1 --gtest_filter='*SurvivesTheCodec*'
for program in tests/corpus/*/program.hlo.pb; do
  cp "$program" "build/fuzz/seeds/$(basename "$(dirname "$program")")"
done

if [[ ${1:-} == --minimise ]]; then
  for target in import plan; do
    corpus=tests/fuzz/corpus/$target
    mkdir -p "$corpus"
    "build/fuzz/fuzz/${target}_fuzz" -merge=1 -max_len=4096 "$corpus" "$found/$target"
  done
  exit 0
fi

seconds=${1:-1800}
cores=$(nproc)
for target in import plan; do
  mkdir -p "tests/fuzz/corpus/$target"
  seeds=("tests/fuzz/corpus/$target" build/fuzz/plans)
  [[ $target == import ]] && seeds[1]=build/fuzz/seeds
  echo "fuzz: $target for $seconds s"
  (cd build/fuzz && "./fuzz/${target}_fuzz" "found/$target" "${seeds[@]/#/../../}" -max_total_time="$seconds" -timeout=20 \
    -rss_limit_mb=4096 -max_len=65536 -print_final_stats=1 -verbosity=0 -jobs="$cores" -workers="$cores")
done
echo "fuzz: nothing found"
