# SPDX-License-Identifier: Apache-2.0
"""The Python side of the example: data, program and comparison. The secure run itself is scripts/demo.sh."""

import json
from pathlib import Path

import jax
import numpy as np
import pytest

import check
import prepare_data
import train
from tables import DIAGNOSIS, ID, features, read_table


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    prepare_data.prepare(folder)
    return folder


@pytest.fixture(scope="module")
def plain_weights(data):
    return np.asarray(jax.jit(train.train)(*check.join(data, "train")))


def save(folder, weights):
    path = folder / "out0.npy"
    np.save(path, weights)
    return path


def run_check(data, folder, weights):
    report = folder / "report.json"
    code = check.main(["--data", str(data), "--weights", str(save(folder, weights)), "--report", str(report)])
    return code, json.loads(report.read_text()) if report.exists() else None


def test_hospitals_hold_the_same_patients_in_the_same_order(data):
    for part, rows in (("train", 455), ("test", 114)):
        ids_a, columns_a = read_table(data / "hospital-a" / f"{part}.csv")
        ids_b, columns_b = read_table(data / "hospital-b" / f"{part}.csv")
        assert ids_a == ids_b
        assert len(set(ids_a)) == rows
        assert features(columns_a).shape == (rows, 15)
        assert features(columns_b).shape == (rows, 15)
        assert DIAGNOSIS not in columns_a
        assert set(columns_b[DIAGNOSIS]) == {0.0, 1.0}


def test_no_patient_is_in_both_parts(data):
    train_ids, _ = read_table(data / "hospital-a" / "train.csv")
    test_ids, _ = read_table(data / "hospital-a" / "test.csv")
    assert not set(train_ids) & set(test_ids)


def test_training_columns_are_standardised(data):
    for hospital in ("hospital-a", "hospital-b"):
        _, columns = read_table(data / hospital / "train.csv")
        matrix = features(columns)
        np.testing.assert_allclose(matrix.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(matrix.std(axis=0), 1, atol=1e-5)


def test_preparing_again_writes_the_same_bytes(data, tmp_path):
    prepare_data.prepare(tmp_path)
    for path in data.rglob("*.csv"):
        assert (tmp_path / path.relative_to(data)).read_bytes() == path.read_bytes()


def test_table_without_ids_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("radius\n1\n")
    with pytest.raises(ValueError, match=f"expected '{ID}'"):
        read_table(tmp_path / "a.csv")


def test_batches_cover_the_training_rows():
    assert train.ROWS % train.BATCH == 0
    assert train.ROWS == prepare_data.TRAIN_ROWS


def test_plain_training_is_a_good_model(data, plain_weights):
    assert plain_weights.shape == (31,)
    assert check.correct(plain_weights, *check.join(data, "test")) >= 0.95 * 114
    assert np.max(np.abs(plain_weights)) < 2


def test_program_keeps_its_loops():
    program = train.trace(train.train, train.INPUTS)
    assert program.count(b"while") >= 2
    assert len(program) < 64 * 1024


def test_program_names_no_folder_of_this_machine():
    assert str(Path(train.__file__).parent).encode() not in train.trace(train.train, train.INPUTS)


def test_all_inputs_are_secret():
    entries = train.meta(train.INPUTS)["inputs"]
    assert {entry["visibility"] for entry in entries} == {"secret"}
    assert [entry["shape"] for entry in entries] == [[455, 15], [455, 15], [455]]


def test_equal_weights_agree(data, plain_weights, tmp_path):
    code, report = run_check(data, tmp_path, plain_weights)
    assert code == 0
    assert report["largest_weight_difference"] == 0
    assert report["accuracy_secure"] == report["accuracy_plain"]


@pytest.mark.parametrize("error", [0.02, -0.02, np.nan])
def test_one_wrong_weight_is_noticed(data, plain_weights, tmp_path, error):
    weights = plain_weights.copy()
    weights[7] += np.float32(error)
    assert run_check(data, tmp_path, weights)[0] == 1


def test_weights_of_another_shape_are_bad_input(data, plain_weights, tmp_path, capsys):
    code, report = run_check(data, tmp_path, plain_weights[:-1])
    assert code == 2
    assert report is None
    assert "float32[30]" in capsys.readouterr().err


def test_hospitals_with_different_patients_are_refused(data, tmp_path):
    for hospital in ("hospital-a", "hospital-b"):
        text = (data / hospital / "train.csv").read_text()
        (tmp_path / hospital).mkdir()
        (tmp_path / hospital / "train.csv").write_text(text if hospital == "hospital-a" else text.replace("P0001", "P9999"))
    with pytest.raises(ValueError, match="different patients"):
        check.join(tmp_path, "train")
