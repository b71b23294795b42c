# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to one of three nodes in mid-job, the others and the scheduler name it, with one cause, in time."""

import time

import pytest

from cluster import SILENCE_LIMIT_SECONDS
from corpus_case import load_case
from fault_test import MARGIN_SECONDS, LongJob
from waiting import wait_until


@pytest.fixture
def wired_job(make_cluster):
    """A long job whose alice, to whom all others connect, is reached through a wire."""
    cluster = make_cluster(nodes=("alice", "bob", "dave"), wires=("alice",)).start()
    cluster.make_device()
    return LongJob(cluster)


FAULTS = {
    "killed": (lambda cluster: cluster["alice"].kill(), "unavailable"),
    "frozen": (lambda cluster: cluster["alice"].freeze(), "timeout"),
    "partitioned": (lambda cluster: cluster.wires["alice"].vanish(), "timeout"),
    "slow": (lambda cluster: cluster.wires["alice"].trickle(1), "timeout"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_all_name_the_same_node_and_cause(wired_job, fault):
    cluster = wired_job.cluster
    strike, code = FAULTS[fault]
    wired_job.begin(1)
    since = time.monotonic()
    strike(cluster)
    wired_job.wait_failed(since, ["bob", "dave"], "alice")
    error = wired_job.owner.show("long")["attempts"][-1]["error"]
    assert error["code"] == code, error
    for node in ("bob", "dave"):
        assert wired_job.failures_at(node)[-1]["code"] == code
    # And the way back.
    cluster.wires["alice"].cut()
    if fault == "killed":
        cluster["alice"].start()
    cluster["alice"].thaw()
    wired_job.others_run()


def test_a_frozen_scheduler_does_not_disturb_what_runs(wired_job):
    cluster = wired_job.cluster
    wired_job.begin(1)
    cluster["scheduler"].freeze()
    # Its couriers' connections and the announcements to it are silent for longer than any limit.
    end = time.monotonic() + 2 * SILENCE_LIMIT_SECONDS
    wait_until(lambda: time.monotonic() > end, "that time", 2 * SILENCE_LIMIT_SECONDS + 5)
    for node in cluster.nodes:
        assert wired_job.failures_at(node) == []
    cluster["scheduler"].thaw()
    wired_job.wait_done()


def test_a_frozen_node_is_noticed_by_a_client_that_waits_for_its_answer(cluster):
    pins = str(cluster.folder / "hospital-a.pins")
    owner = cluster.client("hospital-a", "impatient", peer_silence_limit="1500ms", pins=pins)
    (name,) = cluster.push_case(load_case("ew_is_finite"), "held", ["hospital-a"])[:1]
    cluster["bob"].freeze()
    since = time.monotonic()
    shown = owner.spud("data", "show", name, "--device", "demo", expect=None)
    took = time.monotonic() - since
    cluster["bob"].thaw()
    assert "bob" in shown.out + shown.err
    assert took < 1.5 + MARGIN_SECONDS
