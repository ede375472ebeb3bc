"""Who answers in an evaluation: our estimator, or another tool by its CSV files."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import FaceAligner
from geface_bridge.errors import SourceError
from geface_bridge.estimate import Estimator
from rig.layout import load_layout


@dataclass(frozen=True)
class Prediction:
    """What somebody says of a face.

    Attributes:
        aus: AU → intensity 0..5, the mean of the sides; an AU that it does not know is absent.
        yaw_rad, pitch_rad: of the head as seen by the camera; NaN if it does not say.
    """

    aus: dict[str, float] = field(default_factory=dict)
    yaw_rad: float = float("nan")
    pitch_rad: float = float("nan")


class Predictor(Protocol):
    """Answers one picture at a time; each by itself, without memory of the last."""

    name: str

    def predict(
        self, sequence: str, number: int, image_rgb: NDArray[np.uint8]
    ) -> Prediction | None:
        """What it says of picture ``number`` of ``sequence``; None where it sees no face."""
        ...


class OwnPredictor:
    """The estimator as it ships, without smoothing over time."""

    def __init__(self, model: Path | None = None) -> None:
        self._estimator = Estimator.load(model)
        self._aligner = FaceAligner(tracking=False)
        self.name = self._estimator.card.name

    def predict(
        self, sequence: str, number: int, image_rgb: NDArray[np.uint8]
    ) -> Prediction | None:
        """See ``Predictor``; of several faces the first, which is the largest."""
        faces = self._aligner.align(image_rgb)[:1]
        estimates = self._estimator.estimate(faces)
        return prediction_from_channels(estimates[0].channels) if estimates else None


def prediction_from_channels(channels: NDArray[np.float32]) -> Prediction:
    """Mean of the sides of (C,) channels, times 5, and the head's angles."""
    layout = load_layout()
    index = layout.channel_index
    aus = {
        au.name: 5 * float(np.mean([channels[index[name]] for name in au.channels]))
        for au in layout.all_aus
    }
    return Prediction(aus, float(channels[index["head_yaw"]]), float(channels[index["head_pitch"]]))


class CsvPredictor:
    """Another tool's answers: a folder with SEQUENCE.csv, OpenFace's columns.

    Read are ``frame`` and ``AU06_r`` and the like, 0..5; and ``success``, if it is there.
    """

    def __init__(self, name: str, folder: Path) -> None:
        if not folder.is_dir():
            raise SourceError(f"{folder} is no folder, expected one with a CSV file a sequence")
        self.name, self._folder = name, folder
        self._read: dict[str, dict[int, Prediction]] = {}

    def predict(
        self, sequence: str, number: int, image_rgb: NDArray[np.uint8]
    ) -> Prediction | None:
        """See ``Predictor``; the picture is not looked at."""
        if sequence not in self._read:
            self._read[sequence] = read_predictions(self._folder / f"{sequence}.csv")
        return self._read[sequence].get(number)


def read_predictions(path: Path) -> dict[int, Prediction]:
    """Frame → what a tool's CSV says of it; rows without success are left out.

    Raises:
        SourceError: no such file, no column ``frame``, no AU, or what is not a number.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file, skipinitialspace=True)
            columns = [name.strip() for name in table.fieldnames or ()]
            rows = [dict(zip(columns, row.values(), strict=False)) for row in table]
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as a CSV file ({error})") from error
    aus = [name for name in columns if name.startswith("AU") and name.endswith("_r")]
    if "frame" not in columns or not aus:
        raise SourceError(f"{path} has columns {columns[:6]}, expected frame and AU01_r, …")
    try:
        return {
            int(row["frame"]): Prediction({name[:-2]: float(row[name]) for name in aus})
            for row in rows
            if float(row.get("success", 1)) > 0
        }
    except (TypeError, ValueError) as error:
        raise SourceError(f"{path} holds what is not a number ({error})") from error
