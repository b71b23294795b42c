# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: the binary, keys, clusters, and logs of what failed."""

from pathlib import Path

import pytest

from cluster import Pki
from clusters import Clusters

@pytest.fixture(scope="session")
def pki(binary, tmp_path_factory):
    return Pki(binary, tmp_path_factory.mktemp("keys"))


@pytest.fixture
def make_cluster(binary, pki, tmp_path):
    clusters = Clusters(binary, pki, tmp_path)
    yield clusters
    clusters.end()


@pytest.fixture
def cluster(make_cluster):
    """Two nodes, a dealer, a scheduler, all running, and the pinned device "demo"."""
    made = make_cluster().start()
    made.make_device()
    return made


@pytest.fixture(scope="module")
def make_shared_cluster(binary, pki, tmp_path_factory):
    clusters = Clusters(binary, pki, tmp_path_factory.mktemp("shared"))
    yield clusters
    clusters.end()


@pytest.fixture(scope="module")
def shared_cluster(make_shared_cluster):
    """The same as `cluster` for a whole module, whose tests leave it as they found it."""
    made = make_shared_cluster().start()
    made.make_device()
    return made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the ends of all services' logs to the report of a test that failed."""
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            for cluster in value.made if isinstance(value, Clusters) else []:
                report.sections.append((f"services of {cluster.folder.name}", cluster.logs()))
    return report
