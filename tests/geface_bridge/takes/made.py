"""Takes for tests: known frames in a known order."""

from __future__ import annotations

import numpy as np

from geface_bridge.protocol import FaceFrame, Hello
from geface_bridge.takes import Marker, Take, TakeHeader
from rig.layout import load_layout

LAYOUT = load_layout()
COUNT = len(LAYOUT.channels)


def frame(sequence: int, time_s: float, subject: int = 0, **values: float) -> FaceFrame:
    """A frame with a few channels that are not 0."""
    channels = np.zeros(COUNT, np.float32)
    for name, value in values.items():
        channels[LAYOUT.channel_index[name]] = value
    return FaceFrame(sequence, subject, time_s, 100.0 + time_s, True, 0.9, channels)


def made_take(count: int = 10, rate_hz: float = 25.0, begin_s: float = 0.0) -> Take:
    """``count`` frames in which AU12_L rises from 0 to 1, one lost, one marker."""
    hello = Hello.from_layout(LAYOUT, source="test", rate_hz=rate_hz)
    frames = [
        frame(i, begin_s + i / rate_hz, AU12_L=i / max(1, count - 1), head_yaw=0.2)
        for i in range(count)
    ]
    if count > 3:
        frames[2] = FaceFrame.lost(2, 0, frames[2].time_s, 0.0)
    header = TakeHeader(1.7e9, 100.0, "Zoë", "take.wav", 0.25)
    return Take(header, hello, tuple(frames), (Marker(begin_s + 1 / rate_hz, "go"),))
