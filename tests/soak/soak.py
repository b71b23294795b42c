#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real processes under load for a long time, of which one is killed, frozen, restarted or cut off every few seconds.

    .venv/bin/python tests/soak/soak.py [--minutes 30] [--clients 4] [--seed S] [--every 20] [--report FILE.json]

A scheduler, three nodes with three devices, two dealers, and clients that submit jobs without pause, push and drop data, and
compare results. Exit code 0 only if every job ended right or failed with a cause that names somebody, no request or job hung,
all acknowledged data is there and serves, and memory and descriptors stayed what they were.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests" / "soak")]

import faults  # noqa: E402
import watch  # noqa: E402
import work  # noqa: E402
from cluster import Cluster, Pki  # noqa: E402
from corpus_case import load_case  # noqa: E402
from waiting import wait_until  # noqa: E402

NODES, DEALERS = ("alice", "bob", "dave"), ("carol", "dora")
SERVICES = ("scheduler", *NODES, *DEALERS)
# They are frozen and cut off only, so that their memory is seen over all of the time.
NEVER_RESTARTED = ("dave", "dora")
DEVICES = {"pair": ("alice", "bob"), "trio": NODES, "other": ("dave", "bob")}
PARTIES = ("hospital-a", "hospital-b", "hospital-c", "alice")
TAPES_KEPT = 3
END_SECONDS = 120


def say(text):
    print(f"soak: {time.strftime('%H:%M:%S')} {text}", flush=True)


def make_cluster(binary, folder):
    (folder / "keys").mkdir()
    pki = Pki(binary, folder / "keys")
    cluster = Cluster(binary, pki, folder / "cluster", nodes=NODES, dealers=DEALERS, wires=SERVICES)
    for node in NODES:
        key = folder / f"{node}.stock-key"
        pki.spud("stock", "--out", key)
        cluster.reconfigure(node, stock={"keys": [str(key)]})
    return cluster.start()


def make_devices(cluster, clients):
    dealing = [argument for dealer in DEALERS for argument in ("--dealer", dealer)]
    for device, parties in DEVICES.items():
        made = cluster.make_device(*dealing, name=device, parties=parties, owner=PARTIES[0], others=())
        for client in clients:
            client.spud("device", "pin", device, "--digest", made["digest"])
        for name in work.STOCKED:
            # Once made, kept: the target is that of the order.
            meta = load_case(name).program.with_name("meta.json")
            made_ahead = clients[0].spud(
                "stock", "make", load_case(name).program, "--device", device, "--meta", meta, "--runs", TAPES_KEPT, "--json"
            )
            plan = made_ahead.json["plan"]
            clients[0].spud("stock", "target", plan, "--device", device, "--runs", TAPES_KEPT)


class Soak:
    def __init__(self, cluster, options):
        self.cluster, self.options = cluster, options
        self.tally = work.Tally()
        self.watch = watch.Watch(cluster)
        self.workers = [
            work.Worker(i, PARTIES[i % len(PARTIES)], cluster, tuple(DEVICES), options.seed, self.tally)
            for i in range(options.clients)
        ]
        self.faults = faults.faults_of(options.seed, options.minutes, options.every, SERVICES, NEVER_RESTARTED)

    def run(self):
        make_devices(self.cluster, [worker.client for worker in self.workers])
        self.watch.start()
        for worker in self.workers:
            worker.start()
        for fault in self.faults:
            self.go_on_until(fault.at)
            say(f"{fault}; {self.progress()}")
            if complaint := faults.do(fault, self.cluster, lambda seconds: threading.Event().wait(seconds)):
                self.tally.find("service", complaint)
                self.revive(fault.victim)
        self.go_on_until(self.options.minutes * 60)
        self.end()

    def go_on_until(self, seconds):
        while (left := seconds - (time.monotonic() - self.watch.began)) > 0:
            for name, service in self.cluster.services.items():
                if service.process is not None and service.process.poll() is not None:
                    self.tally.find("service", f"{name} ended with {service.process.poll()}: {service.stderr()}")
                    service.process = None
                    self.revive(name)
            threading.Event().wait(min(left, 1))

    def revive(self, name):
        """After something that must not be, so that the rest is seen too."""
        service = self.cluster[name]
        self.cluster.wires[name].release()
        if service.process is not None:
            service.process.kill()
            service.process.wait()
            service.process = None
        try:
            service.start()
        except AssertionError as error:
            self.tally.find("service", f"{name} does not start again: {error}")

    def progress(self):
        counts = self.tally.counts
        return (
            f"{counts['done']} jobs done, {counts['failed attempts']} attempts failed, {counts['pushes']} pushes, "
            f"{counts['refusals']} refusals, {len(self.tally.findings)} findings"
        )

    # ---- the end

    def end(self):
        say(f"the end; {self.progress()}")
        for worker in self.workers:
            worker.over.set()
        deadline = time.monotonic() + 2 * work.BOUND_SECONDS
        for worker in self.workers:
            worker.join(max(0, deadline - time.monotonic()))
            if worker.is_alive():
                self.tally.find("hang", f"client {worker.client_name}: {worker.now}")
        self.watch.stop()
        for worker in self.workers:
            if not worker.is_alive():
                worker.check_at_end()
        self.check_idle()
        for name, service in self.cluster.services.items():
            try:
                service.stop()
            except (AssertionError, subprocess.TimeoutExpired) as error:
                self.tally.find("service", f"{name} does not end: {error}")

    def check_idle(self):
        """No session is left, nothing waits, and nobody holds connections that nobody uses."""
        idle = {("scheduler", "spud_jobs_running"): 0, ("scheduler", "spud_jobs_waiting"): 0}
        idle |= {(node, "spud_attempts_running"): 0 for node in NODES}
        for (service, metric), value in idle.items():
            try:
                wait_until(
                    lambda service=service, metric=metric, value=value: self.cluster[service].metric(metric) == value,
                    lambda service=service, metric=metric: f"{service}: {metric} is {self.cluster[service].metric(metric)}",
                    END_SECONDS,
                )
            except AssertionError as error:
                self.tally.find("zombie", str(error))

    def report(self):
        tally = self.tally
        processes = {name: watch.summary(samples, self.options.minutes) for name, samples in self.watch.samples.items()}
        for name, process in processes.items():
            for grown in process["grown"]:
                tally.find("grown", f"{name}: {grown}")
        seconds = sorted(tally.job_seconds)
        kinds = {kind: sum(fault.kind == kind for fault in self.faults) for kind in faults.KINDS}
        return {
            "minutes": self.options.minutes,
            "clients": self.options.clients,
            "seed": self.options.seed,
            "faults": kinds,
            "counts": dict(tally.counts),
            "job_seconds": {
                "median": statistics.median(seconds) if seconds else None,
                "p99": seconds[int(len(seconds) * 0.99)] if seconds else None,
                "most": seconds[-1] if seconds else None,
            },
            "causes": dict(tally.causes.most_common()),
            "refusals": dict(tally.refusals.most_common()),
            "processes": processes,
            "findings": tally.findings,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=20, help="seconds from one fault to the next")
    parser.add_argument("--report", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for keys, data and logs, which then stay")
    options = parser.parse_args()
    binary = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud")).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        cluster = make_cluster(binary, folder)
        try:
            soak = Soak(cluster, options)
            soak.run()
        finally:
            cluster.end()
        report = soak.report()
    if options.report:
        options.report.write_text(json.dumps(report, indent=2) + "\n")
    say(f"{soak.progress()}")
    print(json.dumps({name: report[name] for name in ("faults", "counts", "job_seconds", "findings")}, indent=2))
    if report["counts"].get("right", 0) == 0:
        say("no job was right")
        return 1
    return 1 if report["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
