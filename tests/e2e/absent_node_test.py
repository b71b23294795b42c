# SPDX-License-Identifier: Apache-2.0
"""What a client can do, and what it is told, while one node of its device is down."""

from corpus_case import load_case

CASE = load_case("dot_matmul")


def test_datasets_are_listed_by_the_nodes_that_answer(cluster):
    names = cluster.push_case(CASE, "held", ["hospital-a"])
    owner = cluster.client("hospital-a")
    assert all(row["not_known_at"] == [] for row in owner.spud("data", "list", "--json").json)

    cluster["bob"].stop()
    listed = owner.spud("data", "list", "--json")
    assert sorted(row["name"] for row in listed.json) == sorted(names)
    assert all(row["not_known_at"] == ["bob"] for row in listed.json)
    assert "node bob" in listed.problem and "[party at fault: bob]" in listed.problem
    assert "not known at bob" in owner.spud("data", "list").out


def test_a_program_that_cannot_be_sent_to_all_is_named_by_its_digest(cluster):
    names = cluster.push_case(CASE, "waits", ["hospital-a"])
    owner = cluster.client("hospital-a")
    owner.spud("program", "push", CASE.program, "--device", "demo")

    cluster["bob"].stop()
    refused = owner.submit(CASE.program, names, ["hospital-a"], "early", expect=1)
    assert "node bob" in refused.problem and f"run it by its digest, {CASE.digest}" in refused.problem
    owner.submit(CASE.digest, names, ["hospital-a"], "early")
