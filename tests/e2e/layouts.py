# SPDX-License-Identifier: Apache-2.0
"""Who computes and who owns what, for each layout, and the program that is run on all of them."""

import sys
from dataclasses import dataclass

import numpy as np

from corpus_case import CORPUS, load_case

EXAMPLE = CORPUS.parents[1] / "examples" / "breast_cancer"
# As examples/breast_cancer/check.py has it.
MAX_WEIGHT_DIFFERENCE = 1e-2


@dataclass(frozen=True)
class Layout:
    nodes: tuple
    owners: tuple  # of three inputs, in order
    device: tuple = ()  # arguments of `spud device create`
    private: tuple = ()  # owners whose own node holds their data in plain

    def host_of_client(self, party):
        """Clients of a party that computes are where its node is."""
        return party if party in self.nodes else f"{party}-host"


TWO, THREE = ("alice", "bob"), ("alice", "bob", "dave")
PROVIDERS = ("hospital-a", "hospital-b", "hospital-c")
COLOCATED, HYBRID = ("--layout", "colocated"), ("--layout", "hybrid")
LAYOUTS = {
    "outsourcing to 2": Layout(TWO, PROVIDERS),
    "outsourcing to 3": Layout(THREE, PROVIDERS),
    "colocated of 2": Layout(TWO, ("alice", "bob", "bob"), COLOCATED, private=TWO),
    "colocated of 3": Layout(THREE, THREE, COLOCATED, private=THREE),
    "hybrid": Layout(THREE, ("alice", "bob", "hospital-c"), HYBRID, private=TWO),
}


@dataclass(frozen=True)
class Work:
    """A program on data of three owners, and what comes of it in plain."""

    program: bytes
    inputs: dict  # by dataset's name
    expected: list
    atol: float

    def check(self, results):
        for i, expected in enumerate(self.expected):
            np.testing.assert_allclose(results[f"out{i}"], expected, atol=self.atol, rtol=0)


def training():
    """The example's logistic regression: the columns of two owners, and the diagnoses of a third."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        import jax
        import prepare_data
        import train

        _, columns, malignant = prepare_data.split_patients()
    finally:
        sys.path.remove(str(EXAMPLE))
    table = np.stack(list(columns.values()), axis=1)[: train.ROWS]
    inputs = {
        "measured-by-one": table[:, : train.FEATURES_OF_A],
        "measured-by-another": table[:, train.FEATURES_OF_A :],
        "diagnoses-of-a-third": malignant[: train.ROWS],
    }
    weights = np.asarray(jax.jit(train.train)(*inputs.values()))
    return Work(train.trace(train.train, train.INPUTS), inputs, [weights], MAX_WEIGHT_DIFFERENCE)


def one_pass():
    """One pass of logistic regression over many columns: what is sent is the columns more than anything else."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    rows, columns, batch, rate = 1024, 96, 128, 0.1
    sys.path.insert(0, str(EXAMPLE))
    try:
        import train
    finally:
        sys.path.remove(str(EXAMPLE))

    def one_pass(xa, xb, y):
        x = jnp.concatenate([xa, xb], axis=1)

        def step(i, weights):
            x_batch = lax.dynamic_slice(x, (i * batch, 0), (batch, x.shape[1]))
            y_batch = lax.dynamic_slice(y, (i * batch,), (batch,))
            error = jax.nn.sigmoid(x_batch @ weights) - y_batch
            return weights - rate * ((error @ x_batch) / batch)

        return lax.fori_loop(0, rows // batch, step, jnp.zeros(x.shape[1], jnp.float32))

    random = np.random.default_rng(7)
    xa, xb = (random.normal(size=(rows, columns)).astype(np.float32) for _ in range(2))
    y = (xa[:, 0] - xb[:, 0] > 0).astype(np.float32)
    inputs = {"columns-of-one": xa, "columns-of-another": xb, "outcomes-of-a-third": y}
    shapes = [jax.ShapeDtypeStruct(value.shape, value.dtype) for value in inputs.values()]
    weights = np.asarray(jax.jit(one_pass)(*inputs.values()))
    return Work(train.trace(one_pass, shapes), inputs, [weights], MAX_WEIGHT_DIFFERENCE)


def inference():
    """Logistic inference: patients of the first owner, weights of the second, and the intercept of the third."""
    case = load_case("prog_logreg_infer_bc")
    inputs = dict(zip(("patients-of-one", "weights-of-another", "intercept-of-a-third"), case.inputs))
    return Work(case.program.read_bytes(), inputs, case.expected, case.tolerance["atol"])
