"""The shipped estimator on the bundled clip, whose every channel is known."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from geface_bridge import capture
from geface_bridge.align import FaceAligner
from geface_bridge.capture import open_video
from geface_bridge.estimate import Estimator
from rig.layout import load_layout
from training.render_performance import (
    BLINKS_S,
    DURATION_S,
    KEYS,
    RATE_HZ,
    frame_count,
    performance_channels,
)

INDEX = load_layout().channel_index
STRIDE = 2
CLIP = Path(capture.__file__).with_name("performance.mp4")


@pytest.fixture(scope="module")
def played():
    """(N, C) channels acted, (N, C) channels estimated, of every second frame of the clip."""
    acted, estimated = [], []
    estimator = Estimator.load()
    with closing(open_video(CLIP, realtime=False)) as source, FaceAligner() as aligner:
        for frame in source.frames():
            if frame.index % STRIDE:
                continue
            faces = aligner.align(frame.image_rgb)
            assert len(faces) == 1, f"{len(faces)} faces in frame {frame.index}"
            estimated.append(estimator.estimate(faces)[0].channels)
            acted.append(performance_channels(frame.time_s))
    return np.array(acted), np.array(estimated)


def test_keys_are_in_order_and_start_and_end_at_rest():
    times = [t for t, _ in KEYS]
    assert times == sorted(set(times))
    assert (times[0], times[-1]) == (0.0, DURATION_S)
    np.testing.assert_array_equal(performance_channels(0.0), performance_channels(DURATION_S))
    assert not performance_channels(0.0).any()


def test_channels_pass_through_the_keys():
    smile = performance_channels(2.5)
    assert smile[INDEX["AU12_L"]] == smile[INDEX["AU12_R"]] == pytest.approx(0.9)
    assert performance_channels(8.8)[INDEX["head_yaw"]] == pytest.approx(-0.45)


@pytest.mark.parametrize("time_s", BLINKS_S)
def test_blinks_close_both_eyes(time_s):
    channels = performance_channels(time_s)
    assert channels[INDEX["AU43_L"]] == channels[INDEX["AU43_R"]] == 1.0


def test_every_channel_stays_in_its_range():
    for time_s in np.linspace(0, DURATION_S, 200):
        for value, channel in zip(
            performance_channels(time_s), load_layout().channels, strict=True
        ):
            assert channel.low <= value <= channel.high


def test_every_frame_of_the_clip_has_a_face(played):
    acted, _ = played
    assert len(acted) == frame_count() // STRIDE
    with closing(open_video(CLIP, realtime=False)) as source:
        assert source.rate_hz == RATE_HZ


@pytest.mark.parametrize(
    "name", ["AU01_L", "AU04_R", "AU12_L", "AU12_R", "AU26", "AU43_L", "AU43_R", "head_yaw"]
)
def test_the_estimate_follows_the_acted_channel(played, name):
    acted, estimated = (values[:, INDEX[name]] for values in played)
    assert np.corrcoef(acted, estimated)[0, 1] > 0.7


def test_a_wink_closes_one_eye_only(played):
    _, estimated = played
    middle = round(10.0 * RATE_HZ / STRIDE)
    assert estimated[middle, INDEX["AU43_L"]] > estimated[middle, INDEX["AU43_R"]] + 0.3


def test_turning_left_and_right_have_opposite_signs(played):
    _, estimated = played
    left, right = (round(t * RATE_HZ / STRIDE) for t in (7.5, 8.8))
    assert estimated[left, INDEX["head_yaw"]] > 0.2
    assert estimated[right, INDEX["head_yaw"]] < -0.2
