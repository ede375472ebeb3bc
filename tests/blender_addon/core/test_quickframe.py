# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick reading of a frame is the thorough one, or none."""

from __future__ import annotations

import math

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_addon.geface.core.errors import ProtocolError
from blender_addon.geface.core.messages import Frame, decode
from blender_addon.geface.core.quickframe import quick_frame
from geface_bridge.protocol import FaceFrame, encode
from tests.blender_addon.core.golden import GOLDEN, mutated

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
FRAMES = st.builds(
    FaceFrame,
    st.integers(0, 2**53 - 1),
    st.integers(0, 15),
    NUMBERS,
    NUMBERS,
    st.booleans(),
    st.floats(0, 1),
    st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=63).map(
        lambda values: np.array(values, np.float32)
    ),
)
SEEDS = tuple(
    bytes.fromhex(vector["hex"])
    for kind in ("canonical", "accepted", "refused")
    for vector in GOLDEN[kind]
    if "frame" in vector["name"]
)


def values(frame):
    return (*(getattr(frame, name) for name in FIELDS), frame.channels.tobytes())


FIELDS = ("sequence", "subject", "time_s", "captured_at_s", "valid", "confidence")


@given(FRAMES)
def test_every_frame_as_the_server_writes_it_is_read_at_once(frame):
    found = quick_frame(encode(frame))
    assert values(found) == values(decode(encode(frame)))
    assert found.channels.astype(np.float32).tobytes() == frame.channels.tobytes()
    assert not found.channels.flags.writeable


WHOLE = msgpack.unpackb(
    encode(FaceFrame(7, 1, 0.5, 2.0, True, 0.5, np.array([0.5, 1], np.float32)))
)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sequence", 2**53),
        ("sequence", -1),
        ("subject", 16),
        ("time_s", math.nan),
        ("captured_at_s", math.inf),
        ("valid", 1),
        ("confidence", 1.5),
        ("confidence", -0.5),
        ("confidence", math.nan),
        ("channels", bytes(7)),
        ("channels", np.array([0, np.nan], np.float32).tobytes()),
        ("channels", [0.5]),
    ],
)
def test_what_the_thorough_reading_refuses_is_left_to_it(key, value):
    data = msgpack.packb({**WHOLE, key: value})
    assert quick_frame(data) is None
    with pytest.raises(ProtocolError, match=f"frame.{key}"):
        decode(data)


@pytest.mark.parametrize("extra", [b"\x00", b"\xa1"])
def test_nothing_may_follow(extra):
    assert quick_frame(msgpack.packb(WHOLE)) is not None
    assert quick_frame(msgpack.packb(WHOLE) + extra) is None


@settings(max_examples=500)
@given(mutated(SEEDS) | FRAMES.map(encode).flatmap(lambda data: mutated((data,))))
def test_it_never_takes_what_the_thorough_reading_would_not(data):
    found = quick_frame(data)
    try:
        expected = decode(data)
    except ProtocolError:
        assert found is None
        return
    if found is not None:
        assert isinstance(expected, Frame)
        assert values(found) == values(expected)
