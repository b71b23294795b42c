# SPDX-License-Identifier: Apache-2.0
"""A sentence encoder with its real weights, all-MiniLM-L6-v2: two sentences of 16 tokens through `spud sim`, the ids of
their tokens public or secret."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SPUD = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud"))
FORMS = ["minilm_l6_public_ids", "minilm_l6_secret_ids"]
LARGEST_ERROR = 1e-3  # of numbers in a vector of length 1
SECONDS = 600


@pytest.fixture(scope="module")
def folders():
    """The programs with the package's weights; the test fails where it cannot be had."""
    made = subprocess.run([ROOT / "scripts/minilm.sh", sys.executable], capture_output=True, text=True, timeout=SECONDS)
    assert made.returncode == 0, made.stderr
    return ROOT / "build/minilm"


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_sentences_are_encoded_as_the_framework_encodes_them(folders, tmp_path, form):
    folder, out, report = folders / form, tmp_path / "out.npz", tmp_path / "report.json"
    files = ["--inputs", folder / "inputs.npz", "--meta", folder / "meta.json", "--out", out, "--report", report]
    device = ["--protocol", "semi2k", "--parties", "2"]
    done = subprocess.run([SPUD, "sim", folder / "program.hlo.pb", *files, *device], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    with np.load(out) as got, np.load(folder / "expected.npz") as expected:
        assert got["out0"].shape == (2, 384)
        error = np.abs(got["out0"] - expected["out0"]).max()
    print(f"{form}: largest error {error:.2e}, {json.loads(report.read_text())}")
    assert error <= LARGEST_ERROR
