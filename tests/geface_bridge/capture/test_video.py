from __future__ import annotations

import itertools
import time

import cv2
import numpy as np
import pytest

from geface_bridge.capture import open_video
from geface_bridge.errors import SourceError
from tests.geface_bridge.capture.clips import number_of, turn_clip, write_clip


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_every_frame_comes_once_in_order_with_its_time(tmp_path, suffix):
    source = open_video(write_clip(tmp_path / f"clip{suffix}"), realtime=False)
    frames = list(source.frames())
    assert [number_of(frame.image_rgb) for frame in frames] == list(range(12))
    assert [frame.index for frame in frames] == list(range(12))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(12) / 25, atol=1e-3)
    assert (source.rate_hz, source.frame_count, source.dropped) == (25.0, 12, 0)


def test_real_time_drops_what_is_over_and_loses_nothing_silently(tmp_path):
    source = open_video(write_clip(tmp_path / "clip.mp4", rate_hz=100.0))
    frames = []
    for frame in source.frames():
        frames.append(frame)
        time.sleep(0.03)
    assert len(frames) + source.dropped == 12
    assert source.dropped > 0
    assert [number_of(frame.image_rgb) for frame in frames] == [frame.index for frame in frames]


def test_a_loop_goes_on_and_so_does_its_time(tmp_path):
    source = open_video(write_clip(tmp_path / "clip.mp4", count=5), loop=True, realtime=False)
    frames = list(itertools.islice(source.frames(), 13))
    assert [number_of(f.image_rgb) for f in frames] == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2]
    assert [frame.index for frame in frames] == list(range(13))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(13) / 25, atol=1e-3)
    assert source.frame_count is None


def test_closing_ends_a_loop(tmp_path):
    source = open_video(write_clip(tmp_path / "clip.mp4", count=3), loop=True, realtime=False)
    count = 0
    for _ in source.frames():
        count += 1
        if count == 4:
            source.close()
            source.close()
    assert count <= 6


def test_rotation_stored_in_the_file_is_applied(tmp_path):
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25.0, (64, 48))
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = 255  # white in the upper left quarter
    for _ in range(3):
        writer.write(picture)
    writer.release()
    image = next(open_video(turn_clip(path)).frames()).image_rgb
    assert image.shape == (64, 48, 3)
    assert image[:30, 26:].mean() > 240, "clockwise, the upper left goes to the upper right"
    assert image[:30, :22].mean() < 15


def test_red_stays_red(tmp_path):
    path = tmp_path / "red.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25.0, (64, 48))
    writer.write(np.full((48, 64, 3), (0, 0, 255), np.uint8))  # BGR
    writer.release()
    assert next(open_video(path).frames()).image_rgb[24, 32].argmax() == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"cannot be read as a video \(0 bytes\); expected MP4"),
        (b"hello" * 1000, r"cannot be read as a video \(5000 bytes\); expected MP4"),
    ],
)
def test_what_is_no_video_is_said_in_one_line(tmp_path, content, message):
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message) as error:
        open_video(path)
    assert "\n" not in str(error.value)


def test_a_video_without_frames_is_refused(tmp_path):
    path = write_clip(tmp_path / "none.avi", count=1)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"movi") + 4])
    with pytest.raises(SourceError, match=r"no frames that can be decoded|cannot be read"):
        open_video(path)


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(SourceError, match=r"nothing\.mp4 does not exist, expected a video file"):
        open_video(tmp_path / "nothing.mp4")
    with pytest.raises(SourceError, match="is a folder, expected a video file"):
        open_video(tmp_path)
