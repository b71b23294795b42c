# SPDX-License-Identifier: Apache-2.0
"""A push that breaks off leaves nothing behind: a dataset is visible on all nodes or on none."""

import numpy as np
import pytest

from corpus_case import load_case
from waiting import wait_until

# 48 MB of share, three chunks, of which the wire lets one and a half pass.
VALUES = np.arange(6_000_000, dtype=np.float32).reshape(-1, 3) % 1000
HALF = 24 << 20


@pytest.fixture
def held(make_cluster):
    """A push whose last node has received half its share, and no more comes."""
    cluster = make_cluster(wires=("bob",)).start()
    cluster.make_device()
    owner = cluster.client("hospital-a")
    file = owner.save("large", VALUES)
    cluster.wires["bob"].hold_after(HALF)
    push = owner.start("push", "large", file, "--device", "demo")
    wait_until(lambda: cluster["bob"].metric("spud_upload_bytes_total") > 0, "a chunk has arrived")
    wait_until(cluster.wires["bob"].holds, "half of it has passed")
    return cluster, owner, push


def assert_nothing_visible(cluster, owner):
    assert owner.datasets() == []
    for node in cluster.nodes:
        assert cluster[node].metric("spud_datasets") == 0


def push_again_and_use(cluster, owner):
    """The same push succeeds, and jobs read what it brought."""
    owner.push("large", VALUES)
    for node in cluster.nodes:
        assert cluster[node].metric("spud_datasets") == 1
    assert owner.datasets() == ["large"]
    case = load_case("dot_matmul")
    names = cluster.push_case(case, "small", ["hospital-a"])
    owner.run(case.program, names, ["hospital-a"], "small")
    case.check(owner.fetch("small"))


def test_a_client_killed_in_mid_push_leaves_nothing(held):
    cluster, owner, push = held
    push.kill()
    cluster.wires["bob"].release()
    assert_nothing_visible(cluster, owner)
    push_again_and_use(cluster, owner)


def test_a_node_killed_in_mid_push_leaves_nothing(held):
    cluster, owner, push = held
    cluster["bob"].kill()
    cluster.wires["bob"].cut()
    refused = push.wait(expect=1)
    assert "bob" in refused.problem
    cluster["bob"].start()
    assert_nothing_visible(cluster, owner)
    push_again_and_use(cluster, owner)


def test_a_push_goes_on_when_its_node_is_back(make_cluster):
    cluster = make_cluster(wires=("bob",)).start()
    owner = cluster.client("hospital-a", retry_for="30s")
    cluster.make_device()
    file = owner.save("large", VALUES)
    cluster.wires["bob"].hold_after(HALF)
    push = owner.start("push", "large", file, "--device", "demo")
    wait_until(lambda: cluster["bob"].metric("spud_upload_bytes_total") > 0, "a chunk has arrived")
    wait_until(cluster.wires["bob"].holds, "half of it has passed")
    cluster["bob"].kill()
    cluster.wires["bob"].cut()
    cluster["bob"].start()
    push.wait()
    assert owner.datasets() == ["large"]
    # Of an upload that was not complete a node keeps nothing over a restart: the client was told, and began anew.
    assert cluster["bob"].metric("spud_upload_bytes_total") == VALUES.size * 8


def test_what_a_client_left_in_mid_push_expires(make_cluster):
    cluster = make_cluster(wires=("bob",), node_settings={"uploads": {"expire": "2s"}}).start()
    cluster.make_device()
    owner = cluster.client("hospital-a")
    file = owner.save("large", VALUES)
    cluster.wires["bob"].hold_after(HALF)
    push = owner.start("push", "large", file, "--device", "demo")
    wait_until(cluster.wires["bob"].holds, "half of it has passed")
    push.kill()
    for node in cluster.nodes:
        wait_until(
            lambda node=node: cluster[node].metric("spud_uploads_total", outcome="expired") == 1, f"{node} erases it"
        )
    cluster.wires["bob"].release()
    assert_nothing_visible(cluster, owner)
    push_again_and_use(cluster, owner)


def test_a_wire_cut_in_mid_push_is_mended(held):
    """The client resumes where the node's answer says."""
    cluster, owner, push = held
    cluster.wires["bob"].cut()
    push.wait()
    assert owner.datasets() == ["large"]
    # Nothing that had arrived was sent again.
    assert cluster["bob"].metric("spud_upload_bytes_total") < VALUES.size * 8 + HALF


def test_a_client_killed_between_commits_leaves_nothing(make_cluster):
    """One node has committed, the next has not: neither shows the dataset, and the same push succeeds."""
    cluster = make_cluster(nodes=("alice", "bob", "dave"), wires=("dave",)).start()
    cluster.make_device()
    owner = cluster.client("hospital-a")
    file = owner.save("large", VALUES)
    # While dave's share is held back, bob, who has his, stops listening.
    cluster.wires["dave"].hold_after(HALF)
    push = owner.start("push", "large", file, "--device", "demo")
    wait_until(cluster.wires["dave"].holds, "half of it has passed")
    cluster["bob"].freeze()
    cluster.wires["dave"].release()
    wait_until(lambda: cluster["alice"].metric("spud_datasets") == 1, "alice commits")
    push.kill()
    cluster["bob"].kill()
    cluster["bob"].start()
    assert owner.datasets() == []
    push_again_and_use(cluster, owner)


def test_a_large_table_arrives_whole(cluster):
    """Columns of a file with more rows than one chunk holds."""
    owner = cluster.client("hospital-b")
    rows = 200_000
    file = owner.folder / "table.csv"
    file.write_text("id,x,y\n" + "".join(f"r{i},{i % 7},{i % 5}\n" for i in range(rows)))
    owner.spud("push", "table", file, "--device", "demo", "--id-column", "id", "--columns", "y,x")
    shown = owner.spud("data", "show", "table", "--device", "demo", "--json").json
    assert shown["shape"] == [rows, 2] and shown["row_ids"]
