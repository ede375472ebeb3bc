"""A small stream of three channels and two faces, and frames that fit it."""

from __future__ import annotations

import numpy as np
import pytest

from geface_bridge.protocol import FaceFrame, Hello, Packet, encode
from rig.layout import Channel


@pytest.fixture
def hello():
    channels = (
        Channel("AU12_L", "intensity", 0.0, 1.0),
        Channel("AU12_R", "intensity", 0.0, 1.0),
        Channel("head_yaw", "rad", -3.1416, 3.1416),
    )
    return Hello("0123456789abcdef", channels, subjects=("a", "b"), session="s1")


@pytest.fixture
def frame():
    """frame(sequence, subject=0, **changes): a valid frame of three channels."""

    def make(sequence, subject=0, channels=(0.5, 0.25, -0.125), valid=True):
        time_s = sequence / 32
        values = np.array(channels, np.float32)
        return FaceFrame(sequence, subject, time_s, 100 + time_s, valid, 0.875, values)

    return make


@pytest.fixture
def packet(frame):
    """packet(sequence, subject=0): the encoded frame."""
    return lambda sequence, subject=0: Packet(subject, sequence, encode(frame(sequence, subject)))
