# SPDX-License-Identifier: Apache-2.0
"""What operators see: probes, metrics, logs; and what nobody may see there."""

import re
import struct

import numpy as np
import pytest

from corpus_case import load_case
from fault_test import LongJob
from service import parse_metrics
from waiting import wait_until

CASE = load_case("dot_matmul")


def test_every_service_answers_its_probes(shared_cluster):
    for service in shared_cluster.services.values():
        assert service.get("/healthz") == (200, "ok\n")
        assert service.get("/readyz")[0] == 200
        status, page = service.get("/")
        assert status == 200 and f"spud {service.kind} {service.name}" in page


def test_metrics_are_prometheus_text_and_ours_are_named_spud(shared_cluster):
    for service in shared_cluster.services.values():
        status, text = service.get("/metrics")
        assert status == 200
        families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
        assert all(name.startswith(("spud_", "process_")) for name in families), families
        assert ("spud_build_info" in families) and parse_metrics(text)


def test_counters_move_with_jobs(shared_cluster):
    def counters():
        return {
            "jobs": shared_cluster["scheduler"].metric("spud_jobs_total", outcome="done"),
            **{
                f"{name} of {node}": shared_cluster[node].metric(name, **labels)
                for node in shared_cluster.nodes
                for name, labels in (
                    ("spud_attempts_total", {"outcome": "done"}),
                    ("spud_rounds_total", {}),
                    ("spud_datasets", {}),
                    ("spud_policy_decisions_total", {"outcome": "allowed"}),
                    ("spud_uploads_total", {"outcome": "committed"}),
                )
            },
        }

    before = counters()
    names = shared_cluster.push_case(CASE, "counted", ["hospital-a"])
    shared_cluster.client("hospital-a").run(CASE.program, names, ["hospital-a"], "counted")
    after = counters()
    assert [name for name in before if not after[name] > before[name]] == []
    assert after["jobs"] == before["jobs"] + 1
    assert shared_cluster["scheduler"].metric("spud_nodes", state="present") == 3


def test_a_node_without_its_scheduler_says_that_it_is_not_ready(make_cluster):
    cluster = make_cluster()
    cluster["alice"].start(ready=False)
    wait_until(lambda: cluster["alice"].get("/healthz")[0] == 200, "alice lives")
    assert cluster["alice"].get("/readyz")[0] == 503
    assert set(cluster["alice"].readiness()) == {"scheduler"}
    said = told_of_the_scheduler(cluster["alice"])
    assert said["scheduler"] == cluster.address("scheduler") and "Connection refused" in said["error"]
    before, what = cluster["alice"].readiness()["scheduler"].split(": ", 1)
    assert before == "it was not reached yet" and what in said["error"]
    cluster["scheduler"].start()
    cluster["alice"].wait_ready()
    assert [line["level"] for line in lines_of(cluster["alice"], "registered")] == ["info"]
    cluster["scheduler"].kill()
    wait_until(lambda: "scheduler" in (cluster["alice"].readiness() or {}), "alice misses it")
    assert cluster["alice"].readiness()["scheduler"].startswith("it is not reached any more: ")
    wait_until(lambda: lines_of(cluster["alice"], NOT_REACHED, "warning")[1:], "she says so")
    cluster["scheduler"].start()
    cluster["alice"].wait_ready()
    (back,) = lines_of(cluster["alice"], "registered again")
    assert back["level"] == "info" and back["away_ms"] > 0


NOT_REACHED = "cannot reach the scheduler"


def lines_of(service, message, level=None):
    return [line for line in service.log_lines() if line["message"] == message and level in (None, line["level"])]


def told_of_the_scheduler(service):
    """The first warning that it is not reached."""
    return wait_until(lambda: lines_of(service, NOT_REACHED, "warning"), f"{service.name} says what fails")[0]


@pytest.mark.parametrize("service", ["alice", "carol"])
def test_a_service_that_trusts_another_authority_than_the_schedulers_says_so(make_cluster, tmp_path, service):
    cluster = make_cluster()
    pki, name = cluster.pki, cluster[service].name
    others = [pki.folder / party for party in ("alice", "bob", "carol")]
    pki.authority("operator", tmp_path / "operator")
    bundle = pki.make_bundle(tmp_path / "bundle", tmp_path / "operator", *others)
    cluster.reconfigure(service, tls=pki.tls(pki.folder / name / name, bundle))
    cluster["scheduler"].start()
    cluster[service].start(ready=False)
    said = told_of_the_scheduler(cluster[service])
    assert "certificate" in said["error"], said
    assert "certificate" in cluster[service].readiness()["scheduler"], cluster[service].readiness()


def test_a_draining_node_says_so_ends_its_work_and_takes_no_more(make_cluster):
    cluster = make_cluster().start()
    cluster.make_device()
    job = LongJob(cluster)
    names = cluster.push_case(CASE, "late", ["hospital-a"])
    job.owner.spud("program", "push", CASE.program, "--device", "demo")
    job.begin(1)
    cluster["alice"].terminate()
    reasons = wait_until(lambda: cluster["alice"].readiness(), "alice drains")
    assert reasons["draining"] == "it is shutting down"
    assert cluster["alice"].get("/readyz")[0] == 503
    assert cluster["alice"].get("/healthz")[0] == 200
    # What came after it waits for her.
    job.owner.submit(CASE.digest, names, ["hospital-a"], "late")
    assert "alice" in job.owner.show("late")["waiting"]
    cluster["alice"].wait_stopped()
    job.owner.spud("job", "watch", "long", expect=None)
    cluster["alice"].start()
    job.owner.spud("job", "watch", "late")
    CASE.check(job.owner.fetch("late"))


@pytest.fixture(scope="module")
def logged(make_shared_cluster):
    """Everything that the services wrote, at debug level, about a job on data that is easily recognised."""
    cluster = make_shared_cluster().start()
    cluster.make_device()
    owner = cluster.client("hospital-a")
    left = np.full((5, 7), 1234.5678, np.float32)
    right = np.full((7, 3), -8765.4321e-4, np.float32)
    for name, array in (("left", left), ("right", right)):
        owner.push(name, array)
    owner.run(CASE.program, ["left", "right"], ["hospital-a"], "logged")
    result = owner.fetch("logged")["out0"]
    owner.push("left", left, expect=1)
    told = [("trace", "--format", "otlp"), ("trace", "--format", "chrome"), ("report",)]
    cluster.told = "".join(owner.spud("job", verb, "logged", *more).out for verb, *more in told)
    cluster.stop()
    return cluster, [left, right, result]


def test_logs_are_json_lines(logged):
    cluster, _ = logged
    for service in cluster.services.values():
        lines = service.log_lines()
        assert lines
        for line in lines:
            assert line["level"] in ("debug", "info", "warning", "error")
            assert line["service"] == service.kind and line["name"] == service.name
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


def test_logs_and_traces_show_no_value(logged):
    cluster, arrays = logged
    assert "dot" in cluster.told, "instructions are named"
    shown = "".join(service.log_file.read_text() + service.stderr() for service in cluster.services.values())
    shown += cluster.told
    for array in arrays:
        value = float(array.flat[0])
        encoded = round(value * 2**18)
        secrets = {
            f"{value:.3f}",
            repr(value)[:6],
            str(encoded),
            str(encoded % 2**64),
            struct.pack("<q", encoded).hex(),
            struct.pack(">q", encoded).hex(),
            struct.pack("<f", value).hex(),
        }
        assert [secret for secret in secrets if secret in shown] == []


def test_logs_show_no_share_and_no_key(logged):
    """Shares, seeds and keys are long and random: whatever looks like that must be a digest known to all."""
    cluster, _ = logged
    public = {CASE.digest, *cluster.tapes_of("logged")}
    for service in cluster.services.values():
        for line in service.log_lines():
            for name, value in line.items():
                if line["message"] == "device" and name == "digest":
                    public.add(value)
                if line["message"] == "job submitted" and name == "trace":
                    public.add(value)
        text = service.log_file.read_text() + service.stderr()
        assert "PRIVATE" not in text and "BEGIN" not in text
        strangers = {word for word in re.findall(r"[0-9a-fA-F]{24,}|[A-Za-z0-9+/]{40,}={0,2}", text)}
        assert strangers <= public, strangers - public


def test_no_process_leaves_a_core_file(shared_cluster):
    for service in shared_cluster.services.values():
        with open(f"/proc/{service.process.pid}/limits") as limits:
            line = next(line for line in limits if line.startswith("Max core file size"))
        assert line.split()[4:6] == ["0", "0"], (service.name, line)
