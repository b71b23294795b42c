# SPDX-License-Identifier: Apache-2.0
"""Runs the programs of tests/bench and tests/minilm on spud and on SecretFlow SPU in turn, and writes docs/benchmarks.md with a plot.

Called by scripts/bench-vs-spu.sh, in a virtual environment that has spu and jax.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import bench_report

ROOT = Path(__file__).resolve().parents[1]
SPUD = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud"))
PROGRAMS = ROOT / "tests/bench/programs"
RAW = ROOT / "build/bench-vs-spu.json"
SPUD_SECONDS = 1800
WAN = "20ms,100mbit"


def spud_bench(name, parties, *more, runs=1, library=PROGRAMS):
    """The row of `spud bench`; {"name", "error"} where it has none."""
    command = [SPUD, "bench", name, "--library", library, "--parties", parties, "--runs", runs, "--json", *more]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=SPUD_SECONDS)
    try:
        return json.loads(done.stdout)["rows"][0]
    except (ValueError, LookupError):
        return {"name": name, "error": done.stderr.strip() or f"exit code {done.returncode}"}


def compare(name, cases, peer_type, runs, parties):
    """One program: pairs of runs on the inputs that spud draws, spud first in each, then the peer, each with the machine to itself."""
    result = {"name": name, "pairs": [], "spud": {}, "peer": {}}
    inputs, peer, library = cases.args(name), None, cases.library(name)
    with tempfile.TemporaryDirectory() as folder:
        result["spud"] = spud_bench(name, parties, "--out", folder, library=library)
        spud_runs = "error" not in result["spud"]
        if spud_runs:
            inputs = cases.read_arrays(Path(folder, name, "inputs.npz"), "in")
            error = cases.largest_error(name, inputs, cases.read_arrays(Path(folder, name, "outputs.npz"), "out"))
    try:
        peer = peer_type("SEMI2K", parties, name, inputs)
        peer.run()
    except Exception as failure:  # whatever the peer raises is its row's reason
        result["peer"] = {"error": str(failure)[:200] or type(failure).__name__}
    try:
        for _ in range(runs):
            pair = {}
            if spud_runs:
                result["spud"] = spud_bench(name, parties, library=library)
                pair["spud"] = result["spud"].get("seconds")
            if spud_runs and name in bench_report.MEMORY_TARGETS:
                pair["memory"] = spud_bench(name, parties, "--tape", "memory", library=library).get("seconds")
            if "error" not in result["peer"]:
                pair["peer"] = peer.run()
            result["pairs"].append(pair)
        if "error" not in result["peer"]:
            result["peer"] = {"error_jax": peer.error()}
    except RuntimeError as failure:
        result["peer"] = {"error": str(failure)}
    finally:
        if peer is not None:
            peer.close()
    if spud_runs and "error" not in result["spud"]:
        result["spud"]["error_jax"] = error
    return result


def measure_wan(names, parties, runs):
    """Programs over slow links beside the same without, for what rounds and bytes cost."""
    return [{"name": name, "fast": spud_bench(name, parties, runs=runs), "slow": spud_bench(name, parties, "--link", WAN, runs=runs)} for name in names]


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def surroundings(arguments):
    def run(*command):
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.strip()

    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "spud": run("git", "rev-parse", "--short=12", "HEAD") + (" with changes" if run("git", "status", "--porcelain", "--untracked-files=no") else ""),
        "spu": importlib.metadata.version("spu"),
        "jax": importlib.metadata.version("jax"),
        "parties": arguments.parties,
        "load": os.getloadavg()[0],
    }


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def parse(arguments):
    parser = argparse.ArgumentParser(prog="bench-vs-spu.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=positive, default=5, help="interleaved pairs a program")
    parser.add_argument("--parties", type=positive, default=2)
    parser.add_argument("--raw", type=Path, default=RAW, help="where the raw figures go")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where benchmarks.md and benchmarks.svg go")
    parser.add_argument("--no-wan", action="store_true", help="leave the slow links out")
    parser.add_argument("--report", type=Path, metavar="RAW", help="write the pages from raw figures, measure nothing")
    parser.add_argument("names", nargs="*", metavar="NAME", help="programs; all of them if none is named")
    return parser.parse_args(arguments)


def write_report(raw, docs):
    docs.mkdir(parents=True, exist_ok=True)
    (docs / "benchmarks.md").write_text(bench_report.markdown(raw))
    (docs / "benchmarks.svg").write_text(bench_report.plot(raw))
    print(f"{docs / 'benchmarks.md'}, {docs / 'benchmarks.svg'}")


def main():
    arguments = parse(sys.argv[1:])
    if arguments.report:
        write_report(json.loads(arguments.report.read_text()), arguments.docs)
        return 0
    sys.path.insert(0, str(ROOT / "tests/bench"))
    # Processes that the peer starts find these modules by it.
    os.environ["PYTHONPATH"] = str(ROOT / "tests/bench")
    os.environ["JAX_PLATFORMS"] = "cpu"
    import cases
    from spu_peer import Peer

    unknown = [name for name in arguments.names if name not in cases.NAMES]
    if unknown:
        print(f"bench-vs-spu: no program '{unknown[0]}'; expected one of {', '.join(cases.NAMES)}", file=sys.stderr)
        return 2
    names = arguments.names or list(cases.NAMES)
    if any(cases.is_given(name) for name in names):
        subprocess.run([ROOT / "scripts/minilm.sh", sys.executable], check=True, stdout=sys.stderr)
    raw = {"surroundings": surroundings(arguments), "programs": [], "wan": []}
    for name in names:
        raw["programs"].append(compare(name, cases, Peer, arguments.runs, arguments.parties))
        print(bench_report.summary_line(raw["programs"][-1]), file=sys.stderr, flush=True)
        arguments.raw.write_text(json.dumps(raw, indent=1) + "\n")
    if not arguments.no_wan:
        raw["wan"] = measure_wan([name for name in bench_report.WAN_PROGRAMS if name in names], arguments.parties, 3)
    arguments.raw.write_text(json.dumps(raw, indent=1) + "\n")
    write_report(raw, arguments.docs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
