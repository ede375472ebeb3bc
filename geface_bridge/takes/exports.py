"""A take in other programs' files. Each writer takes a take and gives the file's bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np

from geface_bridge.align.geometry import openface_angles_from_head_angles
from geface_bridge.errors import TakeError
from geface_bridge.estimate import Estimate
from geface_bridge.protocol import FaceFrame
from geface_bridge.takes.bvh import bvh_bytes
from geface_bridge.takes.gltf import gltf_bytes
from geface_bridge.takes.livelink import livelink_csv
from geface_bridge.takes.rows import FACS_SCALE, CsvWriter, JsonWriter, Row
from geface_bridge.takes.take import Take
from rig.layout import load_layout

# Columns of OpenFace 2.2's `FeatureExtraction -pose -aus`; AU45 is our AU43.
OPENFACE_INTENSITIES = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
OPENFACE_PRESENCES = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 28, 45)
PRESENT = 1.0  # FACS grade A, on the scale of 0 to 5


def table_bytes(take: Take) -> bytes:
    """Our own CSV, as ``geface-bridge estimate`` writes it."""
    stream = io.StringIO(newline="")
    writer = CsvWriter(stream, with_face=len(take.hello.subjects) > 1)
    for row in rows_of(take):
        writer.write(row)
    return stream.getvalue().encode()


def json_bytes(take: Take) -> bytes:
    """JSON lines, as ``geface-bridge estimate`` writes them."""
    stream = io.StringIO()
    writer = JsonWriter(stream)
    for row in rows_of(take):
        writer.write(row)
    return stream.getvalue().encode()


def openface_bytes(take: Take) -> bytes:
    """CSV with the columns of OpenFace 2.2's ``FeatureExtraction -pose -aus``."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(openface_columns())
    for row in rows_of(take):
        writer.writerow(_openface_cells(row))
    return stream.getvalue().encode()


def openface_columns() -> list[str]:
    """Names of the columns, in OpenFace's order."""
    pose = [f"pose_{name}" for name in ("Tx", "Ty", "Tz", "Rx", "Ry", "Rz")]
    intensities = [f"AU{number:02}_r" for number in OPENFACE_INTENSITIES]
    presences = [f"AU{number:02}_c" for number in OPENFACE_PRESENCES]
    lead = ["frame", "face_id", "timestamp", "confidence", "success"]
    return lead + pose + intensities + presences


def rows_of(take: Take) -> list[Row]:
    """One row a frame; numbered from 1 for each subject, times from the take's first frame.

    Raises:
        TakeError: the take was recorded with another layout.
    """
    check_layout(take)
    counts = [0] * len(take.hello.subjects)
    out = []
    for frame in take.frames:
        counts[frame.subject] += 1
        estimate = Estimate(frame.channels, frame.confidence) if frame.valid else None
        name = take.hello.subjects[frame.subject]
        time_s = frame.time_s - take.begin_s
        out.append(Row(name, frame.subject, counts[frame.subject], time_s, estimate))
    return out


def check_layout(take: Take) -> None:
    """Refuse a take whose channels are not this version's.

    Raises:
        TakeError: with both layouts.
    """
    ours = load_layout().layout_id
    if take.hello.layout_id != ours:
        raise TakeError(
            f"take has layout {take.hello.layout_id}, this program {ours}: "
            f"convert it with the version that recorded it ({take.header.software})"
        )


def subject_frames(take: Take, subject: int) -> tuple[FaceFrame, ...]:
    """Frames of one subject, for files that hold one face.

    Raises:
        TakeError: another layout, no such subject, or nothing of it to be seen.
    """
    check_layout(take)
    frames = take.of_subject(subject)
    if not any(frame.valid for frame in frames):
        raise TakeError(f"subject {subject} has no frame with a face, nothing to convert")
    return frames


def _openface_cells(row: Row) -> list[str]:
    lead = [str(row.frame), str(row.face), f"{row.timestamp_s:.3f}"]
    if row.estimate is None:
        return [*lead, "0", "0"] + ["0"] * (len(openface_columns()) - len(lead) - 2)
    channels, index = row.estimate.channels, load_layout().channel_index

    def value(name: str) -> float:
        return float(channels[index[name]])

    angles = openface_angles_from_head_angles(
        *(value(f"head_{axis}") for axis in ("yaw", "pitch", "roll"))
    )
    places = (1000 * value("head_x"), -1000 * value("head_y"), -1000 * value("head_z"))
    grades = {number: _grade(number, value) for number in OPENFACE_PRESENCES}
    return [
        *lead,
        f"{row.estimate.confidence:.3f}",
        "1",
        *(f"{place:.1f}" for place in places),
        *(f"{angle:.4f}" for angle in angles),
        *(f"{grades[number]:.2f}" for number in OPENFACE_INTENSITIES),
        *(f"{float(grades[number] >= PRESENT):.2f}" for number in OPENFACE_PRESENCES),
    ]


def _grade(number: int, value: Callable[[str], float]) -> float:
    """Mean of the sides of OpenFace's AU ``number``, 0 to 5."""
    wanted = 43 if number == 45 else number
    unit = next(au for au in load_layout().all_aus if au.name == f"AU{wanted:02}")
    return FACS_SCALE * float(np.clip(np.mean([value(c) for c in unit.channels]), 0, 1))


WRITERS: dict[str, tuple[str, Callable[[Take, int], bytes]]] = {
    "csv": (".csv", lambda take, _: table_bytes(take)),
    "json": (".jsonl", lambda take, _: json_bytes(take)),
    "openface": (".csv", lambda take, _: openface_bytes(take)),
    "livelink": (".csv", lambda take, subject: livelink_csv(take, subject_frames(take, subject))),
    "gltf": (".glb", lambda take, subject: gltf_bytes(subject_frames(take, subject))),
    "bvh": (".bvh", lambda take, subject: bvh_bytes(take, subject_frames(take, subject))),
}
"""Name of a format → (suffix of its files, writer of a take's subject)."""
