# SPDX-License-Identifier: Apache-2.0
"""Programs with inputs and expected results: the cases of tests/corpus."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CORPUS = Path(__file__).resolve().parents[1] / "corpus"


@dataclass(frozen=True)
class Case:
    program: Path
    inputs: list
    expected: list
    tolerance: dict

    @property
    def digest(self):
        return hashlib.sha256(self.program.read_bytes()).hexdigest()

    def check(self, results, atol=None):
        """`results`: arrays by name, as Client.fetch returns them."""
        assert sorted(results) == [f"out{i}" for i in range(len(self.expected))]
        for i, expected in enumerate(self.expected):
            check_array(results[f"out{i}"], expected, atol or self.tolerance["atol"], self.tolerance["rtol"])


def check_array(actual, expected, atol, rtol):
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(actual, expected, atol=atol, rtol=rtol)
    else:
        np.testing.assert_array_equal(actual, expected)


def in_order(path, prefix):
    with np.load(path) as arrays:
        return [arrays[f"{prefix}{i}"] for i in range(len(arrays.files))]


def load_case(name):
    folder = CORPUS / name
    return Case(
        folder / "program.hlo.pb",
        in_order(folder / "inputs.npz", "in"),
        in_order(folder / "expected.npz", "out"),
        json.loads((folder / "meta.json").read_text())["tolerance"],
    )
