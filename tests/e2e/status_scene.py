# SPDX-License-Identifier: Apache-2.0
"""A cluster in which there is something to see in every table of a status page."""

import numpy as np

from corpus_case import load_case
from waiting import wait_until

SMALL = load_case("dot_matmul")
LOOP = load_case("ctl_while_public")
# A round a trip, over a wire so long that the job outlasts whoever looks at it.
TRIPS = 60_000
WIRE_SECONDS = 0.002


class StatusScene:
    """Jobs that ended well and badly, one that runs and goes on running, one that waits for a node that is away,
    and stock that is whole and stock that is not."""

    def __init__(self, make_cluster):
        self.cluster = make_cluster(nodes=("alice", "bob", "dave"), dealers=("carol", "dora"), wires=("alice",))
        zones = {"alice": "eu-west", "bob": "eu-north", "dave": "us-east"}
        for node, zone in zones.items():
            key = self.cluster.folder / f"{node}.stock-key"
            self.cluster.pki.spud("stock", "--out", key)
            self.cluster.reconfigure(
                node, stock={"keys": [str(key)]}, labels=[f"zone={zone}", "tier=gold"], slots=4, memory="4GiB"
            )
        self.cluster.reconfigure("scheduler", registration_timeout="2s")
        self.cluster.start()
        self.cluster.make_device(name="clinics", parties=("alice", "bob"))
        self.cluster.make_device(name="registry", parties=("alice", "bob", "dave"))
        self.owner = self.cluster.client("hospital-a")
        self.names = self.push("clinics")
        self.names_of_registry = self.push("registry")
        self.fill_stock()
        self.run_small_jobs()
        self.lose_dave()
        self.begin_long_job()

    def push(self, device):
        """Datasets whose names no page may show."""
        return self.cluster.push_case(SMALL, f"patients-{device}", ["hospital-a"], device=device)

    def fill_stock(self):
        inputs = [f"in{i}={name}" for i, name in enumerate(self.names)]
        self.owner.spud("stock", "make", SMALL.program, "--device", "clinics", "--in", *inputs, "--runs", 6)

    def run_small_jobs(self):
        for job in ("risk-scores-1", "risk-scores-2"):
            self.owner.run(SMALL.program, self.names, ["hospital-a"], job, "clinics")
        # Nobody else may have results of it.
        private = self.cluster.policy("private", recipients=["hospital-a"])
        self.owner.push("patients-private-0", SMALL.inputs[0], "clinics", private)
        self.owner.push("patients-private-1", SMALL.inputs[1], "clinics", private)
        names = ["patients-private-0", "patients-private-1"]
        self.owner.run(SMALL.program, names, ["hospital-b"], "risk-scores-3", "clinics", expect=1)

    def lose_dave(self):
        """A job waits for a node that is away."""
        self.owner.spud("program", "push", SMALL.program, "--device", "registry")
        self.cluster["dave"].stop()
        self.owner.submit(SMALL.digest, self.names_of_registry, ["hospital-a"], "survival-curves", "registry")
        wait_until(lambda: self.owner.show("survival-curves")["waiting"], "it waits")

        def missed():
            nodes = self.owner.spud("node", "list", "--json").json
            return [node for node in nodes if node["party"] == "dave" and node["absent"]]

        wait_until(missed, "dave is missed")

    def begin_long_job(self):
        trips = self.owner.save("trips", np.array(TRIPS, dtype=np.int32))
        self.owner.push("patients-start", LOOP.inputs[1], "clinics")
        inputs = [f"@{trips}", "patients-start"]
        self.owner.submit(LOOP.program, inputs, ["hospital-a"] * 2, "train-model-7", "clinics")

        def runs():
            progress = self.owner.show("train-model-7")["progress"]
            return progress and progress["phase"] == "running" and progress["rounds"] > 0

        self.cluster.wires["alice"].lengthen(WIRE_SECONDS)
        wait_until(runs, lambda: f"it runs: {self.owner.show('train-model-7')}", 120)

    def want_more_stock(self, tapes):
        """More than there is, so that it is being made."""
        [kind] = self.owner.spud("stock", "list", "--device", "clinics", "--json").json
        self.owner.spud("stock", "target", kind["plan"][:12], "--device", "clinics", "--runs", tapes)

    def end_long_job(self):
        self.owner.spud("job", "cancel", "train-model-7")

    def url(self, service, path="/"):
        return f"http://127.0.0.1:{self.cluster[service].operations_port}{path}"
