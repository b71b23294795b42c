# SPDX-License-Identifier: Apache-2.0
"""What a soak judges by: faults that follow from a seed, growth that is noticed, failures that must name somebody."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "e2e"), str(Path(__file__).parent)]

import faults  # noqa: E402
import watch  # noqa: E402
import work  # noqa: E402
from corpus_case import load_case  # noqa: E402

VICTIMS = ("scheduler", "alice", "dave")


def test_the_same_seed_makes_the_same_faults_and_another_makes_others():
    made = [faults.faults_of(seed, 30, 20, VICTIMS) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
    assert len(made[0]) == 89
    assert {fault.kind for fault in made[0]} == set(faults.KINDS)
    assert {fault.victim for fault in made[0]} == set(VICTIMS)


def test_who_is_never_restarted_is_frozen_and_cut_off():
    made = faults.faults_of(1, 30, 20, VICTIMS, never_restarted=("dave",))
    assert {fault.kind for fault in made if fault.victim == "dave"} == {"freeze", "partition"}


def samples(resident_kib, descriptors=lambda minute: 40, minutes=30, life_seconds=1e9):
    """Of a service whose processes live so long."""
    made = []
    for at in range(0, int(minutes * 60), watch.SAMPLE_SECONDS):
        process, age = divmod(at, life_seconds)
        made.append(watch.Sample(at, process, age, int(resident_kib(at / 60)), int(descriptors(at / 60)), 20))
    return made


def test_a_service_that_stays_as_it_is_has_not_grown():
    assert watch.summary(samples(lambda minute: 90_000 + 5_000 * (minute % 2)), 30)["grown"] == []


@pytest.mark.parametrize("life_seconds", [1e9, 200])
def test_memory_that_grows_is_noticed_over_restarts_too(life_seconds):
    found = watch.summary(samples(lambda minute: 90_000 + 4_000 * minute, life_seconds=life_seconds), 30)
    [grown] = found["grown"]
    assert grown.startswith("resident_kib from 115") and grown.endswith("to 203933")
    assert found["longest"]["resident_kib_a_minute"] == pytest.approx(4000, rel=0.01)


def test_descriptors_that_are_not_closed_are_noticed():
    found = watch.summary(samples(lambda minute: 90_000, lambda minute: 40 + 10 * minute), 30)
    assert [what.split()[0] for what in found["grown"]] == ["descriptors"]


def test_this_process_can_be_read():
    resident, descriptors, threads = watch.read(os.getpid())
    assert resident > 1000 and descriptors > 2 and threads >= 1
    assert watch.read(0) is None


class Answers:
    """A client whose requests are answered as a test says."""

    def __init__(self, folder, *answers):
        self.folder, self.answers = folder, list(answers)

    def spud(self, *arguments, expect=0):
        return self.answers.pop(0)


@pytest.fixture
def worker(tmp_path):
    client = Answers(tmp_path)
    cluster = SimpleNamespace(
        client=lambda party, name: client, services={"scheduler": None, "alice": None}, nodes=("alice",)
    )
    return work.Worker(0, "hospital-a", cluster, ("pair",), 1, work.Tally())


def attempt(**error):
    return {"state": "failed", "attempts": [{"error": error or None}]}


@pytest.mark.parametrize(
    "shown, named",
    [
        (attempt(what="the connection ended", party="alice"), True),
        (attempt(what="the connection to alice ended", party=""), True),
        (attempt(what="something went wrong", party=""), False),
        (attempt(), False),
    ],
)
def test_a_failure_must_name_somebody(worker, shown, named):
    worker.note_failure("job-1", shown)
    assert ([finding["kind"] for finding in worker.tally.findings] == []) == named


def test_a_refusal_says_one_line(worker):
    worker.note_refusal("push", SimpleNamespace(code=1, err="spud: node alice: cannot connect\n"))
    assert not worker.tally.findings
    worker.note_refusal("push", SimpleNamespace(code=-11, err=""))
    assert [finding["kind"] for finding in worker.tally.findings] == ["unnamed"]


def test_a_wrong_result_is_found(worker, tmp_path):
    case = load_case("dot_matmul")
    worker.ask = lambda *arguments: True
    for results, right in ((case.expected[0], True), (case.expected[0] + 1, False)):
        (tmp_path / "results-job").mkdir()
        work.np.save(tmp_path / "results-job" / "out0.npy", results)
        assert worker.compare("job", case, None) == right
    assert [finding["kind"] for finding in worker.tally.findings] == ["wrong"]


def test_a_job_that_does_not_end_is_a_hang(worker, monkeypatch):
    monkeypatch.setattr(work, "BOUND_SECONDS", 0.5)
    worker.ask = lambda *arguments: SimpleNamespace(json={"state": "running"})
    assert worker.wait_ended("job-1", "a program") is None
    assert [finding["kind"] for finding in worker.tally.findings] == ["hang"]
