"""Weights of the convolutions and PReLUs of a TensorFlow Lite file, in the order they run.

Only what MediaPipe's files use: weights in float32, or in float16 behind a DEQUANTIZE.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geface_bridge.errors import MissingDependencyError, ModelError

FloatArray = NDArray[np.float32]
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "PRELU")


@dataclass(frozen=True)
class LayerWeights:
    """One layer's arrays, in the order and shapes that torch keeps them in.

    Attributes:
        kind: of ``WEIGHTED``.
        name: of the layer's output in the file.
        arrays: kernel (outputs, inputs over groups, H, W) and bias (outputs,); a PReLU's (C,).
    """

    kind: str
    name: str
    arrays: tuple[FloatArray, ...]


def read_layers(path: Path, until: str) -> list[LayerWeights]:
    """The layers with weights that an output of a file's graph depends on, in running order.

    Args:
        path: the file.
        until: name of the tensor, for which the last of the layers is needed.

    Raises:
        MissingDependencyError: the package ``tflite`` is not installed.
        ModelError: the file cannot be read, or its weights are of another kind.
    """
    try:
        import tflite
    except ImportError:
        raise MissingDependencyError(
            "reading MediaPipe's network needs the package tflite: "
            "pip install 'geface-bridge[train]'"
        ) from None
    try:
        data = path.read_bytes()
        if data[4:8] != b"TFL3":
            raise ValueError("it does not begin as a TensorFlow Lite file does")
        return _Graph(tflite, data).layers(until)
    except Exception as error:  # flatbuffers raises whatever a wrong offset leads to
        raise ModelError(f"{path} is no TensorFlow Lite file that can be read: {error}") from error


class _Graph:
    """The first graph of a file."""

    def __init__(self, tflite: Any, data: bytes) -> None:
        self._model = tflite.Model.GetRootAs(data, 0)
        self._graph = self._model.Subgraphs(0)
        self._dtypes = {tflite.TensorType.FLOAT32: "<f4", tflite.TensorType.FLOAT16: "<f2"}
        self._names = tflite.utils.BUILTIN_OPCODE2NAME
        operators = [self._graph.Operators(i) for i in range(self._graph.OperatorsLength())]
        self._operators = [(self._kind(o), o) for o in operators]
        self._float16 = {o.Outputs(0): o.Inputs(0) for k, o in self._operators if k == "DEQUANTIZE"}

    def layers(self, until: str) -> list[LayerWeights]:
        needed = self._needed(until)
        return [
            self._layer(kind, operator)
            for kind, operator in self._operators
            if kind in WEIGHTED and operator.Outputs(0) in needed
        ]

    def _needed(self, until: str) -> set[int]:
        """The tensors that go into the one of that name, itself among them."""
        needed = {o.Outputs(0) for _, o in self._operators if self._name(o.Outputs(0)) == until}
        if not needed:
            raise ValueError(f"it has no output {until}")
        for _, operator in reversed(self._operators):
            if operator.Outputs(0) in needed:
                needed |= {operator.Inputs(i) for i in range(operator.InputsLength())}
        return needed

    def _name(self, tensor: int) -> str:
        return self._graph.Tensors(tensor).Name().decode()

    def _kind(self, operator: Any) -> str:
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        return self._names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]

    def _layer(self, kind: str, operator: Any) -> LayerWeights:
        inputs = [operator.Inputs(i) for i in range(1, operator.InputsLength())]
        arrays = tuple(_as_torch(kind, self._constant(i)) for i in inputs)
        return LayerWeights(kind, self._name(operator.Outputs(0)), arrays)

    def _constant(self, number: int) -> FloatArray:
        tensor = self._graph.Tensors(self._float16.get(number, number))
        raw = self._model.Buffers(tensor.Buffer()).DataAsNumpy()
        values = np.frombuffer(bytes(raw), self._dtypes[tensor.Type()])
        return values.reshape(tensor.ShapeAsNumpy()).astype(np.float32)


def _as_torch(kind: str, array: FloatArray) -> FloatArray:
    """Kernels: (outputs, H, W, inputs), of a depthwise one (1, H, W, outputs); PReLU (1, 1, C)."""
    if array.ndim == 4:
        order = (3, 0, 1, 2) if kind == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2)
        return np.ascontiguousarray(array.transpose(order))
    return array.reshape(-1)
