"""Offline results, one row per frame and face, as CSV in OpenFace's style or as JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np

from geface_bridge.align.geometry import openface_angles_from_head_angles
from geface_bridge.estimate import Estimate
from rig.layout import ActionUnit, Layout, load_layout

FACS_SCALE = 5.0
"""Intensity 1 is FACS grade E, 5 in files."""
POSE_COLUMNS = ("pose_Rx", "pose_Ry", "pose_Rz", "pose_Tx", "pose_Ty", "pose_Tz")
GAZE_COLUMNS = ("gaze_yaw", "gaze_pitch")


@dataclass(frozen=True)
class Row:
    """One face of one frame.

    Attributes:
        file: the input's path.
        face: 0 for the first face.
        frame: counts from 1, as OpenFace's.
        timestamp_s: source time; 0 for an image.
        estimate: None when no face was found.
    """

    file: str
    face: int
    frame: int
    timestamp_s: float
    estimate: Estimate | None


class CsvWriter:
    """Writes rows in OpenFace's column style.

    ``frame,timestamp,success,confidence``; ``pose_Rx,pose_Ry,pose_Rz`` in radians and
    ``pose_Tx,pose_Ty,pose_Tz`` in millimetres in OpenFace's camera frame (x right, y down, z
    away); ``AU01_r`` … on 0 to 5, the mean of both sides for an AU that has sides; ``AU01_L_r,
    AU01_R_r`` … per side (the person's own); ``gaze_yaw,gaze_pitch`` in radians relative to
    the head (> 0: the person's left, down), which is not OpenFace's ``gaze_angle``. Where no
    face was found, success is 0 and so is everything after it.

    Args:
        stream: opened with ``newline=""``.
        with_file: a leading column ``file``, for several inputs.
        with_face: a column ``face`` before ``frame``, for several faces.
        layout: defaults to the packaged layout.
    """

    def __init__(
        self,
        stream: TextIO,
        with_file: bool = False,
        with_face: bool = False,
        layout: Layout | None = None,
    ) -> None:
        self._layout = layout or load_layout()
        self._with_file, self._with_face = with_file, with_face
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(self._lead("file", "face") + list(columns(self._layout)))

    def write(self, row: Row) -> None:
        """Append a row."""
        lead = self._lead(row.file, str(row.face))
        found = row.estimate is not None
        cells = [str(row.frame), f"{row.timestamp_s:.3f}", str(int(found))]
        if row.estimate is None:
            values = ["0"] * (len(columns(self._layout)) - 3)
        else:
            confidence = f"{row.estimate.confidence:.3f}"
            values = [confidence, *_value_cells(row.estimate, self._layout)]
        self._writer.writerow(lead + cells + values)

    def _lead(self, file: str, face: str) -> list[str]:
        return [file] * self._with_file + [face] * self._with_face


class JsonWriter:
    """Writes rows as JSON lines: the wire's channels by name, intensities 0 to 1, radians, metres.

    ``{"file", "face", "frame", "timestamp", "success", "confidence", "channels"}``; channels
    is null where no face was found.
    """

    def __init__(self, stream: TextIO, layout: Layout | None = None) -> None:
        self._stream, self._layout = stream, layout or load_layout()

    def write(self, row: Row) -> None:
        """Append a line."""
        estimate = row.estimate
        line: dict[str, Any] = {
            "file": row.file,
            "face": row.face,
            "frame": row.frame,
            "timestamp": round(row.timestamp_s, 3),
            "success": int(estimate is not None),
            "confidence": round(estimate.confidence, 3) if estimate else 0.0,
            "channels": _channel_map(estimate, self._layout) if estimate else None,
        }
        self._stream.write(json.dumps(line) + "\n")


def columns(layout: Layout) -> tuple[str, ...]:
    """Column names of a CSV file, without the leading ``file`` and ``face``."""
    wholes = tuple(f"{au.name}_r" for au in layout.all_aus)
    sides = tuple(f"{name}_r" for au in layout.sided_aus for name in au.channels)
    lead = ("frame", "timestamp", "success", "confidence")
    return (*lead, *POSE_COLUMNS, *wholes, *sides, *GAZE_COLUMNS)


def _value_cells(estimate: Estimate, layout: Layout) -> list[str]:
    """Cells of the columns after confidence."""

    def value(name: str) -> float:
        return float(estimate.channels[layout.channel_index[name]])

    pose = openface_angles_from_head_angles(*(value(f"head_{a}") for a in ("yaw", "pitch", "roll")))
    cells = [_fixed(angle, 4) for angle in pose]
    signs = {"head_x": 1000.0, "head_y": -1000.0, "head_z": -1000.0}
    cells += [_fixed(scale * value(name), 1) for name, scale in signs.items()]
    cells += [_fixed(FACS_SCALE * _mean_of_sides(au, value), 3) for au in layout.all_aus]
    cells += [
        _fixed(FACS_SCALE * value(name), 3) for au in layout.sided_aus for name in au.channels
    ]
    return cells + [_fixed(value(name), 4) for name in GAZE_COLUMNS]


def _mean_of_sides(au: ActionUnit, value: Callable[[str], float]) -> float:
    return float(np.mean([value(name) for name in au.channels]))


def _fixed(value: float, digits: int) -> str:
    """Decimals without a negative zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def _channel_map(estimate: Estimate, layout: Layout) -> dict[str, float]:
    values = zip(layout.channel_names, estimate.channels.tolist(), strict=True)
    return {name: round(value, 4) for name, value in values}
