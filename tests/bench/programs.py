# SPDX-License-Identifier: Apache-2.0
"""The programs that speed is compared on: one definition, run by the peer (spu_peer.py) and, exported as XLA HLO, by this project.

    python programs.py OUT_DIR        writes OUT_DIR/<name>/{program.hlo.pb,meta.json}; needs only jax

`args(name)` draws the inputs from a fixed seed; meta.json states dtype, shape and range of each, so that any side can draw its own.
"""
import json, pathlib, sys
import jax, jax.numpy as jnp, numpy as np

N, M = 1_000_000, 100_000
def f(lo, hi, *shape): return ("float32", shape, lo, hi)          # an input: dtype, shape, drawn uniformly from [lo, hi)
def i(lo, hi, *shape): return ("int32", shape, lo, hi)
def w(*shape): return f(-0.08, 0.08, *shape)

def layernorm(a): return (a - a.mean(-1, keepdims=True)) * jax.lax.rsqrt(a.var(-1, keepdims=True) + 1e-5)

def bert_layer(x, wq, wk, wv, wo, w1, w2):
    heads = lambda a: a.reshape(128, 12, 64).transpose(1, 0, 2)
    q, k, v = heads(x @ wq), heads(x @ wk), heads(x @ wv)
    p = jax.nn.softmax(q @ k.transpose(0, 2, 1) / 8.0, axis=-1)
    x = layernorm(x + (p @ v).transpose(1, 0, 2).reshape(128, 768) @ wo)
    return layernorm(x + jax.nn.gelu(x @ w1) @ w2)

def logreg_epoch(x, y, w):
    def step(i, w):
        xb = jax.lax.dynamic_slice_in_dim(x, i * 128, 128); yb = jax.lax.dynamic_slice_in_dim(y, i * 128, 128)
        return w - 0.1 * xb.T @ (jax.nn.sigmoid(xb @ w) - yb) / 128
    return jax.lax.fori_loop(0, x.shape[0] // 128, step, w)

def mlp_step(x, y, w1, w2):
    loss = lambda p: jnp.mean((jnp.maximum(x @ p[0], 0) @ p[1] - y) ** 2)
    d = jax.grad(loss)((w1, w2)); return w1 - 0.1 * d[0], w2 - 0.1 * d[1]

PROGRAMS = {
    "mul_1e6": (lambda a, b: a * b, [f(-4, 4, N), f(-4, 4, N)]),
    "less_1e6": (lambda a, b: a < b, [f(-4, 4, N), f(-4, 4, N)]),
    "equal_1e6": (lambda a, b: a == b, [i(0, 9, N), i(0, 9, N)]),
    "relu_1e6": (lambda a: jnp.maximum(a, 0), [f(-4, 4, N)]),
    "matmul_512": (lambda a, b: a @ b, [w(512, 512), w(512, 512)]),
    "matmul_128x768x768": (lambda a, b: a @ b, [w(128, 768), w(768, 768)]),
    "exp_1e5": (jnp.exp, [f(-8, 1, M)]),
    "log_1e5": (jnp.log, [f(0.1, 50, M)]),
    "reciprocal_1e5": (lambda a: 1.0 / a, [f(0.1, 50, M)]),
    "rsqrt_1e5": (jax.lax.rsqrt, [f(0.1, 50, M)]),
    "sigmoid_1e5": (jax.nn.sigmoid, [f(-8, 8, M)]),
    "tanh_1e5": (jnp.tanh, [f(-4, 4, M)]),
    "gelu_1e5": (jax.nn.gelu, [f(-5, 5, M)]),
    "softmax_1024x128": (lambda a: jax.nn.softmax(a, axis=-1), [f(-4, 4, 1024, 128)]),
    "layernorm_128x768": (layernorm, [f(-2, 2, 128, 768)]),
    "sort_1e4": (jnp.sort, [f(-9, 9, 10_000)]),
    "gather_secret_1e3_of_1e4": (lambda t, k: t[k], [f(-4, 4, 10_000), i(0, 10_000, 1000)]),
    "logreg_epoch_6400x100": (logreg_epoch, [f(-1, 1, 6400, 100), i(0, 2, 6400), f(-0.01, 0.01, 100)]),
    "mlp_step_128x784x128x10": (mlp_step, [f(0, 1, 128, 784), f(0, 1, 128, 10), w(784, 128), w(128, 10)]),
    "bert_layer_128": (bert_layer, [f(-1, 1, 128, 768), w(768, 768), w(768, 768), w(768, 768), w(768, 768), w(768, 3072), w(3072, 768)]),
}

def args(name):
    rng = np.random.default_rng(8718)
    draw = lambda t, shape, lo, hi: rng.integers(lo, hi, shape).astype(t) if t.startswith("int") else rng.uniform(lo, hi, shape).astype(t)
    return tuple(draw(*x) for x in PROGRAMS[name][1])

def main(out):
    for name, (fn, inputs) in PROGRAMS.items():
        xs = args(name); d = pathlib.Path(out) / name; d.mkdir(parents=True, exist_ok=True)
        low = jax.jit(fn, keep_unused=True).trace(*xs).lower(lowering_platforms=("interpreter",))
        (d / "program.hlo.pb").write_bytes(low.compiler_ir("hlo").as_serialized_hlo_module_proto())
        meta = {"name": name, "inputs": [{"name": f"in{k}", "dtype": t, "shape": list(shape), "visibility": "secret", "range": [lo, hi]} for k, (t, shape, lo, hi) in enumerate(inputs)]}
        (d / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")

if __name__ == "__main__":
    main(sys.argv[1])
