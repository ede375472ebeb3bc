"""Make ``geface_bridge/align/template.json``: a neutral frontal face in MediaPipe's landmarks.

    python -m training.make_align_template --faces DIR [--output FILE]

Averages the landmarks of near-frontal photographs, mirrors and averages again. Only these mean
positions leave the photographs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import template
from geface_bridge.align.geometry import fit_similarity, transform_points
from geface_bridge.align.mediapipe_tracker import MediaPipeTracker
from geface_bridge.errors import SourceError
from rig.rotations import matrix_to_euler_yxz
from training.console import TrainingCommand
from training.face_mesh import mirror_permutation

EYE_DISTANCE_M = 0.063
MAX_ANGLE_RAD = np.deg2rad(12.0)
MAX_NOSE_OFFSET = 0.08
MAX_MIRROR_GAP = 0.08
OUTPUT = Path(template.__file__).with_name("template.json")

FloatArray = NDArray[np.float64]


@click.command(cls=TrainingCommand)
@click.option(
    "--faces", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True
)
@click.option("--output", type=click.Path(path_type=Path), default=OUTPUT)
def main(faces: Path, output: Path) -> None:
    """Make the alignment template from a folder of photographs of faces."""
    heads = np.array([_centred(points) for points in _landmarks(faces)])
    if not len(heads):
        raise SourceError(f"{faces} holds no .jpg or .png in which a face was found")
    mean, mirror, used = mean_face(heads)
    output.write_text(_as_json(mean * EYE_DISTANCE_M, mirror), encoding="utf-8")
    click.echo(f"{output}: mean of {used} of {len(heads)} faces")


def mean_face(heads: FloatArray) -> tuple[FloatArray, NDArray[np.int64], int]:
    """Symmetric mean of the near-frontal among (N, 478, 3) centred heads.

    Returns:
        (478, 3) mean with eye distance 1, (478,) mirror indices, how many heads were used.

    Raises:
        click.ClickException: the mean is too far from symmetric.
    """
    straight = np.abs(heads[:, template.NOSE_TIP, 0]) < MAX_NOSE_OFFSET
    mean = heads[straight].mean(axis=0)
    mirror = mirror_permutation()
    _check_symmetric(mean, mirror)
    for _ in range(5):
        fitted = [
            aligned for head in heads if (aligned := _frontal(head, mean, mirror)) is not None
        ]
        mean = np.mean(fitted, axis=0)
        mean = _unit((mean + mean[mirror] * (-1.0, 1.0, 1.0)) / 2)
    return mean, mirror, len(fitted)


def _landmarks(folder: Path) -> Iterator[FloatArray]:
    tracker = MediaPipeTracker(max_faces=1, tracking=False)
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".png")):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is not None:
            yield from tracker.track(np.ascontiguousarray(image[:, :, ::-1]))
    tracker.close()


def _centred(landmarks_px: FloatArray) -> FloatArray:
    """Head axes (x left, y up, z out), eyes level, eye distance 1, origin between the eyes."""
    points = landmarks_px * (1.0, -1.0, -1.0)
    right, left = template.five_points(points)[:2]
    roll = np.arctan2(left[1] - right[1], left[0] - right[0])
    c, s = np.cos(roll), np.sin(roll)
    return _unit((points - (right + left) / 2) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]))


def _unit(points: FloatArray) -> FloatArray:
    right, left = template.five_points(points)[:2]
    return np.asarray((points - (right + left) / 2) / np.linalg.norm(left - right))


def _frontal(head: FloatArray, mean: FloatArray, mirror: NDArray[np.int64]) -> FloatArray | None:
    """The head rotated onto the mean, or None if it looks elsewhere."""
    stable = template.Template(mean, mirror).stable
    fit = fit_similarity(head[stable], mean[stable])
    if np.abs(matrix_to_euler_yxz(fit.rotation)).max() > MAX_ANGLE_RAD:
        return None
    return transform_points(fit.matrix, head)


def _check_symmetric(mean: FloatArray, mirror: NDArray[np.int64]) -> None:
    """Refuse landmarks whose mirror images lie elsewhere: no faces, or not enough of them."""
    gaps = np.linalg.norm(mean[mirror] * (-1.0, 1.0, 1.0) - mean, axis=1)
    if gaps.max() > MAX_MIRROR_GAP:
        raise click.ClickException(
            f"mirrored landmarks lie {gaps.max():.3f} eye distances apart, expected at most "
            f"{MAX_MIRROR_GAP}; give more, and more frontal, faces"
        )


def _as_json(positions_m: FloatArray, mirror: NDArray[np.int64]) -> str:
    rows = ",\n  ".join(json.dumps(row) for row in np.round(positions_m, 5).tolist())
    head: dict[str, Any] = {
        "format": "geface-align-template",
        "landmarks": "MediaPipe Face Mesh, 478 with irises",
        "frame": "x to the person's left, y up, z out of the face; metres; origin between the eyes",
        "mirror": mirror.tolist(),
    }
    lines = [f' "{key}": {json.dumps(value)}' for key, value in head.items()]
    return "{\n" + ",\n".join(lines) + f',\n "positions_m": [\n  {rows}\n ]\n}}\n'


if __name__ == "__main__":
    main()
