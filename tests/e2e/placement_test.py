# SPDX-License-Identifier: Apache-2.0
"""On which nodes devices and jobs are placed, who waits for whom, and what happens when a node does not come back."""

import numpy as np
import pytest

from corpus_case import load_case
from waiting import wait_until

LOOP = load_case("ctl_while_public")
CASE = load_case("dot_matmul")
# A round a trip: some seconds of work.
TRIPS = 20_000


def add_node(cluster, name, party, **settings):
    """Another node of a party."""
    cluster.pki.issue(party, "compute", name)
    return cluster.add("node", name, party, settings)


def nodes_of(device):
    return [member["node"] for member in device["compute"]]


@pytest.fixture
def zones(make_cluster):
    """alice has a node in eu and one in us, bob one in eu, dave one in asia; none of dave's says that it is quick."""
    cluster = make_cluster(nodes=())
    add_node(cluster, "alice-eu", "alice", labels=["zone=eu", "quick=yes"], slots=2)
    add_node(cluster, "alice-us", "alice", labels=["zone=us", "quick=yes"])
    add_node(cluster, "bob-eu", "bob", labels=["zone=eu", "quick=yes"])
    add_node(cluster, "dave-asia", "dave", labels=["zone=asia"])
    return cluster.start()


def test_nodes_say_what_they_are_and_devices_ask_for_it(zones):
    owner = zones.client("hospital-a")

    def create(name, *more, expect=0):
        return owner.spud("device", "create", name, *more, "--json", expect=expect)

    nodes = {node["identity"].split("/")[-1]: node for node in owner.spud("node", "list", "--json").json}
    assert nodes["alice-eu"]["labels"] == {"zone": "eu", "quick": "yes"}
    assert (nodes["alice-eu"]["slots"], nodes["alice-us"]["slots"]) == (2, 4)
    assert nodes["bob-eu"]["cores"] > 0 and nodes["bob-eu"]["memory_bytes"] > 1 << 20
    assert nodes["bob-eu"]["protocols"] == ["semi2k"] and nodes["bob-eu"]["wire_version"] == 1
    assert nodes["bob-eu"]["running"] == 0
    # One machine, one clock: what remains is the way of an announcement.
    assert -5000 < nodes["bob-eu"]["clock_offset_millis"] <= 0
    listed = owner.spud("node", "list").out
    assert "0 of 2 slots in use" in listed and "labels quick=yes,zone=eu" in listed

    assert nodes_of(create("same", "--parties", "alice,bob", "--label", "zone=eu").json) == ["alice-eu", "bob-eu"]
    assert nodes_of(create("apart", "--parties", "alice,bob", "--spread", "zone").json) == ["alice-us", "bob-eu"]
    chosen = create("any", "--auto", "--parties", "3").json
    assert sorted(member["party"] for member in chosen["compute"]) == ["alice", "bob", "dave"]
    quick = create("quick", "--auto", "--parties", "3", "--label", "quick=yes", expect=1)
    assert "2 parties" in quick.problem and "quick=yes" in quick.problem
    one = create("none", "--parties", "alice,dave", "--label", "quick=yes", expect=1)
    assert "party dave" in one.problem


def test_jobs_wait_for_a_slot(make_cluster):
    cluster = make_cluster()
    cluster.reconfigure("alice", slots=1)
    cluster.start()
    cluster.make_device()
    owner = cluster.client("hospital-a")
    owner.push("start", LOOP.inputs[1])
    trips = owner.save("trips", np.array(TRIPS, dtype=np.int32))
    for job in ("first", "second"):
        owner.submit(LOOP.program, [f"@{trips}", "start"], ["hospital-a"] * 2, job)
    waiting = owner.show("second")
    assert waiting["state"] == "queued"
    assert "node alice of party alice has 1 of 1 slots in use" in waiting["waiting"]
    # Longer than a client is waited for: the machine may have other things to do.
    wait_until(lambda: owner.show("second")["state"] == "done", lambda: owner.show("second"), 240)
    first, second = (owner.show(job)["attempts"] for job in ("first", "second"))
    assert len(first) == len(second) == 1
    assert second[0]["started_unix_millis"] >= first[0]["ended_unix_millis"]


def test_a_node_that_does_not_prepare_an_attempt_frees_the_others(make_cluster):
    cluster = make_cluster()
    cluster.reconfigure("scheduler", attempt={"reserve_timeout": "1s"})
    cluster.start()
    cluster.make_device()
    owner = cluster.client("hospital-a")
    names = cluster.push_case(CASE, "data", ["hospital-a"])
    owner.spud("program", "push", CASE.program, "--device", "demo")
    cluster["bob"].freeze()
    owner.submit(CASE.digest, names, ["hospital-a"], "gang", more=("--retries", "9"))

    def back():
        return (job := owner.show("gang"))["state"] == "queued" and job["failures"] == 1 and job

    job = wait_until(back, lambda: owner.show("gang"))
    assert "attempt 2 of 10" in job["waiting"] and "bob" in job["waiting"]
    error = job["attempts"][0]["error"]
    assert error["what"] == "bob did not prepare it within 1 s" and error["party"] == "bob"
    idle = lambda: cluster["alice"].metric("spud_attempts_running") == 0
    wait_until(idle, "alice is free again")
    cluster["bob"].thaw()
    owner.spud("job", "watch", "gang")
    CASE.check(owner.fetch("gang"))


def test_a_node_that_is_gone_is_replaced_by_another_of_its_party(make_cluster):
    cluster = make_cluster()
    cluster.reconfigure("scheduler", registration_timeout="2s", node={"gone_after": "3s"})
    add_node(cluster, "bob-1", "bob")
    cluster.start()
    before = cluster.make_device()
    assert nodes_of(before) == ["alice", "bob"]
    owner = cluster.client("hospital-a")
    names = cluster.push_case(CASE, "data", ["hospital-a"])
    owner.spud("program", "push", CASE.program, "--device", "demo")
    cluster["bob"].kill()
    wait_until(lambda: "gone" in owner.spud("device", "show", "demo").out, "bob counts as gone")
    assert "spud device replace demo" in owner.spud("device", "show", "demo").out
    owner.submit(CASE.digest, names, ["hospital-a"], "stuck", expect=None)
    stuck = owner.show("stuck")
    assert stuck["state"] == "failed" and "spud device replace" in stuck["error"]["hint"]

    stranger = cluster.client("hospital-b").spud("device", "replace", "demo", expect=1)
    assert "hospital-a" in stranger.problem
    said = owner.spud("device", "replace", "demo").out
    assert before["digest"] in said and "pushed again" in said
    device = owner.spud("device", "show", "demo", "--json").json
    assert nodes_of(device) == ["alice", "bob-1"]
    assert device["previous"] == before["digest"] != device["digest"]
    unpinned = owner.submit(CASE.digest, names, ["hospital-a"], "again", expect=1)
    assert "pin" in unpinned.problem
    owner.spud("device", "pin", "demo", "--digest", device["digest"], expect=1)
    owner.spud("device", "pin", "demo", "--anew", "--digest", device["digest"])
    assert owner.datasets() == [], "what was pushed to the device as it was is not at this one"
    names = cluster.push_case(CASE, "data", ["hospital-a"])
    owner.run(CASE.program, names, ["hospital-a"], "again")
    CASE.check(owner.fetch("again"))

