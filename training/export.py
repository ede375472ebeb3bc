"""From checkpoints to what the runtime loads: an ONNX file and its card.

    python -m training.export --checkpoint runs/first/checkpoint.safetensors \\
        --data-description "20,000 renders of rig 0.1, seed 1"

Writes ``estimator.onnx`` and ``estimator.json`` after holding the graph, run by onnxruntime,
against torch on random inputs.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses are too.
# mypy: disable-error-code="misc"

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from geface_bridge.align import CROP_SIZE
from geface_bridge.errors import ModelError
from rig.layout import load_layout
from training.align_pairs import AlignedPairs, load_aligned
from training.calibration import fit_calibration, halves
from training.compact import compact
from training.console import TrainingCommand
from training.data.faces import FaceSet, read_faces
from training.ensemble import Ensemble, Member, read_members
from training.ensemble import without as leave_out
from training.estimator import evaluate, load_averaged, mean_scores
from training.face_mesh import LANDMARK_COUNT
from training.loop import read_metadata
from training.quick import quick

OPSET = 17
TOLERANCE = 1e-4
COMPACT_TOLERANCE = 0.01  # of what 8 bits hold, on noise; on faces it is a fifth of that
INPUTS, OUTPUTS = ("crop", "landmarks"), ("channels", "sigma")
FRONT_END = (
    "trunk and branches of MediaPipe's face_landmark_with_attention.tflite (Google, Apache-2.0; "
    "Grishchenko et al. 2020), as the mediapipe wheel holds it, and where front_tuned trained on"
)
DEFAULT_MODEL = Path(__file__).parents[1] / "geface_bridge" / "models" / "estimator.onnx"


def export(
    checkpoints: Sequence[Member],
    model: Path,
    data: str,
    command: str,
    without: tuple[str, ...] = (),
    scored_on: tuple[Path, ...] = (),
    faces: FaceSet | None = None,
) -> dict[str, Any]:
    """Write ``model`` and the card beside it; returns the card.

    Args:
        checkpoints: of ``training.estimator``; the mean of their averaged weights' answers is
            exported, of each AU that of the networks which are asked of it.
        model: the ONNX file to write; the card has the same name and ends in .json.
        data: what the weights were trained on, for the card.
        command: that made them, for the card.
        without: channels that something else measures better; the graph leaves them out.
        scored_on: folders of aligned pairs whose held-out samples the card's scores are of;
            without, the card has those that training wrote beside the first checkpoint.
        faces: photographs without labels to calibrate by, with ``scored_on``; the scores are then
            of the other half of the held-out samples.

    Raises:
        ModelError: onnxruntime and torch differ by more than TOLERANCE, or COMPACT_TOLERANCE
            once the graph is made small.
    """
    nets = [load_averaged(member.path)[0] for member in checkpoints]
    whole = Ensemble(nets, [member.aus for member in checkpoints]).eval()
    pairs = load_aligned(scored_on) if scored_on else None
    if pairs and faces:
        found = fit_calibration(whole, whole.channel_names, pairs, faces)
        whole.calibrate(torch.from_numpy(found.gain), torch.from_numpy(found.zero))
    net = leave_out(whole, without)
    model.parent.mkdir(parents=True, exist_ok=True)
    part = model.with_suffix(".part")
    _write_graph(quick(net), part)
    _check(net, part, TOLERANCE)
    compact(part)
    _check(net, part, COMPACT_TOLERANCE)
    notes = {"layout_id": load_layout().layout_id, "channel_names": json.dumps(net.channel_names)}
    _add_metadata(part, notes)
    os.replace(part, model)
    metrics = _scores(whole, pairs) if pairs else _metrics_beside(checkpoints[0].path)
    networks = [_network(member) for member in checkpoints]
    card = _card(model, net, networks, metrics) | {"data": data, "command": command}
    text = json.dumps(card, indent=1) + "\n"
    model.with_suffix(".json").write_text(text, encoding="utf-8")
    return card


def _check(net: nn.Module, model: Path, most: float) -> None:
    difference = disagreement(net, model)
    if difference > most:
        raise ModelError(
            f"onnxruntime and torch differ by {difference:.2g}, expected at most {most}: "
            "export from another checkpoint or torch version"
        )


def disagreement(net: nn.Module, model: Path, count: int = 5) -> float:
    """Largest difference between torch and onnxruntime on ``count`` random inputs."""
    crop, landmarks = random_inputs(count)
    with torch.no_grad():
        expected = net(torch.from_numpy(crop), torch.from_numpy(landmarks))
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    each = [(crop[i : i + 1], landmarks[i : i + 1]) for i in range(count)]  # as the runtime does
    rows = [session.run(list(OUTPUTS), dict(zip(INPUTS, face, strict=True))) for face in each]
    found = [np.concatenate(parts) for parts in zip(*rows, strict=True)]
    return max(float(np.abs(a.numpy() - b).max()) for a, b in zip(expected, found, strict=True))


def random_inputs(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """(count, 128, 128, 3) pixels and (count, 478, 2) landmarks, of noise."""
    rng = np.random.default_rng(seed)
    crop = rng.integers(0, 256, (count, CROP_SIZE, CROP_SIZE, 3), dtype=np.uint8)
    return crop, rng.random((count, LANDMARK_COUNT, 2), dtype=np.float32)


def _write_graph(net: nn.Module, path: Path) -> None:
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


def _network(member: Member) -> dict[str, Any]:
    """What a checkpoint says of how it was trained, and the AUs it is asked of."""
    metadata = read_metadata(member.path)
    model = json.loads(metadata["described"])["model"]
    config = {**json.loads(metadata["config"]), "model": model}
    told = {"config": config, "seed": config["seed"], "steps": int(metadata["step"])}
    return {**told, "aus": list(member.aus)} if member.aus else told


def _metrics_beside(checkpoint: Path) -> dict[str, Any]:
    text = checkpoint.with_name("metrics.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _scores(net: Ensemble, pairs: AlignedPairs) -> dict[str, Any]:
    scores = evaluate(net, pairs, halves(pairs)[1])
    return {"data": "held-out renders", "mean": mean_scores(scores), "channels": scores}


def _calibration(net: Ensemble) -> dict[str, dict[str, float]]:
    """Channel → gain and zero, of those that are calibrated."""
    rows = zip(net.channel_names, net.gain.tolist(), net.zero.tolist(), strict=True)
    return {
        name: {"gain": round(gain, 4), "zero": round(zero, 4)}
        for name, gain, zero in rows
        if (gain, zero) != (1.0, 0.0)
    }


def _card(
    model: Path, net: Ensemble, networks: list[dict[str, Any]], metrics: dict[str, Any]
) -> dict[str, Any]:
    has_front = any(network["config"]["model"]["front_features"] for network in networks)
    return {
        "name": model.stem,
        "file": model.name,
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "licence": "Apache-2.0",
        "front_end": FRONT_END if has_front else None,
        "layout_id": load_layout().layout_id,
        "channel_names": list(net.channel_names),
        "inputs": {
            "crop": f"uint8 (N, {CROP_SIZE}, {CROP_SIZE}, 3), RGB",
            "landmarks": f"float32 (N, {LANDMARK_COUNT}, 2), crop coordinates over {CROP_SIZE}",
        },
        "outputs": {
            "channels": "float32 (N, K), intensities in 0..1 and angles in radians",
            "sigma": "float32 (N, K), standard deviations",
        },
        "calibration": _calibration(net),
        "labels": "the renders' own parameters; no human AU label was used",
        "seed": networks[0]["seed"],
        "networks": networks,
        "metrics": metrics,
        "torch_version": torch.__version__,
    }


@click.command(cls=TrainingCommand)
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    required=True,
    callback=read_members,
    metavar="PATH[=AU,…]",
    help="Of training.estimator; of several, the mean of their answers is exported. "
    "PATH=AU01,AU12 asks one of these AUs alone.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=DEFAULT_MODEL)
@click.option("--data-description", required=True, help="What the weights were trained on.")
@click.option("--without", multiple=True, help="Channel to leave out; may be given several times.")
@click.option(
    "--data",
    "scored_on",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of aligned pairs, whose held-out samples give the card's scores.",
)
@click.option(
    "--faces",
    "face_paths",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Photographs without labels; with --data, the answers are calibrated by them.",
)
@click.option(
    "--faces-cache", type=click.Path(dir_okay=False, path_type=Path), help="Keeps their crops."
)
@click.option("--training-command", default=None, help="Defaults to this command.")
def main(
    checkpoints: tuple[Member, ...],
    out: Path,
    data_description: str,
    without: tuple[str, ...],
    scored_on: tuple[Path, ...],
    face_paths: tuple[Path, ...],
    faces_cache: Path | None,
    training_command: str | None,
) -> None:
    """Write the runtime's ONNX file and its card from one or several checkpoints."""
    command = training_command or shlex.join(["python", "-m", "training.export", *sys.argv[1:]])
    faces = read_faces(face_paths, faces_cache) if face_paths else None
    card = export(checkpoints, out, data_description, command, without, scored_on, faces)
    click.echo(f"{out.name}: {out.stat().st_size / 1e6:.1f} MB, sha256 {card['sha256'][:16]}…")


if __name__ == "__main__":
    main()
