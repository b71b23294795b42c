# SPDX-License-Identifier: Apache-2.0
"""What the tests of the documents share."""

import os
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), *(str(Path(__file__).parents[1] / name) for name in ("e2e", "chart"))]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def binary():
    file = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud")).resolve()
    assert file.exists(), f"{file} is missing: run scripts/build.sh, or set SPUD to a binary"
    return file
