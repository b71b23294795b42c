# SPDX-License-Identifier: Apache-2.0
"""A running deployment is brought from the version before to this one, a service at a time, and back, and loses nothing.

Each service ends by SIGTERM with exit code 0 and starts as another binary on the same store, while clients of both versions submit jobs.
"""

import itertools
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from cluster import Cluster, Pki  # noqa: E402
from corpus_case import load_case  # noqa: E402
from waiting import wait_until  # noqa: E402

pytestmark = pytest.mark.long

CASE = load_case("dot_matmul")
NODES = ("alice", "bob")
SERVICES = ("carol", "alice", "bob", "scheduler")
STOCK = 3
# What a job may take on a busy machine, restarts of its nodes included.
END_SECONDS = 240


def says(binary):
    return json.loads(subprocess.run([binary, "version", "--json"], capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def new():
    file = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud")).resolve()
    assert file.exists(), f"{file} is missing: run scripts/build.sh, or set SPUD to a binary"
    return file


@pytest.fixture(scope="module")
def old():
    done = subprocess.run([ROOT / "scripts/previous.sh"], capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return ROOT / "build/previous/bin/spud"


@pytest.fixture(scope="module")
def other_compiler(old):
    return old.with_name("spud-other-compiler")


class Deployment:
    """A cluster of one binary, with stock, data of before, and clients of two."""

    def __init__(self, folder, binary, client_binaries):
        self.cluster = Cluster(binary, Pki(binary, folder / "keys"), folder / "cluster", nodes=NODES)
        for node in NODES:
            key = folder / f"{node}.stock-key"
            self.cluster.pki.spud("stock", "--out", key)
            self.cluster.reconfigure(node, stock={"keys": [str(key)]})
        self.cluster.start()
        self.cluster.make_device()
        self.names = self.cluster.push_case(CASE, "before", ["hospital-a"])
        self.fetches = itertools.count()
        self.clients = [self.client(binary, f"client-{i}") for i, binary in enumerate(client_binaries)]

    def client(self, binary, name):
        made = self.cluster.client("hospital-a", name=name)
        made.binary = binary
        made.spud("device", "pin", "demo", "--digest", self.digest())
        return made

    def digest(self):
        return self.cluster.client("hospital-a").spud("device", "show", "demo", "--json").json["digest"]

    def replace(self, name, binary):
        """As an operator does: told to end, waited for, started anew on what it kept."""
        service = self.cluster[name]
        service.stop()
        service.binary = binary
        service.start()

    def stock(self, runs):
        inputs = [f"in{i}={name}" for i, name in enumerate(self.names)]
        self.clients[0].spud("stock", "make", CASE.program, "--device", "demo", "--in", *inputs, "--runs", runs)

    def ready(self):
        kinds = self.clients[0].spud("stock", "list", "--device", "demo", "--json").json
        return sum(kind["ready"] for kind in kinds)

    def submit(self, client, job, program=CASE.program, *more):
        return client.spud(*client.job(program, self.names, ["hospital-a"], job), *more, expect=None)

    def wait_end(self, job, client=None):
        client = client or self.clients[0]

        def ended():
            shown = client.spud("job", "show", job, "--json", expect=None)
            return shown.code == 0 and shown.json["state"] in ("done", "failed") and shown.json

        return wait_until(ended, lambda: f"{job} ends: {client.spud('job', 'show', job, expect=None).out}", END_SECONDS)

    def check(self, job):
        shown = self.wait_end(job)
        assert shown["state"] == "done", shown
        for client in self.clients:
            CASE.check(self.fetch(client, job))
        return shown

    def fetch(self, client, job):
        folder = client.folder / f"results-{job}-{next(self.fetches)}"
        client.spud("fetch", job, "--out", folder)
        return {file.stem: np.load(file) for file in folder.iterdir()}

    def messages(self, name, message):
        return [line for line in self.cluster[name].log_lines() if line["message"] == message]

    def check_each_tape_served_once(self):
        used = {}
        for node in NODES:
            for line in self.messages(node, "burnt"):
                used.setdefault((node, line["tape"]), []).append((line["job"], line["attempt"]))
        assert all(len(uses) == 1 for uses in used.values()), used


class Traffic:
    """Clients that submit one job after the other until they are told to end. Who is refused asks again, with the same id."""

    def __init__(self, deployment):
        self.deployment = deployment
        self.submitted, self.trouble = [], []
        self.enough = threading.Event()
        self.threads = [
            threading.Thread(target=self.go_on, args=(client, f"traffic-{i}")) for i, client in enumerate(deployment.clients)
        ]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.wait_for_more()
        return self

    def __exit__(self, *_):
        self.enough.set()
        for thread in self.threads:
            thread.join()
        assert not self.trouble, self.trouble

    def go_on(self, client, prefix):
        try:
            for i in itertools.count():
                job = f"{prefix}-{i}"
                # By its digest: the program is at the nodes, and one of them may be away.
                wait_until(lambda job=job: self.deployment.submit(client, job, CASE.digest, "--supply", "live").code == 0, f"{job} is taken", END_SECONDS)
                self.submitted.append(job)
                self.deployment.wait_end(job, client)
                if self.enough.is_set():
                    return
        except Exception as error:  # noqa: BLE001: told to the test's thread
            self.trouble.append(repr(error))

    def wait_for_more(self, jobs=2):
        """Until so many more were submitted after now."""
        wanted = len(self.submitted) + jobs
        wait_until(lambda: len(self.submitted) >= wanted or self.trouble, f"{wanted} jobs are submitted", END_SECONDS)


@pytest.fixture
def deployments(tmp_path):
    made = []

    def make(*arguments):
        made.append(Deployment(tmp_path / f"deployment-{len(made)}", *arguments))
        return made[-1]

    yield make
    complaints = [complaint for one in made for complaint in one.cluster.end()]
    assert not complaints, complaints


def test_versions_are_the_ones_that_are_named(old, new, previous):
    assert says(old)["spud"] == previous["version"]
    assert says(new)["spud"] == subprocess.run([ROOT / "scripts/version.sh"], capture_output=True, text=True, check=True).stdout.strip()
    assert says(old)["spud"] != says(new)["spud"]


def test_one_service_at_a_time_during_jobs_and_back(deployments, old, new):
    run = deployments(old, (old, new))
    first, second = run.clients
    run.submit(first, "first")
    run.check("first")
    run.stock(STOCK)
    assert run.ready() == STOCK

    with Traffic(run) as traffic:
        for i, name in enumerate(SERVICES):
            run.replace(name, new)
            traffic.wait_for_more()
            # Half of the services are of the other version: data is pushed, and stock of before is used.
            client = run.clients[i % 2]
            client.push(f"during-{name}", CASE.inputs[0])
            if i < STOCK:
                wait_until(lambda i=i, client=client: run.submit(client, f"stock-{i}", CASE.digest, "--supply", "stock").code == 0, "it is taken")
                assert run.check(f"stock-{i}")["attempts"][-1]["tape"] is not None
        for name in SERVICES:
            assert run.cluster[name].get("/metrics")[1].count(f'version="{says(new)["spud"]}"') == 1
        # A service that turns out badly goes back, on the store that the newer one wrote.
        for name in ("alice", "scheduler", "carol"):
            run.replace(name, old)
            traffic.wait_for_more()
        for name in ("alice", "scheduler", "carol"):
            run.replace(name, new)
            traffic.wait_for_more()

    for job in traffic.submitted:
        shown = run.check(job)
        assert [one["error"] for one in shown["attempts"]][-1] is None
    assert len(traffic.submitted) >= 2 * (len(SERVICES) + 6)
    for client in run.clients:
        assert set(run.names) | {f"during-{name}" for name in SERVICES} <= set(client.datasets())
        # What was fetched before can be fetched again.
        CASE.check(run.fetch(client, "stock-0"))
    run.check_each_tape_served_once()


@pytest.mark.parametrize("stays", ["old", "new"])
def test_a_node_of_each_version_keeps_working(deployments, old, new, stays):
    """For as long as anybody likes: half a deployment that is upgraded is no outage."""
    run = deployments(old if stays == "old" else new, (old, new))
    run.replace("bob", new if stays == "old" else old)
    for i, client in enumerate(run.clients):
        client.push(f"mixed-{i}", CASE.inputs[0])
        assert run.submit(client, f"mixed-{i}").code == 0
        run.check(f"mixed-{i}")


def test_jobs_wait_and_say_so_while_compilers_differ(deployments, other_compiler, new):
    assert says(other_compiler)["compiler"] != says(new)["compiler"]
    run = deployments(other_compiler, (new,))
    (client,) = run.clients
    run.submit(client, "first")
    run.check("first")
    run.stock(1)
    run.replace("scheduler", new)
    run.replace("carol", new)
    run.replace("alice", new)
    assert run.submit(client, "waits", CASE.digest).code == 0

    def waiting():
        return client.show("waits")["waiting"]

    wait_until(lambda: "compilers differ" in waiting(), lambda: f"it says why it waits: {client.show('waits')}")
    said = waiting()
    assert says(other_compiler)["compiler"] in said and says(new)["compiler"] in said and "bob" in said, said
    assert "compilers differ" in client.spud("job", "show", "waits").out
    assert client.show("waits")["state"] == "queued" and client.show("waits")["attempts"] == []
    run.replace("bob", new)
    # A tape answers a demand, whichever compiler's plan asks: what was made before serves.
    assert run.check("waits")["attempts"][-1]["tape"] is not None
    assert run.ready() == 0
    run.check_each_tape_served_once()


def test_a_store_of_a_later_format_is_refused_in_words(deployments, old, new):
    """What a rollback over a change of format would meet: nothing is opened, nothing is lost."""
    run = deployments(new, (new,))
    run.cluster["alice"].stop()
    record = run.cluster.folder / "data/alice/FORMAT"
    good = record.read_text()
    record.write_text("spud store format 999\n")
    for binary in (old, new):
        command = [binary, "node", "--config", run.cluster.folder / "alice.yaml"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "the store has format 999" in done.stderr, done.stderr
    record.write_text(good)
    run.cluster["alice"].start()
    run.submit(run.clients[0], "after")
    run.check("after")
