# SPDX-License-Identifier: Apache-2.0
"""Programs of TensorFlow as its users write them, exported, with the results of TensorFlow's own eager mode.

    python tensorflow_programs.py FOLDER        in the virtual environment of scripts/venv.sh tensorflow
"""

import os
import sys
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from write_case import write  # noqa: E402
from spud_export import from_tensorflow  # noqa: E402

RANDOM = np.random.default_rng(5)


def floats(*shape, scale=1.0):
    return RANDOM.uniform(-scale, scale, shape).astype(np.float32)


def mlp_training_step(x, y, w1, b1, w2):
    with tf.GradientTape() as tape:
        tape.watch([w1, b1, w2])
        logits = tf.nn.relu(x @ w1 + b1) @ w2
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    gradients = tape.gradient(loss, [w1, b1, w2])
    return [loss] + [w - 0.1 * g for w, g in zip([w1, b1, w2], gradients)]


class ConvolutionalNet(tf.Module):
    """Its variables become inputs."""

    def __init__(self):
        self.kernel = tf.Variable(floats(3, 3, 2, 4, scale=0.4), name="kernel")
        self.scale = tf.Variable(floats(4) + 1.5, name="scale")
        self.dense = tf.Variable(floats(16, 3, scale=0.4), name="dense")

    def __call__(self, images):
        x = tf.nn.conv2d(images, self.kernel, strides=1, padding="SAME")
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        x = tf.nn.batch_normalization(x, mean, variance, None, self.scale, 1e-3)
        x = tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID")
        return tf.nn.softmax(tf.reshape(x, [images.shape[0], -1]) @ self.dense)


def attention(x, wq, wk, wv, wo):
    heads, width = 2, x.shape[-1] // 2
    q, k, v = (tf.transpose(tf.reshape(x @ w, [x.shape[0], x.shape[1], heads, width]), [0, 2, 1, 3]) for w in (wq, wk, wv))
    scores = tf.einsum("bhqd,bhkd->bhqk", q, k) / np.float32(np.sqrt(width))
    mask = tf.linalg.band_part(tf.ones([x.shape[1], x.shape[1]]), -1, 0)
    mixed = tf.nn.softmax(tf.where(mask > 0, scores, -1e9)) @ v
    out = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), x.shape) @ wo
    return tf.nn.gelu(out + x)


class Embedding(tf.Module):
    def __init__(self):
        self.table = tf.Variable(floats(20, 6), name="table")
        self.position = tf.constant(floats(5, 6))

    def __call__(self, tokens):
        return tf.reduce_mean(tf.gather(self.table, tokens) + self.position, axis=1)


def ordering(x):
    best = tf.math.top_k(x, 3)
    return tf.sort(x, axis=-1, direction="DESCENDING"), tf.argsort(x, axis=-1), best.values, best.indices, tf.argmax(x, -1)


def integers(a, b):
    return a * b + 7, a // b, tf.math.floormod(a, b), tf.bitwise.bitwise_xor(a, b), tf.bitwise.right_shift(a, 2), tf.cumsum(a), tf.cast(a > b, tf.int32)


def running_sum(x, count):
    """A loop whose number of turns is public."""
    return tf.while_loop(lambda i, s: i < count, lambda i, s: (i + 1, s * 0.5 + x), (tf.constant(0), tf.zeros_like(x)))[1]


counter = tf.Variable(np.float32(1.5), name="counter")


def assigning(x):
    counter.assign_add(tf.reduce_sum(x))
    return x * counter


def main(folder):
    def case(name, function, *args, public=(), more=()):
        program = from_tensorflow(function, *args)
        results = function(*tf.nest.map_structure(tf.constant, args))
        write(folder, name, program, [r.numpy() for r in tf.nest.flatten(results)] + [v.numpy() for v in more], public)

    labels = np.eye(3, dtype=np.float32)[RANDOM.integers(0, 3, 8)]
    case("mlp_training_step", mlp_training_step, floats(8, 5), labels, floats(5, 7), floats(7), floats(7, 3))
    case("convolutional_net", ConvolutionalNet(), floats(2, 4, 4, 2))
    case("attention", attention, floats(2, 4, 8), *(floats(8, 8, scale=0.6) for _ in range(4)))
    case("embedding_secret_ids", Embedding(), RANDOM.integers(0, 20, (3, 5)).astype(np.int32))
    case("embedding_public_ids", Embedding(), RANDOM.integers(0, 20, (3, 5)).astype(np.int32), public=["arg0"])
    case("ordering", ordering, RANDOM.permutation(24).reshape(3, 8).astype(np.float32) / 4)
    case("integers", integers, RANDOM.integers(-1000, 1000, 9, np.int32), RANDOM.integers(1, 50, 9, np.int32))
    case("running_sum", running_sum, floats(3, 2), np.int32(4), public=["arg1"])
    case("assigning", assigning, floats(4), more=[counter])


if __name__ == "__main__":
    main(sys.argv[1])
