"""From a checkpoint to what the runtime loads: an ONNX file and its card.

    python -m training.export --checkpoint runs/first/checkpoint.safetensors \\
        --data-description "20,000 renders of rig 0.1, seed 1"

Writes ``estimator.onnx`` and ``estimator.json`` after holding the graph, run by onnxruntime,
against torch on random inputs.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sys
import warnings
from pathlib import Path
from typing import Any

import click
import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray

from geface_bridge.align import CROP_SIZE
from geface_bridge.errors import ModelError
from training.console import TrainingCommand
from training.estimator import EstimatorNet, load_averaged, narrowed
from training.face_mesh import LANDMARK_COUNT

OPSET = 17
TOLERANCE = 1e-4
INPUTS, OUTPUTS = ("crop", "landmarks"), ("channels", "sigma")
DEFAULT_MODEL = Path(__file__).parents[1] / "geface_bridge" / "models" / "estimator.onnx"


def export(
    checkpoint: Path, model: Path, data: str, command: str, without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Write ``model`` and the card beside it; returns the card.

    Args:
        checkpoint: of ``training.estimator``; its averaged weights are exported.
        model: the ONNX file to write; the card has the same name and ends in .json.
        data: what the weights were trained on, for the card.
        command: that made them, for the card.
        without: channels that something else measures better; the graph leaves them out.

    Raises:
        ModelError: onnxruntime and torch differ by more than TOLERANCE.
    """
    net, metadata = load_averaged(checkpoint)
    net = narrowed(net, without)
    metadata = {**metadata, "channel_names": json.dumps(net.channel_names)}
    model.parent.mkdir(parents=True, exist_ok=True)
    part = model.with_suffix(".part")
    _write_graph(net, part)
    _add_metadata(part, metadata)
    difference = disagreement(net, part)
    if difference > TOLERANCE:
        raise ModelError(
            f"onnxruntime and torch differ by {difference:.2g}, expected at most {TOLERANCE}: "
            "export from another checkpoint or torch version"
        )
    os.replace(part, model)
    card = _card(model, checkpoint, metadata, data, command)
    text = json.dumps(card, indent=1) + "\n"
    model.with_suffix(".json").write_text(text, encoding="utf-8")
    return card


def disagreement(net: EstimatorNet, model: Path, count: int = 5) -> float:
    """Largest difference between torch and onnxruntime on ``count`` random inputs."""
    crop, landmarks = random_inputs(count)
    with torch.no_grad():
        expected = net(torch.from_numpy(crop), torch.from_numpy(landmarks))
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    found = session.run(list(OUTPUTS), {"crop": crop, "landmarks": landmarks})
    return max(float(np.abs(a.numpy() - b).max()) for a, b in zip(expected, found, strict=True))


def random_inputs(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """(count, 128, 128, 3) pixels and (count, 478, 2) landmarks, of noise."""
    rng = np.random.default_rng(seed)
    crop = rng.integers(0, 256, (count, CROP_SIZE, CROP_SIZE, 3), dtype=np.uint8)
    return crop, rng.random((count, LANDMARK_COUNT, 2), dtype=np.float32)


def _write_graph(net: EstimatorNet, path: Path) -> None:
    arguments = tuple(torch.from_numpy(a) for a in random_inputs(2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the other exporter needs onnxscript
        torch.onnx.export(
            net,
            arguments,
            str(path),
            opset_version=OPSET,
            dynamo=False,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "batch"} for name in INPUTS + OUTPUTS},
        )


def _add_metadata(path: Path, metadata: dict[str, str]) -> None:
    graph = onnx.load(str(path))
    properties = {key: metadata[key] for key in ("layout_id", "channel_names")}
    onnx.helper.set_model_props(graph, properties)
    onnx.save(graph, str(path))


def _card(
    model: Path, checkpoint: Path, metadata: dict[str, str], data: str, command: str
) -> dict[str, Any]:
    config = json.loads(metadata["config"])
    scores = checkpoint.with_name("metrics.json")
    return {
        "name": model.stem,
        "file": model.name,
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "licence": "Apache-2.0",
        "layout_id": metadata["layout_id"],
        "channel_names": json.loads(metadata["channel_names"]),
        "inputs": {
            "crop": f"uint8 (N, {CROP_SIZE}, {CROP_SIZE}, 3), RGB",
            "landmarks": f"float32 (N, {LANDMARK_COUNT}, 2), crop coordinates over {CROP_SIZE}",
        },
        "outputs": {
            "channels": "float32 (N, K), intensities in 0..1 and angles in radians",
            "sigma": "float32 (N, K), standard deviations",
        },
        "data": data,
        "labels": "the renders' own parameters; no human AU label was used",
        "command": command,
        "seed": config["seed"],
        "config": config,
        "steps": int(metadata["step"]),
        "metrics": json.loads(scores.read_text(encoding="utf-8")),
        "torch_version": torch.__version__,
    }


@click.command(cls=TrainingCommand)
@click.option("--checkpoint", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=DEFAULT_MODEL)
@click.option("--data-description", required=True, help="What the weights were trained on.")
@click.option("--without", multiple=True, help="Channel to leave out; may be given several times.")
@click.option("--training-command", default=None, help="Defaults to this command.")
def main(
    checkpoint: Path,
    out: Path,
    data_description: str,
    without: tuple[str, ...],
    training_command: str | None,
) -> None:
    """Write the runtime's ONNX file and its card from a checkpoint."""
    command = training_command or shlex.join(["python", "-m", "training.export", *sys.argv[1:]])
    card = export(checkpoint, out, data_description, command, without)
    click.echo(f"{out.name}: {out.stat().st_size / 1e6:.1f} MB, sha256 {card['sha256'][:16]}…")


if __name__ == "__main__":
    main()
