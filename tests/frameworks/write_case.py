# SPDX-License-Identifier: Apache-2.0
"""Writes a case: what spud_export made of a program, and the results that its own framework computes."""

import json
from pathlib import Path

import numpy as np

TOLERANCE = 2e-3


def write(folder, name, program, results, public=()):
    """`results`: arrays in the order of the program's outputs."""
    case = Path(folder) / name
    program.save(case, public)
    np.savez(case / "expected.npz", **{f"out{i}": np.asarray(result) for i, result in enumerate(results)})
    meta = json.loads((case / "meta.json").read_text())
    meta["tolerance"] = {"atol": TOLERANCE, "rtol": TOLERANCE}
    (case / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")
