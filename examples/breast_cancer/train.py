# SPDX-License-Identifier: Apache-2.0
"""Logistic regression over two hospitals' columns, in plain JAX, and how it becomes a program for spud.

    train.py --out DIR     writes DIR/program.hlo.pb and DIR/meta.json

`train` knows nothing of secret sharing: the same function runs on plain arrays (check.py does) and, once traced, on
shares. Who may see which input is said in meta.json only.
"""

import argparse
import json
from pathlib import Path

import jax
import jax.numpy as jnp
from jax import lax

ROWS, FEATURES_OF_A, FEATURES_OF_B = 455, 15, 15
EPOCHS = 10
BATCH = 35  # 13 batches of 35 rows are exactly the 455 training rows
LEARNING_RATE = 0.1


def train(xa, xb, y):
    """Mini-batch gradient descent on the logistic loss.

    xa, xb: float32 [rows, features] of hospital A and B, standardised; y: float32 [rows], 1 for malignant.
    Returns float32 [features of A + features of B + 1]: the weights, the intercept last.
    """
    rows = y.shape[0]
    x = jnp.concatenate([xa, xb, jnp.ones((rows, 1), jnp.float32)], axis=1)

    def step(batch, weights):
        x_batch = lax.dynamic_slice(x, (batch * BATCH, 0), (BATCH, x.shape[1]))
        y_batch = lax.dynamic_slice(y, (batch * BATCH,), (BATCH,))
        error = jax.nn.sigmoid(x_batch @ weights) - y_batch
        return weights - LEARNING_RATE * ((error @ x_batch) / BATCH)

    def epoch(_, weights):
        return lax.fori_loop(0, rows // BATCH, step, weights)

    return lax.fori_loop(0, EPOCHS, epoch, jnp.zeros(x.shape[1], jnp.float32))


INPUTS = [
    jax.ShapeDtypeStruct((ROWS, FEATURES_OF_A), jnp.float32),
    jax.ShapeDtypeStruct((ROWS, FEATURES_OF_B), jnp.float32),
    jax.ShapeDtypeStruct((ROWS,), jnp.float32),
]


def trace(function, inputs):
    """The XLA program (a serialised HloModuleProto) of `function` for these shapes; no data is needed."""
    # Source files are noted in the program: by name only, so that its digest is the same wherever it is traced.
    jax.config.update("jax_hlo_source_file_canonicalization_regex", ".*/")
    traced = jax.jit(function, keep_unused=True).trace(*inputs)
    lowered = traced.lower(lowering_platforms=("interpreter",))
    return lowered.compiler_ir("hlo").as_serialized_hlo_module_proto()


def meta(inputs):
    """All inputs are secret: shared between the compute nodes, known to none."""
    return {
        "inputs": [
            {"name": f"in{n}", "visibility": "secret", "dtype": str(value.dtype), "shape": list(value.shape)}
            for n, value in enumerate(inputs)
        ]
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for program.hlo.pb and meta.json")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    (out / "program.hlo.pb").write_bytes(trace(train, INPUTS))
    (out / "meta.json").write_text(json.dumps(meta(INPUTS), indent=2) + "\n", encoding="utf-8")
