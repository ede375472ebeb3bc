"""Opens what the user chose, and opens it again when it is lost."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from geface_bridge.capture import Frame, Source, open_camera, open_performance, open_url, open_video
from geface_bridge.config import SourceConfig
from geface_bridge.errors import SourceError
from geface_bridge.protocol import Level

FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 8.0

Tell = Callable[[Level, str], None]
"""Takes an event for the user and for clients."""


def open_source(config: SourceConfig, tell: Tell) -> PersistentSource:
    """Open the chosen source; nothing chosen means camera 0, else the bundled clip.

    Raises:
        SourceError: it cannot be opened. Only what has run once is waited for.
    """
    if config.video is not None:
        return PersistentSource(open_video(config.video, config.loop, config.realtime), None, tell)
    if config.url is not None:
        url = config.url
        return PersistentSource(open_url(url), lambda: open_url(url), tell)
    if config.camera is not None:
        camera = config.camera
        return PersistentSource(open_camera(camera), lambda: open_camera(camera), tell)
    try:
        return PersistentSource(open_camera(0), lambda: open_camera(0), tell)
    except SourceError:
        clip = open_performance()
        tell("info", "no camera here: playing the bundled performance (or give --video FILE)")
        return PersistentSource(clip, None, tell)


class PersistentSource:
    """A source that outlives its device.

    Attributes:
        name, rate_hz: as the source stated them when first opened.
        ignored: 0; pictures come from no strangers.

    Args:
        source: opened.
        reopen: opens it again; None for sources that end for good, files.
        tell: is told of every loss and return.
        first_retry_s: pause before the first new attempt; it doubles up to LONGEST_RETRY_S.
    """

    ignored = 0

    def __init__(
        self,
        source: Source,
        reopen: Callable[[], Source] | None,
        tell: Tell,
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        self.name = source.name
        self.rate_hz = source.rate_hz
        self._source: Source | None = source
        self._reopen = reopen
        self._tell = tell
        self._first_retry_s = first_retry_s
        self._dropped_before = 0

    @property
    def dropped(self) -> int:
        """Frames skipped because we were slow, over all openings."""
        return self._dropped_before + (self._source.dropped if self._source else 0)

    def frames(self, deadline_s: float = math.inf) -> Iterator[Frame | None]:
        """The frames, and None once each time the source is lost, up to a ``time.monotonic``.

        Index and time go on rising from one opening to the next.

        Raises:
            SourceError: a source that is not opened again failed.
        """
        last: Frame | None = None
        while self._source is not None:
            shift: tuple[int, float] | None = None
            try:
                for frame in self._source.frames():
                    shift = _continuation(last, frame) if shift is None else shift
                    last = replace(
                        frame, index=frame.index + shift[0], time_s=frame.time_s + shift[1]
                    )
                    yield last
                    if time.monotonic() >= deadline_s:
                        return
                return
            except SourceError as error:
                if self._reopen is None:
                    raise
                yield from self._recover(str(error), deadline_s)

    def close(self) -> None:
        """Free the device; harmless when repeated."""
        source, self._source = self._source, None
        if source is not None:
            self._dropped_before += source.dropped
            source.close()

    def _recover(self, reason: str, deadline_s: float) -> Iterator[None]:
        """Yield None, then come back with an open source, or without one at the deadline."""
        self.close()
        self._tell("warning", f"{reason}; waiting for it to come back")
        yield None
        retry_s = self._first_retry_s
        while self._source is None and self._reopen is not None:
            time.sleep(max(0.0, min(retry_s, deadline_s - time.monotonic())))
            if time.monotonic() >= deadline_s:
                return
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)
            try:
                self._source = self._reopen()
            except SourceError:
                continue
            self._tell("info", f"{self.name} is back")


def _continuation(last: Frame | None, first: Frame) -> tuple[int, float]:
    """What to add to index and time after a gap, so that both go on from ``last``."""
    if last is None:
        return 0, 0.0
    gap_s = max(1e-3, first.captured_at_s - last.captured_at_s)
    return last.index + 1 - first.index, last.time_s + gap_s - first.time_s
