# SPDX-License-Identifier: Apache-2.0
"""What `helm test` runs, against real services: the script and its files are those that the chart puts into the pod."""

import json
import os
import shutil
import subprocess

import pytest

from chart import CHART
from cluster import Cluster, Pki
from waiting import wait_until


@pytest.fixture(scope="module")
def cluster(binary, tmp_path_factory):
    pki = Pki(binary, tmp_path_factory.mktemp("keys"))
    made = Cluster(binary, pki, tmp_path_factory.mktemp("services") / "cluster").start()
    made.make_device()
    yield made
    assert not made.end()


def run_test(cluster, tmp_path, wrong_result=False, **environment):
    """The script as a client that has pinned nothing yet, as in a fresh pod."""
    tmp_path.mkdir(exist_ok=True)
    files = tmp_path / "files"
    shutil.copytree(CHART / "files/test", files)
    if wrong_result:
        shutil.copy(files / "out1.npy", files / "out0.npy")
    path = tmp_path / "bin"
    path.mkdir()
    (path / "spud").symlink_to(cluster.binary)
    context = tmp_path / "context.yaml"
    keys = json.loads(cluster.client("hospital-a").context.read_text())
    context.write_text(json.dumps({**keys, "pins": str(tmp_path / "pins.yaml")}))
    known = {
        "PATH": f"{path}:{os.environ['PATH']}",
        "SPUD_CONTEXT": str(context),
        "SCRATCH": str(tmp_path),
        "PARTY": "hospital-a",
    }
    return subprocess.run(["sh", files / "run.sh"], env={**known, **environment}, capture_output=True, text=True, timeout=120)


def digest_of(cluster):
    return cluster.client("hospital-a").spud("device", "show", "demo", "--json").json["digest"]


def test_a_registered_node_is_found(cluster, tmp_path):
    done = run_test(cluster, tmp_path, EXPECT="spiffe://alice.spud/spud/compute/alice")
    assert done.returncode == 0, done.stderr
    assert "no device is named" in done.stdout


def test_a_missing_node_is_missed(cluster, tmp_path):
    missing = "spiffe://alice.spud/spud/compute/alic"
    done = run_test(cluster, tmp_path, EXPECT=missing)
    assert done.returncode == 1
    assert f"{missing} is not registered" in done.stderr


def test_a_node_that_was_registered_and_is_away_is_missed(cluster, tmp_path):
    cluster["bob"].kill()
    try:
        listed = cluster.client("hospital-a").spud
        wait_until(lambda: ", absent" in listed("device", "nodes").out, "the scheduler misses it")
        done = run_test(cluster, tmp_path, EXPECT="spiffe://bob.spud/spud/compute/bob")
    finally:
        cluster["bob"].start()
        cluster.wait_ready()
    assert done.returncode == 1
    assert "the scheduler does not hear of it" in done.stderr


def test_a_scheduler_that_cannot_be_asked_is_no_success(cluster, tmp_path):
    """A scheduler's own test expects nobody: the answer alone is what it looks for."""
    cluster["scheduler"].stop()
    try:
        done = run_test(cluster, tmp_path, EXPECT="")
    finally:
        cluster["scheduler"].start()
        cluster.wait_ready()
    assert done.returncode != 0, done.stdout
    assert "no device is named" not in done.stdout and "spud: " in done.stderr
    assert run_test(cluster, tmp_path / "again", EXPECT="").returncode == 0


def test_the_job_runs_and_leaves_nothing(cluster, tmp_path):
    done = run_test(cluster, tmp_path, DEVICE="demo", DIGEST=digest_of(cluster))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the results are right" in done.stdout
    assert not [name for name in cluster.client("hospital-a").datasets() if name.startswith("helm-test-")]


def test_a_wrong_result_is_noticed(cluster, tmp_path):
    done = run_test(cluster, tmp_path, wrong_result=True, DEVICE="demo", DIGEST=digest_of(cluster))
    assert done.returncode != 0
    assert "differ" in done.stdout + done.stderr


def test_another_digest_than_agreed_is_refused(cluster, tmp_path):
    done = run_test(cluster, tmp_path, DEVICE="demo", DIGEST="0" * 64)
    assert done.returncode != 0
    assert "digest" in done.stderr
