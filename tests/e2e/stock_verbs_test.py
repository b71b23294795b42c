# SPDX-License-Identifier: Apache-2.0
"""What the verbs of stock say where there is none yet."""

from corpus_case import load_case
from waiting import wait_until

CASE = load_case("dot_matmul")


def test_no_stock_is_an_empty_list(shared_cluster):
    owner = shared_cluster.client("hospital-a")
    assert owner.spud("stock", "list", "--json").json == []
    assert owner.spud("stock", "list", "--device", "demo").out == ""


def test_a_plan_that_is_not_there_is_refused(shared_cluster):
    owner = shared_cluster.client("hospital-a")
    for verb in (["target", "abcdef", "--runs", "1"], ["drop", "abcdef"], ["make", "abcdef", "--runs", "1"]):
        refused = owner.spud("stock", *verb, "--device", "demo", expect=2)
        assert "there is no stock" in refused.problem and "spud stock make" in refused.problem
    short = owner.spud("stock", "drop", "abc", "--device", "demo", expect=2)
    assert "6 to 64 hex digits" in short.problem


def test_a_secret_input_of_stock_needs_a_shape(shared_cluster):
    owner = shared_cluster.client("hospital-a")
    refused = owner.spud(
        "stock", "make", CASE.program, "--device", "demo", "--in", "in0=nobodys", "--runs", "1", expect=2
    )
    assert "no dataset 'nobodys'" in refused.problem and "--meta" in refused.problem


def test_a_job_that_wants_stock_waits_and_says_for_what(shared_cluster):
    names = shared_cluster.push_case(CASE, "stocked", ["hospital-a"])
    owner = shared_cluster.client("hospital-a")
    arguments = owner.job(CASE.program, names, ["hospital-a"], "patient")
    assert "any, stock or live" in owner.spud(*arguments, "--supply", "old", expect=2).problem
    owner.spud(*arguments, "--supply", "stock")
    wait_until(lambda: "0 ready, none ordered" in owner.show("patient")["waiting"], lambda: owner.show("patient"))
    job = owner.show("patient")
    assert job["state"] == "queued" and job["supply"] == "stock" and job["attempts"][0]["tape"] is None
    assert "waits: " in owner.spud("job", "show", "patient").out
    owner.spud("job", "cancel", "patient")

    owner.run(CASE.program, names, ["hospital-a"], "hasty")
    CASE.check(owner.fetch("hasty"))
