"""Cameras and network streams: a thread reads, the newest frame wins."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import urlsplit

import cv2

from geface_bridge.capture.frames import Frame, plausible_rate
from geface_bridge.capture.opencv import rgb_from_opencv, silence_opencv
from geface_bridge.config import DEFAULT_RATE_HZ
from geface_bridge.errors import SourceError

STALL_S = 5.0
URL_SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "udp", "tcp")


class Capture(Protocol):
    """The part of ``cv2.VideoCapture`` that is needed."""

    def read(self) -> tuple[bool, Any]:
        """(whether there was a frame, BGR image)."""
        ...

    def release(self) -> None:
        """Free the device."""
        ...


class LiveSource:
    """Frames of something that does not wait.

    A thread takes each frame as it comes; a reader gets the newest one and never an old one,
    however slow it is. When the device stops, ``frames`` raises; opening again is up to the
    caller.

    Args:
        capture: an opened device; the source owns it from now on.
        name: for messages.
        rate_hz: nominal.
        advice: what a user should do when frames stop.
        stall_s: so long without a frame counts as stopped.
    """

    frame_count: int | None = None

    def __init__(
        self, capture: Capture, name: str, rate_hz: float, advice: str, stall_s: float = STALL_S
    ) -> None:
        self.name, self.rate_hz, self.dropped = name, rate_hz, 0
        self._capture, self._advice, self._stall_s = capture, advice, stall_s
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._ended = self._closed = False
        self._thread = threading.Thread(target=self._read, name=f"capture {name}", daemon=True)
        self._thread.start()

    def frames(self) -> Iterator[Frame]:
        """The newest frame each time one is asked for, until ``close``.

        Raises:
            SourceError: the device stopped delivering.
        """
        while (frame := self._take()) is not None:
            yield frame

    def close(self) -> None:
        """Stop reading and free the device."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        # A driver that hangs in read() must not hang us; the thread frees the device itself.
        self._thread.join(timeout=1.0)

    def _take(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(self._ready, timeout=self._stall_s)
            frame, self._newest = self._newest, None
            if self._closed:
                return None
        if frame is None:
            what = "ended" if self._ended else f"sent no frame for {self._stall_s:g} s"
            raise SourceError(
                f"{self.name} {what}, expected {self.rate_hz:g} a second; {self._advice}"
            )
        return frame

    def _ready(self) -> bool:
        return self._newest is not None or self._ended or self._closed

    def _read(self) -> None:
        index, first_at_s = 0, None
        while not self._closed:
            found, image = self._capture.read()
            if not found:
                break
            now_s = time.monotonic()
            first_at_s = now_s if first_at_s is None else first_at_s
            self._put(Frame(index, now_s - first_at_s, now_s, rgb_from_opencv(image)))
            index += 1
        self._capture.release()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, frame: Frame) -> None:
        with self._changed:
            self.dropped += self._newest is not None
            self._newest = frame
            self._changed.notify_all()


def open_camera(
    index: int = 0, width_px: int = 640, height_px: int = 480, rate_hz: float = DEFAULT_RATE_HZ
) -> LiveSource:
    """Open a camera; size and rate are wishes, the driver decides.

    Raises:
        SourceError: there is no such camera, or it is taken.
    """
    if index < 0:
        raise SourceError(f"camera {index} cannot be, expected 0 or more; the first camera is 0")
    silence_opencv()
    capture = cv2.VideoCapture(index)
    name = f"camera {index}"
    if not capture.isOpened():
        raise SourceError(f"{name} cannot be opened; {_camera_advice()}")
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width_px)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height_px)
    capture.set(cv2.CAP_PROP_FPS, rate_hz)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    rate_hz = plausible_rate(capture.get(cv2.CAP_PROP_FPS))
    return LiveSource(capture, name, rate_hz, _camera_advice())


def open_url(url: str, timeout_s: float = STALL_S) -> LiveSource:
    """Open a network stream: MJPEG over HTTP, RTSP, or what else FFmpeg reads.

    Raises:
        SourceError: the address is not one of a stream, or nothing answers there.
    """
    scheme = urlsplit(url).scheme.lower()
    if scheme not in URL_SCHEMES:
        raise SourceError(
            f"stream {url!r} has scheme {scheme!r}, expected one of {', '.join(URL_SCHEMES)}; "
            "for a file use --video"
        )
    silence_opencv()
    timeout_ms = round(1000 * timeout_s)
    limits = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        timeout_ms,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        timeout_ms,
    ]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)
    name = f"stream {without_secrets(url)}"
    if not capture.isOpened():
        raise SourceError(
            f"{name} cannot be opened within {timeout_s:g} s; check the address in a player (VLC)"
        )
    rate_hz = plausible_rate(capture.get(cv2.CAP_PROP_FPS))
    return LiveSource(capture, name, rate_hz, "check the sender and the network", timeout_s)


def without_secrets(url: str) -> str:
    """The URL without user, password, query and fragment, fit for messages."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _camera_advice() -> str:
    where = {
        "linux": "ls /dev/video* lists cameras, your user must be in group video",
        "darwin": "allow the camera in System Settings > Privacy & Security > Camera",
    }
    advice = where.get(sys.platform, "allow the camera in Settings > Privacy & security > Camera")
    return f"close other programs that use it, or try --video FILE; {advice}"
