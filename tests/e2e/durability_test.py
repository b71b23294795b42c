# SPDX-License-Identifier: Apache-2.0
"""What was acknowledged is there after any restart, orderly or not."""

import pytest

from corpus_case import load_case

CASE = load_case("dot_matmul")


@pytest.fixture
def pushed(cluster):
    """A cluster with data, and the names of its datasets."""
    return cluster, cluster.push_case(CASE, "kept", ["hospital-a"])


def run_and_fetch(cluster, names, job):
    owner = cluster.client("hospital-a")
    owner.run(CASE.program, names, ["hospital-a"], job)
    CASE.check(owner.fetch(job))


def test_everything_survives_a_restart_of_all_services(pushed):
    cluster, names = pushed
    owner = cluster.client("hospital-a")
    digest = owner.spud("program", "push", CASE.program, "--device", "demo").out.strip()
    assert digest == CASE.digest

    cluster.stop()
    cluster.start()
    assert owner.datasets() == sorted(names)
    # By digest: the nodes have kept the program.
    owner.run(digest, names, ["hospital-a"], "over-restarts")

    cluster.stop()
    cluster.start()
    assert owner.show("over-restarts")["state"] == "done"
    assert owner.uses(names[0]) == 1
    CASE.check(owner.fetch("over-restarts"))


def test_a_killed_node_has_lost_nothing(pushed):
    cluster, names = pushed
    for node in ("alice", "bob"):
        cluster[node].kill()
        cluster[node].start()
        run_and_fetch(cluster, names, f"after-{node}")


def test_results_survive_the_death_of_every_node(pushed):
    cluster, names = pushed
    owner = cluster.client("hospital-a")
    owner.run(CASE.program, names, ["hospital-a"], "kept")
    for node in ("alice", "bob"):
        cluster[node].kill()
        cluster[node].start()
    CASE.check(owner.fetch("kept"))


def test_a_killed_scheduler_has_lost_nothing(pushed):
    cluster, names = pushed
    owner = cluster.client("hospital-a")
    owner.run(CASE.program, names, ["hospital-a"], "before")
    cluster["scheduler"].kill()
    cluster["scheduler"].start()
    assert owner.spud("device", "show", "demo", "--json").json["name"] == "demo"
    assert owner.show("before")["state"] == "done"
    CASE.check(owner.fetch("before"))
    # Nodes announce themselves again; the job waits until they have.
    run_and_fetch(cluster, names, "after")


def test_a_killed_dealer_deals_again(pushed):
    cluster, names = pushed
    run_and_fetch(cluster, names, "before")
    cluster["carol"].kill()
    cluster["carol"].start()
    run_and_fetch(cluster, names, "after")
    assert len(set(cluster.tapes_of("before") + cluster.tapes_of("after"))) == 2


def test_a_job_waits_for_a_node_that_is_not_there_yet(pushed):
    """After a restart of everything but one node."""
    cluster, names = pushed
    owner = cluster.client("hospital-a")
    owner.spud("program", "push", CASE.program, "--device", "demo")
    cluster.stop()
    for service in ("scheduler", "carol", "alice"):
        cluster[service].start()
    owner.submit(CASE.digest, names, ["hospital-a"], "patient")
    job = owner.show("patient")
    assert job["state"] == "queued" and "bob" in job["waiting"]
    cluster["bob"].start()
    owner.spud("job", "watch", "patient")
    CASE.check(owner.fetch("patient"))
