# SPDX-License-Identifier: Apache-2.0
"""Push, run, fetch: the results are those of the same program in plain."""

import pytest

from corpus_case import load_case


@pytest.fixture(scope="module")
def three_nodes(make_shared_cluster):
    return make_shared_cluster(nodes=("alice", "bob", "dave")).start()


@pytest.fixture(scope="module")
def devices(three_nodes):
    """Devices by name, all on the same three nodes."""
    three_nodes.make_device(name="two", parties=("alice", "bob"))
    three_nodes.make_device("--dealer", "carol", name="three")
    three_nodes.make_device("--ring", "32", name="narrow", parties=("bob", "alice"))
    return three_nodes


@pytest.mark.parametrize("device", ["two", "three"])
def test_inference_on_shared_data_is_that_in_plain(devices, device):
    case = load_case("prog_logreg_infer_bc")
    owner = devices.client("hospital-a")
    names = devices.push_case(case, f"{device}-infer", ["hospital-a"], device=device)
    job = f"{device}-infer"
    owner.run(case.program, names, ["hospital-a", "hospital-a"], job, device)
    case.check(owner.fetch(job))


@pytest.mark.parametrize("device, atol", [("two", None), ("three", None), ("narrow", 0.2)])
def test_two_owners_join_their_data_and_share_the_result(devices, device, atol):
    """The narrow device has 8 fraction bits: its error is that of its numbers."""
    case = load_case("dot_matmul")
    allows_a = devices.policy("joint", recipients=["hospital-a"])
    names = devices.push_case(
        case,
        f"{device}-dot",
        ["hospital-a", "hospital-b"],
        policies={"hospital-a": allows_a, "hospital-b": allows_a},
        device=device,
    )
    job = f"{device}-dot"
    # Whoever may receive a result may also ask for it; here the owner of half the data does.
    devices.client("hospital-b").run(case.program, names, ["hospital-a"], job, device)
    case.check(devices.client("hospital-a").fetch(job), atol)


def test_public_inputs_need_no_push(devices):
    case = load_case("ctl_while_public")
    owner = devices.client("hospital-a")
    owner.push("public-in1", case.inputs[1], "two")
    trips = owner.save("trips", case.inputs[0])
    owner.run(case.program, [f"@{trips}", "public-in1"], ["hospital-a"] * 2, "public", "two")
    case.check(owner.fetch("public"))


def test_a_job_can_be_watched_from_another_process(devices):
    case = load_case("dot_matmul")
    owner = devices.client("hospital-a")
    names = devices.push_case(case, "watched", ["hospital-a"], device="two")
    owner.submit(case.program, names, ["hospital-a"], "watched", "two")
    owner.spud("job", "watch", "watched")
    job = owner.show("watched")
    assert job["state"] == "done" and job["party"] == "hospital-a"
    [attempt] = job["attempts"]
    assert attempt["error"] is None
    for report in attempt["reports"]:
        assert report["measures"]["rounds"] > 0 and report["measures"]["sent_bytes"] > 0
    assert "watched" in [row["id"] for row in owner.spud("job", "list", "--json").json]


def test_ref2k_is_refused_where_nodes_are_not_insecure(devices):
    owner = devices.client("hospital-a")
    create = ("device", "create", "plain", "--parties", "alice,bob", "--protocol", "ref2k")
    refused = owner.spud(*create, expect=1)
    assert "runs ref2k" in refused.problem and "alice" in refused.problem, refused.problem


def test_ref2k_runs_on_nodes_that_say_they_are_insecure(make_cluster):
    cluster = make_cluster(node_settings={"insecure": True}).start()
    cluster.make_device("--protocol", "ref2k")
    case = load_case("dot_matmul")
    owner = cluster.client("hospital-a")
    names = cluster.push_case(case, "plain", ["hospital-a"])
    owner.run(case.program, names, ["hospital-a"], "plain")
    case.check(owner.fetch("plain"))
