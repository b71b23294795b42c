#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the service costs a job: many small jobs on one device of two nodes, as tables of Markdown on standard output.

    .venv/bin/python scripts/bench-jobs.py [--jobs 1000] [--clients 1,4,16] [--supply live,stock] [--no-build]

Scheduler, dealer and nodes run on this machine. Clients stay connected (tests/load): each submits, waits, fetches, and begins
again. Phases are those that nodes and scheduler report of jobs; the dearest node counts.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from cluster import Cluster, Pki  # noqa: E402
from corpus_case import load_case  # noqa: E402

SPUD, LOAD = ROOT / "build/release/bin/spud", ROOT / "build/release/tests/jobs_load"
PROGRAM = "prog_logreg_infer_bc"
OWNER, DEVICE, NODES = "hospital-a", "demo", ("alice", "bob")
PHASES = ("compile", "links", "tape", "load", "run", "store")
# Jobs whose reports are read.
SHOWN = 60
STOCK_SECONDS = 1800


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values):
    return percentile(values, 0.5)


def cpu_seconds(process):
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self, folder):
        self.case = load_case(PROGRAM)
        (folder / "keys").mkdir()
        pki = Pki(SPUD, folder / "keys")
        self.cluster = Cluster(SPUD, pki, folder / "cluster", nodes=NODES)
        for node in NODES:
            key = folder / f"{node}.stock-key"
            pki.spud("stock", "--out", key)
            self.cluster.reconfigure(node, stock={"keys": [str(key)]})
        for name in self.cluster.services:
            # As an operator would have it.
            log = {**self.cluster.configuration(name)["log"], "level": "info"}
            self.cluster.reconfigure(name, log=log, heartbeat_interval="1s", peer_silence_limit="5s")
        self.cluster.start()
        self.cluster.make_device(others=())
        self.owner = self.cluster.client(OWNER)
        self.names = self.cluster.push_case(self.case, "x", [OWNER])
        self.owner.spud("program", "push", self.case.program, "--device", DEVICE)
        self.load("warm-up-", 8, 2, "live")

    def load(self, prefix, jobs, clients, supply):
        """Runs so many jobs. Answers rows of milliseconds (accepted, done, fetched) by job, and the seconds of all."""
        command = [LOAD, "--context", self.owner.context, "--device", DEVICE, "--recipient", OWNER]
        command += ["--program", self.case.digest, "--outputs", len(self.case.expected), "--in", *self.names]
        command += ["--prefix", prefix, "--jobs", jobs, "--clients", clients, "--supply", supply]
        begin = time.monotonic()
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        seconds = time.monotonic() - begin
        assert done.returncode == 0, done.stderr
        rows = {fields[0]: [float(value) for value in fields[1:]] for fields in map(str.split, done.stdout.splitlines())}
        assert len(rows) == jobs
        self.case.check(self.owner.fetch(next(iter(rows))))
        return rows, seconds

    def cpu_seconds(self):
        """Of every service since it began."""
        return {name: cpu_seconds(service.process.pid) for name, service in self.cluster.services.items()}

    def make_stock(self, runs):
        """Answers tapes a second."""
        begin = time.monotonic()
        order = self.owner.start(
            "stock", "make", self.case.program, "--device", DEVICE, "--runs", runs, "--in",
            *(f"in{i}={name}" for i, name in enumerate(self.names)),
        )
        order.process.communicate(timeout=STOCK_SECONDS)
        assert order.process.returncode == 0
        return runs / (time.monotonic() - begin)

    def phases(self, jobs):
        """Medians in milliseconds: what the scheduler and the nodes report of some of the jobs."""
        found = {name: [] for name in ("queued", "attempt", *PHASES)}
        for job in list(jobs)[:: max(1, len(jobs) // SHOWN)]:
            shown = self.owner.show(job)
            attempt = shown["attempts"][-1]
            found["queued"].append(attempt["started_unix_millis"] - shown["submitted_unix_millis"])
            found["attempt"].append(attempt["ended_unix_millis"] - attempt["started_unix_millis"])
            for phase in PHASES:
                found[phase].append(max(report["measures"][f"{phase}_seconds"] for report in attempt["reports"]) * 1e3)
        return {name: sum(values) / len(values) for name, values in found.items()}

    def one_by_the_command_line(self, times=20):
        """Milliseconds of `spud version`, and of `spud run --wait` of the program's digest."""
        starts, runs = [], []
        for i in range(times):
            begin = time.monotonic()
            self.owner.spud("version")
            starts.append((time.monotonic() - begin) * 1e3)
            begin = time.monotonic()
            self.owner.run(self.case.digest, self.names, [OWNER] * len(self.case.expected), f"by-command-{i}", DEVICE)
            runs.append((time.monotonic() - begin) * 1e3)
        return median(starts), median(runs)


def without_service(case):
    """Milliseconds of the same program: all parties in one process, and processes that are connected already."""
    folder = case.program.parent
    with tempfile.TemporaryDirectory() as out:
        report = Path(out) / "report.json"
        command = [SPUD, "sim", case.program, "--inputs", folder / "inputs.npz", "--meta", folder / "meta.json"]
        command += ["--out", Path(out) / "out.npz", "--report", report]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        sim = json.loads(report.read_text())
    bench = subprocess.run([SPUD, "bench", folder, "--runs", "20", "--json"], check=True, capture_output=True, text=True)
    [row] = json.loads(bench.stdout)["rows"]
    return sim, row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--clients", default="1,4,16", help="how many at a time, by commas")
    parser.add_argument("--supply", default="live,stock", help="by commas")
    parser.add_argument("--no-build", action="store_true")
    options = parser.parse_args()
    if not options.no_build:
        subprocess.run([ROOT / "scripts/build.sh", "release", "spud", "jobs_load"], check=True, stdout=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            measure(bench, options)
        finally:
            complaints = bench.cluster.end()
            assert not complaints, complaints


def measure(bench, options):
    sim, processes = without_service(bench.case)
    start, run = bench.one_by_the_command_line()
    rows, phases, cpu = [], [], []
    for supply in options.supply.split(","):
        for clients in map(int, options.clients.split(",")):
            if supply == "stock":
                rate = bench.make_stock(options.jobs)
                print(f"bench-jobs: {rate:.0f} tapes a second were made ahead", file=sys.stderr)
            print(f"bench-jobs: {options.jobs} jobs, {supply}, {clients} clients", file=sys.stderr)
            prefix = f"{supply}-{clients}-{hashlib.sha256(str(time.time()).encode()).hexdigest()[:6]}-"
            before = bench.cpu_seconds()
            jobs, seconds = bench.load(prefix, options.jobs, clients, supply)
            cpu.append((supply, clients, {name: (after - before[name]) / options.jobs * 1e3 for name, after in bench.cpu_seconds().items()}))
            accepted, done, fetched = zip(*jobs.values())
            rows.append(
                f"| {supply} | {clients} | {options.jobs / seconds:.0f} | {median(accepted):.1f} | {median(done):.1f} | "
                f"{percentile(done, 0.99):.1f} | {median(fetched):.1f} | {percentile(fetched, 0.99):.1f} |"
            )
            phases.append((supply, clients, bench.phases(jobs)))
    print(f"`{PROGRAM}`, {options.jobs} jobs. Without a service: {json.dumps(sim)}")
    print(f"by `spud bench`: {processes['seconds'] * 1e3:.2f} ms, CPU {json.dumps(processes['cpu_seconds'])}")
    print(f"a client's process: {start:.1f} ms for `spud version`, {run:.1f} ms for `spud run --wait` of a digest\n")
    print("| supply | clients | jobs/s | accepted p50 ms | done p50 | done p99 | fetched p50 | fetched p99 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    print(*rows, sep="\n")
    print_table("\nmilliseconds by phase", phases)
    print_table("\nmilliseconds of CPU a job", cpu)


def print_table(title, rows):
    """Of rows (supply, clients, values by name)."""
    names = list(rows[0][2])
    print(f"{title}:\n\n| supply | clients | " + " | ".join(names) + " |\n| --- | ---: |" + " ---: |" * len(names))
    for supply, clients, values in rows:
        print(f"| {supply} | {clients} | " + " | ".join(f"{values[name]:.1f}" for name in names) + " |")


if __name__ == "__main__":
    main()
