# SPDX-License-Identifier: Apache-2.0
"""Saying the same twice does it once."""

import pytest

from corpus_case import load_case

CASE = load_case("dot_matmul")


@pytest.fixture(scope="module")
def ran(shared_cluster):
    """A job that is done."""
    names = shared_cluster.push_case(CASE, "data", ["hospital-a"])
    owner = shared_cluster.client("hospital-a")
    owner.run(CASE.program, names, ["hospital-a"], "once")
    return owner, names


def test_a_job_that_is_done_is_replayed_not_run_again(ran, shared_cluster):
    owner, names = ran
    before = owner.show("once")
    uses = owner.uses(names[0])
    owner.run(CASE.program, names, ["hospital-a"], "once")
    assert owner.show("once") == before
    assert len(before["attempts"]) == 1
    assert owner.uses(names[0]) == uses
    assert len(shared_cluster.tapes_of("once")) == 1
    CASE.check(owner.fetch("once"))


def test_a_result_can_be_fetched_again(ran):
    owner, _ = ran
    first, second = owner.fetch("once"), owner.fetch("once")
    assert (first["out0"] == second["out0"]).all()


@pytest.mark.parametrize("change", ["inputs", "recipient", "program"])
def test_the_same_id_for_another_request_is_a_conflict(ran, change):
    owner, names = ran
    program, recipient = CASE.program, "hospital-a"
    if change == "inputs":
        names = names[::-1]
    if change == "recipient":
        recipient = "hospital-b"
    if change == "program":
        program = load_case("ew_select_clamp").program
    refused = owner.submit(program, names, [recipient], "once", expect=1)
    assert "another request" in refused.problem


def test_the_same_id_of_another_party_is_a_conflict(ran, shared_cluster):
    _, names = ran
    other = shared_cluster.client("hospital-b")
    refused = other.submit(CASE.program, names, ["hospital-a"], "once", expect=1)
    assert "another request" in refused.problem


def test_a_dataset_is_immutable(ran):
    owner, names = ran
    refused = owner.push(names[0], CASE.inputs[0], expect=1)
    assert "immutable" in refused.problem and names[0] in refused.problem
    owner.run(CASE.program, names, ["hospital-a"], "still-there")
    CASE.check(owner.fetch("still-there"))


def test_a_dropped_name_is_free_again(shared_cluster):
    owner = shared_cluster.client("hospital-a")
    owner.push("dropped", CASE.inputs[0])
    for _ in range(2):
        owner.spud("data", "drop", "dropped", "--device", "demo")
    assert "dropped" not in owner.datasets()
    owner.push("dropped", CASE.inputs[1])
    shown = owner.spud("data", "show", "dropped", "--device", "demo", "--json").json
    assert shown["shape"] == list(CASE.inputs[1].shape)


def test_a_program_is_pushed_once(shared_cluster):
    owner = shared_cluster.client("hospital-a")
    digests = {owner.spud("program", "push", CASE.program, "--device", "demo").out.strip() for _ in range(2)}
    assert digests == {CASE.digest}
    listed = owner.spud("program", "list", "--device", "demo", "--json").json
    assert [row["digest"] for row in listed].count(CASE.digest) == 1


def test_a_device_made_twice_is_one(shared_cluster):
    owner = shared_cluster.client("hospital-a")
    made = [owner.spud("device", "create", "demo", "--parties", "alice,bob", "--json").json for _ in range(2)]
    assert made[0]["digest"] == made[1]["digest"]
    refused = owner.spud("device", "create", "demo", "--parties", "bob,alice", expect=1)
    assert "another device" in refused.problem
