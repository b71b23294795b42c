# SPDX-License-Identifier: Apache-2.0
"""Providers that compute: their own node has their data in plain, the others have nothing of it."""

import json

import numpy as np
import pytest

import layouts

PATTERN = np.array([1234.5678, -8765.4321, 2222.125, -3333.75, 4321.0625, 1111.5, 999.25, -7654.5], np.float32)


@pytest.fixture(scope="module")
def colocated(make_shared_cluster):
    made = make_shared_cluster().start()
    made.make_device("--layout", "colocated", owner="alice", others=("bob", "hospital-a"))
    made.make_device("--layout", "hybrid", name="mixed", owner="alice", others=("bob", "hospital-a"))
    made.make_device(name="shared", owner="alice", others=("bob", "hospital-a"))
    return made


@pytest.fixture(scope="module")
def inference():
    return layouts.inference()


def push_all(cluster, work, owners, device, prefix=""):
    names = []
    for owner, (name, array) in zip(owners, work.inputs.items()):
        allows = cluster.policy(f"{owner}-{device}", recipients=["alice"])
        cluster.client(owner).push(prefix + name, array, device, policy=allows)
        names.append(prefix + name)
    return names


def run(cluster, work, names, device, job, *more):
    program = cluster.folder / f"{job}.pb"
    program.write_bytes(work.program)
    alice = cluster.client("alice")
    alice.spud(*alice.job(program, names, ["alice"] * len(work.expected), job, device), *more, "--wait")
    work.check(alice.fetch(job))
    return alice.show(job)["attempts"][-1]


def sent(attempt):
    """Bytes by node."""
    return {report["node"]: report["measures"]["sent_bytes"] for report in attempt["reports"]}


def test_the_same_program_and_result_with_less_on_the_wire(colocated, inference):
    owners = ("alice", "bob", "bob")
    kept = sent(run(colocated, inference, push_all(colocated, inference, owners, "demo"), "demo", "kept"))
    shared = sent(run(colocated, inference, push_all(colocated, inference, owners, "shared"), "shared", "shared"))
    mixed_owners = ("alice", "bob", "hospital-a")
    names = push_all(colocated, inference, mixed_owners, "mixed")
    mixed = sent(run(colocated, inference, names, "mixed", "mixed"))
    assert sum(kept.values()) < 0.75 * sum(shared.values()), (kept, shared)
    assert sum(kept.values()) <= sum(mixed.values()) < sum(shared.values()), (kept, mixed, shared)


def test_regression_over_kept_columns_sends_half_of_what_it_sends_over_shared_ones(colocated):
    work, owners = layouts.one_pass(), ("alice", "bob", "bob")
    kept = run(colocated, work, push_all(colocated, work, owners, "demo"), "demo", "kept-columns")
    shared = run(colocated, work, push_all(colocated, work, owners, "shared"), "shared", "shared-columns")
    # Shared columns are sent to the last node when they are pushed, as well.
    pushed = sum(8 * array.size for array in work.inputs.values())
    of_kept, of_shared = sum(sent(kept).values()), sum(sent(shared).values())
    assert of_kept <= (of_shared + pushed) / 2, (of_kept, of_shared, pushed)
    assert of_kept <= 0.56 * of_shared, (of_kept, of_shared)


def test_private_data_lies_at_its_owners_node_alone(colocated, tmp_path):
    colocated.client("alice").push("only-here", np.tile(PATTERN, 64))
    # Stores write what they hold to files when they end.
    plain = PATTERN.tobytes()
    found = {}
    for node in ("alice", "bob"):
        colocated[node].stop()
        files = [file for file in (colocated.folder / "data" / node).rglob("*") if file.is_file()]
        found[node] = any(plain in file.read_bytes() for file in files)
        colocated[node].start()
    assert found == {"alice": True, "bob": False}
    colocated.wait_ready()
    statement = colocated.client("alice").spud("data", "show", "only-here", "--device", "demo").out
    assert "kept by rank         0" in statement, statement


def test_other_clients_learn_nothing_of_it_and_a_policy_holds(colocated, inference):
    alice, bob = colocated.client("alice"), colocated.client("bob")
    forbids = colocated.policy("forbids", recipients=["alice"], programs=["00" * 32])
    name = "for-no-program"
    alice.push(name, inference.inputs["patients-of-one"], policy=forbids)
    others = push_all(colocated, inference, ("alice", "bob", "bob"), "demo", "p-")[1:]
    assert name not in bob.datasets()
    program = colocated.folder / "forbidden.pb"
    program.write_bytes(inference.program)
    for client, job in ((alice, "by-owner"), (bob, "by-other")):
        done = client.run(program, [name, *others], ["alice"] * 2, job, expect=1)
        assert name in done.problem and "program" in done.problem, done.problem


def test_who_does_not_compute_cannot_push_to_a_colocated_device(colocated):
    refused = colocated.client("hospital-a").push("x", PATTERN, expect=1)
    assert "runs no node" in refused.problem and "hybrid" in refused.problem, refused.problem
    colocated.client("hospital-a").push("x-shared", PATTERN, "mixed")


def test_what_does_not_fit_the_numbers_is_refused_before_it_is_kept(colocated):
    for value in (np.inf, 1e30, np.nan):
        refused = colocated.client("alice").push("odd", np.array([1, value], np.float32), expect=2)
        assert "odd" in refused.problem or "column" in refused.problem or "row" in refused.problem, refused.problem
    assert "odd" not in colocated.client("alice").datasets()


def test_an_empty_and_a_scalar_private_dataset_can_be_kept_and_dropped(colocated):
    alice = colocated.client("alice")
    for name, array in (("empty", np.zeros((0, 3), np.float32)), ("scalar", np.float32(3.5))):
        alice.push(name, array)
        assert name in alice.datasets()
        alice.spud("data", "drop", name, "--device", "demo")
        assert name not in alice.datasets()


def test_tapes_of_stock_serve_programs_on_private_data(make_cluster, inference):
    made = make_cluster()
    for node in made.nodes:
        keys = made.folder / f"{node}.stock-key"
        made.pki.spud("stock", "--out", keys)
        made.reconfigure(node, stock={"keys": [str(keys)]})
    made.start()
    made.make_device("--layout", "colocated", owner="alice", others=("bob",))
    names = push_all(made, inference, ("alice", "bob", "bob"), "demo")
    program, meta = made.folder / "program.pb", made.folder / "meta.json"
    program.write_bytes(inference.program)
    keepers = (0, 1, 1)
    inputs = [
        {"name": f"in{i}", "visibility": f"private:{keepers[i]}", "dtype": str(array.dtype), "shape": array.shape}
        for i, array in enumerate(inference.inputs.values())
    ]
    meta.write_text(json.dumps({"inputs": inputs}))
    made.client("alice").spud("stock", "make", program, "--device", "demo", "--meta", meta, "--runs", "1")
    attempt = run(made, inference, names, "demo", "stocked", "--supply", "stock")
    assert attempt["tape"], attempt
