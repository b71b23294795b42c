# SPDX-License-Identifier: Apache-2.0
"""Compares the weights that spud returned with training in plain JAX on the joined data.

This step is no part of the secure run: it reads BOTH hospitals' files, which nobody may do in earnest.

    check.py --data DIR --weights out0.npy [--report REPORT.json]

Exit code 0 if the two models agree: at most one test patient classified otherwise in total, and no weight further apart
than 0.01. Otherwise 1; 2 if a file is not as expected.
"""

import argparse
import json
import sys
from pathlib import Path

import jax
import numpy as np

from tables import DIAGNOSIS, features, read_table
from train import train

MAX_PATIENTS_APART = 1
MAX_WEIGHT_DIFFERENCE = 1e-2


def join(data, part):
    """(xa, xb, y) of both hospitals' files; refuses rows that are not of the same patients."""
    ids_a, columns_a = read_table(data / "hospital-a" / f"{part}.csv")
    ids_b, columns_b = read_table(data / "hospital-b" / f"{part}.csv")
    if ids_a != ids_b:
        raise ValueError(f"{data}: the hospitals' {part}.csv list different patients")
    return features(columns_a), features(columns_b), columns_b[DIAGNOSIS]


def correct(weights, xa, xb, y):
    """How many patients the model classifies as they were diagnosed."""
    score = np.concatenate([xa, xb], axis=1) @ weights[:-1] + weights[-1]
    return int(np.sum((score > 0) == (y > 0.5)))


def compare(data, secure):
    plain = np.asarray(jax.jit(train)(*join(data, "train")))
    if secure.shape != plain.shape or secure.dtype.kind != "f":
        raise ValueError(f"weights are {secure.dtype}{list(secure.shape)}, expected float{list(plain.shape)}")
    test = join(data, "test")
    patients = len(test[2])
    correct_secure, correct_plain = correct(secure, *test), correct(plain, *test)
    difference = float(np.max(np.abs(secure - plain)))
    return {
        "test_patients": patients,
        "correct_secure": correct_secure,
        "correct_plain": correct_plain,
        "accuracy_secure": correct_secure / patients,
        "accuracy_plain": correct_plain / patients,
        "largest_weight_difference": difference,
        # Written so that a NaN among the weights is no agreement.
        "agree": abs(correct_secure - correct_plain) <= MAX_PATIENTS_APART and difference <= MAX_WEIGHT_DIFFERENCE,
    }


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with hospital-a/ and hospital-b/")
    parser.add_argument("--weights", type=Path, required=True, help="the fetched result, .npy")
    parser.add_argument("--report", type=Path, help="where to write the comparison as JSON")
    options = parser.parse_args(arguments)
    print("check: reading both hospitals' files, for comparison only")
    try:
        report = compare(options.data, np.load(options.weights, allow_pickle=False))
    except (OSError, ValueError) as error:
        print(f"check: {error}", file=sys.stderr)
        return 2
    if options.report:
        options.report.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for name in ("secure", "plain"):
        print(
            f"accuracy, {name:6}  {report[f'accuracy_{name}']:.4f}"
            f"  ({report[f'correct_{name}']} of {report['test_patients']} test patients)"
        )
    print(f"largest weight difference  {report['largest_weight_difference']:.2e}  (bound {MAX_WEIGHT_DIFFERENCE:g})")
    print("check: the models agree" if report["agree"] else "check: the models DIFFER beyond the bounds")
    return 0 if report["agree"] else 1


if __name__ == "__main__":
    sys.exit(main())
