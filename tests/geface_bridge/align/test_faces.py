from __future__ import annotations

import dataclasses

import pytest

from geface_bridge.align import CROP_SIZE, HeadPose


def test_crop_size_is_what_weights_are_trained_on():
    assert CROP_SIZE == 128


def test_poses_are_values():
    pose = HeadPose(0.1, 0.2, 0.3, 0.0, 0.0, -0.5)
    assert pose == HeadPose(0.1, 0.2, 0.3, 0.0, 0.0, -0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        pose.yaw_rad = 1.0
