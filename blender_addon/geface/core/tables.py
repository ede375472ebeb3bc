# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of ``geface-bridge estimate`` and ``take convert``: CSV and JSON lines → performances.

CSV has OpenFace's style: ``timestamp, success``, head angles in OpenFace's frame (radians) and
place (millimetres), intensities 0 to 5 under ``AU12_L_r`` or, without sides, ``AU25_r``.
JSON lines hold the channels by name in their own units.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from .errors import TakeError
from .performance import FaceLog, Performance

FloatArray = NDArray[np.float64]
Read = Callable[[dict[str, str]], float]
Row = tuple[str, float, "FloatArray | None"]
"""Face, time in seconds and (C,) channels, None where no face was found."""

FACS_SCALE = 5.0
LEAD = ("timestamp", "success")
POSE = ("pose_Rx", "pose_Ry", "pose_Rz")
PLACES = {"head_x": ("pose_Tx", 1e-3), "head_y": ("pose_Ty", -1e-3), "head_z": ("pose_Tz", -1e-3)}
ANGLES = ("head_yaw", "head_pitch", "head_roll")


def read_table(text: str, suffix: str, names: Sequence[str]) -> tuple[Performance, ...]:
    """Every face of a table, by number.

    Args:
        text: the whole file.
        suffix: ".csv" or ".jsonl".
        names: of the C channels of a performance.

    Raises:
        TakeError: no such table; the text says what is missing, and in which line.
    """
    rows = json_rows(text, names) if suffix == ".jsonl" else csv_rows(text, names)
    logs: dict[str, FaceLog] = {}
    for face, time_s, channels in rows:
        log = logs.setdefault(face, FaceLog(len(names)))
        if not log.add(time_s, channels):
            raise TakeError(
                f"table goes from {log.last_s:g} s to {time_s:g} s, expected rising times: "
                "the rows of one video"
            )
    if not logs:
        raise TakeError("table has no rows, expected one a frame")
    found = sorted(logs.items(), key=lambda item: (len(item[0]), item[0]))
    return tuple(log.performance(_subject(face, len(logs))) for face, log in found)


def _subject(face: str, count: int) -> str:
    """Faces are numbered from 0 in tables, and named from 1 by the server."""
    return "face" if count == 1 else f"face {int(face) + 1}"


def csv_rows(text: str, names: Sequence[str]) -> Iterable[Row]:
    """Rows of a CSV table."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    if "BlendShapeCount" in columns:
        raise TakeError(
            "table is Live Link Face's: it holds ARKit's shapes and no action units. Send the face "
            "live through `geface-bridge stream --from livelink` and record that"
        )
    missing = [name for name in LEAD if name not in columns]
    if missing:
        raise TakeError(
            f"table has no column {missing[0]!r}, expected a CSV file of `geface-bridge estimate` "
            "or of `geface-bridge take convert --to csv`"
        )
    _one_file(columns)
    reads = _channel_reads(columns, names)
    for row in reader:
        yield _csv_row(row, reads, reader.line_num)


def _csv_row(row: dict[str, str], reads: Sequence[Read], line: int) -> Row:
    try:
        time_s, success = float(row["timestamp"]), float(row["success"]) > 0
        channels = np.array([read(row) for read in reads]) if success else None
    except (TypeError, ValueError) as error:
        raise TakeError(f"table's line {line} holds no number where one stands ({error})") from None
    _check_finite(time_s, channels, line)
    return row.get("face") or "0", time_s, channels


def _one_file(columns: Sequence[str]) -> None:
    if "file" in columns:
        raise TakeError(
            "table holds several files; run `geface-bridge estimate` on the one that is wanted"
        )


def _channel_reads(columns: Sequence[str], names: Sequence[str]) -> list[Read]:
    """What each channel is in a row; channels without a column stay 0."""
    has_pose = all(name in columns for name in POSE)
    reads = [_read_of(name, set(columns), has_pose) for name in names]
    if all(read is _nothing for read in reads):
        raise TakeError(
            f"none of the table's {len(columns)} columns is an action unit, expected AU01_L_r, "
            "AU12_r and the like"
        )
    return reads


def _read_of(name: str, columns: set[str], has_pose: bool) -> Read:
    sides = (f"{name}_r", f"{name[:-2]}_r" if name[-2:] in ("_L", "_R") else "")
    for column in sides:  # a table without sides, OpenFace's for instance, serves both
        if column in columns:
            return lambda row: float(row[column]) / FACS_SCALE
    if name in PLACES and PLACES[name][0] in columns:
        place, scale = PLACES[name]
        return lambda row: scale * float(row[place])
    if name in ANGLES and has_pose:
        axis = ANGLES.index(name)
        return lambda row: float(head_angles(*(float(row[part]) for part in POSE))[axis])
    if name in columns:
        return lambda row: float(row[name])
    return _nothing


def _nothing(_row: dict[str, str]) -> float:
    return 0.0


def head_angles(about_x: float, about_y: float, about_z: float) -> tuple[float, float, float]:
    """(yaw, pitch, roll) in radians of OpenFace's (pose_Rx, pose_Ry, pose_Rz).

    OpenFace's frame is x right, y down, z away from the camera, its rotation ``R_x R_y R_z``;
    the head's is x left, y up, z forward, its rotation ``R_y(yaw) R_x(pitch) R_z(roll)``.
    """
    flip = np.array([1.0, -1.0, -1.0])
    turn = _about(0, about_x) @ _about(1, about_y) @ _about(2, about_z) * np.outer(flip, flip)
    pitch = np.arcsin(np.clip(-turn[1, 2], -1.0, 1.0))
    yaw, roll = np.arctan2(turn[0, 2], turn[2, 2]), np.arctan2(turn[1, 0], turn[1, 1])
    return float(yaw), float(pitch), float(roll)


def _about(axis: int, angle: float) -> FloatArray:
    matrix = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix[i, i] = matrix[j, j] = np.cos(angle)
    matrix[j, i], matrix[i, j] = np.sin(angle), -np.sin(angle)
    return matrix


def json_rows(text: str, names: Sequence[str]) -> Iterable[Row]:
    """Rows of JSON lines."""
    for line, piece in enumerate(text.splitlines(), 1):
        if not piece.strip():
            continue
        try:
            row = _json_row(json.loads(piece), names)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TakeError(
                f"table's line {line} is no row of `geface-bridge estimate --json` "
                f"({type(error).__name__}: {error})"
            ) from None
        _check_finite(row[1], row[2], line)
        yield row


def _json_row(body: dict[str, object], names: Sequence[str]) -> Row:
    channels, time_s = body["channels"], float(body["timestamp"])  # type: ignore[arg-type]
    face = str(int(body.get("face", 0)))  # type: ignore[call-overload]
    if channels is None:
        return face, time_s, None
    values = [float(channels.get(name, 0.0)) for name in names]  # type: ignore[attr-defined]
    return face, time_s, np.array(values)


def _check_finite(time_s: float, channels: FloatArray | None, line: int) -> None:
    if not np.isfinite(time_s) or not (channels is None or np.isfinite(channels).all()):
        raise TakeError(f"table's line {line} holds nan or infinity, expected numbers")
