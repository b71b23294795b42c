# SPDX-License-Identifier: Apache-2.0
"""SIGTERM: no new work, what runs ends or is handed back, exit code 0; a second one: at once."""

import signal
import time

import pytest

from corpus_case import load_case
from fault_test import TAPE_PART_BYTES, LongJob
from service import STOP_SECONDS
from waiting import wait_until

CASE = load_case("dot_matmul")
SECOND_SIGTERM_CODE = 128 + signal.SIGTERM


def long_job(make_cluster, drain_timeout, **options):
    settings = {"drain_timeout": drain_timeout}
    cluster = make_cluster(nodes=("alice", "bob", "dave"), node_settings=settings, **options)
    for service in ("scheduler", "carol"):
        cluster.configure(service, **settings)
    cluster.start()
    cluster.make_device()
    return LongJob(cluster)


def test_a_node_finishes_what_runs(make_cluster):
    job = long_job(make_cluster, "10m")
    job.begin(1)
    job.cluster["alice"].terminate()
    job.wait_done()
    job.cluster["alice"].wait_stopped()


def test_a_node_hands_back_what_does_not_end_in_time(make_cluster):
    job = long_job(make_cluster, "200ms")
    job.begin(1)
    since = time.monotonic()
    job.cluster["alice"].terminate()
    job.cluster["alice"].wait_stopped()
    job.wait_failed(since, ["bob", "dave"], "alice")
    assert job.owner.show("long")["attempts"][-1]["error"]["code"] == "cancelled"
    for node in ("bob", "dave"):
        assert job.failures_at(node)[-1]["code"] == "cancelled"
    job.cluster["alice"].start()
    job.others_run()


def test_a_node_that_drains_takes_no_new_upload(make_cluster):
    job = long_job(make_cluster, "2m")
    job.begin(1)
    job.cluster["alice"].terminate()
    wait_until(lambda: job.cluster["alice"].readiness(), "alice drains")
    file = job.owner.save("late", CASE.inputs[0])
    refused = job.owner.spud("push", "late", file, "--device", "demo", expect=None)
    assert refused.code != 0
    assert "is shutting down" in refused.problem and "alice" in refused.problem
    job.owner.spud("job", "cancel", "long")
    job.cluster["alice"].wait_stopped()


@pytest.mark.parametrize("role", ["node", "dealer"])
def test_a_second_signal_ends_it_at_once(make_cluster, role):
    job = long_job(make_cluster, "2m", wires=("carol",))
    if role == "dealer":
        job.cluster.wires["carol"].hold_after(TAPE_PART_BYTES, towards="client")
    job.begin(1)
    service = job.cluster["alice" if role == "node" else "carol"]
    service.terminate()
    reasons = wait_until(service.readiness, "it drains")
    assert "draining" in reasons
    service.terminate()
    code = service.process.wait(STOP_SECONDS)
    service.process = None
    assert code == SECOND_SIGTERM_CODE
    job.owner.spud("job", "cancel", "long", expect=None)


def test_a_dealer_ends_tapes_that_nobody_takes(make_cluster):
    job = long_job(make_cluster, "200ms", wires=("carol",))
    job.cluster.wires["carol"].hold_after(TAPE_PART_BYTES, towards="client")
    job.begin(1)
    since = time.monotonic()
    job.cluster["carol"].stop()
    job.cluster.wires["carol"].cut()
    job.wait_failed(since, job.cluster.nodes, "carol")
    job.cluster["carol"].start()
    job.others_run()


def test_a_scheduler_ends_while_jobs_run_and_finds_them_again(make_cluster):
    job = long_job(make_cluster, "200ms")
    job.begin(1)
    job.cluster["scheduler"].stop()
    for node in job.cluster.nodes:
        assert job.failures_at(node) == []
    job.cluster["scheduler"].start()
    job.wait_done()


def test_a_scheduler_that_waits_for_a_frozen_node_ends(make_cluster):
    cluster = make_cluster().start()
    cluster.make_device()
    owner = cluster.client("hospital-a")
    names = cluster.push_case(CASE, "small", ["hospital-a"])
    owner.spud("program", "push", CASE.program, "--device", "demo")
    cluster["bob"].freeze()
    owner.submit(CASE.digest, names, ["hospital-a"], "small")
    wait_until(lambda: owner.show("small")["state"] != "queued", "it is sent to the nodes")
    cluster["scheduler"].stop()
    cluster["bob"].thaw()
