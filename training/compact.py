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
Tensor = NDArray[np.generic]


def compact(path: Path) -> None:
    """Rewrite the ONNX file ``path``.

    A layer's input is brought to 8 bits over its own range, which is that of the whole batch:
    run one face at a time where faces are not to touch each other.
    """
    model = onnx.load(str(path))
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes: list[onnx.NodeProto] = []
    tensors: dict[str, Tensor] = {}
    for node in model.graph.node:
        layer = _layer(node, known)
        nodes += layer.in_bytes(tensors) if layer else [node]
    used = {name for node in nodes for name in node.input}
    casts = _halved({name: known[name] for name in known if name in used}, tensors)
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend([*casts, *nodes])
    model.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in tensors.items())
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _halved(known: dict[str, Tensor], tensors: dict[str, Tensor]) -> list[onnx.NodeProto]:
    """The nodes that turn large tensors back; all tensors as they are kept go to ``tensors``."""
    casts = []
    for name, array in known.items():
        if array.dtype == np.float32 and array.size >= HALVED:
            tensors[f"{name}.half"] = array.astype(np.float16)
            casts.append(_single(f"{name}.half", name))
        else:
            tensors[name] = array
    return casts


def _single(stored: str, name: str) -> onnx.NodeProto:
    """The node that makes ``stored`` single precision."""
    return helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT)


@dataclass(frozen=True)
class _Layer:
    """A large linear layer of the graph: weights (inputs, outputs)."""

    node: onnx.NodeProto
    weight: NDArray[np.float32]

    def in_bytes(self, tensors: dict[str, Tensor]) -> list[onnx.NodeProto]:
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
        quantised = [f"{y}.x", f"{y}.x_scale", f"{y}.x_zero"]
        factors = [f"{y}.x", f"{y}.bytes", f"{y}.x_zero", f"{y}.middle"]
        return [
            helper.make_node("DynamicQuantizeLinear", [x], quantised),
            helper.make_node("MatMulInteger", factors, [f"{y}.integers"]),
            _single(f"{y}.integers", f"{y}.floats"),
            helper.make_node("Mul", [f"{y}.x_scale", f"{y}.scale"], [f"{y}.scales"]),
            helper.make_node("Mul", [f"{y}.floats", f"{y}.scales"], [f"{y}.product"]),
            helper.make_node("Add", [f"{y}.product", bias], [y]),
        ]


def _layer(node: onnx.NodeProto, known: dict[str, Tensor]) -> _Layer | None:
    """The layer that a node is, if it is linear and large; as torch writes it, y = x W^T + b."""
    if node.op_type != "Gemm" or node.input[1] not in known:
        return None
    if {a.name: a.i for a in node.attribute}.get("transB") != 1:
        return None
    weight = known[node.input[1]]
    return _Layer(node, weight.T.astype(np.float32)) if weight.size >= IN_BYTES else None
