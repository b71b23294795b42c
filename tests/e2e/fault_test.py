# SPDX-License-Identifier: Apache-2.0
"""A process that dies or freezes in mid-job ends the attempt everywhere, named; then the job runs again."""

import time

import numpy as np
import pytest

from cluster import SILENCE_LIMIT_SECONDS
from corpus_case import load_case
from waiting import wait_until

LOOP = load_case("ctl_while_public")
# A round a trip: some seconds of work, far more than it takes to kill a process once it has begun.
TRIPS = 20_000
# Of the 600 KB of its tape: enough for the handshakes of all nodes.
TAPE_PART_BYTES = 64 << 10
# What a busy machine may add to the configured limit.
MARGIN_SECONDS = 10
DEADLINE_SECONDS = SILENCE_LIMIT_SECONDS + MARGIN_SECONDS


class LongJob:
    """A job of three nodes that takes a while, stopped in the middle of it."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.owner = cluster.client("hospital-a")
        once = cluster.policy("once", recipients=["hospital-a"], uses=1)
        self.owner.push("start", LOOP.inputs[1], policy=once)
        self.trips = self.owner.save("trips", np.array(TRIPS, dtype=np.int32))

    def submit(self):
        """One attempt a submission: that the scheduler tries again by itself is job_life_test's."""
        inputs = [f"@{self.trips}", "start"]
        self.owner.submit(LOOP.program, inputs, ["hospital-a"] * 2, "long", more=("--retries", "0"))

    def begin(self, attempt):
        """Submits it and waits until its nodes compute."""
        self.submit()
        wait_until(lambda: len(self.cluster.tapes_of("long")) == attempt, f"tape {attempt} is dealt")
        for node in self.cluster.nodes:
            assert self.cluster[node].metric("spud_attempts_running") == 1
        assert self.owner.show("long")["state"] == "running"

    def wait_failed(self, since, survivors, blamed):
        """The attempt fails in time, here and on every survivor, and the party at fault is named."""
        left = since + DEADLINE_SECONDS - time.monotonic()
        job = wait_until(
            lambda: (job := self.owner.show("long"))["state"] == "failed" and job, "the job fails", left
        )
        error = job["attempts"][-1]["error"]
        assert error["party"] == blamed, error
        for node in survivors:
            left = since + DEADLINE_SECONDS - time.monotonic()
            failures = wait_until(lambda node=node: self.failures_at(node), f"{node} notices", left)
            assert failures[-1]["party"] == blamed, failures
            assert self.cluster[node].metric("spud_attempts_running") == 0

    def wait_done(self):
        """The job that runs ends well, however busy the machine is."""
        ended = wait_until(
            lambda: (job := self.owner.show("long"))["state"] not in ("queued", "running") and job, "it ends", 300
        )
        assert ended["state"] == "done", ended
        assert len(ended["attempts"]) == 1

    def others_run(self):
        """A small job of the same device."""
        case = load_case("dot_matmul")
        names = self.cluster.push_case(case, "small", ["hospital-a"])
        self.owner.run(case.program, names, ["hospital-a"], "small")
        case.check(self.owner.fetch("small"))

    def failures_at(self, node):
        return [
            line
            for line in self.cluster[node].log_lines()
            if line["message"] == "attempt failed" and line["job"] == "long"
        ]

    def runs_again(self, attempt):
        """The same id and request: a fresh tape, and the result. It is still the one use that is allowed."""
        for node in self.cluster.nodes:
            wait_until(
                lambda node=node: self.cluster[node].metric("spud_attempts_running") == 0, f"{node} is idle"
            )
        self.submit()
        self.owner.spud("job", "watch", "long")
        job = self.owner.show("long")
        assert [one["number"] for one in job["attempts"]] == list(range(1, attempt + 1))
        assert job["attempts"][-1]["error"] is None
        tapes = self.cluster.tapes_of("long")
        assert len(tapes) == attempt and len(set(tapes)) == attempt
        assert self.owner.uses("start") == 1
        assert self.owner.fetch("long")["out0"] == TRIPS


@pytest.fixture
def long_job(make_cluster):
    cluster = make_cluster(nodes=("alice", "bob", "dave")).start()
    cluster.make_device()
    return LongJob(cluster)


@pytest.mark.parametrize("victim", ["alice", "bob", "dave"])
def test_a_killed_node_is_named_and_the_job_runs_again(long_job, victim):
    cluster = long_job.cluster
    long_job.begin(1)
    since = time.monotonic()
    cluster[victim].kill()
    long_job.wait_failed(since, [node for node in cluster.nodes if node != victim], victim)
    cluster[victim].start()
    long_job.runs_again(2)


def test_a_frozen_node_is_named_within_the_silence_limit(long_job):
    cluster = long_job.cluster
    long_job.begin(1)
    since = time.monotonic()
    cluster["bob"].freeze()
    long_job.wait_failed(since, ["alice", "dave"], "bob")
    cluster["bob"].thaw()
    long_job.runs_again(2)


@pytest.fixture
def held_tape(make_cluster):
    """The same, with a wire before the dealer that lets a part of the tape through, and then nothing."""
    cluster = make_cluster(nodes=("alice", "bob", "dave"), wires=("carol",)).start()
    cluster.make_device()
    cluster.wires["carol"].hold_after(TAPE_PART_BYTES, towards="client")
    job = LongJob(cluster)
    job.begin(1)
    wait_until(cluster.wires["carol"].holds, "the tape is cut short")
    return job


def test_a_dealer_killed_in_mid_job_is_named_and_the_job_runs_again(held_tape):
    cluster = held_tape.cluster
    since = time.monotonic()
    cluster["carol"].kill()
    cluster.wires["carol"].cut()
    held_tape.wait_failed(since, cluster.nodes, "carol")
    cluster["carol"].start()
    held_tape.runs_again(2)


def test_a_silent_dealer_is_named_within_the_silence_limit(held_tape):
    cluster = held_tape.cluster
    held_tape.wait_failed(time.monotonic(), cluster.nodes, "carol")
    cluster.wires["carol"].cut()
    held_tape.runs_again(2)


def test_a_dealer_that_is_not_there_is_named(long_job):
    cluster = long_job.cluster
    since = time.monotonic()
    cluster["carol"].kill()
    long_job.submit()
    long_job.wait_failed(since, cluster.nodes, "carol")
    cluster["carol"].start()
    long_job.submit()
    long_job.owner.spud("job", "watch", "long")
    assert long_job.owner.fetch("long")["out0"] == TRIPS


def test_a_dealer_that_has_dealt_everything_is_not_missed(long_job):
    cluster = long_job.cluster
    long_job.begin(1)
    wait_until(lambda: cluster["carol"].metric("spud_dealt_tape_bytes_total") > 0, "the tape is complete")
    cluster["carol"].kill()
    long_job.owner.spud("job", "watch", "long")
    assert long_job.owner.fetch("long")["out0"] == TRIPS


def test_a_scheduler_killed_in_mid_job_asks_after_it_when_it_is_back(long_job):
    long_job.begin(1)
    long_job.cluster["scheduler"].kill()
    long_job.cluster["scheduler"].start()
    long_job.owner.spud("job", "watch", "long")
    assert len(long_job.owner.show("long")["attempts"]) == 1
    assert long_job.owner.fetch("long")["out0"] == TRIPS


def test_a_cancelled_job_ends_on_every_node(long_job):
    long_job.begin(1)
    long_job.owner.spud("job", "cancel", "long")
    assert long_job.owner.show("long")["state"] == "cancelled"
    for node in long_job.cluster.nodes:
        wait_until(
            lambda node=node: long_job.cluster[node].metric("spud_attempts_running") == 0, f"{node} stops"
        )
    refused = long_job.owner.spud("fetch", "long", "--out", long_job.owner.folder / "none", expect=1)
    assert "cancelled" in refused.problem
