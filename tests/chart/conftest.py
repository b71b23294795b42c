# SPDX-License-Identifier: Apache-2.0
"""What the chart's tests share: the values files, what helm makes of them, and the real binary."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "e2e")]

from chart import CHART, ROOT, VALUES_FILES, Release  # noqa: E402


@pytest.fixture(scope="session", params=VALUES_FILES, ids=lambda file: file.stem.removesuffix("-values"))
def release(request):
    return Release(request.param)


@pytest.fixture(scope="session")
def everything():
    return Release(CHART / "ci/node-everything-values.yaml")
