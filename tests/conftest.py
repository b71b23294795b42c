# SPDX-License-Identifier: Apache-2.0
"""What all tests share: the binary, and which version it is upgraded from."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def binary():
    file = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud")).resolve()
    assert file.exists(), f"{file} is missing: run scripts/build.sh, or set SPUD to a binary"
    return file


@pytest.fixture(scope="session")
def previous():
    """The version that deployments are upgraded from: its number, and its commit."""
    lines = (ROOT / "deploy/previous.txt").read_text().splitlines()
    return dict(line.split() for line in lines if not line.startswith("#"))
