# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables that geface_bridge writes come back as the take they were made of."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_addon.geface.core.errors import TakeError
from blender_addon.geface.core.tables import head_angles, read_table
from geface_bridge.align.geometry import openface_angles_from_head_angles
from geface_bridge.protocol import FaceFrame, Hello
from geface_bridge.takes import Take
from geface_bridge.takes.exports import json_bytes, openface_bytes, table_bytes
from geface_bridge.takes.messages import TakeHeader
from rig.layout import load_layout

LAYOUT = load_layout()
NAMES = LAYOUT.channel_names
ANGLE = st.floats(-1.3, 1.3)


def take(subjects=("face",), count=12):
    rng = np.random.default_rng(3)
    low, high = np.array([(c.low, c.high) for c in LAYOUT.channels]).T
    low, high = np.maximum(low, -1.3), np.minimum(high, 1.3)  # angles below 90°
    hello = Hello.from_layout(LAYOUT, subjects=subjects, source="", rate_hz=30)
    frames = []
    for i in range(count):
        for subject in range(len(subjects)):
            values = low + (high - low) * rng.random(len(low))
            valid = (i + subject) % 4 > 0
            frames.append(
                FaceFrame(
                    i, subject, i / 30, i / 30, valid, float(valid), np.float32(values * valid)
                )
            )
    return Take(TakeHeader(), hello, tuple(frames))


@pytest.mark.parametrize(
    ("write", "suffix", "tolerance"), [(table_bytes, ".csv", 6e-4), (json_bytes, ".jsonl", 1e-4)]
)
@pytest.mark.parametrize("subjects", [("face",), ("face 1", "face 2")])
def test_a_take_comes_back(write, suffix, tolerance, subjects):
    made = take(subjects)
    found = read_table(write(made).decode(), suffix, NAMES)
    assert tuple(p.subject for p in found) == subjects
    for subject, got in enumerate(found):
        frames = made.of_subject(subject)
        np.testing.assert_allclose(got.times_s, [f.time_s for f in frames], atol=5.1e-4)
        np.testing.assert_array_equal(got.valid, [f.valid for f in frames])
        expected = np.array([f.channels for f in frames if f.valid])
        np.testing.assert_allclose(got.channels[got.valid], expected, atol=tolerance)


def test_openfaces_columns_without_sides_serve_both():
    made = take()
    (got,) = read_table(openface_bytes(made).decode(), ".csv", NAMES)
    left, right = NAMES.index("AU12_L"), NAMES.index("AU12_R")
    frames = [frame.channels for frame in made.frames if frame.valid]
    means = [np.mean([row[left], row[right]]) for row in frames]
    np.testing.assert_allclose(got.channels[got.valid][:, left], means, atol=2e-3)
    np.testing.assert_array_equal(got.channels[:, left], got.channels[:, right])


@given(ANGLE, ANGLE, ANGLE)
def test_head_angles_are_the_way_back(yaw, pitch, roll):
    found = head_angles(*openface_angles_from_head_angles(yaw, pitch, roll))
    np.testing.assert_allclose(found, (yaw, pitch, roll), atol=1e-9)


ROW = {"file": "a", "face": 0, "timestamp": 0.0, "success": 1, "channels": {"AU12_L": 0.5}}


@pytest.mark.parametrize(
    ("text", "suffix", "message"),
    [
        ("", ".csv", "no column 'timestamp'"),
        ("Timecode,BlendShapeCount,JawOpen\n", ".csv", "Live Link Face's"),
        ("timestamp,success\n0,1\n", ".csv", "none of the table's 2 columns is an action unit"),
        ("timestamp,success,AU25_r\n", ".csv", "no rows"),
        ("file,timestamp,success,AU25_r\na,0,1,1\n", ".csv", "several files"),
        ("timestamp,success,AU25_r\n0,1,1\n0.1,1,much\n", ".csv", "line 3 holds no number"),
        ("timestamp,success,AU25_r\n0,1\n", ".csv", "line 2 holds no number"),
        ("timestamp,success,AU25_r\n0,1,nan\n", ".csv", "line 2 holds nan"),
        ("timestamp,success,AU25_r\n1,1,1\n0,1,1\n", ".csv", "goes from 1 s to 0 s"),
        ("{", ".jsonl", "line 1 is no row"),
        ("[]", ".jsonl", "line 1 is no row"),
        ('{"timestamp": 0}', ".jsonl", "line 1 is no row"),
        (json.dumps(ROW | {"channels": 3}), ".jsonl", "line 1 is no row"),
        (json.dumps(ROW) + "\n" + json.dumps(ROW), ".jsonl", "goes from 0 s to 0 s"),
        (json.dumps(ROW | {"timestamp": float("nan")}), ".jsonl", "line 1 holds nan"),
    ],
)
def test_what_is_no_table_is_said(text, suffix, message):
    with pytest.raises(TakeError, match=message):
        read_table(text, suffix, NAMES)


@given(st.text(max_size=200), st.sampled_from([".csv", ".jsonl"]))
def test_any_text_is_a_table_or_a_clear_error(text, suffix):
    with contextlib.suppress(TakeError):
        assert read_table(text, suffix, NAMES)


SHORT = table_bytes(take(count=2)).decode()


@given(st.binary(max_size=120))
def test_a_spoilt_table_is_a_table_or_a_clear_error(noise):
    text = SHORT
    place = len(noise) * 7 % len(text)
    with contextlib.suppress(TakeError):
        assert read_table(text[:place] + noise.decode("latin-1") + text[place:], ".csv", NAMES)
