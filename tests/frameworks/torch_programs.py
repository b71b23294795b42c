# SPDX-License-Identifier: Apache-2.0
"""Programs of PyTorch as its users write them, exported, with the results of PyTorch's own exported program.

    python torch_programs.py FOLDER        in the virtual environment of scripts/venv.sh torch
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

import torch  # noqa: E402
from write_case import write  # noqa: E402
from spud_export import from_torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: E402
from torch.utils import _pytree  # noqa: E402


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(5, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 3))

    def forward(self, x):
        return torch.log_softmax(self.layers(x), -1)


def mlp_training_step(x, y, w1, b1, w2):
    """Gradients by torch.func, which make_fx writes out."""

    def loss(weights):
        w1, b1, w2 = weights
        return torch.nn.functional.mse_loss(torch.relu(x @ w1 + b1) @ w2, y)

    gradients = torch.func.grad(loss)((w1, b1, w2))
    return [w - 0.1 * g for w, g in zip((w1, b1, w2), gradients)]


class ConvolutionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        return torch.softmax(self.head(self.features(x).flatten(1)), -1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)

    def forward(self, x):
        mixed, weights = self.attention(x, x, x)
        return self.norm(x + mixed), weights


class Embedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(20, 6)

    def forward(self, tokens):
        return self.table(tokens).mean(1)


def ordering(x):
    values, indices = torch.topk(x, 3)
    return torch.sort(x, descending=True).values, torch.argsort(x), values, indices, x.argmax(-1)


def integers(a, b):
    # torch_xla writes a shift to the right as a division toward zero, so it is right only where nothing is negative; and a
    # division by way of floats, whose whole quotients are exact on no machine of fixed point.
    return a * b + 7, torch.remainder(a, b), torch.fmod(a, b), a ^ b, b >> 2, b << 3, torch.cumsum(a, 0), (a > b).to(torch.int64)


def main(folder):
    torch.manual_seed(5)

    def case(name, module, *args, public=()):
        if isinstance(module, nn.Module):
            module.eval()
        program = from_torch(module, *args)
        with torch.no_grad():
            results = _pytree.tree_leaves(module(*args))
        write(folder, name, program, [result.detach().numpy() for result in results], public)

    case("mlp", Mlp(), torch.randn(4, 5))
    step = [torch.randn(8, 5), torch.randn(8, 3), torch.randn(5, 7) / 2, torch.randn(7) / 2, torch.randn(7, 3) / 2]
    case("mlp_training_step", make_fx(mlp_training_step)(*step), *step)
    case("convolutional_net", ConvolutionalNet(), torch.randn(2, 2, 4, 4))
    case("attention", Attention(), torch.randn(2, 4, 8))
    case("embedding_secret_ids", Embedding(), torch.randint(0, 20, (3, 5)))
    case("embedding_public_ids", Embedding(), torch.randint(0, 20, (3, 5)), public=["arg0"])
    case("ordering", ordering, torch.randperm(24).reshape(3, 8).float() / 4)
    case("integers", integers, torch.randint(-1000, 1000, (9,)), torch.randint(1, 50, (9,)))


if __name__ == "__main__":
    main(sys.argv[1])
