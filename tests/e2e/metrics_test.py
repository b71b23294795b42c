# SPDX-License-Identifier: Apache-2.0
"""What /metrics of a real deployment says after jobs: the figures that dashboards and alerts rest on."""

import time

import pytest

from corpus_case import load_case
from fault_test import LongJob
from service import parse_metrics
from waiting import wait_until

CASE = load_case("dot_matmul")
PHASES = ("compiling", "preparing", "reserving", "linking", "tape", "loading", "running", "storing")
NODES = {"alice": "alice/compute/alice", "bob": "bob/compute/bob"}
DEALER = "carol/dealer/carol"
SCHEDULER = "operator/scheduler/scheduler"
JOBS = 2


class Samples:
    """What one service shows at one time."""

    def __init__(self, service):
        status, text = service.get("/metrics")
        assert status == 200, text
        self.all = parse_metrics(text)

    def __call__(self, name, **labels):
        return self.all.get((name, frozenset(labels.items())))

    def labels(self, name, label):
        return {dict(labels)[label] for found, labels in self.all if found == name}


@pytest.fixture(scope="module")
def after_jobs(make_shared_cluster):
    cluster = make_shared_cluster().start()
    cluster.make_device()
    names = cluster.push_case(CASE, "metered", ["hospital-a"])
    for i in range(JOBS):
        cluster.client("hospital-a").run(CASE.program, names, ["hospital-a"], f"metered-{i}")
    return cluster


@pytest.mark.parametrize("node, peer", [("alice", "bob"), ("bob", "alice")])
def test_rounds_and_bytes_by_peer_and_kind(after_jobs, node, peer):
    shown = Samples(after_jobs[node])
    assert shown("spud_rounds_total") > 0
    assert shown("spud_link_rounds_total", peer=NODES[peer]) == shown("spud_rounds_total")
    assert shown("spud_link_wait_seconds_total", peer=NODES[peer]) >= 0
    for kind, other in (
        ("session", NODES[peer]),
        ("tape", DEALER),
        ("request", SCHEDULER),
        ("request", "hospital-a/client"),
    ):
        for direction in ("sent", "received"):
            assert shown(f"spud_{direction}_bytes_total", kind=kind, peer=other) > 0, (direction, kind, other)
    assert shown("spud_peer_up", peer=NODES[peer]) == 1
    assert shown("spud_peer_up", peer=SCHEDULER) == 1
    assert 0 < shown("spud_peer_round_trip_seconds", peer=NODES[peer]) < 1


@pytest.mark.parametrize("node", NODES)
def test_operations_and_phases(after_jobs, node):
    shown = Samples(after_jobs[node])
    assert shown("spud_operations_total", operation="dot") == JOBS
    assert shown("spud_operation_seconds_total", operation="dot") > 0
    assert shown("spud_operation_seconds_total", operation="inputs-and-outputs") > 0
    assert shown("spud_operations_total", operation="sort") == 0
    for phase in PHASES:
        assert shown("spud_attempt_phase_seconds_count", phase=phase) == JOBS, phase
        # Whoever finds a program compiled takes no whole millisecond for it.
        assert phase == "compiling" or shown("spud_attempt_phase_seconds_sum", phase=phase) > 0, phase
    assert shown("spud_tapes_burnt_total") == JOBS
    assert shown("spud_memory_limit_bytes") > 0
    assert shown("spud_audit_failures_total") == 0


def test_what_the_scheduler_shows_of_jobs_and_nodes(after_jobs):
    shown = Samples(after_jobs["scheduler"])
    assert shown("spud_job_wait_seconds_count") == JOBS
    assert shown("spud_job_duration_seconds_count", outcome="done") == JOBS
    assert shown("spud_job_duration_seconds_sum", outcome="done") > 0
    assert shown("spud_job_retries_total") == 0
    for peer in (*NODES.values(), DEALER):
        assert shown("spud_peer_up", peer=peer) == 1
        assert shown("spud_peer_round_trip_seconds", peer=peer) > 0
        assert shown("spud_received_bytes_total", kind="request", peer=peer) > 0


def test_certificates_end_in_the_future_and_stores_hold_bytes(after_jobs):
    for service in after_jobs.services.values():
        shown = Samples(service)
        ends = "spud_certificate_expiry_timestamp_seconds"
        assert {"own", "ca alice", "ca carol", "ca operator"} <= shown.labels(ends, "certificate")
        for certificate in shown.labels(ends, "certificate"):
            assert shown(ends, certificate=certificate) > time.time(), certificate
            renewal = shown("spud_certificate_renewal_timestamp_seconds", certificate=certificate)
            assert time.time() < renewal < shown(ends, certificate=certificate), certificate
        families = shown.labels("spud_store_bytes", "family")
        assert sum(shown("spud_store_bytes", family=family) for family in families) > 0
        assert shown("spud_store_sync_seconds_count") > 0
        assert shown("spud_store_free_bytes") > 0
        assert shown("spud_process_memory_limit_bytes") > shown("process_resident_memory_bytes")
        assert shown("spud_store_failed") == 0
        assert shown("spud_store_stalls_total") == 0
        assert shown("spud_tls_handshakes_total", side="server", outcome="done") > 0
    assert Samples(after_jobs["alice"])("spud_store_bytes", family="shares") > 0
    assert Samples(after_jobs["scheduler"])("spud_store_bytes", family="jobs") > 0


def test_no_actor_has_failed_and_no_mail_is_left(after_jobs):
    kinds = {
        "scheduler": {"scheduler", "job", "courier", "stock", "stock-courier"},
        "node": {"node", "store", "session"},
        "dealer": {"dealer", "tape"},
    }
    for service in after_jobs.services.values():
        shown = Samples(service)
        assert shown.labels("spud_mailbox_depth", "actor") == kinds[service.kind]
        for actor in kinds[service.kind]:
            assert shown("spud_actor_failures_total", actor=actor) == 0, actor

        def all_is_taken():
            now = Samples(service)
            return all(now("spud_mailbox_depth", actor=actor) == 0 for actor in kinds[service.kind])

        wait_until(all_is_taken, f"the mailboxes of {service.name} are empty")


def test_a_refused_handshake_is_counted_on_both_sides(after_jobs, pki, tmp_path):
    pki.authority("hospital-c", tmp_path / "other")
    folder = pki.issue("hospital-c", "client", "stranger", tmp_path / "other")
    others = [pki.folder / party for party in ("operator", "alice", "bob", "carol")]
    tls = pki.tls(folder, pki.make_bundle(tmp_path / "bundle", tmp_path / "other", *others))
    before = Samples(after_jobs["scheduler"])("spud_tls_handshakes_total", side="server", outcome="failed")
    refused = after_jobs.client("hospital-c", name="stranger", tls=tls).spud("device", "list", expect=1)
    assert "refused our certificate" in refused.problem
    def failed():
        return Samples(after_jobs["scheduler"])("spud_tls_handshakes_total", side="server", outcome="failed")

    # The client is told before the scheduler has counted.
    wait_until(lambda: failed() > before, "the handshake is counted")
    assert Samples(after_jobs["scheduler"])("spud_refused_connections_total", reason="handshake") > 0


def test_a_node_that_is_gone_is_down_until_it_is_back(make_cluster):
    cluster = make_cluster()
    cluster.reconfigure("scheduler", registration_timeout="2s")
    cluster.start()

    def up():
        return Samples(cluster["scheduler"])("spud_peer_up", peer=NODES["bob"])

    wait_until(lambda: up() == 1, "bob works")
    cluster.make_device()
    LongJob(cluster).begin(1)
    alice = cluster["alice"]
    wait_until(lambda: alice.metric("spud_rounds_total") > 0, "rounds are counted while it runs")
    assert alice.metric("spud_attempts_running") == 1
    assert Samples(alice)("spud_peer_up", peer=NODES["bob"]) == 1
    cluster["bob"].kill()
    wait_until(lambda: Samples(alice)("spud_peer_up", peer=NODES["bob"]) == 0, "alice's link to bob is broken")
    assert Samples(alice)("spud_peer_round_trip_seconds", peer=NODES["bob"]) is None
    wait_until(lambda: up() == 0, "bob is missed")
    assert Samples(cluster["scheduler"])("spud_peer_round_trip_seconds", peer=NODES["bob"]) is None
    assert Samples(cluster["scheduler"])("spud_peer_up", peer=NODES["alice"]) == 1
    cluster["bob"].start()
    wait_until(lambda: up() == 1, "bob is back")
    cluster["scheduler"].kill()
    wait_until(lambda: Samples(alice)("spud_peer_up", peer=SCHEDULER) == 0, "alice misses the scheduler")
