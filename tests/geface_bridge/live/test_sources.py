"""Sources that fail and come back: real short clips stand for what a device delivers."""

from __future__ import annotations

import time

import numpy as np
import pytest

from geface_bridge.capture import open_video
from geface_bridge.capture.live import LiveSource
from geface_bridge.config import SourceConfig
from geface_bridge.errors import SourceError
from geface_bridge.live.sources import PersistentSource, open_source
from tests.geface_bridge.capture.clips import write_clip


class Device:
    """Delivers ``count`` small pictures a millisecond apart, then is unplugged."""

    def __init__(self, count: int) -> None:
        self.left = count

    def read(self):
        time.sleep(0.001)
        self.left -= 1
        return self.left >= 0, np.zeros((48, 64, 3), np.uint8)

    def release(self) -> None:
        self.left = 0


def camera(count: int = 3) -> LiveSource:
    return LiveSource(Device(count), "camera 0", 30.0, "check the cable")


@pytest.fixture
def told():
    return []


def collect(source: PersistentSource, gaps: int):
    """What comes up to the ``gaps``-th gap."""
    out = []
    for frame in source.frames():
        out.append(frame)
        gaps -= frame is None
        if not gaps:
            return out
    return out


def test_a_lost_camera_is_a_gap_and_comes_back(told):
    attempts = []

    def reopen():
        attempts.append(len(attempts))
        if len(attempts) < 3:
            raise SourceError("still away")
        return camera()

    source = PersistentSource(camera(), reopen, lambda *event: told.append(event), 0.001)
    seen = collect(source, gaps=2)
    assert seen.count(None) == 2
    assert seen[0] is not None
    assert seen[seen.index(None) + 1] is not None
    assert len(attempts) == 3
    loss, back, again = told
    assert loss[0] == again[0] == "warning"
    assert loss[1].startswith("camera 0 ended, expected 30 a second; check the cable; waiting")
    assert back == ("info", "camera 0 is back")


def test_index_and_time_go_on_rising_over_gaps(told):
    source = PersistentSource(camera(), camera, lambda *event: told.append(event), 0.001)
    frames = [frame for frame in collect(source, gaps=4) if frame is not None]
    assert len(frames) >= 4
    times = np.array([frame.time_s for frame in frames])
    captured = np.array([frame.captured_at_s for frame in frames])
    assert (np.diff(times) > 0).all()
    assert (np.diff([frame.index for frame in frames]) > 0).all()
    np.testing.assert_allclose(np.diff(times), np.diff(captured), atol=1.5e-3)


def test_frames_before_a_loss_are_as_the_source_gave_them(tmp_path, told):
    clip = write_clip(tmp_path / "clip.mp4", count=5)
    plain = list(open_video(clip, realtime=False).frames())
    source = PersistentSource(open_video(clip, realtime=False), None, told.append)
    through = list(source.frames())
    assert [(f.index, f.time_s) for f in through] == [(f.index, f.time_s) for f in plain]
    assert told == []


def test_a_source_without_return_raises(told):
    source = PersistentSource(camera(), None, told.append)
    with pytest.raises(SourceError, match="camera 0 ended"):
        list(source.frames())


def test_waiting_ends_at_the_deadline(told):
    def never():
        raise SourceError("still away")

    source = PersistentSource(camera(), never, lambda *event: told.append(event), 0.01)
    seen = list(source.frames(time.monotonic() + 0.2))
    assert seen[-1] is None
    assert [level for level, _ in told] == ["warning"]


def test_an_endless_source_ends_at_the_deadline(tmp_path, told):
    clip = write_clip(tmp_path / "clip.mp4")
    source = PersistentSource(open_video(clip, loop=True, realtime=False), None, told.append)
    assert len(list(source.frames(time.monotonic() - 1.0))) == 1
    source.close()
    source.close()


def test_the_chosen_video_is_opened_as_told(tmp_path, told):
    clip = write_clip(tmp_path / "clip.mp4", count=4)
    source = open_source(SourceConfig(video=clip, realtime=False), told.append)
    assert (source.name, source.rate_hz) == (str(clip), 25.0)
    assert len(list(source.frames())) == 4


def test_what_never_opened_is_an_error_and_not_waited_for(told):
    with pytest.raises(SourceError, match="camera -1 cannot be"):
        open_source(SourceConfig(camera=-1), told.append)
    with pytest.raises(SourceError, match="scheme"):
        open_source(SourceConfig(url="nonsense"), told.append)
    assert told == []
