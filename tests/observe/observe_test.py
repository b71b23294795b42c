# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus over real services: it sees all of them and what they do, and tells who is missing until he is back.

Tests stand in the order of a run: all is well, jobs run, a node dies and comes back.
"""

import subprocess
import sys
import xml.etree.ElementTree

import pytest

from chart import CHART, ROOT
from chart_dashboard_test import as_promql, panels
from corpus_case import load_case
from dashboard_page_test import CHARTS, STATS, SVG
from expressions import all_rules
from fault_test import LongJob
from prometheus import quickened
from waiting import wait_until

CASE = load_case("dot_matmul")
# A busy machine may need a while for what takes seconds.
SECONDS = 60
JOBS = 3


def test_only_times_differ_from_the_rules_of_the_chart():
    text = (CHART / "rules/spud.yaml").read_text()
    quick = quickened(text)
    changed = [(a, b) for a, b in zip(text.splitlines(), quick.splitlines(), strict=True) if a != b]
    assert all(any(mark in a for mark in ("for: ", "[", "offset ")) for a, _ in changed)
    assert ("        for: 2m", "        for: 2s") in changed and ("        for: 1h", "        for: 1m") in changed
    assert quickened("predict_linear(a[6h], 86400) > b offset 15m and c[1d]") == "predict_linear(a[6m], 86400) > b offset 15s and c[24m]"


def test_every_service_is_scraped(cluster, prometheus):
    def up():
        return {dict(labels)["instance"]: value for labels, value in prometheus.query('up{job="spud"}').items()}

    wait_until(lambda: up() == {name: 1 for name in cluster.services}, lambda: f"all are up: {up()}", SECONDS)
    versions = prometheus.query("spud_build_info")
    assert {dict(labels)["role"] for labels in versions} == {"scheduler", "node", "dealer"}


def test_rules_are_evaluated_without_an_error(prometheus):
    def sick():
        return [(rule["name"], rule["health"], rule.get("lastError")) for rule in prometheus.rules() if rule["health"] != "ok"]

    wait_until(lambda: not sick(), lambda: f"all rules were evaluated: {sick()}", SECONDS)
    assert len(prometheus.rules()) == len(all_rules())


@pytest.fixture(scope="module")
def jobs(cluster, prometheus):
    """A few jobs, that end before anybody looks."""
    owner = cluster.client("hospital-a")
    names = cluster.push_case(CASE, "observed", ["hospital-a"])
    for i in range(JOBS):
        owner.run(CASE.program, names, ["hospital-a"], f"observed-{i}")
        CASE.check(owner.fetch(f"observed-{i}"))
    return JOBS


SEEN = {
    "jobs that are done": ('sum(spud_jobs_total{outcome="done"})', JOBS),
    "attempts at both nodes": ('sum(spud_attempts_total{outcome="done"})', 2 * JOBS),
    "rounds at both nodes": ("min(spud_rounds_total)", 1),
    "bytes that nodes sent": ('min(sum by (instance) (spud_sent_bytes_total{instance=~"alice|bob"}))', 1),
    "bytes that nodes received": ('min(sum by (instance) (spud_received_bytes_total{instance=~"alice|bob"}))', 1),
    "bytes that the dealer dealt": ("spud_dealt_tape_bytes_total", 1),
    "bytes that were pushed": ("min(spud_upload_bytes_total)", 1),
    "rates of jobs, recorded": ('max_over_time(instance_outcome:spud_jobs:rate5m{outcome="done"}[10m])', 0.001),
    "rates of rounds, recorded": ("min(max_over_time(instance:spud_rounds:rate5m[10m]))", 0.001),
}


@pytest.mark.parametrize("what", SEEN)
def test_queries_show_the_run(prometheus, jobs, what):
    expression, least = SEEN[what]
    wait_until(lambda: prometheus.value(expression) >= least, lambda: f"{what}: {prometheus.query(expression)}", SECONDS)


# Without stock, and while all is well.
EMPTY = {"Stock ready", "Stock below its target for", "Jobs that wait for a tape", "Peers that do not answer", "Actors that failed"}


@pytest.mark.parametrize("panel", [panel for panel in panels() if panel["title"] not in EMPTY], ids=lambda panel: panel["title"])
def test_the_dashboard_finds_something(prometheus, jobs, panel):
    for target in panel["targets"]:
        wait_until(lambda target=target: prometheus.query(as_promql(target["expr"])), target["expr"], SECONDS)


def test_a_page_of_it_shows_the_run(prometheus, jobs, tmp_path):
    file = tmp_path / "page.svg"
    command = [sys.executable, ROOT / "scripts/dashboard_page.py", "--prometheus", f"http://127.0.0.1:{prometheus.port}"]
    done = subprocess.run([*command, "--seconds", "60", "--out", file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    texts = [text.text for text in xml.etree.ElementTree.parse(file).iter(f"{SVG}text")]
    assert {*STATS, *CHARTS, "alice", "session"} <= set(texts)
    assert texts[texts.index("Services up") + 1] == "4"


# They tell that the machine is slow, which the one under a test may well be.
OF_THE_MACHINE = {"SpudSyncsSlow", "SpudStoreStalls"}


def fires(prometheus):
    return {(name, instance) for name, instance in prometheus.firing() if name not in OF_THE_MACHINE}


def test_nothing_fires_while_all_is_well(prometheus, jobs):
    assert fires(prometheus) == set()


# A node misses a peer for so long after a link to it broke, if no attempt tries it again: two minutes, here too.
FORGOTTEN_SECONDS = 120


def test_alerts_fire_when_a_node_is_killed_and_are_over_when_it_is_back(cluster, prometheus, jobs):
    expected = {("SpudServiceDown", "bob"), ("SpudNodeAbsent", "scheduler"), ("SpudPeerDown", "scheduler"), ("SpudPeerDown", "alice")}
    # In the middle of an attempt, so that alice loses a link too. No other attempt follows.
    LongJob(cluster).begin(1)
    cluster["bob"].kill()
    wait_until(lambda: expected <= fires(prometheus), lambda: f"alerts fire: {fires(prometheus)}", SECONDS)
    assert not any(name == "SpudServiceDown" and instance != "bob" for name, instance in fires(prometheus))
    cluster["bob"].start()
    seconds = FORGOTTEN_SECONDS + SECONDS
    wait_until(lambda: not fires(prometheus), lambda: f"alerts are over, without a job: {fires(prometheus)}", seconds)
    # It is back for jobs too.
    owner = cluster.client("hospital-a")
    names = cluster.push_case(CASE, "again", ["hospital-a"])
    owner.run(CASE.program, names, ["hospital-a"], "again")
    CASE.check(owner.fetch("again"))
    wait_until(lambda: not fires(prometheus), lambda: f"all alerts are over: {fires(prometheus)}", SECONDS)
