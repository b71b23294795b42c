# SPDX-License-Identifier: Apache-2.0
"""Several clusters of one test or module."""

from cluster import Cluster


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
