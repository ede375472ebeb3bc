"""What is said of a face, whoever says it: intensities on 0 to 5, and how the head is turned."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geface_bridge.errors import SourceError
from rig.layout import load_layout
from rig.rotations import matrix_to_euler_yxz, rotvec_to_matrix

OUR_AU = {"AU45": "AU43"}
"""OpenFace's blink is the layout's closing of the lids."""
OPENFACE_ANGLES = ("pose_Rx", "pose_Ry", "pose_Rz")


@dataclass(frozen=True)
class Prediction:
    """What somebody says of a face, or what is true of it.

    Attributes:
        aus: AU → intensity 0..5, the mean of the sides; an AU that is not known is absent.
        yaw_rad, pitch_rad, roll_rad: of the head, by the layout's conventions; NaN if not known.
    """

    aus: dict[str, float] = field(default_factory=dict)
    yaw_rad: float = math.nan
    pitch_rad: float = math.nan
    roll_rad: float = math.nan


def prediction_from_channels(channels: NDArray[np.float32]) -> Prediction:
    """Mean of the sides of (C,) channels, times 5, and the head's angles."""
    layout = load_layout()
    index = layout.channel_index
    aus = {
        au.name: 5 * float(np.mean([channels[index[name]] for name in au.channels]))
        for au in layout.all_aus
    }
    angles = (float(channels[index[f"head_{name}"]]) for name in ("yaw", "pitch", "roll"))
    return Prediction(aus, *angles)


def head_angles_from_openface(
    about_x: float, about_y: float, about_z: float
) -> tuple[float, float, float]:
    """(yaw, pitch, roll) of the layout for OpenFace's pose_Rx, pose_Ry, pose_Rz; all radians.

    The inverse of ``geface_bridge.align.openface_angles_from_head_angles``; axes and order of
    rotations are told there.
    """
    x, y, z = rotvec_to_matrix(np.diag([about_x, about_y, about_z]))
    flip = np.array([1.0, -1.0, -1.0])
    return matrix_to_euler_yxz((x @ y @ z) * np.outer(flip, flip))


def read_predictions(path: Path) -> dict[int, Prediction]:
    """Frame → what a tool's CSV says of it; rows without success are left out.

    Read are OpenFace's columns: ``frame`` (from 1), ``AU06_r`` and the like, 0..5, and, where
    they are, ``success`` and ``pose_Rx``, ``pose_Ry``, ``pose_Rz``.

    Raises:
        SourceError: no such file, no column ``frame``, no AU, a frame twice, or what is not a
            number.
    """
    columns, rows = _read(path)
    aus = [name for name in columns if name.startswith("AU") and name.endswith("_r")]
    if "frame" not in columns or not aus:
        raise SourceError(f"{path} has columns {columns[:6]}, expected frame and AU01_r, …")
    found: dict[int, Prediction] = {}
    for line, row in enumerate(rows, start=2):
        number, prediction = _prediction(row, aus, f"{path}, line {line}")
        if number in found:
            raise SourceError(f"{path}, line {line} has frame {number} a second time")
        found[number] = prediction
    return {n: p for n, p in found.items() if p.aus}


def _read(path: Path) -> tuple[list[str], list[dict[str, str | None]]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file, skipinitialspace=True)
            columns = [name.strip() for name in table.fieldnames or ()]
            rows = [dict(zip(columns, row.values(), strict=False)) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read as a CSV file ({error})") from error
    return columns, rows


def _prediction(row: dict[str, str | None], aus: list[str], where: str) -> tuple[int, Prediction]:
    """A row's frame, and what it says; nothing where it tells of no success."""
    number = _number(row["frame"], where)
    if not number.is_integer():
        raise SourceError(f"{where} has frame {number:g}, expected a whole number")
    if "success" in row and _number(row["success"], where) <= 0:
        return int(number), Prediction()
    scores = {OUR_AU.get(name[:-2], name[:-2]): _number(row[name], where) for name in aus}
    if not set(OPENFACE_ANGLES) <= row.keys():
        return int(number), Prediction(scores)
    angles = head_angles_from_openface(*(_number(row[name], where) for name in OPENFACE_ANGLES))
    return int(number), Prediction(scores, *angles)


def read_figures(path: Path) -> dict[str, float]:
    """Somebody's published figures: a JSON object of AU (or yaw, pitch, roll) → number.

    Raises:
        SourceError: it is no such file.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {OUR_AU.get(name, name): float(value) for name, value in found.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SourceError(f"{path} is no JSON object of AU and number ({error})") from error


def _number(text: str | None, where: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        raise SourceError(f"{where} holds {text!r}, what is not a number") from None
    if not math.isfinite(value):
        raise SourceError(f"{where} holds {text!r}, expected a finite number")
    return value
