# SPDX-License-Identifier: Apache-2.0
"""Makes two hospitals of the Wisconsin breast cancer table that scikit-learn ships.

Both saw the same 569 patients: hospital A measured the first 15 features, hospital B the other 15 and knows the
diagnosis. Each gets train.csv (455 patients) and test.csv (114), with the same patient ids in the same order.
The rows are shuffled here, once, so that the training program can take its batches as they come. Each column is
standardised with the mean and deviation of its training rows: its owner alone can do that.

    prepare_data.py --out DIR
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

from tables import DIAGNOSIS, write_table

SEED = 20
TRAIN_ROWS = 455
FEATURES_OF_A = 15


def split_patients():
    """Returns (ids, {name: column}, diagnosis), shuffled and standardised, training rows first."""
    data = load_breast_cancer()
    order = np.random.default_rng(SEED).permutation(len(data.target))
    values = data.data[order]
    values = (values - values[:TRAIN_ROWS].mean(axis=0)) / values[:TRAIN_ROWS].std(axis=0)
    columns = {
        name.replace(" ", "_"): values[:, column].astype(np.float32) for column, name in enumerate(data.feature_names)
    }
    malignant = (data.target[order] == 0).astype(np.float32)  # the source says 0 for malignant
    ids = [f"P{number:04d}" for number in range(1, len(order) + 1)]
    return ids, columns, malignant


def prepare(out):
    ids, columns, malignant = split_patients()
    names = list(columns)
    of_a = {name: columns[name] for name in names[:FEATURES_OF_A]}
    of_b = {name: columns[name] for name in names[FEATURES_OF_A:]} | {DIAGNOSIS: malignant}
    for hospital, owned in (("hospital-a", of_a), ("hospital-b", of_b)):
        for part, rows in (("train", slice(None, TRAIN_ROWS)), ("test", slice(TRAIN_ROWS, None))):
            write_table(
                out / hospital / f"{part}.csv", ids[rows], {name: column[rows] for name, column in owned.items()}
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for hospital-a/ and hospital-b/")
    prepare(parser.parse_args().out)
