# SPDX-License-Identifier: Apache-2.0
"""Writes corpus cases from JAX functions, or from StableHLO: the program, inputs, and what XLA's CPU computes.

    .venv/bin/python tests/corpus/generate.py FOLDER [NAME...]

A case is a function, or a text, and its inputs, each with a visibility. Floats have few fraction bits where an exact tie matters.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from hlo_source_names import without_folders  # noqa: E402
from jax import lax  # noqa: E402
from jaxlib import xla_client  # noqa: E402
from spellings import GELUS, LAYER_NORMS, SIGMOIDS, SOFTMAXES  # noqa: E402
from texts import BY_SUM_ACROSS, EACH_BY_ITSELF, KEEP_THE_LARGER, SCATTER_TWO, SELECT_AND_SCATTER, SORT_TWO, TOTAL_ORDER  # noqa: E402

RANDOM = np.random.default_rng(20261125)


def floats(*shape, low=-2.0, high=2.0):
    return RANDOM.uniform(low, high, shape).astype(np.float32)


def steps(*shape, low=-8, high=8):
    """Multiples of a quarter, with ties."""
    return (RANDOM.integers(low, high, shape) / 4).astype(np.float32)


def ints(*shape, low=-9, high=9, dtype=np.int32):
    return RANDOM.integers(low, high, shape).astype(dtype)


def conv(window, **options):
    def run(x, k):
        return lax.conv_general_dilated(x, k, window_strides=window, **options)

    return run


def spd(n):
    a = RANDOM.uniform(-1, 1, (n, n))
    return (a @ a.T + n * np.eye(n)).astype(np.float32)


def lower_matrix(n):
    return (np.tril(RANDOM.uniform(-1, 1, (n, n))) + 2 * np.eye(n)).astype(np.float32)


def solve(left, lower, transpose, unit):
    return lambda a, b: lax.linalg.triangular_solve(
        a, b, left_side=left, lower=lower, transpose_a=transpose, unit_diagonal=unit
    )


def scatter(method, **options):
    return lambda x, i, u: getattr(x.at[i], method)(u, **options)


def by_distance(x, y):
    """A comparator of two operands that is no comparison of keys."""
    return lax.sort((x, y), num_keys=1, is_stable=True)


def windowed(reducer, start, size, stride, padding, **options):
    return lambda x: lax.reduce_window(x, start, reducer, size, stride, padding, **options)


def three_way(index, x):
    return lax.switch(index, [lambda v: v + 1, lambda v: v * 2, lambda v: -v, lambda v: v * v], x)


def nested_choice(a, b, x):
    return lax.cond(
        a > 0,
        lambda v: lax.cond(b > 0, lambda w: (w * 2, w + 1), lambda w: (w, w - 1), v),
        lambda v: (v * 3, v),
        x,
    )


def search(x, key):
    """A loop with a secret in it: binary search at secret places."""

    def body(_, bounds):
        low, high = bounds
        middle = (low + high) // 2
        value = lax.dynamic_index_in_dim(x, middle, keepdims=False)
        return jnp.where(value < key, middle + 1, low), jnp.where(value < key, high, middle)

    return lax.fori_loop(0, 4, body, (jnp.int32(0), jnp.int32(x.shape[0])))[0]


TWICE = np.array([[0], [3], [3], [5], [7]], np.int32)
ONCE = np.array([[0], [3], [2], [5], [-3]], np.int32)

EXTREMES = np.array([0.0, -0.0, np.nan, -np.nan, 1.5, -1.5, np.inf, -np.inf], np.float32)

PUBLIC, SECRET = "public", "secret"

# name: (function, inputs, visibility of each)
CASES = {
    "conv1d_dilated": (
        conv((2,), padding=[(2, 1)], rhs_dilation=(3,), dimension_numbers=("NCW", "OIW", "NCW")),
        [floats(2, 3, 17), floats(4, 3, 3)],
        [SECRET, SECRET],
    ),
    "conv2d_negative_padding": (
        conv((1, 1), padding=[(-1, 0), (1, -1)], dimension_numbers=("NHWC", "HWIO", "NHWC")),
        [floats(1, 6, 5, 2), floats(2, 3, 2, 3)],
        [SECRET, PUBLIC],
    ),
    "conv2d_batch_groups": (
        conv((1, 1), padding="VALID", batch_group_count=2, dimension_numbers=("NCHW", "OIHW", "NCHW")),
        [floats(4, 2, 5, 5), floats(6, 2, 2, 2)],
        [SECRET, SECRET],
    ),
    "conv3d_base_dilated": (
        conv(
            (1, 2, 1),
            padding=[(1, 1), (0, 2), (2, 0)],
            lhs_dilation=(2, 1, 2),
            dimension_numbers=("NCDHW", "OIDHW", "NCDHW"),
        ),
        [floats(1, 2, 3, 4, 3), floats(2, 2, 2, 2, 2)],
        [PUBLIC, SECRET],
    ),
    "conv_integers": (
        conv((1,), padding=[(1, 1)], dimension_numbers=("NCW", "OIW", "NCW")),
        [ints(1, 2, 8), ints(2, 2, 3)],
        [SECRET, SECRET],
    ),
    "gather_windows_2d": (
        lambda x, i: lax.gather(
            x,
            i,
            lax.GatherDimensionNumbers(offset_dims=(1, 2), collapsed_slice_dims=(), start_index_map=(1, 0)),
            (2, 3),
            mode="clip",
        ),
        [floats(5, 7), ints(4, 2, low=-2, high=9)],
        [SECRET, SECRET],
    ),
    "gather_windows_public": (
        lambda x, i: lax.gather(
            x,
            i,
            lax.GatherDimensionNumbers(offset_dims=(0, 2), collapsed_slice_dims=(1,), start_index_map=(1,)),
            (3, 1, 2),
            mode="clip",
        ),
        [floats(3, 6, 4), ints(5, 1, low=-2, high=9)],
        [SECRET, PUBLIC],
    ),
    "gather_rows_secret": (
        lambda x, i: jnp.take(x, i, axis=0, mode="clip"),
        [floats(300, 3), ints(7, low=0, high=300)],
        [SECRET, SECRET],
    ),
    "gather_public_table": (
        lambda x, i: jnp.take(x, i, axis=0, mode="clip"),
        [floats(40, 4), ints(2, 5, low=0, high=40)],
        [PUBLIC, SECRET],
    ),
    "gather_bools": (
        lambda x, i: jnp.take(x > 0, i, mode="clip"),
        [floats(20), ints(6, low=0, high=20)],
        [SECRET, SECRET],
    ),
    "gather_along_axis": (
        lambda x, i: jnp.take_along_axis(x, i, axis=1, mode="clip"),
        [floats(3, 9), ints(3, 4, low=0, high=9)],
        [SECRET, SECRET],
    ),
    "gather_one_entry": (lambda x, i: jnp.take(x, i, axis=0, mode="clip"), [floats(1, 2), ints(3)], [SECRET, SECRET]),
    "scatter_windows": (
        lambda x, i, u: lax.scatter_add(
            x,
            i,
            u,
            lax.ScatterDimensionNumbers(
                update_window_dims=(1, 2), inserted_window_dims=(), scatter_dims_to_operand_dims=(0, 1)
            ),
            mode="drop",
        ),
        [floats(5, 6), ints(3, 2, low=-1, high=6), floats(3, 2, 2)],
        [SECRET, PUBLIC, SECRET],
    ),
    "scatter_set_secret": (
        scatter("set", mode="drop"),
        [floats(6, 2), np.array([1, 9, 4, -7], dtype=np.int32), floats(4, 2)],
        [SECRET, SECRET, SECRET],
    ),
    "scatter_max_public": (
        scatter("max"),
        [floats(5), np.array([1, 3, 1, 1, 0], dtype=np.int32), floats(5)],
        [SECRET, PUBLIC, SECRET],
    ),
    "scatter_min_secret": (
        scatter("min", mode="drop"),
        [floats(5), np.array([1, 3, 1, 1, 0], dtype=np.int32), floats(5)],
        [SECRET, SECRET, SECRET],
    ),
    "scatter_multiply": (
        scatter("multiply"),
        [floats(4), np.array([2, 2, 0], dtype=np.int32), floats(3)],
        [SECRET, PUBLIC, SECRET],
    ),
    "scatter_add_integers": (
        scatter("add", mode="drop"),
        [ints(6), ints(8, low=-2, high=8), ints(8)],
        [SECRET, SECRET, PUBLIC],
    ),
    "windows_all_reducers": (
        lambda x: (
            windowed(lax.max, -jnp.inf, (3, 2), (2, 1), ((1, 1), (0, 1)))(x),
            windowed(lax.min, jnp.inf, (2, 3), (1, 2), "SAME", window_dilation=(2, 1))(x),
            windowed(lax.add, 0.0, (1, 3), (1, 1), "VALID", base_dilation=(1, 2))(x),
            windowed(lax.mul, 1.0, (2, 1), (2, 1), "VALID")(x),
        ),
        [floats(6, 7)],
        [SECRET],
    ),
    "windows_long": (
        lambda x: (jnp.cumsum(x), lax.cummax(x), jnp.cumsum(x[::-1])[::-1], windowed(lax.add, 0.0, (13,), (1,), "VALID")(x)),
        [floats(40)],
        [SECRET],
    ),
    "pool_grads": (
        lambda x: (
            jax.grad(lambda v: jnp.sum(windowed(lax.max, -jnp.inf, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")(v) ** 2))(x),
            jax.grad(lambda v: jnp.sum(windowed(lax.min, jnp.inf, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")(v) ** 3))(x),
        ),
        [floats(1, 6, 6, 2)],
        [SECRET],
    ),
    "arg_max_ties": (
        lambda x: (jnp.argmax(x, axis=1), jnp.argmin(x, axis=0), jnp.argmax(x)),
        [steps(4, 9, low=-3, high=3)],
        [SECRET],
    ),
    "sort_descending_keys": (
        lambda x, y, z: lax.sort((-x, y, z), num_keys=2, is_stable=True),
        [ints(12, low=0, high=3), steps(12, low=-2, high=2), ints(12)],
        [SECRET, SECRET, PUBLIC],
    ),
    "sort_public_keys": (
        lambda k, v: lax.sort((k, v), num_keys=1, is_stable=True),
        [np.array([2.0, np.nan, -1.0, 0.0, -0.0, 2.0, -np.inf], dtype=np.float32), floats(7)],
        [PUBLIC, SECRET],
    ),
    "sort_unsigned": (lambda x: jnp.sort(x, axis=0), [ints(5, 3, low=0, high=1 << 32, dtype=np.uint32)], [SECRET]),
    "sort_bools": (lambda x: jnp.sort(x > 0), [floats(11)], [SECRET]),
    "sort_long": (lambda x: (jnp.sort(x), jnp.argsort(x)), [floats(100)], [SECRET]),
    "top_k_ties": (lambda x: lax.top_k(x, 3), [steps(4, 8, low=-2, high=2)], [SECRET]),
    "switch_four_secret": (three_way, [np.int32(2), floats(5)], [SECRET, SECRET]),
    "switch_out_of_range": (three_way, [np.int32(77), floats(5)], [SECRET, SECRET]),
    "cond_nested_secret": (nested_choice, [np.float32(1.5), np.float32(-0.5), floats(4)], [SECRET, SECRET, SECRET]),
    "search_secret": (search, [np.sort(floats(12)), np.float32(0.3)], [SECRET, SECRET]),
    "dynamic_slice_2d_secret": (
        lambda x, i, j: lax.dynamic_slice(x, (i, j), (2, 3)),
        [floats(5, 6), np.int32(2), np.int32(9)],
        [SECRET, SECRET, PUBLIC],
    ),
    "dynamic_update_2d_secret": (
        lambda x, u, i, j: lax.dynamic_update_slice(x, u, (i, j)),
        [floats(5, 6), floats(2, 3), np.int32(-4), np.int32(2)],
        [SECRET, SECRET, SECRET, SECRET],
    ),
    "triangular_left_lower": (solve(True, True, False, False), [lower_matrix(5), floats(5, 2)], [SECRET, SECRET]),
    "triangular_right_transposed": (
        solve(False, True, True, False),
        [lower_matrix(4), floats(3, 4)],
        [SECRET, SECRET],
    ),
    "triangular_upper_unit": (
        solve(True, False, False, True),
        [lower_matrix(4).T.copy(), floats(4, 3)],
        [SECRET, SECRET],
    ),
    "cholesky_batched": (
        lambda x: lax.linalg.cholesky(x, symmetrize_input=False),
        [np.stack([spd(4), spd(4)])],
        [SECRET],
    ),
    "map_reduce_any": (
        lambda x: lax.reduce(x, np.float32(0), lambda a, b: jnp.where(jnp.abs(a) > jnp.abs(b), a, b), (1,)),
        [floats(3, 7)],
        [SECRET],
    ),
    "windows_initial_counts_once": (
        lambda x: (
            windowed(lax.add, 5.0, (2, 3), (1, 2), ((1, 0), (1, 1)))(x),
            windowed(lax.max, 0.5, (3, 3), (1, 1), "SAME")(x),
        ),
        [floats(4, 5)],
        [SECRET],
    ),
    "batch_norm_grad": (
        """
module @batch_norm_grad {
  func.func @main(%x: tensor<5x3x2xf32>, %scale: tensor<3xf32>, %mean: tensor<3xf32>, %variance: tensor<3xf32>,
                  %gradient: tensor<5x3x2xf32>) -> (tensor<5x3x2xf32>, tensor<3xf32>, tensor<3xf32>) {
    %all:3 = "stablehlo.batch_norm_grad"(%x, %scale, %mean, %variance, %gradient)
        {epsilon = 0.001 : f32, feature_index = 1 : i64}
        : (tensor<5x3x2xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<5x3x2xf32>)
        -> (tensor<5x3x2xf32>, tensor<3xf32>, tensor<3xf32>)
    return %all#0, %all#1, %all#2 : tensor<5x3x2xf32>, tensor<3xf32>, tensor<3xf32>
  }
}
""",
        [floats(5, 3, 2), floats(3), floats(3), floats(3, low=0.5), floats(5, 3, 2)],
        [SECRET] * 5,
    ),
    "map_scalars": (
        """
module @map_scalars {
  func.func @main(%x: tensor<3x4xf32>, %y: tensor<3x4xf32>) -> tensor<3x4xf32> {
    %z = "stablehlo.map"(%x, %y) ({
      ^bb0(%a: tensor<f32>, %b: tensor<f32>):
        %half = stablehlo.constant dense<0.5> : tensor<f32>
        %less = stablehlo.compare LT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
        %scaled = stablehlo.multiply %b, %half : tensor<f32>
        %kept = stablehlo.select %less, %scaled, %a : tensor<i1>, tensor<f32>
        stablehlo.return %kept : tensor<f32>
      }) {dimensions = array<i64: 0, 1>} : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
    return %z : tensor<3x4xf32>
  }
}
""",
        [floats(3, 4), floats(3, 4)],
        [SECRET, SECRET],
    ),
    "power_of_exponents_that_are_zero": (
        """
module @power {
  func.func @main(%x: tensor<4xui32>, %exponent: tensor<4xui32>) -> tensor<4xui32> {
    %zero = stablehlo.constant dense<0> : tensor<4xui32>
    %none = stablehlo.minimum %exponent, %zero : tensor<4xui32>
    %power = stablehlo.power %x, %none : tensor<4xui32>
    return %power : tensor<4xui32>
  }
}
""",
        [ints(4, low=0, high=9, dtype=np.uint32), ints(4, low=0, high=9, dtype=np.uint32)],
        [SECRET, SECRET],
    ),
    "scatter_two_secret": (
        SCATTER_TWO.format(body=KEEP_THE_LARGER, unique="false"),
        [steps(6), ints(6), TWICE, steps(5), ints(5)],
        [SECRET] * 5,
    ),
    "scatter_two_public": (
        SCATTER_TWO.format(body=KEEP_THE_LARGER, unique="false"),
        [steps(6), ints(6), TWICE, steps(5), ints(5)],
        [SECRET, SECRET, PUBLIC, SECRET, SECRET],
    ),
    "scatter_two_unique": (
        SCATTER_TWO.format(body=KEEP_THE_LARGER, unique="true"),
        [steps(6), ints(6), ONCE, steps(5), ints(5)],
        [SECRET] * 5,
    ),
    "scatter_two_steps": (
        SCATTER_TWO.format(body=EACH_BY_ITSELF, unique="false"),
        [floats(6), ints(6), TWICE, floats(5), ints(5)],
        [SECRET] * 5,
    ),
    "scatter_apply": (
        lambda x, i: x.at[i].apply(jnp.tanh),
        [floats(6, 2), np.array([1, 4, 1, 7], np.int32)],
        [SECRET, PUBLIC],
    ),
    "compare_total_order": (TOTAL_ORDER, [EXTREMES, np.roll(EXTREMES, 1)], [PUBLIC, PUBLIC]),
    "gather_filled": (
        lambda x, y, i: (x.at[i].get(mode="fill", fill_value=0.5), y.at[i].get(mode="fill"), jnp.take(x, i, mode="wrap")),
        [floats(6, 3), ints(6), np.array([1, 4, 7, -1, -9, 3], np.int32)],
        [SECRET, SECRET, SECRET],
    ),
    "select_and_scatter_maximum": (
        SELECT_AND_SCATTER.format(step="maximum", start="-1.5"),
        [floats(1, 6, 6, 1), floats(1, 3, 3, 1)],
        [SECRET, SECRET],
    ),
    "select_and_scatter_difference": (
        SELECT_AND_SCATTER.format(step="subtract", start="1.0"),
        [floats(1, 6, 6, 1), floats(1, 3, 3, 1)],
        [SECRET, SECRET],
    ),
    "sort_by_distance": (
        SORT_TWO.format(
            n=9,
            body="""%k = stablehlo.subtract %a, %c : tensor<f32>
      %p = stablehlo.multiply %k, %k : tensor<f32>
      %l = stablehlo.subtract %b, %d : tensor<f32>
      %q = stablehlo.multiply %l, %l : tensor<f32>
      %r = stablehlo.compare GT, %p, %q : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %r : tensor<i1>""",
        ),
        [steps(9), steps(9)],
        [SECRET, SECRET],
    ),
    "sort_by_any_rule": (
        SORT_TWO.format(n=21, body=BY_SUM_ACROSS),
        [steps(21), steps(21)],
        [SECRET, SECRET],
    ),
    "sort_by_any_rule_long": (
        SORT_TWO.format(n=4100, body=BY_SUM_ACROSS),
        [steps(4100, low=-400, high=400), steps(4100, low=-400, high=400)],
        [SECRET, SECRET],
    ),
    "layer_norm_spellings": (
        lambda x, scale, shift: tuple(norm(x, scale, shift) for norm in LAYER_NORMS),
        [floats(4, 16), floats(16), floats(16)],
        [SECRET] * 3,
    ),
    "softmax_spellings": (lambda x: tuple(softmax(x) for softmax in SOFTMAXES), [floats(3, 7)], [SECRET]),
    "sigmoid_spellings": (
        lambda x: tuple(f(x) for f in SIGMOIDS),
        [floats(4, 9, low=-6, high=6)],
        [SECRET],
    ),
    "gelu_spellings": (lambda x: tuple(f(x) for f in GELUS), [floats(4, 9, low=-4, high=4)], [SECRET]),
    "loop_invariants": (
        lambda x, w: lax.fori_loop(0, 5, lambda i, s: s + (jnp.tanh(w) @ x) * s, x),
        [floats(3), floats(3, 3, low=-0.3, high=0.3)],
        [SECRET, SECRET],
    ),
    "bitwise_chain": (
        lambda x, y, z, m, n: (
            ((x ^ y) ^ z) & y | x,
            ((x ^ y) & np.uint32(0xFF00FF00)) | (z & np.uint32(0x5555)),
            jnp.reshape(x | z, (4, 4)).T ^ jnp.uint32(7),
            lax.population_count(x & y) ^ (x & y),
            (m ^ n) & n | np.int8(-3),
        ),
        [ints(16, low=0, high=2**32, dtype=np.uint32) for _ in range(3)]
        + [ints(16, low=-128, high=128, dtype=np.int8) for _ in range(2)],
        [SECRET] * 5,
    ),
}


def compiled_text(text, inputs):
    """Of StableHLO that no JAX function becomes: the program, and what it computes."""
    module = xla_client._xla.mlir.mlir_module_to_xla_computation(text, use_tuple_args=False, return_tuple=False)
    client = jax.devices("cpu")[0].client
    found = client.compile(text).execute([jax.device_put(x) for x in inputs])
    return module.as_serialized_hlo_module_proto(), [np.asarray(x) for x in found]


def program(function, inputs):
    lowered = jax.jit(function, keep_unused=True).trace(*inputs)
    for platform in ("interpreter", "tpu", "cpu"):
        try:
            hlo = lowered.lower(lowering_platforms=(platform,)).compiler_ir("hlo")
            return hlo.as_serialized_hlo_module_proto(), platform
        except NotImplementedError:
            continue
    raise NotImplementedError("no platform lowers it")


def describe(prefix, arrays, visibilities=None):
    out = []
    for i, array in enumerate(arrays):
        entry = {"name": f"{prefix}{i}", "dtype": str(array.dtype), "shape": list(array.shape)}
        if visibilities:
            entry["visibility"] = visibilities[i]
        out.append(entry)
    return out


def write(folder, name):
    function, inputs, visibilities = CASES[name]
    inputs = [np.asarray(x) for x in inputs]
    if isinstance(function, str):
        platform = "cpu"
        proto, outputs = compiled_text(function, inputs)
    else:
        proto, platform = program(function, inputs)
        outputs = [np.asarray(x) for x in jax.tree.leaves(jax.jit(function)(*inputs))]
    folder = Path(folder) / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "program.hlo.pb").write_bytes(without_folders(proto))
    np.savez(folder / "inputs.npz", **{f"in{i}": x for i, x in enumerate(inputs)})
    np.savez(folder / "expected.npz", **{f"out{i}": x for i, x in enumerate(outputs)})
    meta = {
        "name": name,
        "kind": "valid",
        "inputs": describe("in", inputs, visibilities),
        "outputs": describe("out", outputs),
        "tolerance": {"atol": 1e-3, "rtol": 1e-3, "integer": "exact", "bool": "exact"},
        "generator": f"jax {jax.__version__}",
        "lowering_platform": platform,
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")


def main():
    folder, *names = sys.argv[1:]
    for name in names or CASES:
        write(folder, name)
        print(name)


if __name__ == "__main__":
    main()
