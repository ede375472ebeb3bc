"""What every source of pictures offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geface_bridge.config import DEFAULT_RATE_HZ

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes:
        index: counts the source's frames from 0; gaps are frames that were dropped.
        time_s: source time in seconds since the source's first frame, never falling.
        captured_at_s: ``time.monotonic()`` when it was decoded.
        image_rgb: (H, W, 3).
    """

    index: int
    time_s: float
    captured_at_s: float
    image_rgb: Image


class Source(Protocol):
    """A camera, video, stream or folder of images, opened and not yet read.

    Attributes:
        name: for messages, for instance "camera 0" or a file's path.
        rate_hz: nominal frames per second, > 0.
        frame_count: how many frames there are to come in all, None when unknown or endless.
        dropped: frames so far that were skipped because the reader was slow.
    """

    name: str
    rate_hz: float
    frame_count: int | None
    dropped: int

    def frames(self) -> Iterator[Frame]:
        """The frames in order, once.

        Raises:
            SourceError: the source failed on the way (a camera that disappears).
        """
        ...

    def close(self) -> None:
        """Free the device or file; harmless when repeated."""
        ...


def plausible_rate(rate_hz: float) -> float:
    """The rate a driver or file states, or the default where what it states cannot be."""
    return float(rate_hz) if 0.1 <= rate_hz <= 1000.0 else DEFAULT_RATE_HZ
