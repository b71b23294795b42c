# SPDX-License-Identifier: Apache-2.0
"""Jobs that need more memory than a node has for them, ever or now."""

import json
import subprocess
from pathlib import Path

import numpy as np

from corpus_case import load_case
from waiting import wait_until

LOOP = load_case("ctl_while_public")
LARGE = Path(__file__).resolve().parents[1] / "bench/programs/mul_1e6/program.hlo.pb"
# Some seconds of work.
TRIPS = 60_000


def limited(make_cluster, memory):
    cluster = make_cluster(node_settings={"memory": memory}).start()
    cluster.make_device()
    return cluster


def push_large(owner):
    numbers = np.zeros(1_000_000, dtype=np.float32)
    for name in ("x", "y"):
        owner.push(name, numbers)


def test_a_job_that_never_fits_is_refused_with_the_figure(make_cluster):
    cluster = limited(make_cluster, "64MiB")
    owner = cluster.client("hospital-a")
    push_large(owner)
    refused = owner.run(LARGE, ["x", "y"], ["hospital-a"], "large", expect=1)
    assert "needs about " in refused.problem and "this node has 64.0 MiB for jobs" in refused.problem
    job = owner.show("large")
    assert job["state"] == "failed" and len(job["attempts"]) == 1, "it is not tried again"
    assert job["attempts"][0]["error"]["code"] == "resource"


def test_jobs_that_fit_one_after_the_other_all_end(make_cluster, binary, tmp_path):
    trips = np.array(TRIPS, dtype=np.int32)
    np.savez(tmp_path / "in.npz", in0=trips)
    meta = LOOP.program.parent / "meta.json"
    plan = [binary, "plan", LOOP.program, "--meta", meta, "--inputs", tmp_path / "in.npz", "--json"]
    needs = json.loads(subprocess.run(plan, check=True, capture_output=True).stdout)["peak_bytes"]
    needs += 4 * LOOP.program.stat().st_size
    cluster = limited(make_cluster, str(needs * 3 // 2))
    owner = cluster.client("hospital-a")
    owner.push("start", LOOP.inputs[1])
    file = owner.save("trips", trips)
    owner.spud("program", "push", LOOP.program, "--device", "demo")
    submit = lambda job: owner.submit(LOOP.digest, [f"@{file}", "start"], ["hospital-a"] * 2, job, more=["--retries", "0"])
    submit("first")
    wait_until(lambda: len(cluster.tapes_of("first")) == 1, "it computes", 60)
    submit("second")
    wait_until(lambda: "are in use" in (owner.show("second")["waiting"] or ""), "it waits for memory", 60)
    assert owner.show("first")["state"] == "running"
    for job in ("first", "second"):
        owner.spud("job", "watch", job)
        assert owner.show(job)["state"] == "done"
        assert owner.fetch(job)["out0"] == TRIPS
    assert len(owner.show("second")["attempts"]) >= 2
