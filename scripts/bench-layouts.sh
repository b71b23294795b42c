#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The same programs on every layout, with the same results: bytes, rounds and seconds as a table of Markdown on standard output.
#   scripts/bench-layouts.sh [--no-build] [--runs N] [--layouts "outsourcing to 2" "colocated of 2"…]
# The programs are the example's logistic regression, whose columns belong to two owners and its diagnoses to a third, and a
# logistic inference whose weights belong to another than the patients. All processes run on this machine.
# Exit code 1 if a layout refuses a program or a result is wrong; the others are measured all the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1:-} == --no-build ]]; then
  shift
else
  { scripts/build.sh release spud && scripts/venv.sh; } >&2
fi
exec .venv/bin/python scripts/bench_layouts.py "$@"
