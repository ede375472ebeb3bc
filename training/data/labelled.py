"""Films whose frames people have scored: what evaluation reads, whatever the set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.capture import open_video
from geface_bridge.errors import SourceError

FloatArray = NDArray[np.float64]
Split = Literal["train", "test"]
PICTURES = (".jpg", ".jpeg", ".png", ".bmp")


@dataclass(frozen=True)
class LabelledSequence:
    """One film of one person.

    Attributes:
        name: within its set, "F001_T1" for instance.
        subject: who; no subject is in both splits.
        split: which part of the protocol it belongs to.
        pictures: a video, or a folder of pictures named by frame number.
        au_names: (K,) the layout's names, "AU06".
        frame_numbers: (N,) of the scored frames, as the set counts them, rising.
        intensities: (N, K) 0 to 5, NaN where nobody scored.
        labels: the files that the intensities come from.
        first_number: what the set calls the film's first frame.
    """

    name: str
    subject: str
    split: Split
    pictures: Path
    au_names: tuple[str, ...]
    frame_numbers: NDArray[np.int64]
    intensities: FloatArray
    labels: tuple[Path, ...] = ()
    first_number: int = 1

    def scored_pictures(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Row of ``intensities`` and its picture (H, W, 3) RGB, in order.

        Raises:
            SourceError: a scored frame has no picture.
        """
        rows = {int(number): row for row, number in enumerate(self.frame_numbers)}
        source = self._folder if self.pictures.is_dir() else self._video
        found = 0
        for number, image_rgb in source(rows):
            yield rows[number], image_rgb
            found += 1
        if found < len(rows):
            raise SourceError(
                f"{self.pictures} holds {found} of the {len(rows)} frames that are scored for "
                f"{self.name}; expected all: is the film whole?"
            )

    def _video(self, rows: dict[int, int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        source = open_video(self.pictures, realtime=False)
        try:
            for frame in source.frames():
                if frame.index + self.first_number in rows:
                    yield frame.index + self.first_number, frame.image_rgb
        finally:
            source.close()

    def _folder(self, rows: dict[int, int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        numbered = ((frame_number(path), path) for path in self.pictures.iterdir())
        for number, path in sorted((n, path) for n, path in numbered if n in rows):
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                raise SourceError(f"{path} is no picture that can be read")
            yield number, np.asarray(image[..., ::-1])


def frame_number(path: Path) -> int:
    """The last number in a picture's name; -1 for what is no numbered picture."""
    numbers = re.findall(r"\d+", path.stem)
    return int(numbers[-1]) if numbers and path.suffix.lower() in PICTURES else -1


def read_scores(path: Path, missing: float | None = None) -> dict[int, float]:
    """Frame number → intensity of a file of ``frame,intensity`` lines without a heading.

    Args:
        path: the file.
        missing: the code that says that nobody scored the frame; it becomes NaN.

    Raises:
        SourceError: a line that is not such a pair, a frame twice, an intensity outside 0..5.
    """
    scores: dict[int, float] = {}
    for line_number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {line_number}"
        number, value = _pair(line, where)
        if number in scores:
            raise SourceError(f"{where} scores frame {number} a second time, expected it once")
        if value == missing:
            value = float("nan")
        elif not 0 <= value <= 5:
            raise SourceError(f"{where} has intensity {value:g}, expected 0 to 5")
        scores[number] = value
    if not scores:
        raise SourceError(f"{path} is empty, expected a line FRAME,INTENSITY for every frame")
    return scores


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as text ({error})") from error


def _pair(line: str, where: str) -> tuple[int, float]:
    parts = line.split(",")
    try:
        number, value = (float(part) for part in parts)
        whole = int(number)
    except (ValueError, OverflowError):
        raise SourceError(f"{where} is {line[:40]!r}, expected FRAME,INTENSITY") from None
    if whole != number:
        raise SourceError(f"{where} has frame {number:g}, expected a whole number")
    return whole, value


def table(scores: dict[str, dict[int, float]]) -> tuple[NDArray[np.int64], FloatArray]:
    """(N,) frame numbers and (N, K) intensities of K files' scores; NaN where a file is silent.

    Frames that no file scores are left out.
    """
    numbers = sorted(set().union(*scores.values()))
    rows = np.array([[c.get(n, np.nan) for c in scores.values()] for n in numbers], np.float64)
    scored = np.isfinite(rows).any(axis=1)
    return np.array(numbers, np.int64)[scored], rows[scored]
