# SPDX-License-Identifier: Apache-2.0
"""What spud_export makes of functions of JAX; TensorFlow and PyTorch are in tests/frameworks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
SPUD = Path(os.environ.get("SPUD", HERE.parent / "build/release/bin/spud"))
sys.path.insert(0, str(HERE))

import spud_export  # noqa: E402
from hlo_source_names import without_folders  # noqa: E402


def scaled(weights, x, unused):
    return {"sum": x @ weights["a"] + weights["b"], "count": x.shape[0]}


@pytest.fixture
def program():
    weights = {"a": np.full((3, 2), 0.5, np.float32), "b": np.array([1, 2], np.float32)}
    return spud_export.from_jax(scaled, weights, np.ones((4, 3), np.float32), np.int32(7))


def test_inputs_have_names_and_are_in_the_order_of_the_parameters(program):
    assert program.names() == ["arg0['a']", "arg0['b']", "arg1", "arg2"]
    assert [array.shape for _, array in program.inputs] == [(3, 2), (2,), (4, 3), ()]


def test_everything_is_secret_but_what_is_named(program):
    described = program.meta(public=["arg1"])["inputs"]
    assert [one["visibility"] for one in described] == ["secret", "secret", "public", "secret"]
    assert described[0] == {"name": "in0", "what": "arg0['a']", "dtype": "float32", "shape": [3, 2], "visibility": "secret"}
    with pytest.raises(ValueError, match="no input is called 'x'; they are arg0"):
        program.meta(public=["x"])


def test_what_is_saved_runs(program, tmp_path):
    program.save(tmp_path / "case", public=["arg2"])
    case, out = tmp_path / "case", tmp_path / "out.npz"
    command = [SPUD, "sim", case / "program.hlo.pb", "--meta", case / "meta.json", "--inputs", case / "inputs.npz", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads((case / "meta.json").read_text())["inputs"][3]["visibility"] == "public"
    with np.load(out) as outputs:  # leaves of the results in JAX's order
        assert outputs["out0"] == 4
        np.testing.assert_allclose(outputs["out1"], np.full((4, 2), 1.5) + [1, 2], atol=1e-4)


def test_an_input_may_be_private_to_a_party(tmp_path):
    program = spud_export.from_jax(lambda a, b: a + b, np.ones(2, np.float32), np.ones(2, np.float32))
    visibility = [entry["visibility"] for entry in program.meta(private={"arg1": 1})["inputs"]]
    assert visibility == ["secret", "private:1"]
    with pytest.raises(ValueError, match="arg7"):
        program.meta(private={"arg7": 0})
    with pytest.raises(ValueError, match="public and private"):
        program.meta(public=["arg0"], private={"arg0": 0})


def test_a_program_names_its_source_files_without_their_folders(program):
    assert b"spud_export_test.py" in program.hlo
    assert b"/spud_export_test.py" not in program.hlo and str(HERE).encode() not in program.hlo


def test_nothing_else_of_a_program_is_changed():
    long = b"x" * 300
    name = b"\x0a" + bytes([0xAC, 2]) + long  # field 1
    numbers = b"\x20\x96\x01" + b"\x29" + bytes(8) + b"\x35" + bytes(4)  # a varint, eight bytes, four bytes
    files = {folder: b"\x8a\x01" + bytes([len(folder) + 8]) + b"\x0a" + bytes([len(folder) + 6]) + folder + b"a/b.py" for folder in (b"/home/", b"")}
    bare = b"\x8a\x01\x06\x0a\x04b.py"
    assert without_folders(name + files[b"/home/"] + numbers) == name + bare + numbers
    assert without_folders(name + files[b""] + numbers) == name + bare + numbers
    assert without_folders(name + bare + numbers) == name + bare + numbers
    # A path in any other field is somebody's data.
    other = b"\x92\x01\x07/a/b.py"
    assert without_folders(other) == other
