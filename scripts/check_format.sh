#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Refuses C++ that clang-format 14 would change. With --fix, changes it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v clang-format-14 >/dev/null; then
  echo "format: clang-format-14 is not installed; run: scripts/packages.sh --install" >&2
  exit 1
fi
case ${1:-} in
  "" | --fix) ;;
  *)
    echo "usage: scripts/check_format.sh [--fix]" >&2
    exit 2
    ;;
esac

mapfile -d '' -t files < <(git ls-files -z -- '*.cpp' '*.hpp')
if ((${#files[@]} == 0)); then
  echo "format: no C++ file is tracked here" >&2
  exit 1
fi
if [[ ${1:-} == --fix ]]; then
  clang-format-14 -i "${files[@]}"
  exit 0
fi

# One file a process: its exit code says whether that file is formatted.
unformatted=$(printf '%s\0' "${files[@]}" |
  xargs -0 -P "$(nproc)" -I{} sh -c 'clang-format-14 --dry-run -Werror "$1" 2>/dev/null || echo "$1"' sh {} | sort)
if [[ -n $unformatted ]]; then
  echo "$unformatted"
  echo "format: $(wc -l <<<"$unformatted") of ${#files[@]} files are not as clang-format 14 has them;" \
    "run scripts/check_format.sh --fix" >&2
  exit 1
fi
echo "format: ${#files[@]} files"
