# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes and tables for the tests, written by geface_bridge itself."""

import numpy as np

from geface_bridge.protocol import FaceFrame, Hello
from geface_bridge.takes import Take, write_take
from geface_bridge.takes.messages import Marker, TakeHeader
from rig.layout import load_layout

LAYOUT = load_layout()
NAMES = LAYOUT.channel_names
SLIDERS = tuple(c.name for c in LAYOUT.channels if c.unit != "m")


def curves(times_s):
    """(N, C) every channel on a wave of its own within its range, as float32."""
    low, high = np.array([(c.low, c.high) for c in LAYOUT.channels]).T
    low, high = np.maximum(low, -1.3), np.minimum(high, 1.3)  # angles that Euler's keep apart
    phase = np.arange(len(low))
    share = 0.5 + 0.45 * np.sin((1 + phase % 7) * np.asarray(times_s)[:, None] + phase)
    return (low + (high - low) * share).astype(np.float32)


def performance(
    path, rate_hz=30.0, seconds=2.0, begin_s=5.0, lost=(), subjects=("face",), **header
):
    """Write a take; gives its times and (N, C) channels, which are the same for every subject.

    Args:
        lost: numbers of the frames without a face.
    """
    begin_s = 5.0
    times_s = begin_s + np.arange(round(seconds * rate_hz)) / rate_hz
    rows = curves(times_s)
    hello = Hello.from_layout(LAYOUT, subjects=subjects, source="made", rate_hz=rate_hz)
    frames = [
        FaceFrame(i, s, t, t, i not in lost, 1.0, row if i not in lost else np.zeros(0))
        for i, (t, row) in enumerate(zip(times_s, rows, strict=True))
        for s in range(len(subjects))
    ]
    markers = (Marker(begin_s + 0.5, "cue"), Marker(begin_s + 1.0, "end"))
    write_take(path, Take(TakeHeader(**header), hello, tuple(frames), markers))
    return times_s, rows


def at(times_s, rows, moments_s):
    """(M, C) straight lines between the frames."""
    columns = [np.interp(moments_s, times_s, column) for column in rows.T]
    return np.stack(columns, axis=1)
