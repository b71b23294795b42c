# SPDX-License-Identifier: Apache-2.0
"""A cluster as in tests/e2e, and a Prometheus that watches it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), *(str(ROOT / "tests" / folder) for folder in ("e2e", "chart"))]

from cluster import Cluster, Pki  # noqa: E402
from prometheus import Prometheus, quickened  # noqa: E402


@pytest.fixture(scope="session")
def prometheus_binary():
    file = ROOT / "build/tools/bin/prometheus"
    assert file.exists(), f"{file} is missing: run scripts/from_debian.sh prometheus usr/bin/prometheus usr/bin/promtool"
    return file


@pytest.fixture(scope="module")
def cluster(binary, tmp_path_factory):
    """Two nodes that keep stock, a dealer, a scheduler, all running, and the pinned device "demo"."""
    folder = tmp_path_factory.mktemp("observed")
    made = Cluster(binary, Pki(binary, folder / "keys"), folder / "cluster")
    made.configure("scheduler", registration_timeout="2s")
    made.start().make_device()
    yield made
    complaints = made.end()
    assert not complaints, complaints


@pytest.fixture(scope="module")
def prometheus(cluster, prometheus_binary, tmp_path_factory):
    """It watches from before the first job. The chart's rules, but that a minute of theirs is a second here."""
    targets = {name: cluster.address(f"{name}-operations") for name in cluster.services}
    rules = quickened((ROOT / "helm/spud/rules/spud.yaml").read_text())
    folder = tmp_path_factory.mktemp("prometheus") / "server"
    watching = Prometheus(prometheus_binary, folder, cluster.port("prometheus"), targets, rules).start()
    yield watching
    watching.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the ends of all logs to the report of a test that failed."""
    report = yield
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if name == "cluster":
                report.sections.append(("services", value.logs()))
            elif name == "prometheus":
                report.sections.append(("Prometheus", value.said()))
    return report
