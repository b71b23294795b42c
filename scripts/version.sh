#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Prints the version of this checkout. CMakeLists.txt is the only place that says it; tests/deploy compares what has to repeat it.
set -euo pipefail
sed -n 's/^project(spud VERSION \([0-9.]*\) .*/\1/p' "$(dirname "${BASH_SOURCE[0]}")/../CMakeLists.txt"
