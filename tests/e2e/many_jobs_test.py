# SPDX-License-Identifier: Apache-2.0
"""Clients that stay connected and submit job after job, as scripts/bench-jobs.py has them (tests/load)."""

import subprocess

import pytest

from corpus_case import load_case

CASE = load_case("dot_matmul")
SECONDS = 120


@pytest.fixture(scope="module")
def load(binary, shared_cluster):
    """Runs jobs_load; answers its process and the owner's client."""
    program = binary.parents[1] / "tests" / "jobs_load"
    assert program.exists(), f"{program} is missing: run scripts/build.sh"
    owner = shared_cluster.client("hospital-a")
    names = shared_cluster.push_case(CASE, "x", ["hospital-a"])
    owner.spud("program", "push", CASE.program, "--device", "demo")

    def run(prefix, jobs, clients, names=names):
        arguments = ["--context", owner.context, "--device", "demo", "--recipient", "hospital-a"]
        arguments += ["--program", CASE.digest, "--in", *names, "--prefix", prefix, "--jobs", jobs, "--clients", clients]
        command = [str(part) for part in (program, *arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS), owner

    return run


def test_every_job_of_several_clients_is_right_and_timed(load):
    done, owner = load("many-", 24, 3)
    assert done.returncode == 0, done.stderr
    rows = {fields[0]: [float(value) for value in fields[1:]] for fields in map(str.split, done.stdout.splitlines())}
    assert sorted(rows) == sorted(f"many-{i}" for i in range(24))
    for accepted, ended, fetched in rows.values():
        assert 0 < accepted <= ended < fetched
    for job in ("many-0", "many-23"):
        CASE.check(owner.fetch(job))


def test_a_job_that_fails_is_its_exit_code(load):
    done, _ = load("lost-", 2, 1, names=("x-in0", "nothing"))
    assert done.returncode == 1 and "nothing" in done.stderr, done
