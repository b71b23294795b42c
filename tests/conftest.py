# SPDX-License-Identifier: Apache-2.0
"""What all tests share: the binary."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def binary():
    file = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud")).resolve()
    assert file.exists(), f"{file} is missing: run scripts/build.sh, or set SPUD to a binary"
    return file
