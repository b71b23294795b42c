# SPDX-License-Identifier: Apache-2.0
"""From the raw figures of bench_vs_spu.py to docs/benchmarks.md and its plot. Pure: figures in, text out."""

import math
import statistics
from html import escape

# Peer seconds ÷ spud seconds that were set as goals: with the dealer live, and with the tape in memory before the clock starts.
TARGETS = {
    "less_1e6": 8,
    "equal_1e6": 8,
    "relu_1e6": 8,
    "mul_1e6": 4,
    "matmul_512": 8,
    "matmul_128x768x768": 8,
    "logreg_epoch_6400x100": 6,
    "mlp_step_128x784x128x10": 6,
    "exp_1e5": 4,
    "log_1e5": 10,
    "reciprocal_1e5": 10,
    "rsqrt_1e5": 10,
    "sigmoid_1e5": 10,
    "tanh_1e5": 10,
    "gelu_1e5": 10,
    "softmax_1024x128": 10,
    "layernorm_128x768": 4,
    "sort_1e4": 5,
    "gather_secret_1e3_of_1e4": 100,
    "bert_layer_128": 8,
    "minilm_l6_public_ids": 8,
    "minilm_l6_secret_ids": 8,
}
MEMORY_TARGETS = {"less_1e6": 15, "equal_1e6": 15, "relu_1e6": 15}
WAN_PROGRAMS = ["mul_1e6", "less_1e6", "equal_1e6", "matmul_512", "gelu_1e5", "mlp_step_128x784x128x10"]
WAN_DELAY_SECONDS = 0.020
WAN_BITS_PER_SECOND = 100e6
WAN_TARGET = 1.2

INTRODUCTION = """\
# Benchmarks

The same programs (`tests/bench/programs.py`) on spud and on SecretFlow SPU, in turn on one machine: spud, peer, spud, peer, …
Written by `scripts/bench-vs-spu.sh`; `spud bench` measures spud alone.

* **spud**: every party and the dealer a process of its own, mutual TLS 1.3 between all of them on loopback, correlations dealt while
  the clock runs. It starts when all are connected and ends with the slowest party.
* **peer**: SPU's SEMI2K, a process a party on loopback, no TLS; its correlations come from a seed that party 0 holds. Seconds of the
  slowest party around its `run`.
* Both: the very same inputs, drawn from a fixed seed and shared before the clock starts; a ring of 64 bits, 18 of them fraction; a
  run to warm up before the first that counts; compiling and connecting outside the clock.
* `minilm_l6_…` is a sentence encoder with its real weights (`tests/minilm`), two sentences of 16 tokens; both sides read the same
  HLO. Weights are secret, attention masks public, token ids as the name says.
* **ratio**: peer ÷ spud of each pair; the median, and the worst and best pair. **goal**: the ratio that was set before; a goal that is
  missed stands here as it was measured.
* **rounds**, **opened** (bytes a party sends to each other one for openings), **dealt** (bytes the last party needs from the dealer)
  are spud's, exact, and the same in every run. **error**: largest absolute error against plain JAX on these inputs. A
  comparison that is wrong (1.00) has operands that round to the same number of 18 fraction bits; the peer cuts digits off instead of
  rounding, so other operands are the same to it.
"""


def ratios(program, which="spud"):
    """Peer ÷ spud of every pair that has both."""
    return [pair["peer"] / pair[which] for pair in program["pairs"] if pair.get("peer") and pair.get(which)]


def seconds(program, which):
    """The median over the pairs, or None."""
    values = [pair[which] for pair in program["pairs"] if pair.get(which)]
    return statistics.median(values) if values else None


def number(value, digits=3):
    """Three significant digits, no exponent for what people read easily; a dash for nothing."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "not finite"
    if abs(value) < 1e-3 or abs(value) >= 1e6:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def size(count):
    """Bytes for people."""
    if count is None:
        return "–"
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{number(count / factor)} {unit}"
    return f"{number(count)} B"


def verdict(measured, goal):
    if goal is None:
        return "–"
    if not measured:
        return f"{goal}: not measured"
    return f"{goal}: {'met' if statistics.median(measured) >= goal else 'missed'}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "| --- " + "| ---: " * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def program_row(program):
    name, spud, peer = program["name"], program["spud"], program["peer"]
    got = ratios(program)
    reason = None
    if "error" in spud:
        reason = "spud does not run it yet"
    elif "error" in peer:
        reason = "the peer failed"
    spread = f"{number(min(got))} … {number(max(got))}" if got else "–"
    runs = "error" not in spud
    return [
        f"`{name}`",
        number(seconds(program, "peer")),
        number(seconds(program, "spud")),
        f"**{number(statistics.median(got))}**" if got else reason or "–",
        spread,
        verdict(got, TARGETS.get(name)),
        str(spud["rounds"]) if runs else "–",
        size(spud["opened_bits"] / 8) if runs else "–",
        size(spud["dealt_bits"] / 8) if runs else "–",
        number(spud.get("error_jax")),
        number(peer.get("error_jax")),
    ]


def resource_row(program):
    spud = program["spud"]
    cpu, sent, peak = spud["cpu_seconds"], spud["bytes_sent"], spud["peak_rss"]
    parties = [name for name in cpu if name != "dealer"]
    return [
        f"`{program['name']}`",
        number(max(cpu[name] for name in parties)),
        number(cpu.get("dealer")),
        size(max(sent[name] for name in parties)),
        size(spud["tape_bytes"]),
        size(max(peak[name] for name in parties)),
        size(peak.get("dealer")),
        number(spud.get("max_abs_err")),
    ]


def memory_row(program):
    got = ratios(program, "memory")
    return [
        f"`{program['name']}`",
        number(seconds(program, "peer")),
        number(seconds(program, "memory")),
        f"**{number(statistics.median(got))}**" if got else "–",
        f"{number(min(got))} … {number(max(got))}" if got else "–",
        verdict(got, MEMORY_TARGETS[program["name"]]),
    ]


def wan_bound(fast):
    """Seconds that rounds and the busiest link cost, besides those without shaping."""
    busiest = max(fast["bytes_by_link"].values(), default=0)
    return fast["seconds"] + fast["rounds"] * WAN_DELAY_SECONDS + busiest * 8 / WAN_BITS_PER_SECOND


def wan_row(entry):
    fast, slow = entry["fast"], entry["slow"]
    if "error" in fast or "error" in slow:
        return [f"`{entry['name']}`", "–", "–", "–", "–", "failed: " + (fast.get("error") or slow.get("error"))]
    bound = wan_bound(fast)
    times = slow["seconds"] / bound
    return [
        f"`{entry['name']}`",
        number(fast["seconds"]),
        number(slow["seconds"]),
        number(bound),
        number(times),
        f"{WAN_TARGET}: {'met' if times <= WAN_TARGET else 'missed'}",
    ]


def markdown(raw):
    about, programs = raw["surroundings"], raw["programs"]
    parts = [INTRODUCTION]
    pairs = max((len(program["pairs"]) for program in programs), default=0)
    parts.append(
        f"{about['date']}, {about['processor']}, {about['cores']} cores, Linux {about['kernel']}; spud {about['spud']}, "
        f"SPU {about['spu']}, jax {about['jax']}; {about['parties']} parties, {pairs} pairs a program, load {about['load']:.1f} when it began.\n"
    )
    parts.append("![peer seconds ÷ spud seconds of each program](benchmarks.svg)\n")
    header = ["program", "peer s", "spud s", "ratio", "worst … best", "goal", "rounds", "opened", "dealt", "error spud", "error peer"]
    parts.append(table(header, [program_row(program) for program in programs]))
    missing = [program for program in programs if "error" in program["spud"] or "error" in program["peer"]]
    if missing:
        parts.append("Not compared:\n")
        parts.append("\n".join(f"* `{p['name']}`: {p['spud'].get('error') or 'peer: ' + p['peer']['error']}" for p in missing) + "\n")
    held = [program for program in programs if any(pair.get("memory") for pair in program["pairs"])]
    if held:
        parts.append("## With the tape in memory before the clock starts\n")
        parts.append(table(["program", "peer s", "spud s", "ratio", "worst … best", "goal"], [memory_row(program) for program in held]))
    done = [program for program in programs if "error" not in program["spud"] and program["pairs"]]
    if done:
        parts.append("## What spud takes\n")
        parts.append("Of the last pair: CPU seconds and memory of the busiest party and the dealer, whole frames sent by a party, error against `ref2k`.\n")
        header = ["program", "CPU s, party", "CPU s, dealer", "sent a party", "tape", "peak, party", "peak, dealer", "error to ref2k"]
        parts.append(table(header, [resource_row(program) for program in done]))
    if raw["wan"]:
        parts.append("## Over slow links\n")
        parts.append(
            "Every link, the dealer's too, with 20 ms one way and 100 Mbit/s. Expected: seconds without shaping + rounds × 20 ms + "
            "bytes of the busiest link ÷ rate.\n"
        )
        header = ["program", "fast links s", "slow links s", "expected s", "slow ÷ expected", "goal, at most"]
        parts.append(table(header, [wan_row(entry) for entry in raw["wan"]]))
    return "\n".join(parts)


# ---- the plot: a bar a program on a logarithmic axis, its spread as a line, its goal as a mark

LEFT, WIDTH, ROW, TOP = 220, 900, 22, 40
COLOURS = {"bar": "#2f6f9f", "spread": "#16384f", "goal": "#c0392b", "grid": "#dddddd", "text": "#222222"}


def axis_end(compared):
    largest = max([max(ratios(program)) for program in compared] + list(TARGETS.values()))
    return 10 ** math.ceil(math.log10(largest * 1.05))


def plot(raw):
    compared = [program for program in raw["programs"] if ratios(program)]
    least, most = 0.1, axis_end(compared)
    scale = (WIDTH - LEFT - 60) / (math.log10(most) - math.log10(least))

    def x(value):
        return LEFT + scale * (math.log10(max(value, least)) - math.log10(least))

    height = TOP + ROW * len(compared) + 50
    bottom = TOP + ROW * len(compared)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12" fill="{COLOURS["text"]}">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">peer seconds ÷ spud seconds: median, worst and best pair (dark), goal (red)</text>',
    ]
    tick = least
    while tick <= most * 1.001:
        out.append(f'<line x1="{x(tick):.1f}" y1="{TOP}" x2="{x(tick):.1f}" y2="{bottom}" stroke="{COLOURS["grid"]}"/>')
        out.append(f'<text x="{x(tick):.1f}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>')
        tick *= 10
    out.append(f'<line x1="{x(1):.1f}" y1="{TOP}" x2="{x(1):.1f}" y2="{bottom}" stroke="{COLOURS["text"]}"/>')
    for i, program in enumerate(compared):
        got, y = ratios(program), TOP + ROW * i
        begin, end = sorted((x(1), x(statistics.median(got))))
        middle = y + ROW / 2
        out.append(f'<text x="{LEFT - 8}" y="{middle + 4:.1f}" text-anchor="end">{escape(program["name"])}</text>')
        out.append(f'<rect x="{begin:.1f}" y="{y + 4}" width="{end - begin:.1f}" height="{ROW - 8}" fill="{COLOURS["bar"]}"/>')
        out.append(f'<line x1="{x(min(got)):.1f}" y1="{middle}" x2="{x(max(got)):.1f}" y2="{middle}" stroke="{COLOURS["spread"]}" stroke-width="3"/>')
        out.append(f'<text x="{x(max(max(got), 1)) + 8:.1f}" y="{middle + 4:.1f}">{number(statistics.median(got))}</text>')
        if goal := TARGETS.get(program["name"]):
            out.append(f'<line x1="{x(goal):.1f}" y1="{y + 2}" x2="{x(goal):.1f}" y2="{y + ROW - 2}" stroke="{COLOURS["goal"]}" stroke-width="3"/>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def summary_line(program):
    got = ratios(program)
    if not got:
        return f"{program['name']}: {program['spud'].get('error') or program['peer'].get('error') or 'no pair'}"
    return f"{program['name']}: peer {number(seconds(program, 'peer'))} s, spud {number(seconds(program, 'spud'))} s, ratio {number(statistics.median(got))}"
