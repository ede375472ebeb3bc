"""Measures a live stream from the camera's thread to the client's hands.

A clip stands in for the camera: its pictures come at an even rate through the very capture thread
a camera has, newest frame wins. A client in a process of its own reads them through the wire and
relates clocks with pings, as every client does.
"""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import FaceAligner
from geface_bridge.capture import Frame, open_performance, open_video
from geface_bridge.capture.live import LiveSource
from geface_bridge.estimate import Estimator
from geface_bridge.live.chain import FaceChain
from geface_bridge.live.loop import LiveLoop
from geface_bridge.live.sources import PersistentSource
from geface_bridge.protocol import FaceFrame, Hello
from geface_bridge.server import FaceClient, FaceServer
from rig.layout import load_layout

FloatArray = NDArray[np.float64]
MAX_PICTURES = 150  # kept decoded, 0.9 MB each at 640x480
WARM_UP_S = 1.0
STAGES = ("wait", "align", "estimate", "motion", "publish")


@dataclass(frozen=True)
class LatencyRun:
    """What one run gave; times in milliseconds, one value a frame the client got.

    Attributes:
        rate_hz: of the source.
        stages: stage → (F,) time of each frame: "wait" for its turn, the chain's stages, and
            "wire" from the server to the client's hands.
        added: (F,) from the picture's capture to the client's hands, the sum of the stages.
        arrival: (F - 1,) between two frames at the client.
        skipped: pictures that came too fast for the chain.
        dropped: frames the client did not get.
    """

    rate_hz: float
    stages: dict[str, FloatArray]
    added: FloatArray
    arrival: FloatArray
    skipped: int
    dropped: int


class ClipCamera:
    """A camera of recorded pictures, back and forth, at an even rate. A ``Capture``."""

    def __init__(self, pictures: list[NDArray[np.uint8]], rate_hz: float) -> None:
        self._pictures = pictures + pictures[-2:0:-1]
        self._rate_hz = rate_hz
        self._began_s = time.monotonic()
        self._count = 0
        self._open = True

    def read(self) -> tuple[bool, Any]:
        """Wait for the next picture's time; BGR, as OpenCV's."""
        self._count += 1
        time.sleep(max(0.0, self._began_s + self._count / self._rate_hz - time.monotonic()))
        return self._open, self._pictures[self._count % len(self._pictures)]

    def release(self) -> None:
        """End."""
        self._open = False


@dataclass
class _Probe:
    """Notes the stages of each frame once it is published."""

    loop: LiveLoop[Frame] | None = None
    stages: dict[str, list[float]] = field(default_factory=dict)

    def __call__(self) -> None:
        assert self.loop is not None
        for name, spent_s in self.loop.meter.latest_s.items():
            self.stages.setdefault(name, []).append(1000 * spent_s)


def measure_latency(video: Path | None, rate_hz: float, seconds: float) -> LatencyRun:
    """Stream a clip at a rate for a time and measure.

    Args:
        video: None for the bundled performance.
        rate_hz: of the source, > 0.
        seconds: how long, after a second of warming up.

    Raises:
        GefaceError: the clip cannot be read.
    """
    camera = ClipCamera(_pictures(video), rate_hz)
    live = LiveSource(camera, "clip as a camera", rate_hz, "")
    source = PersistentSource(live, None, lambda *_: None)
    hello = Hello.from_layout(load_layout(), source=source.name, rate_hz=rate_hz)
    probe = _Probe()
    with (
        closing(source),
        FaceServer(hello, port=0) as server,
        closing(Estimator.load()) as estimator,
        FaceAligner() as aligner,
        _Client(f"ws://127.0.0.1:{server.port}", seconds + WARM_UP_S) as answer,
    ):
        loop = LiveLoop(source, FaceChain(aligner, estimator), server, 1, lambda *_: None)
        probe.loop = loop
        skipped_before = source.dropped
        loop.run(seconds + WARM_UP_S, probe)
        skipped = source.dropped - skipped_before
        seen = answer()
    return _run_of(rate_hz, probe.stages, seen, skipped)


def _run_of(
    rate_hz: float, stages: dict[str, list[float]], seen: dict[str, Any], skipped: int
) -> LatencyRun:
    rows = np.array(seen["frames"])  # sequence, added, arrived
    rows = rows[rows[:, 0] >= WARM_UP_S * rate_hz]
    sequence = rows[:, 0].astype(int)
    work = {name: np.array(stages[name])[sequence] for name in STAGES}
    work["wire"] = rows[:, 1] - np.sum(list(work.values()), axis=0)
    arrival = np.asarray(1000 * np.diff(rows[:, 2]), dtype=np.float64)
    return LatencyRun(rate_hz, work, rows[:, 1], arrival, skipped, seen["missed"])


def _pictures(video: Path | None) -> list[NDArray[np.uint8]]:
    """The first pictures of a clip, BGR; read in real time, which loses none."""
    source = open_performance() if video is None else open_video(video)
    with closing(source):
        frames = itertools.islice(source.frames(), MAX_PICTURES)
        return [np.asarray(cv2.cvtColor(f.image_rgb, cv2.COLOR_RGB2BGR)) for f in frames]


class _Client:
    """A client in a process of its own; gives a function that waits for what it saw."""

    def __init__(self, url: str, seconds: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_read, args=(url, seconds, theirs), daemon=True)

    def __enter__(self) -> Callable[[], dict[str, Any]]:
        self._process.start()
        self._ours.recv()  # it is connected
        return self._answer

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def _answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._ours.recv()
        return answer


def _read(url: str, seconds: float, pipe: Connection) -> None:
    """Body of the client's process."""
    frames: list[tuple[int, float, float]] = []
    with FaceClient(url) as client:
        pipe.send("connected")
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            message = client.receive(0.5)
            now_s = time.monotonic()
            if isinstance(message, FaceFrame):
                added_s = client.session.latency_s(message, now_s)
                if added_s is not None:  # before the first pong the clocks are not related
                    frames.append((message.sequence, 1000 * added_s, now_s))
        missed = client.session.missed
    pipe.send({"frames": frames, "missed": missed})
