# SPDX-License-Identifier: Apache-2.0
"""The picture of the dashboard in the README: a cluster works for some minutes, watched by a Prometheus; one node is killed on the way.

    .venv/bin/python tests/observe/picture.py [--minutes 8] [--out docs/images/dashboard.svg]
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("observe", "e2e", "chart")]

from cluster import Cluster, Pki  # noqa: E402
from corpus_case import load_case  # noqa: E402
from prometheus import Prometheus  # noqa: E402
from waiting import wait_until  # noqa: E402

CASES = ("prog_logreg_infer_bc", "prog_mlp_sgd_step", "prog_kmeans", "sort_1d", "dot_matmul")
# Of which tapes are kept ready.
STOCKED = "prog_logreg_infer_bc"
TARGET = 6
CLIENTS = 3
AWAY_SECONDS = 12
ALERTS = (ROOT / "helm/spud/rules/spud.yaml").read_text()


class Work(threading.Thread):
    """One client that runs jobs without pause, until `end`."""

    def __init__(self, number, cluster, inputs, end):
        super().__init__(daemon=True)
        self.number, self.inputs, self.end = number, inputs, end
        self.client = cluster.client("hospital-a", name=f"hospital-a-{number}")
        self.client.spud("device", "pin", "demo", "--digest", cluster.digest)
        self.draw = random.Random(number)
        self.jobs = 0

    def run(self):
        while time.monotonic() < self.end:
            case = self.draw.choice(CASES)
            program = load_case(case)
            outputs = ["hospital-a"] * len(program.expected)
            self.client.run(program.program, self.inputs[case], outputs, f"job-{self.number}-{self.jobs}", expect=None)
            self.jobs += 1


def start(binary, folder):
    cluster = Cluster(binary, Pki(binary, folder / "keys"), folder / "cluster")
    for node in cluster.nodes:
        key = folder / f"{node}.stock-key"
        cluster.pki.spud("stock", "--out", key)
        cluster.reconfigure(node, stock={"keys": [str(key)]})
    cluster.digest = cluster.start().make_device()["digest"]
    return cluster


def watch(prometheus, cluster, seconds):
    """Jobs for so long; bob is killed after three fifths of it."""
    owner = cluster.client("hospital-a")
    inputs = {case: cluster.push_case(load_case(case), case.replace("_", "-"), ["hospital-a"]) for case in CASES}
    begin = time.monotonic()
    stocked = load_case(STOCKED)
    given = [part for i, name in enumerate(inputs[STOCKED]) for part in ("--in", f"in{i}={name}")]
    plan = owner.spud("stock", "make", stocked.program, "--device", "demo", *given, "--runs", "1", "--json").json["plan"]
    owner.spud("stock", "target", plan[:12], "--device", "demo", "--runs", TARGET)
    workers = [Work(number, cluster, inputs, begin + seconds) for number in range(CLIENTS)]
    for worker in workers:
        worker.start()
    wait_until(lambda: time.monotonic() > begin + 0.6 * seconds, "it is time", seconds)
    cluster["bob"].kill()
    killed = time.monotonic()
    wait_until(lambda: time.monotonic() > killed + AWAY_SECONDS, "it was away long enough", 2 * AWAY_SECONDS)
    cluster["bob"].start()
    for worker in workers:
        worker.join()
    print(f"{sum(worker.jobs for worker in workers)} jobs; alerts that fire: {sorted(prometheus.firing(), key=str)}")
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/images/dashboard.svg")
    options = parser.parse_args()
    binary = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud")).resolve()
    with tempfile.TemporaryDirectory(prefix="spud-picture-") as name:
        folder = Path(name)
        cluster = start(binary, folder)
        targets = {service: cluster.address(f"{service}-operations") for service in cluster.services}
        prometheus = Prometheus(ROOT / "build/tools/bin/prometheus", folder / "prometheus", cluster.port("prometheus"), targets, ALERTS).start()
        try:
            took = watch(prometheus, cluster, options.minutes * 60)
            page = [sys.executable, ROOT / "scripts/dashboard_page.py", "--prometheus", f"http://127.0.0.1:{prometheus.port}"]
            subprocess.run([*page, "--seconds", str(int(took)), "--out", options.out], check=True)
        finally:
            prometheus.stop()
            complaints = cluster.end()
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return int(bool(complaints))


if __name__ == "__main__":
    sys.exit(main())
