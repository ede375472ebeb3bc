"""The loop with real clips, the real aligner and a real server; nothing stands in."""

from __future__ import annotations

import queue

import numpy as np
import pytest

from geface_bridge.align import FaceAligner
from geface_bridge.capture import open_video
from geface_bridge.errors import ImageError, SourceError
from geface_bridge.estimate import Estimator
from geface_bridge.live.chain import FaceChain
from geface_bridge.live.loop import LiveLoop
from geface_bridge.live.sources import PersistentSource
from geface_bridge.protocol import Calibrate, Gain
from rig.layout import load_layout
from tests.geface_bridge.capture.clips import write_clip
from tests.geface_bridge.estimate.tiny_model import write_tiny_model
from tests.geface_bridge.live.faces import NOBODY, film, needs_faces, photo

AT = load_layout().channel_index


class Sink:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.frames = []

    def publish(self, frame):
        self.frames.append(frame)


@pytest.fixture(scope="module")
def estimator(tmp_path_factory):
    values = {"AU12_L": 0.25}
    return Estimator.load(write_tiny_model(tmp_path_factory.mktemp("model"), values))


@pytest.fixture
def stage(estimator):
    """stage(source, faces): a loop, its sink, its events and its command queue."""

    def make(source, faces=1):
        aligner = FaceAligner(faces)
        aligners.append(aligner)
        chain = FaceChain(aligner, estimator, faces, smoothing=0)
        sink, told, commands = Sink(), [], queue.SimpleQueue()
        loop = LiveLoop(source, chain, sink, faces, lambda *e: told.append(e), commands)
        return loop, sink, told, commands

    aligners: list[FaceAligner] = []
    yield make
    for aligner in aligners:
        aligner.close()


def fast(path):
    return PersistentSource(open_video(path, realtime=False), None, lambda *_: None)


def test_every_frame_without_a_face_says_so(stage, tmp_path):
    loop, sink, told, _ = stage(fast(film(tmp_path / "a.mp4", [NOBODY] * 4)), faces=2)
    loop.run()
    assert [(f.subject, f.sequence) for f in sink.frames] == [
        (subject, sequence) for sequence in range(4) for subject in range(2)
    ]
    assert not any(frame.valid for frame in sink.frames)
    assert (loop.faces, loop.published, told) == (0, 8, [])


@needs_faces
def test_a_face_that_goes_and_comes_is_invalid_in_between(stage, tmp_path):
    images = [photo()] * 3 + [np.full_like(photo(), 90)] * 3 + [photo()] * 3
    loop, sink, _, _ = stage(fast(film(tmp_path / "a.mp4", images)))
    loop.run()
    valid = "".join("x" if frame.valid else "." for frame in sink.frames)
    assert valid == "xxx...xxx"
    assert sink.frames[-1].channels[AT["AU12_L"]] == pytest.approx(0.25, abs=1e-6)
    times = [frame.time_s for frame in sink.frames]
    np.testing.assert_allclose(times, np.arange(9) / 25, atol=1e-3)


@needs_faces
def test_wishes_are_granted_and_told(stage, tmp_path):
    loop, sink, told, commands = stage(fast(film(tmp_path / "a.mp4", [photo()] * 12)))
    commands.put(Gain("AU12_L", 2.0))
    counted = iter(range(12))

    def after_frame():
        if next(counted) == 1:
            commands.put(Calibrate(0.2, 0))

    loop.run(after_frame=after_frame)
    values = [frame.channels[AT["AU12_L"]] for frame in sink.frames]
    assert values[0] == pytest.approx(0.5, abs=1e-6)
    assert values[-1] == pytest.approx(0.0, abs=1e-6)
    assert told == [
        ("info", "gain of AU12_L is 2"),
        ("info", "taking the neutral face, 0.2 s: relax, look ahead"),
        ("info", "face learned"),
    ]


def test_a_lost_source_leaves_an_invalid_frame_and_goes_on(stage, tmp_path):
    clip = film(tmp_path / "a.mp4", [NOBODY] * 2)

    class Unplugged:
        """Plays the clip, then fails as a camera does."""

        name, rate_hz, frame_count, dropped = "camera 0", 25.0, None, 0

        def frames(self):
            yield from open_video(clip, realtime=False).frames()
            raise SourceError("camera 0 ended")

        def close(self):
            pass

    openings = iter([Unplugged()])

    def reopen():
        return next(openings, None) or open_video(clip, realtime=False)

    told = []
    source = PersistentSource(Unplugged(), reopen, lambda *event: told.append(event), 0.001)
    loop, sink, _, _ = stage(source)
    loop.run()
    # two frames and a gap, twice, then two frames of a file, which ends for good
    assert [frame.sequence for frame in sink.frames] == list(range(8))
    assert [level for level, _ in told] == ["warning", "info"] * 2


def test_pictures_of_no_use_are_told_once_and_end_as_an_error(stage, tmp_path):
    clip = write_clip(tmp_path / "tiny.avi", count=5, size=(8, 8))
    loop, sink, told, _ = stage(fast(clip))
    with pytest.raises(ImageError, match=r"8 ?x ?8"):
        loop.run()
    assert [frame.valid for frame in sink.frames] == [False] * 5
    assert [level for level, _ in told] == ["error"]


def test_seconds_end_an_endless_source(stage, tmp_path):
    clip = film(tmp_path / "a.mp4", [NOBODY] * 2)
    source = PersistentSource(open_video(clip, loop=True, realtime=False), None, lambda *_: None)
    loop, sink, _, _ = stage(source)
    loop.run(seconds=0.3)
    assert len(sink.frames) >= 1
