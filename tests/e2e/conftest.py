# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: the binary, keys, clusters, and logs of what failed."""

import os
from pathlib import Path

import pytest

from cluster import Cluster, Pki

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def binary():
    file = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud")).resolve()
    assert file.exists(), f"{file} is missing: run scripts/build.sh, or set SPUD to a binary"
    return file


@pytest.fixture(scope="session")
def pki(binary, tmp_path_factory):
    return Pki(binary, tmp_path_factory.mktemp("keys"))


class Clusters:
    """Makes clusters that are not started yet, and ends them all."""

    def __init__(self, binary, pki, folder):
        self.binary, self.pki, self.folder = binary, pki, folder
        self.made = []

    def __call__(self, **options):
        folder = self.folder / f"cluster-{len(self.made)}"
        self.made.append(Cluster(self.binary, self.pki, folder, **options))
        return self.made[-1]

    def end(self):
        complaints = [complaint for cluster in self.made for complaint in cluster.end()]
        assert not complaints, complaints


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
