#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What tapes made ahead cost and bring, as tables of Markdown on standard output:
#   programs   the online phase with the dealer live, and with a tape that lies on the last party's disk: interleaved pairs
#   disk       a vault's writing and reading beside a plain sequential write and read of the same bytes with fsync
#   bytes      what each operation takes on the last party's disk
#   scripts/bench-stock.sh [--pairs N] [--no-build]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pairs=5 build=yes
while (($# > 0)); do
  case $1 in
    --pairs) pairs=${2:?--pairs needs a number} && shift ;;
    --no-build) build=no ;;
    *) echo "usage: scripts/bench-stock.sh [--pairs N] [--no-build]" >&2 && exit 2 ;;
  esac
  shift
done
if [[ ! $pairs =~ ^[1-9][0-9]?$ ]]; then echo "bench-stock: --pairs $pairs: expected 1 to 99" >&2 && exit 2; fi
if [[ $build == yes ]]; then
  { scripts/build.sh release spud && scripts/build.sh bench service_bench; } >&2
fi
spud=build/release/bin/spud
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

programs=(logreg_epoch_6400x100 bert_layer_128)
for ((i = 1; i <= pairs; ++i)); do
  for tape in live stock; do
    echo "bench-stock: pair $i of $pairs, $tape" >&2
    "$spud" bench "${programs[@]}" --tape "$tape" --runs 5 --json >"$out/$tape-$i.json" 2>/dev/null
  done
done
for ((i = 1; i <= pairs; ++i)); do
  echo "bench-stock: disk, turn $i of $pairs" >&2
  build/bench/bench/service_bench --benchmark_filter='plain_|vault_' --benchmark_format=json >"$out/disk-$i.json" 2>/dev/null
done
"$spud" bench mul_1e6 less_1e6 equal_1e6 relu_1e6 gelu_1e5 exp_1e5 --runs 1 --json >"$out/bytes.json" 2>/dev/null

python3 - "$out" "$pairs" <<'PYTHON'
import json, statistics, sys

folder, pairs = sys.argv[1], int(sys.argv[2])
load = lambda name: json.load(open(f"{folder}/{name}.json"))

print("| program | live s | from stock s | stock ÷ live | tape |\n| --- | ---: | ---: | ---: | ---: |")
rows = {tape: [{r["name"]: r for r in load(f"{tape}-{i}")["rows"]} for i in range(1, pairs + 1)] for tape in ("live", "stock")}
for name in rows["live"][0]:
    seconds = {tape: statistics.median(run[name]["seconds"] for run in runs) for tape, runs in rows.items()}
    megabytes = rows["live"][0][name]["tape_bytes"] / 1e6
    ratio = seconds["stock"] / seconds["live"]
    print(f"| `{name}` | {seconds['live']:.4f} | {seconds['stock']:.4f} | {ratio:.2f} | {megabytes:.1f} MB |")

print("\n| disk, 512 MiB | MB/s | of plain |\n| --- | ---: | ---: |")
rates = {}
for i in range(1, pairs + 1):
    for row in load(f"disk-{i}")["benchmarks"]:
        rates.setdefault(row["name"].split("/")[0], []).append(row["bytes_per_second"] / 1e6)
for what in ("write", "read"):
    plain = statistics.median(rates[f"plain_{what}"])
    # Pair by pair: the disk is shared, and its rate changes from minute to minute.
    ratio = statistics.median(v / p for v, p in zip(rates[f"vault_{what}"], rates[f"plain_{what}"]))
    print(f"| plain {what} | {plain:.0f} | |")
    print(f"| vault {what} | {statistics.median(rates[f'vault_{what}']):.0f} | {ratio:.2f} |")

print("\n| tape of | bytes each, so MB a million |\n| --- | ---: |")
names = {
    "mul_1e6": ("products, truncated", 1e6),
    "less_1e6": ("comparisons of 64 bits", 1e6),
    "equal_1e6": ("equalities of 64 bits", 1e6),
    "relu_1e6": ("ReLU", 1e6),
    "gelu_1e5": ("GELU", 1e5),
    "exp_1e5": ("exponentials", 1e5),
}
for row in load("bytes")["rows"]:
    name, count = names[row["name"]]
    print(f"| {name} | {row['tape_bytes'] / count:.1f} |")
PYTHON
