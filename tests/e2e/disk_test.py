# SPDX-License-Identifier: Apache-2.0
"""Services on a small disk: what they refuse, what they keep, and how they come back."""

import subprocess

import numpy as np
import pytest

from corpus_case import load_case
from waiting import wait_until

CASE = load_case("dot_matmul")
DISK_MIB = 192
FLOOR_MIB = 64
# 48 MB of share at the last node.
VALUES = np.arange(6_000_000, dtype=np.float32).reshape(-1, 3) % 1000


class Disk:
    """A small disk for the data folder of one service."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder], check=True)

    def fill(self, leave_mib=0):
        """Until so much is left."""
        with open(self.folder / "ballast", "wb") as ballast:
            for _ in range(DISK_MIB * 16):
                left = int(subprocess.check_output(["stat", "-f", "-c", "%a", self.folder]))
                if left * 4096 <= leave_mib << 20:
                    return
                try:
                    ballast.write(bytes(min(1 << 16, left * 4096 - (leave_mib << 20))))
                    ballast.flush()
                except OSError:
                    return

    def make_room(self):
        (self.folder / "ballast").unlink()

    def remove(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture
def on_small_disk(make_cluster):
    disks = []

    def make(service, floor_mib=FLOOR_MIB):
        cluster = make_cluster()
        disks.append(Disk(cluster.folder / "data" / service))
        cluster.configure(service, store={"min_free_bytes": f"{floor_mib}MiB" if floor_mib else "0"})
        cluster.start()
        cluster.make_device()
        return cluster, disks[-1]

    yield make
    for disk in disks:
        disk.remove()


def reason(cluster, service, check):
    return wait_until(lambda: (cluster[service].readiness() or {}).get(check), f"{service} says so")


def test_a_node_refuses_uploads_before_its_disk_is_full_and_goes_on_when_there_is_room(on_small_disk):
    cluster, disk = on_small_disk("bob")
    owner = cluster.client("hospital-a")
    names = cluster.push_case(CASE, "kept", ["hospital-a"])
    owner.spud("program", "push", CASE.program, "--device", "demo")
    disk.fill(leave_mib=FLOOR_MIB - 16)
    assert "bytes left" in reason(cluster, "bob", "disk")
    assert cluster["bob"].metric("spud_store_free_bytes") < FLOOR_MIB << 20
    refused = owner.push("large", VALUES, expect=1)
    assert "bob" in refused.problem and "store.min_free_bytes" in refused.problem and "frees space" in refused.problem
    # What is there can be used.
    owner.run(CASE.digest, names, ["hospital-a"], "small")
    CASE.check(owner.fetch("small"))
    disk.make_room()
    cluster["bob"].wait_ready()
    owner.push("large", VALUES)
    assert owner.datasets() == sorted([*names, "large"])


def test_a_node_whose_disk_is_full_keeps_what_it_acknowledged(on_small_disk):
    cluster, disk = on_small_disk("bob", floor_mib=0)
    owner = cluster.client("hospital-a")
    names = cluster.push_case(CASE, "kept", ["hospital-a"])
    disk.fill()
    # More than the log that lies there has been given in advance.
    refused = owner.push("large", np.concatenate([VALUES, VALUES]), expect=None)
    assert refused.code != 0
    assert "bob" in refused.problem and "disk is full" in refused.problem and "frees space" in refused.problem
    assert reason(cluster, "bob", "store")
    disk.make_room()
    cluster["bob"].kill()
    cluster["bob"].start()
    assert owner.datasets() == sorted(names)
    owner.run(CASE.program, names, ["hospital-a"], "small")
    CASE.check(owner.fetch("small"))
    owner.push("large", VALUES)


def test_a_scheduler_refuses_jobs_before_its_disk_is_full(on_small_disk):
    cluster, disk = on_small_disk("scheduler")
    owner = cluster.client("hospital-a")
    names = cluster.push_case(CASE, "kept", ["hospital-a"])
    disk.fill(leave_mib=FLOOR_MIB - 16)
    assert "bytes left" in reason(cluster, "scheduler", "disk")
    refused = owner.submit(CASE.program, names, ["hospital-a"], "small", expect=1)
    assert "store.min_free_bytes" in refused.problem and "operator" in refused.problem
    disk.make_room()
    owner.run(CASE.program, names, ["hospital-a"], "small")
    CASE.check(owner.fetch("small"))


def test_a_scheduler_whose_disk_is_full_shows_nothing_that_it_could_not_keep(on_small_disk):
    cluster, disk = on_small_disk("scheduler", floor_mib=0)
    owner = cluster.client("hospital-a")
    names = cluster.push_case(CASE, "kept", ["hospital-a"])
    owner.run(CASE.program, names, ["hospital-a"], "before")
    # With so little left, nothing is given to its log in advance.
    cluster["scheduler"].stop()
    disk.fill(leave_mib=1)
    cluster["scheduler"].start()
    disk.fill()
    last, taken = "before", "taken-0"
    while (refused := owner.submit(CASE.digest, names, ["hospital-a"], taken, expect=None)).code == 0:
        last, taken = taken, f"taken-{int(taken.split('-')[1]) + 1}"
    assert "disk is full" in refused.problem and "operator" in refused.problem
    # It does not know for certain whether there is such a job, and says so whoever asks for what.
    assert "disk is full" in owner.spud("job", "show", taken, expect=1).problem
    assert "disk is full" in owner.submit(CASE.digest, names, ["hospital-a"], taken, expect=1).problem
    assert reason(cluster, "scheduler", "store")
    disk.make_room()
    cluster["scheduler"].kill()
    cluster["scheduler"].start()
    # What was acknowledged is there.
    owner.spud("job", "watch", last)
    CASE.check(owner.fetch(last))
    owner.run(CASE.digest, names, ["hospital-a"], taken)
    CASE.check(owner.fetch(taken))


def test_a_dealer_deals_nothing_before_its_disk_is_full(on_small_disk):
    cluster, disk = on_small_disk("carol")
    owner = cluster.client("hospital-a")
    names = cluster.push_case(CASE, "kept", ["hospital-a"])
    disk.fill(leave_mib=FLOOR_MIB - 16)
    assert "bytes left" in reason(cluster, "carol", "disk")
    refused = owner.run(CASE.program, names, ["hospital-a"], "small", expect=None)
    assert refused.code != 0
    error = owner.show("small")["attempts"][-1]["error"]
    assert error["code"] == "resource" and error["party"] == "carol"
    disk.make_room()
    owner.run(CASE.program, names, ["hospital-a"], "small")
    CASE.check(owner.fetch("small"))
