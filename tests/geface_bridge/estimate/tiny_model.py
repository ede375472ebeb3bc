"""Writes small real ONNX estimators whose outputs are known."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rig.layout import load_layout

LAYOUT = load_layout()
NAMES = (*LAYOUT.au_channel_names, "gaze_yaw", "gaze_pitch", "head_yaw", "head_pitch")


def write_tiny_model(
    folder: Path,
    values: dict[str, float] | None = None,
    sigma: float = 0.1,
    names: tuple[str, ...] = NAMES,
    layout_id: str = LAYOUT.layout_id,
) -> Path:
    """An estimator that answers ``values`` by name, 0 elsewhere, and AU26 = crop's mean / 255.

    Returns the path of the ONNX file; its card lies beside it.
    """
    bias = np.array([(values or {}).get(name, 0.0) for name in names], np.float32)
    brightness = np.zeros((1, len(names)), np.float32)
    if "AU26" in names:
        brightness[0, names.index("AU26")] = 1.0 / 255.0
    constants = {
        "bias": bias[None],
        "brightness": brightness,
        "sigmas": np.full((1, len(names)), sigma, np.float32),
        "zero": np.zeros(1, np.float32),
        "shape": np.array([-1, 1], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["crop"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels"], ["mean4"], axes=[1, 2, 3]),
        helper.make_node("Reshape", ["mean4", "shape"], ["mean"]),
        helper.make_node("MatMul", ["mean", "brightness"], ["lit"]),
        helper.make_node("Add", ["lit", "bias"], ["channels"]),
        helper.make_node("ReduceMean", ["landmarks"], ["points4"], axes=[1, 2]),
        helper.make_node("Reshape", ["points4", "shape"], ["points"]),
        helper.make_node("Mul", ["points", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "sigmas"], ["sigma"]),
    ]
    inputs = [
        helper.make_tensor_value_info("crop", TensorProto.UINT8, ["n", 128, 128, 3]),
        helper.make_tensor_value_info("landmarks", TensorProto.FLOAT, ["n", 478, 2]),
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", len(names)])
        for name in ("channels", "sigma")
    ]
    weights = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    notes = {"layout_id": layout_id, "channel_names": json.dumps(list(names))}
    helper.set_model_props(model, notes)
    path = folder / "tiny.onnx"
    onnx.save(model, path)
    write_card(path, names, layout_id)
    return path


def write_card(
    path: Path, names: tuple[str, ...] = NAMES, layout_id: str = LAYOUT.layout_id
) -> None:
    """The card that belongs to an ONNX file."""
    card = {
        "name": "tiny",
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "layout_id": layout_id,
        "channel_names": list(names),
        "licence": "Apache-2.0",
        "data": "none",
        "metrics": {},
        "command": "none",
        "seed": 0,
    }
    path.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
