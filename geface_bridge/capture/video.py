"""Video files as a source."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import cv2

from geface_bridge.capture.frames import Frame, Image, plausible_rate
from geface_bridge.capture.opencv import rgb_from_opencv, silence_opencv
from geface_bridge.errors import SourceError

PERFORMANCE = "performance.mp4"


class VideoSource:
    """Frames of a file at the pace they were filmed, or as fast as they are asked for.

    At the filmed pace frames that are already over when asked for are skipped and counted, as
    a camera would; as fast as possible, every frame comes.
    """

    def __init__(self, path: Path, loop: bool = False, realtime: bool = True) -> None:
        self.name = str(path)
        self.dropped = 0
        self._path, self._loop, self._realtime = path, loop, realtime
        self._capture = _open(path)
        self.rate_hz = plausible_rate(self._capture.get(cv2.CAP_PROP_FPS))
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.frame_count = count if count > 0 and not loop else None
        found, self._first = self._capture.read()
        if not found:
            self.close()
            raise SourceError(
                f"{path} has no frames that can be decoded; expected at least one, "
                "convert it: ffmpeg -i IN -pix_fmt yuv420p OUT.mp4"
            )

    def frames(self) -> Iterator[Frame]:
        """The frames in order, once."""
        started_at_s = time.monotonic()
        index, loop_started_s, time_s = 0, 0.0, 0.0
        while True:
            for within_s, image in self._one_pass(started_at_s, loop_started_s):
                time_s = loop_started_s + within_s
                if image is not None:
                    yield Frame(index, time_s, time.monotonic(), image)
                index += 1
            if not self._loop or not self._rewind():
                return
            loop_started_s = time_s + 1.0 / self.rate_hz

    def close(self) -> None:
        """Free the file."""
        self._capture.release()

    def _one_pass(
        self, started_at_s: float, loop_started_s: float
    ) -> Iterator[tuple[float, Image | None]]:
        """(seconds since the file's first frame, image or None when skipped) of each frame."""
        frame_s = 1.0 / self.rate_hz
        yield 0.0, rgb_from_opencv(self._first)
        first_s, last_s = self._position_s(), 0.0
        while self._capture.grab():
            stamp_s = self._position_s() - first_s
            # Files without usable stamps repeat one; then the nominal rate counts.
            last_s = stamp_s if stamp_s > last_s else last_s + frame_s
            late_s = time.monotonic() - (started_at_s + loop_started_s + last_s)
            if self._realtime and late_s > frame_s:
                self.dropped += 1
                yield last_s, None
                continue
            if self._realtime and late_s < 0:
                time.sleep(-late_s)
            found, image = self._capture.retrieve()
            if not found:
                return
            yield last_s, rgb_from_opencv(image)

    def _position_s(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000.0

    def _rewind(self) -> bool:
        # Reopening works with every container; seeking to 0 does not.
        if not self._capture.isOpened():
            return False
        self._capture.release()
        self._capture = _open(self._path)
        return bool(self._capture.read()[0])


def open_video(path: str | Path, loop: bool = False, realtime: bool = True) -> VideoSource:
    """Open a video file; rotation stored in it (portrait telephones) is applied.

    Args:
        path: anything FFmpeg reads.
        loop: start again at the end, for ever; source time goes on rising.
        realtime: at the pace it was filmed; otherwise as fast as frames are asked for.

    Raises:
        SourceError: it does not exist, is no video, or has no frames.
    """
    return VideoSource(Path(path), loop, realtime)


def open_performance() -> VideoSource:
    """The bundled clip, an animated performance rendered from the rig, looping in real time.

    Raises:
        SourceError: this installation lacks the clip.
    """
    clip = resources.files("geface_bridge.capture").joinpath(PERFORMANCE)
    with resources.as_file(clip) as path:
        source = open_video(path, loop=True)
    source.name = "the bundled performance"
    return source


def _open(path: Path) -> cv2.VideoCapture:
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "does not exist"
        raise SourceError(f"video {path} {kind}, expected a video file; check the path")
    silence_opencv()
    # FFmpeg alone: OpenCV would otherwise go on to take numbered names for image sequences.
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise SourceError(
            f"{path} cannot be read as a video ({path.stat().st_size} bytes); expected MP4, MOV, "
            "MKV, WebM or AVI, convert it: ffmpeg -i IN -pix_fmt yuv420p OUT.mp4"
        )
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    return capture
