# SPDX-License-Identifier: Apache-2.0
"""Tapes made ahead: runs that take them, runs that wait, and processes killed wherever a promise is written."""

import json
import shutil

import pytest

from corpus_case import load_case
from waiting import wait_until

CASE = load_case("dot_matmul")
NODES = ("alice", "bob")


class Stocked:
    """A cluster whose nodes keep tapes, a program, and its inputs at the device."""

    def __init__(self, cluster, *device):
        self.cluster = cluster
        for node in NODES:
            key = cluster.folder / f"{node}.stock-key"
            cluster.pki.spud("stock", "--out", key)
            cluster.reconfigure(node, stock={"keys": [str(key)]})
        cluster.start()
        cluster.make_device(*device)
        self.owner = cluster.client("hospital-a")
        self.names = cluster.push_case(CASE, "x", ["hospital-a"])

    def make(self, runs, *more, expect=0):
        inputs = [f"in{i}={name}" for i, name in enumerate(self.names)]
        return self.owner.spud(
            "stock", "make", CASE.program, "--device", "demo", "--in", *inputs, "--runs", runs, *more, expect=expect
        )

    def submit(self, job, supply):
        self.owner.spud(*self.owner.job(CASE.program, self.names, ["hospital-a"], job), "--supply", supply)

    def finish(self, job, seconds=60):
        """The job's end, whatever it is."""
        return wait_until(
            lambda: (shown := self.owner.show(job))["state"] in ("done", "failed") and shown,
            lambda: f"{job} ends: {self.owner.show(job)}",
            seconds,
        )

    def run(self, job, supply):
        self.submit(job, supply)
        shown = self.finish(job)
        assert shown["state"] == "done", shown
        CASE.check(self.owner.fetch(job))
        return shown["attempts"][-1]["tape"]

    def kind(self):
        """What the scheduler and the nodes say of the one plan."""
        kinds = self.owner.spud("stock", "list", "--device", "demo", "--json").json
        return kinds[0] if kinds else None

    def ready(self):
        kind = self.kind()
        return kind["ready"] if kind else 0

    def lines(self, node, message):
        return [line for line in self.cluster[node].log_lines() if line["message"] == message]

    def check_each_tape_served_once(self):
        """The nodes' own words: one attempt a tape, one tape an attempt, the same at all nodes."""
        used = {}
        for node in NODES:
            for line in self.lines(node, "burnt"):
                attempt = (line["job"], str(line["attempt"]))
                used.setdefault(line["tape"], []).append((node, attempt))
        for tape, uses in used.items():
            assert len({attempt for _, attempt in uses}) == 1, (tape, uses)
            assert len({node for node, _ in uses}) == len(uses), (tape, uses)
        attempts = {}
        for tape, uses in used.items():
            for _, attempt in uses:
                attempts.setdefault(attempt, set()).add(tape)
        assert all(len(tapes) == 1 for tapes in attempts.values()), attempts
        return used


@pytest.fixture
def stocked(make_cluster):
    made = Stocked(make_cluster())
    yield made
    made.check_each_tape_served_once()


def test_three_tapes_serve_three_runs_without_the_dealer_and_the_fourth_waits(stocked):
    said = stocked.make(3)
    assert "3 of 3" in said.err or "3 of 3" in said.out, (said.out, said.err)
    assert stocked.ready() == 3
    stocked.cluster["carol"].stop()
    tapes = {str(stocked.run(f"run-{i}", "stock")) for i in range(3)}
    assert len(tapes) == 3
    assert len(stocked.check_each_tape_served_once()) == 3

    # The ledger is empty, and nothing of the tapes is left.
    wait_until(lambda: stocked.ready() == 0, "the scheduler knows that nothing is ready")
    for node in NODES:
        wait_until(
            lambda node=node: stocked.cluster[node].metric("spud_tapes", state="ready") == 0
            and stocked.cluster[node].metric("spud_tapes", state="burnt") == 0,
            f"{node} has erased its tapes",
        )
        assert stocked.cluster[node].metric("spud_stock_bytes") == 0

    stocked.submit("fourth", "stock")
    wait_until(lambda: stocked.owner.show("fourth")["waiting"], "it says what it waits for")
    assert "0 ready" in stocked.owner.show("fourth")["waiting"]
    assert stocked.owner.show("fourth")["state"] == "queued"

    stocked.cluster["carol"].start()
    stocked.owner.spud("stock", "target", stocked.kind()["plan"][:12], "--device", "demo", "--runs", "1")
    assert stocked.finish("fourth")["state"] == "done"
    # Used, and made again.
    wait_until(lambda: stocked.ready() == 1, lambda: stocked.kind(), 60)
    stocked.owner.spud("stock", "target", stocked.kind()["plan"][:12], "--device", "demo", "--runs", "0")


def test_any_takes_a_tape_if_there_is_one_and_else_deals_live(stocked):
    stocked.make(1)
    assert stocked.run("first", "any") is not None
    assert stocked.run("second", "any") is None
    stocked.make(1)
    assert stocked.run("third", "live") is None
    assert stocked.ready() == 1


def test_tapes_outlive_a_restart_of_everything_and_drop_burns_them(stocked):
    stocked.make(2)
    stocked.cluster.stop()
    stocked.cluster.start()
    wait_until(lambda: stocked.ready() == 2, lambda: stocked.kind())
    assert stocked.run("after", "stock") is not None
    stocked.owner.spud("stock", "drop", stocked.kind()["plan"][:12], "--device", "demo")
    for node in NODES:
        wait_until(
            lambda node=node: stocked.cluster[node].metric("spud_tapes", state="ready") == 0, f"{node} burns it"
        )


def test_a_copied_data_folder_uses_none_of_its_tapes(stocked):
    stocked.make(2)
    data = stocked.cluster.folder / "data" / "bob"
    stocked.cluster["bob"].stop()
    shutil.copytree(data, data.with_name("bob-backup"))
    stocked.cluster["bob"].start()
    wait_until(lambda: stocked.ready() == 2, lambda: stocked.kind())
    assert stocked.run("before", "stock") is not None
    # The backup comes back: what it calls ready has been used meanwhile, or may have been.
    stocked.cluster["bob"].stop()
    shutil.rmtree(data)
    shutil.copytree(data.with_name("bob-backup"), data)
    stocked.cluster["bob"].start()
    assert any("copy" in line["message"] for line in stocked.cluster["bob"].log_lines())
    wait_until(lambda: stocked.ready() == 0, lambda: stocked.kind())
    assert stocked.run("after", "any") is None


def test_a_snapshot_that_was_rolled_back_is_disowned_by_hand(stocked):
    stocked.make(1)
    stocked.cluster["alice"].stop()
    done = stocked.owner.spud("stock", "restore", "--node", stocked.cluster.folder / "alice.yaml")
    assert "1 tapes will be burnt" in done.out
    stocked.owner.spud("stock", "clone", expect=2)
    # Another volume than the node's is no stock of which all is burnt.
    other = stocked.cluster.folder / "other.yaml"
    other.write_text(json.dumps({**stocked.cluster.configuration("alice"), "data": str(stocked.cluster.folder / "empty")}))
    assert "no stock of tapes" in stocked.owner.spud("stock", "restore", "--node", other, expect=2).problem
    stocked.cluster["alice"].start()
    wait_until(lambda: stocked.ready() == 0, lambda: stocked.kind())


def test_keys_are_rotated_by_a_restart(stocked):
    stocked.make(1)
    fresh = stocked.cluster.folder / "fresh.stock-key"
    stocked.cluster.pki.spud("stock", "--out", fresh)
    old = stocked.cluster.configuration("bob")["stock"]["keys"]
    for keys in ([str(fresh), *old], [str(fresh)]):
        stocked.cluster["bob"].stop()
        stocked.cluster.reconfigure("bob", stock={"keys": keys})
        stocked.cluster["bob"].start()
    wait_until(lambda: stocked.ready() == 1, lambda: stocked.kind())
    assert stocked.run("rotated", "stock") is not None


def test_a_node_without_a_key_keeps_no_stock_and_says_so(cluster):
    names = cluster.push_case(CASE, "x", ["hospital-a"])
    owner = cluster.client("hospital-a")
    inputs = [f"in{i}={name}" for i, name in enumerate(names)]
    refused = owner.spud(
        "stock", "make", CASE.program, "--device", "demo", "--in", *inputs, "--runs", "1", expect=2
    )
    assert "stock.keys" in refused.problem, refused.problem


MAKING = [
    ("bob", "vault.begin.before"),
    ("bob", "vault.begin.after"),
    ("bob", "vault.pieces.before"),
    ("bob", "vault.pieces.after"),
    ("bob", "vault.made.before"),
    ("alice", "vault.made.after"),
    ("bob", "vault.ready.before"),
    ("alice", "vault.ready.after"),
    ("carol", "dealer.enter.before"),
    ("carol", "dealer.enter.after"),
]


@pytest.mark.parametrize("service, place", MAKING)
def test_a_kill_while_a_tape_is_made_leaves_no_half_tape(stocked, service, place):
    stocked.cluster[service].stop()
    stocked.cluster[service].start(crash_at=place)
    stocked.make(1, "--no-wait")
    stocked.cluster[service].wait_crashed()
    stocked.cluster[service].start()
    # The order stands: it is tried again until a tape is made.
    wait_until(lambda: stocked.ready() >= 1, lambda: stocked.kind(), 90)
    assert stocked.run("used", "stock") is not None


USING = [
    ("bob", "vault.reserve.before"),
    ("alice", "vault.reserve.after"),
    ("alice", "vault.burn.before"),
    ("bob", "vault.burn.after"),
    ("bob", "vault.erase.before"),
    ("bob", "vault.erase.after"),
    ("scheduler", "scheduler.take.before"),
    ("scheduler", "scheduler.take.after"),
]


@pytest.mark.parametrize("service, place", USING)
def test_a_kill_while_a_tape_is_used_costs_a_tape_at_most(stocked, service, place):
    stocked.make(2)
    stocked.cluster[service].stop()
    stocked.cluster[service].start(crash_at=place)
    wait_until(lambda: stocked.ready() == 2, lambda: stocked.kind())
    stocked.submit("hit", "stock")
    stocked.cluster[service].wait_crashed()
    stocked.cluster[service].start()
    if stocked.finish("hit")["state"] == "failed":
        # One tape is gone; the job runs with the other.
        stocked.submit("hit", "stock")
        assert stocked.finish("hit")["state"] == "done"
    CASE.check(stocked.owner.fetch("hit"))
