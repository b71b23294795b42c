# SPDX-License-Identifier: Apache-2.0
"""TensorFlow and PyTorch themselves: programs that they export now give what they compute, through `spud sim`."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/frameworks"
SPUD = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud"))
INSTALL_SECONDS = 3600
SECONDS = 600


def run(*command, seconds=SECONDS):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr[-4000:]


def compare(case, out):
    """A case's outputs with what its framework computed: integers exactly."""
    tolerance = json.loads((case / "meta.json").read_text())["tolerance"]
    with np.load(out) as got, np.load(case / "expected.npz") as expected:
        assert sorted(got.files) == sorted(expected.files)
        for name in expected.files:
            assert (got[name].dtype, got[name].shape) == (expected[name].dtype, expected[name].shape), name
            if expected[name].dtype.kind == "f":
                np.testing.assert_allclose(got[name], expected[name], atol=tolerance["atol"], rtol=tolerance["rtol"], err_msg=name)
            else:
                np.testing.assert_array_equal(got[name], expected[name], err_msg=name)


@pytest.mark.long
@pytest.mark.parametrize("framework", ["tensorflow", "torch"])
def test_programs_that_a_framework_exports_give_what_it_computes(framework, tmp_path):
    run(ROOT / "scripts/venv.sh", framework, seconds=INSTALL_SECONDS)
    cases = tmp_path / "cases"
    run(ROOT / f"build/venv-{framework}/bin/python", HERE / f"{framework}_programs.py", cases)
    names = sorted(path.name for path in cases.iterdir())
    assert len(names) >= 8
    for name in names:
        case, out = cases / name, tmp_path / f"{name}.npz"
        print(f"{framework}: {name}")
        run(SPUD, "sim", case / "program.hlo.pb", "--meta", case / "meta.json", "--inputs", case / "inputs.npz", "--out", out)
        compare(case, out)
