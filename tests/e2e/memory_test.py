# SPDX-License-Identifier: Apache-2.0
"""Jobs that need more memory than a node has for them, ever or now, and one that finds none in the middle of a kernel."""

import json
import re
import resource
import subprocess
from pathlib import Path

import numpy as np

from corpus_case import load_case
from waiting import wait_until

LOOP = load_case("ctl_while_public")
PROGRAMS = Path(__file__).resolve().parents[1] / "bench/programs"
LARGE = PROGRAMS / "mul_1e6/program.hlo.pb"
# Its kernels hold several times what its inputs take.
LARGER = PROGRAMS / "less_1e6/program.hlo.pb"
# Some seconds of work.
TRIPS = 60_000
# Enough for the threads of a session and to read its inputs (100); with 190 the job ends well.
ROOM_MIB = 140


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
    attempts = owner.show("second")["attempts"]
    assert len(attempts) == 1 and attempts[0]["number"] >= 2, "those that were put off leave their numbers only"


def data_bytes(pid):
    """What a process has that counts against RLIMIT_DATA."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmData:\s+(\d+) kB", status, re.MULTILINE)[1]) << 10


def test_a_kernel_without_memory_ends_its_job_by_name_and_nothing_else(make_cluster):
    cluster = make_cluster().start()
    cluster.make_device()
    owner = cluster.client("hospital-a")
    push_large(owner)
    pid = cluster["bob"].process.pid
    unlimited = resource.prlimit(pid, resource.RLIMIT_DATA)
    resource.prlimit(pid, resource.RLIMIT_DATA, (data_bytes(pid) + (ROOM_MIB << 20), unlimited[1]))
    owner.run(LARGER, ["x", "y"], ["hospital-a"], "starved", expect=1)
    job = owner.show("starved")
    assert len(job["attempts"]) == 1, "it is not tried again"
    error = job["attempts"][0]["error"]
    assert (error["code"], error["party"], error["what"]) == ("resource", "bob", "out of memory"), error
    assert "job starved" not in error["where"], f"it had begun to run: {error}"
    cluster["bob"].check_alive()
    resource.prlimit(pid, resource.RLIMIT_DATA, unlimited)
    owner.run(LARGER, ["x", "y"], ["hospital-a"], "fed")
    assert not owner.fetch("fed")["out0"].any()
