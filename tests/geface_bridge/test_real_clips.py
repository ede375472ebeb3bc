"""The runtime on real people, where the development clips are: ../shared/clips."""

from __future__ import annotations

from contextlib import closing
from functools import lru_cache

import numpy as np

from geface_bridge.align import FaceAligner
from geface_bridge.capture import open_video
from geface_bridge.estimate import Estimator
from rig.layout import load_layout
from tests.geface_bridge.align.shared_faces import CLIPS, needs_clips

pytestmark = needs_clips
INDEX = load_layout().channel_index


@lru_cache(maxsize=3)
def watched(name: str, last: int) -> tuple[int, np.ndarray]:
    """Frames seen and (N, C) channels of the frames in which there was a face."""
    estimator, count, rows = Estimator.load(), 0, []
    with closing(open_video(CLIPS / name, realtime=False)) as source, FaceAligner() as aligner:
        for frame in source.frames():
            if frame.index > last:
                break
            count += 1
            faces = aligner.align(frame.image_rgb)
            if faces:
                rows.append(estimator.estimate(faces)[0].channels)
    return count, np.array(rows)


def mean_of(name: str, channel: str, start: int, stop: int) -> float:
    """Mean of a channel over frames of a clip in which every frame has a face."""
    count, channels = watched(name, 353)
    assert len(channels) == count
    return float(channels[start:stop, INDEX[channel]].mean())


def test_a_wink_of_the_left_eye_closes_the_left_eye_more():
    left, right = (mean_of("wink_talk.mp4", f"AU43_{side}", 10, 17) for side in "LR")
    assert left > right + 0.1


def test_a_wink_of_the_right_eye_closes_the_right_eye_more():
    left, right = (mean_of("wink_talk.mp4", f"AU43_{side}", 39, 45) for side in "LR")
    assert right > left + 0.1


def test_closed_eyes_raise_au43_on_both_sides():
    for side in "LR":
        shut = mean_of("wink_talk.mp4", f"AU43_{side}", 220, 245)
        wide = mean_of("wink_talk.mp4", f"AU43_{side}", 300, 350)
        assert shut > wide + 0.3


def test_an_open_mouth_raises_au26():
    wide = mean_of("wink_talk.mp4", "AU26", 310, 350)
    assert wide > mean_of("wink_talk.mp4", "AU26", 180, 200) + 0.2


def test_a_frown_raises_au04():
    frown = mean_of("wink_talk.mp4", "AU04_L", 112, 150)
    assert frown > mean_of("wink_talk.mp4", "AU04_L", 180, 200) + 0.1


def test_a_head_that_turns_to_its_left_has_positive_yaw():
    turned = mean_of("wink_talk.mp4", "head_yaw", 262, 272)
    assert turned > mean_of("wink_talk.mp4", "head_yaw", 180, 200) + 0.1


def test_a_clip_without_a_face_has_none():
    count, channels = watched("no_face.mp4", 1000)
    assert count > 50
    assert len(channels) == 0
