# SPDX-License-Identifier: Apache-2.0
"""Programs of JAX, TensorFlow and PyTorch as `spud` reads them: XLA's HLO, with a name and a value for each parameter.

    program = from_jax(function, x, y)              # or from_tensorflow(function, …), from_torch(module, …)
    program.save("folder", public=["y"])            # program.hlo.pb, meta.json, inputs.npz: what `spud sim` takes

Only the framework that is asked for is imported. Shapes and types are those of the arguments given. Values that a program
brings along (variables of TensorFlow, parameters and buffers of PyTorch) become inputs of it, secret unless named public.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hlo_source_names import without_folders


@dataclass
class Program:
    hlo: bytes
    inputs: list  # (name, array), in the order of the program's parameters

    def __post_init__(self):
        # It goes to other parties; and is the same, with one digest, wherever it was made.
        self.hlo = without_folders(self.hlo)

    def names(self):
        return [name for name, _ in self.inputs]

    def meta(self, public=(), private=None):
        private = private or {}
        unknown = (set(public) | set(private)) - set(self.names())
        if unknown:
            raise ValueError(f"no input is called {sorted(unknown)[0]!r}; they are {', '.join(self.names())}")
        both = sorted(set(public) & set(private))
        if both:
            raise ValueError(f"input {both[0]!r} is to be public and private")
        visibility = {name: "public" for name in public} | {name: f"private:{rank}" for name, rank in private.items()}
        return {
            "inputs": [
                {
                    "name": f"in{i}",
                    "what": name,
                    "dtype": array.dtype.name,
                    "shape": list(array.shape),
                    "visibility": visibility.get(name, "secret"),
                }
                for i, (name, array) in enumerate(self.inputs)
            ]
        }

    def save(self, folder, public=(), private=None):
        """Writes program.hlo.pb, meta.json and inputs.npz. All inputs are secret but those named public, and those that
        `private` gives to a party: {name: rank of the compute node that has it in plain}."""
        folder, meta = Path(folder), self.meta(public, private)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "program.hlo.pb").write_bytes(self.hlo)
        (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")
        np.savez(folder / "inputs.npz", **{f"in{i}": array for i, (_, array) in enumerate(self.inputs)})


def from_jax(function, *args):
    """A function of arrays, or of trees of them. Inputs are called arg0, arg1, … with a leaf's path behind."""
    import jax

    # keep_unused: parameters stay those of the arguments. "interpreter": no operations that only one device has.
    lowered = jax.jit(function, keep_unused=True).trace(*args).lower(lowering_platforms=("interpreter",))
    hlo = lowered.compiler_ir("hlo").as_serialized_hlo_module_proto()
    leaves = jax.tree_util.tree_leaves_with_path(args)
    return Program(hlo, [(f"arg{path[0].idx}{jax.tree_util.keystr(path[1:])}", np.asarray(leaf)) for path, leaf in leaves])


def from_tensorflow(function, *args):
    """A function of tensors, or of structures of them. Variables and tensors that it captures are inputs behind its
    arguments; variables that it assigns are results behind its own."""
    import tensorflow as tf

    args = tf.nest.map_structure(tf.convert_to_tensor, args)
    compiled = tf.function(function, jit_compile=True, autograph=True)
    hlo = compiled.experimental_get_compiler_ir(*args)(stage="hlo_serialized")
    concrete = compiled.get_concrete_function(*args)
    inputs = [(f"arg{i}", leaf.numpy()) for i, leaf in enumerate(tf.nest.flatten(args))]
    variables = {id(variable.handle): variable for variable in concrete.graph.variables}
    for i, captured in enumerate(concrete.captured_inputs):
        variable = variables.get(id(captured))
        if variable is None and captured.dtype == tf.resource:
            raise ValueError(f"captured input {i} is neither a variable nor a tensor: {captured}")
        inputs.append((variable.name, variable.numpy()) if variable is not None else (f"captured{i}", captured.numpy()))
    return Program(hlo, inputs)


def from_torch(module, *args):
    """A module, or a function of tensors, by torch.export and torch_xla. Parameters, buffers and constants are inputs by
    their names. What the program computes is what torch.export made of it, without dropout's and batch norm's training
    unless the module is in training mode."""
    os.environ.setdefault("PJRT_DEVICE", "CPU")
    import torch
    from torch.utils import _pytree
    from torch_xla.stablehlo import VariableType, exported_program_to_stablehlo

    class Flat(torch.nn.Module):
        """Results as a plain tuple: torch_xla does not know all that functions return."""

        def __init__(self):
            super().__init__()
            self.program = module

        def forward(self, *args):
            return tuple(_pytree.tree_leaves(self.program(*args)))

    flat = Flat()
    flat.train(getattr(module, "training", False))
    bundle = exported_program_to_stablehlo(torch.export.export(flat, args))
    method = bundle._name_to_stablehlo["forward"]
    leaves = _pytree.tree_leaves(args)
    inputs = []
    for location in method.meta.input_locations:
        if location.type_ == VariableType.INPUT_ARG:
            name, value = f"arg{location.position}", leaves[location.position]
        elif location.type_ == VariableType.PARAMETER:
            name, value = location.name.removeprefix("program."), bundle._bundle.state_dict[location.name]
        else:
            name, value = f"constant{location.position}", bundle._bundle.additional_constants[location.position]
        inputs.append((name, value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)))
    return Program(_hlo_of_stablehlo(method.bytecode), inputs)


def _hlo_of_stablehlo(bytecode):
    try:
        from jaxlib import _jax as xla
    except ImportError:  # its name until jaxlib 0.6
        from jaxlib import xla_extension as xla
    computation = xla.mlir.mlir_module_to_xla_computation(bytecode, use_tuple_args=False, return_tuple=False)
    return computation.as_serialized_hlo_module_proto()
