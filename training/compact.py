"""An exported graph made small, and its largest layers quick.

A face is judged alone, so a large linear layer does little but read its weights from memory: the
estimator's took a fifth of its time. They are kept in 8 bits and reckoned with as such; all other
weights of some size are kept in half precision, which onnxruntime turns back once, when it loads
the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

HALVED = 1024  # numbers from which on a tensor is kept in half precision
IN_BYTES = 200_000  # numbers from which on a linear layer is kept in 8 bits
_MIDDLE = 128


def compact(path: Path) -> None:
    """Rewrite the ONNX file ``path``.

    A layer's input is brought to 8 bits over its own range, which is that of the whole batch:
    run one face at a time where faces are not to touch each other.
    """
    model = onnx.load(str(path))
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes: list[onnx.NodeProto] = []
    tensors: dict[str, NDArray[np.generic]] = {}
    for node in model.graph.node:
        layer = _layer(node, known)
        if layer:
            nodes += layer.nodes(tensors)
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    casts = []
    for name, array in known.items():
        if name not in used:
            continue
        if array.dtype == np.float32 and array.size >= HALVED:
            stored = f"{name}.half"
            tensors[stored] = array.astype(np.float16)
            casts.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
        else:
            tensors[name] = array
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend([*casts, *nodes])
    model.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in tensors.items())
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


@dataclass(frozen=True)
class _Layer:
    """A large linear layer of the graph: weights (inputs, outputs)."""

    node: onnx.NodeProto
    weight: NDArray[np.float32]

    def nodes(self, tensors: dict[str, NDArray[np.generic]]) -> list[onnx.NodeProto]:
        """The same layer in 8 bits; what it needs is added to ``tensors``.

        Weights are unsigned about ``_MIDDLE``, an output's own range each: signed ones overflow
        in some processors' instructions.
        """
        x, _, bias = self.node.input
        (y,) = self.node.output
        scale = np.maximum(np.abs(self.weight).max(0), 1e-12) / (_MIDDLE - 1)
        tensors[f"{y}.bytes"] = (np.round(self.weight / scale) + _MIDDLE).astype(np.uint8)
        tensors[f"{y}.middle"] = np.array(_MIDDLE, np.uint8)
        tensors[f"{y}.scale"] = scale.astype(np.float32)
        steps = (
            ("DynamicQuantizeLinear", [x], [f"{y}.x", f"{y}.x_scale", f"{y}.x_zero"]),
            (
                "MatMulInteger",
                [f"{y}.x", f"{y}.bytes", f"{y}.x_zero", f"{y}.middle"],
                [f"{y}.integers"],
            ),
            ("Mul", [f"{y}.x_scale", f"{y}.scale"], [f"{y}.scales"]),
            ("Mul", [f"{y}.floats", f"{y}.scales"], [f"{y}.product"]),
            ("Add", [f"{y}.product", bias], [y]),
        )
        out = [helper.make_node(kind, inputs, outputs) for kind, inputs, outputs in steps]
        cast = helper.make_node("Cast", [f"{y}.integers"], [f"{y}.floats"], to=TensorProto.FLOAT)
        return [*out[:2], cast, *out[2:]]


def _layer(node: onnx.NodeProto, known: dict[str, NDArray[np.generic]]) -> _Layer | None:
    """The layer that a node is, if it is linear and large; as torch writes it, y = x W^T + b."""
    if node.op_type != "Gemm" or node.input[1] not in known:
        return None
    if {a.name: a.i for a in node.attribute}.get("transB") != 1:
        return None
    weight = known[node.input[1]]
    return _Layer(node, weight.T.astype(np.float32)) if weight.size >= IN_BYTES else None
