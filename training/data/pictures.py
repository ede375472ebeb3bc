"""A folder of pictures with a table of what they show.

``labels.csv`` has a column ``picture`` with file names, columns ``AU01_r`` … with intensities 0 to
5 (empty where unknown), and perhaps ``yaw_rad`` and ``pitch_rad``. ``rig.author.other_faces``
writes such a folder; anybody's scored photographs fit into one too.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.errors import SourceError
from rig.layout import load_layout

LABELS = "labels.csv"


@dataclass(frozen=True)
class LabelledPicture:
    """One picture.

    Attributes:
        path: of the picture.
        aus: AU → intensity 0..5; unknown ones are absent.
        yaw_rad, pitch_rad: the head's turn; NaN if unknown.
    """

    path: Path
    aus: dict[str, float]
    yaw_rad: float
    pitch_rad: float

    def read(self) -> NDArray[np.uint8]:
        """(H, W, 3) RGB.

        Raises:
            SourceError: no picture.
        """
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise SourceError(f"{self.path} is no picture that can be read")
        return np.ascontiguousarray(image[..., ::-1])


def read_pictures(folder: Path) -> list[LabelledPicture]:
    """The pictures that a folder's table names, in its order.

    Raises:
        SourceError: no table, no AU in it, an unknown AU, or a value that cannot be.
    """
    path = folder / LABELS
    try:
        with path.open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            columns, rows = list(table.fieldnames or ()), list(table)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read as a CSV file ({error})") from error
    aus = [name[:-2] for name in columns if name.startswith("AU") and name.endswith("_r")]
    if "picture" not in columns or not aus:
        raise SourceError(f"{path} has columns {columns[:6]}, expected picture and AU01_r, …")
    unknown = set(aus) - {au.name for au in load_layout().all_aus}
    if unknown:
        raise SourceError(f"{path} scores {sorted(unknown)[0]}, which the layout does not have")
    return list(_pictures(path, rows, aus))


def _pictures(path: Path, rows: list[dict[str, str]], aus: list[str]) -> Iterator[LabelledPicture]:
    for number, row in enumerate(rows, start=2):
        where = f"{path}, line {number}"
        scores = {au: _number(row[f"{au}_r"], where) for au in aus}
        wrong = [au for au, value in scores.items() if not (math.isnan(value) or 0 <= value <= 5)]
        if wrong:
            raise SourceError(f"{where} has {wrong[0]} at {scores[wrong[0]]:g}, expected 0 to 5")
        known = {au: value for au, value in scores.items() if not math.isnan(value)}
        yaw, pitch = (_number(row.get(name, ""), where) for name in ("yaw_rad", "pitch_rad"))
        if not row["picture"]:
            raise SourceError(f"{where} names no picture")
        yield LabelledPicture(path.parent / row["picture"], known, yaw, pitch)


def _number(text: str | None, where: str) -> float:
    """A cell's number; NaN for an empty cell."""
    try:
        value = float(text) if text else math.nan
    except ValueError:
        value = math.inf
    if math.isinf(value):
        raise SourceError(f"{where} holds {text!r}, expected a number")
    return value
