# SPDX-License-Identifier: Apache-2.0
"""What both sides need of a program by its name: programs.py defines most; the others are given as HLO with their inputs,
in folders that scripts/minilm.sh makes. Both sides then read the very same bytes."""

import json
from pathlib import Path

import programs

HERE = Path(__file__).resolve().parent
GIVEN = HERE.parents[1] / "build/minilm"
NAMES_GIVEN = ("minilm_l6_public_ids", "minilm_l6_secret_ids")
NAMES = (*programs.PROGRAMS, *NAMES_GIVEN)


def is_given(name):
    return name in NAMES_GIVEN


def library(name):
    """The folder of programs, for `spud bench`."""
    return GIVEN if is_given(name) else HERE / "programs"


def read_arrays(file, prefix):
    import numpy

    with numpy.load(file) as kept:
        return [kept[f"{prefix}{i}"] for i in range(len(kept.files))]


def args(name):
    return read_arrays(GIVEN / name / "inputs.npz", "in") if is_given(name) else programs.args(name)


def hlo(name):
    return (GIVEN / name / "program.hlo.pb").read_bytes()


def visibilities(name, inputs):
    """"secret" or "public" of each input."""
    if not is_given(name):
        return ["secret"] * len(inputs)
    return [given["visibility"] for given in json.loads((GIVEN / name / "meta.json").read_text())["inputs"]]


def expected(name, inputs):
    """The outputs of plain JAX; those of a given program were computed when it was exported."""
    if is_given(name):
        return read_arrays(GIVEN / name / "expected.npz", "out")
    import jax

    return jax.tree_util.tree_leaves(programs.PROGRAMS[name][0](*inputs))


def largest_error(name, inputs, have):
    """Of outputs against plain JAX."""
    import numpy

    pairs = zip(have, expected(name, inputs))
    return max(float(numpy.abs(numpy.asarray(h, numpy.float64) - numpy.asarray(w, numpy.float64)).max()) for h, w in pairs)
