# SPDX-License-Identifier: Apache-2.0
"""CSV tables of the example: a column `id`, then one column a feature, then perhaps `diagnosis`."""

import csv

import numpy as np

ID = "id"
DIAGNOSIS = "diagnosis"  # 1: malignant, 0: benign


def write_table(path, ids, columns):
    """`columns`: {name: float32 array, one value a row}. Nine digits give every float32 back exactly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([ID, *columns])
        for row, patient in enumerate(ids):
            writer.writerow([patient, *(f"{column[row]:.9g}" for column in columns.values())])


def read_table(path):
    """Returns (ids, {name: float32 array})."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    if header[:1] != [ID]:
        raise ValueError(f"{path}: the first column is {header[:1]}, expected '{ID}'")
    values = np.array([row[1:] for row in rows], dtype=np.float32)
    return [row[0] for row in rows], dict(zip(header[1:], values.T))


def features(columns):
    """The [rows, features] matrix of all columns but the diagnosis, in the file's order."""
    return np.stack([column for name, column in columns.items() if name != DIAGNOSIS], axis=1)
