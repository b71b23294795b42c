# SPDX-License-Identifier: Apache-2.0
"""A job's way from its submission to its result: tried again, too late, in which order, while the scheduler is away."""

import numpy as np
import pytest

from corpus_case import load_case
from waiting import wait_until

LOOP = load_case("ctl_while_public")
CASE = load_case("dot_matmul")
# A round a trip: some seconds of work.
TRIPS = 10_000
# Beyond a deadline of seconds, and long enough to be looked at twice.
LONG_TRIPS = 200_000
# On a machine that has other things to do, too.
PATIENCE_SECONDS = 240


class Jobs:
    """Jobs that take a while."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.owner = cluster.client("hospital-a")
        self.owner.push("start", LOOP.inputs[1])
        self.trips = self.owner.save("trips", np.array(TRIPS, dtype=np.int32))
        self.long_trips = self.owner.save("long-trips", np.array(LONG_TRIPS, dtype=np.int32))
        # Further jobs name it by its digest.
        self.owner.spud("program", "push", LOOP.program, "--device", "demo")

    def submit(self, job, *more, expect=0, trips=None):
        inputs = [f"@{trips or self.trips}", "start"]
        return self.owner.submit(LOOP.digest, inputs, ["hospital-a"] * 2, job, more=more, expect=expect)

    def begin(self, job, *more, trips=None):
        self.submit(job, *more, trips=trips)
        self.wait_computing(job, 1)

    def wait_computing(self, job, attempt):
        wait_until(lambda: len(self.cluster.tapes_of(job)) == attempt, f"tape {attempt} is dealt", PATIENCE_SECONDS)

    def wait_ended(self, job):
        """Longer than a client is waited for."""
        ended = lambda: self.owner.show(job)["state"] not in ("queued", "running")
        wait_until(ended, f"{job} ends", PATIENCE_SECONDS)

    def wait_idle(self):
        for node in self.cluster.nodes:
            idle = lambda node=node: self.cluster[node].metric("spud_attempts_running") == 0
            wait_until(idle, f"{node} is idle")


@pytest.fixture
def jobs(cluster):
    return Jobs(cluster)


def test_a_job_whose_node_died_is_tried_again_by_itself(jobs):
    jobs.begin("mended")
    jobs.cluster["bob"].kill()

    def waits():
        job = jobs.owner.show("mended")
        return job["state"] == "queued" and job

    waiting = wait_until(waits, "it is back in the queue")
    assert waiting["failures"] == 1 and "attempt 2 of 3" in waiting["waiting"], waiting["waiting"]
    # It spends no attempt on a node that it has lost, however long that stays away.
    absent = lambda: "has not announced itself since" in jobs.owner.show("mended")["waiting"]
    wait_until(absent, "it waits for bob")
    jobs.cluster["bob"].start()
    jobs.wait_ended("mended")
    jobs.owner.spud("job", "watch", "mended")
    job = jobs.owner.show("mended")
    assert job["state"] == "done"
    first, second = job["attempts"]
    assert first["error"]["party"] == "bob" and second["error"] is None
    tapes = jobs.cluster.tapes_of("mended")
    assert len(tapes) == len(set(tapes)) == 2, "fresh correlations"
    assert jobs.owner.fetch("mended")["out0"] == TRIPS


def test_a_job_that_ran_out_of_attempts_names_the_last_cause_and_their_number(jobs):
    jobs.begin("spent", "--retries", "1")
    for attempt in (1, 2):
        jobs.cluster["bob"].kill()
        jobs.cluster["bob"].start()
        if attempt == 1:
            jobs.wait_computing("spent", 2)
    jobs.wait_ended("spent")
    failed = jobs.owner.spud("job", "watch", "spent", expect=1)
    assert "2 attempts have failed, the last: " in failed.problem and "party at fault: bob" in failed.problem


def test_a_refusal_is_not_tried_again(jobs):
    policy = jobs.cluster.policy("not-for-b", recipients=["hospital-a"])
    jobs.owner.push("guarded", LOOP.inputs[1], policy=policy)
    inputs = [f"@{jobs.trips}", "guarded"]
    jobs.owner.submit(LOOP.digest, inputs, ["hospital-b"] * 2, "refused")
    jobs.owner.spud("job", "watch", "refused", expect=1)
    assert len(jobs.owner.show("refused")["attempts"]) == 1


def test_a_running_job_ends_at_its_deadline_on_every_node(jobs):
    jobs.begin("late", "--deadline", "8s", trips=jobs.long_trips)
    jobs.wait_ended("late")
    failed = jobs.owner.spud("job", "watch", "late", expect=1)
    assert "its deadline has passed" in failed.problem
    jobs.wait_idle()
    for node in jobs.cluster.nodes:
        ends = [line for line in jobs.cluster[node].log_lines() if line["message"] == "attempt failed"]
        assert "its deadline has passed" in ends[-1]["error"], ends
    assert len(jobs.owner.show("late")["attempts"]) == 1
    again = jobs.submit("too-late", "--deadline", "2001-01-01", expect=1)
    assert "its deadline has passed" in again.problem


def test_a_queued_job_fails_at_its_deadline(jobs):
    jobs.cluster["bob"].stop()
    jobs.owner.submit(LOOP.digest, ["start", "start"], ["hospital-a"] * 2, "waits", more=("--deadline", "2s"))
    assert "bob" in jobs.owner.show("waits")["waiting"]
    failed = jobs.owner.spud("job", "watch", "waits", expect=1)
    assert "its deadline has passed" in failed.problem
    assert jobs.owner.show("waits")["attempts"] == []


def test_a_run_goes_on_while_the_scheduler_is_away(jobs):
    jobs.begin("alone")
    jobs.cluster["scheduler"].kill()

    def done_at(node):
        return [line for line in jobs.cluster[node].log_lines() if line["message"] == "attempt done"]

    for node in jobs.cluster.nodes:
        wait_until(lambda node=node: done_at(node), f"{node} has its result", PATIENCE_SECONDS)
    jobs.cluster["scheduler"].start()
    jobs.wait_ended("alone")
    jobs.owner.spud("job", "watch", "alone")
    assert len(jobs.owner.show("alone")["attempts"]) == 1
    assert jobs.owner.fetch("alone")["out0"] == TRIPS


def test_queued_jobs_outlive_a_killed_scheduler(jobs):
    jobs.cluster["bob"].stop()
    for job in ("q1", "q2"):
        jobs.owner.submit(LOOP.digest, ["start", "start"], ["hospital-a"] * 2, job, more=("--priority", "5"))
    before = jobs.owner.show("q1")
    jobs.cluster["scheduler"].kill()
    jobs.cluster["scheduler"].start()
    after = jobs.owner.show("q1")
    assert (after["priority"], after["submitted_unix_millis"]) == (5, before["submitted_unix_millis"])
    listed = jobs.owner.spud("job", "list", "--state", "queued", "--json").json
    assert [job["id"] for job in listed] == ["q2", "q1"], "the newest first"
    [newest] = jobs.owner.spud("job", "list", "--limit", "1", "--json").json
    assert newest["id"] == "q2"
    [next_one] = jobs.owner.spud("job", "list", "--limit", "1", "--before", "q2", "--json").json
    assert next_one["id"] == "q1"
    assert jobs.owner.spud("job", "list", "--device", "other", "--json").json == []
    for job in ("q1", "q2"):
        jobs.owner.spud("job", "cancel", job)
        assert jobs.owner.show(job)["state"] == "cancelled"
        jobs.owner.spud("job", "cancel", job)
    cancelled = jobs.owner.spud("job", "list", "--state", "cancelled", "--json").json
    assert {job["id"] for job in cancelled} == {"q1", "q2"}


def test_a_running_job_says_how_far_it_is(jobs):
    jobs.submit("far", trips=jobs.long_trips)
    watching = jobs.owner.start("job", "watch", "far")

    def underway():
        progress = jobs.owner.show("far")["progress"]
        return progress and progress["phase"] == "running" and 0 < progress["rounds"] < progress["of_rounds"] and progress

    first = wait_until(underway, "the nodes compute", PATIENCE_SECONDS)
    assert 0 < first["instructions"] < first["of_instructions"]
    assert first["rest_millis"] >= 0 and first["run_millis"] >= 0
    later = wait_until(lambda: (seen := underway()) and seen["rounds"] > first["rounds"] and seen, "it goes on")
    assert later["instructions"] > first["instructions"]
    assert first["of_rounds"] == LONG_TRIPS, "what the run on shapes foretold"
    # Seen before it is cancelled: the watcher asks every second.
    jobs.owner.spud("job", "cancel", "far")
    said = watching.wait(expect=1)
    assert "rounds, rest: " in said.err and "\r" not in said.err, said.err
    assert jobs.owner.show("far")["progress"] is None


def test_what_was_foretold_is_what_it_takes(jobs):
    few = jobs.owner.save("few", np.array(1000, dtype=np.int32))
    jobs.submit("short", trips=few)
    jobs.wait_ended("short")
    jobs.owner.spud("job", "watch", "short")
    for report in jobs.owner.show("short")["attempts"][0]["reports"]:
        assert report["measures"]["rounds"] == 1000
