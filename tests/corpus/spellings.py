# SPDX-License-Identifier: Apache-2.0
"""The ways in which frameworks and programs write softmax, layer norm and activations (generate.py)."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def mean_of(x):
    return jnp.mean(x, -1, keepdims=True)


def keras_norm(x, scale, shift):
    by = lax.rsqrt(mean_of(jnp.square(x - lax.stop_gradient(mean_of(x)))) + 1e-3) * scale
    return x * by + (shift - mean_of(x) * by)


def flax_norm(x, scale, shift):
    variance = jnp.maximum(0.0, mean_of(lax.square(x)) - lax.square(mean_of(x)))
    return (x - mean_of(x)) * (lax.rsqrt(variance + 1e-6) * scale) + shift


def torch_norm(x, scale, shift):
    return (x - mean_of(x)) / jnp.sqrt(jnp.var(x, -1, keepdims=True) + 1e-5) * scale + shift


def power_norm(x, scale, shift):
    centred = x - mean_of(x)
    return scale * (centred * jnp.power(mean_of(centred**2) + 1e-5, -0.5)) + shift


LAYER_NORMS = [
    keras_norm,
    flax_norm,
    torch_norm,
    power_norm,
    lambda x, scale, shift: jax.nn.standardize(x, -1) * scale + shift,
    lambda x, scale, shift: x / jnp.linalg.norm(x, axis=-1, keepdims=True) * scale + shift,
    lambda x, scale, shift: x * lax.rsqrt(mean_of(x * x) + 1e-5) * scale,
]
SOFTMAXES = [
    lambda x: jax.nn.softmax(x, -1),
    lambda x: jnp.exp(x) / jnp.sum(jnp.exp(x), -1, keepdims=True),
    lambda x: jnp.exp(x - x.max(-1, keepdims=True)) * (1 / jnp.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True)),
    lambda x: jax.nn.log_softmax(x, 0),
    lambda x: jax.nn.logsumexp(x, -1),
]
SIGMOIDS = [
    jax.nn.sigmoid,
    lambda x: 1 / (1 + jnp.exp(-x)),
    lambda x: jnp.exp(x) / (jnp.exp(x) + 1),
    lambda x: jnp.where(x >= 0, 1 / (1 + jnp.exp(-x)), jnp.exp(x) / (1 + jnp.exp(x))),
    lambda x: 0.5 * (jnp.tanh(0.5 * x) + 1),
    lambda x: 0.5 * jnp.tanh(x * 0.5) + 0.5,
    lambda x: x / (1 + jnp.exp(-x)),
    lambda x: (jnp.exp(x) - jnp.exp(-x)) / (jnp.exp(x) + jnp.exp(-x)),
]
GELUS = [
    lambda x: jax.nn.gelu(x, approximate=False),
    lambda x: jax.nn.gelu(x, approximate=True),
    lambda x: 0.5 * x * (1 + lax.erf(x / np.float32(2**0.5))),
    lambda x: x * 0.5 * (1 + lax.erf(x * np.float32(0.5**0.5))),
    lambda x: 0.5 * x * (1 + jnp.tanh(np.float32(0.7978845608) * (x + np.float32(0.044715) * jnp.power(x, 3)))),
    lambda x: 0.5 * x * (1 + jnp.tanh(np.float32(0.7978845608) * x * (1 + np.float32(0.044715) * x * x))),
    lambda x: x * jax.scipy.special.ndtr(x),
]
