"""Messages are values: equal by content, and nobody can change a frame that is under way."""

from __future__ import annotations

import numpy as np
import pytest

from geface_bridge.protocol import FaceFrame, Hello
from rig.layout import load_layout


def test_a_frame_keeps_a_read_only_copy_of_its_channels():
    values = np.array([0.5, 0.25])
    frame = FaceFrame(0, 0, 0.0, 0.0, True, 1.0, values)
    values[0] = 9
    assert frame.channels.tolist() == [0.5, 0.25]
    assert frame.channels.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        frame.channels[0] = 1


def test_frames_are_equal_by_value_and_hash_alike():
    one, same = (FaceFrame(1, 0, 0.0, 0.0, True, 1.0, np.float32([0.5])) for _ in range(2))
    other = FaceFrame(1, 0, 0.0, 0.0, True, 1.0, np.float32([0.25]))
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != "frame"


def test_lost_has_no_channels_and_no_confidence():
    frame = FaceFrame.lost(4, 1, 2.0, 3.0)
    assert (frame.sequence, frame.subject, frame.time_s, frame.captured_at_s) == (4, 1, 2.0, 3.0)
    assert (frame.valid, frame.confidence, frame.channels.shape) == (False, 0.0, (0,))


def test_hello_announces_the_layouts_channels():
    layout = load_layout()
    hello = Hello.from_layout(layout, source="camera 0", rate_hz=30)
    assert hello.layout_id == layout.layout_id
    assert hello.channels == layout.channels
