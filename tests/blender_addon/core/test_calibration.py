# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's calibration follows the server's law, and says why when there is none."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blender_addon.geface.core.calibration import (
    MIN_SPAN,
    Calibration,
    CalibrationError,
    Capture,
    calibration_text,
    learn_neutral,
    learn_range,
    read_calibration,
)
from geface_bridge.motion import Calibration as BridgeCalibration
from tests.blender_addon.core.faces import CHANNELS, COUNT, NAMES, face

# As on the wire: float32 exactly.
wire = arrays(np.float32, COUNT, elements=st.floats(0, 1, width=32))
windows = st.lists(wire, min_size=5, max_size=12)


def bridge(*steps):
    """The server's calibration after windows of (kind, chosen channels, samples)."""
    found = BridgeCalibration()
    for kind, chosen, samples in steps:
        found.start(1.0, kind, chosen)
        for time_s, sample in zip(np.linspace(0, 1, len(samples)), samples, strict=True):
            found.feed(sample, time_s)
    return found


def capture(kind="neutral", samples=(), seconds=1.0, **kwargs):
    """A capture that was fed over its whole time."""
    found = Capture(CHANNELS, kind, seconds, **kwargs)
    for time_s, sample in zip(np.linspace(0, seconds, len(samples)), samples, strict=True):
        found.feed(sample, time_s)
    return found


# The law -----------------------------------------------------------------------------------------


@given(windows, windows, wire)
def test_the_server_and_the_scene_make_the_same_of_the_same_faces(rest, play, later):
    chosen = ("AU12_L", "AU26", "AU43_L", "gaze_yaw")
    theirs = bridge(("neutral", (), rest), ("range", chosen, play))
    ours = learn_range(play, CHANNELS, learn_neutral(rest, CHANNELS), chosen)
    np.testing.assert_allclose(ours.on(CHANNELS)(later), theirs.apply(later), atol=1e-6)


@given(windows, windows, wire)
def test_so_it_is_when_the_range_comes_first(play, rest, later):
    theirs = bridge(("range", (), play), ("neutral", (), rest))
    ours = learn_neutral(rest, CHANNELS, learn_range(play, CHANNELS))
    np.testing.assert_allclose(ours.on(CHANNELS)(later), theirs.apply(later), atol=1e-6)


def test_rest_becomes_0_and_the_full_movement_1():
    rest, play = [face(AU12_L=0.2, head_yaw=0.1)] * 5, [face(AU12_L=0.6)] * 5
    found = learn_range(play, CHANNELS, learn_neutral(rest, CHANNELS)).on(CHANNELS)
    smile = NAMES.index("AU12_L")
    shown = found([face(AU12_L=v, head_yaw=0.1) for v in (0.1, 0.2, 0.4, 0.6, 0.9)])
    np.testing.assert_allclose(shown[:, smile], [0, 0, 0.5, 1, 1])
    np.testing.assert_allclose(shown[:, NAMES.index("head_yaw")], 0, atol=1e-12)


def test_lids_keep_their_range_and_nearly_all_of_their_rest():
    rest = [face(AU43_L=0.5, AU07_L=0.2)] * 5
    play = [face(AU43_L=0.8, AU07_L=0.7, AU05_L=0.8)] * 5
    found = learn_range(play, CHANNELS, learn_neutral(rest, CHANNELS))
    assert found.neutral["AU43_L"] == 0.1
    assert {found.maximum[name] for name in ("AU43_L", "AU07_L", "AU05_L")} == {1.0}


def test_an_unknown_face_passes_as_it_is():
    values = face(AU12_L=0.7, gaze_yaw=-0.3, head_x=0.2)
    np.testing.assert_array_equal(Calibration().on(CHANNELS)(values), values)


# Capturing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["neutral", "range"])
def test_a_capture_learns_what_the_law_says(kind):
    earlier = Calibration({"AU26": 0.1}, {"AU26": 0.9})
    samples = [face(AU12_L=v) for v in np.linspace(0.3, 0.35, 30)]
    found = capture(kind, samples, earlier=earlier, chosen=("AU12_L",))
    learned = {
        "neutral": lambda: learn_neutral(samples, CHANNELS, earlier),
        "range": lambda: learn_range(samples, CHANNELS, earlier, ("AU12_L",)),
    }[kind]()
    assert (found.done, found.refusal, found.result) == (True, "", learned)


def test_progress_goes_from_0_to_1_with_time():
    found = Capture(CHANNELS, "neutral", 2.0)
    seen = [found.progress]
    for time_s in (10.0, 10.5, 11.0, 12.0, 13.0):
        found.feed(face(), time_s)
        seen.append(found.progress)
    assert seen == [0, 0, 0.25, 0.5, 1, 1]


def test_a_source_that_begins_anew_begins_the_capture_anew():
    found = Capture(CHANNELS, "neutral", 1.0)
    found.feed(face(AU26=0.5), 100.9)
    for time_s in np.linspace(0, 1, 10):
        assert not found.done
        found.feed(face(), time_s)
    assert found.result.neutral["AU26"] == 0


RESTING = [face()] * 40


@pytest.mark.parametrize(
    ("samples", "kind", "words"),
    [
        ([None] * 30, "neutral", "lost in 30 of 30 frames"),
        (RESTING[:20] + [None] * 20, "range", "lost in 20 of 40 frames"),
        ([face(AU12_L=np.nan)] * 10, "neutral", "lost in 10 of 10"),
        (RESTING[:3], "neutral", "Only 3 frames came in 1 s, at least 5"),
        ([face(AU12_L=v) for v in np.linspace(0, 0.6, 40)], "neutral", "AU12_L moved 2.6 times"),
        ([face(head_yaw=v) for v in np.linspace(-0.4, 0.4, 40)], "neutral", "head_yaw moved"),
        (RESTING, "range", "Nothing moved by more than 15%"),
        ([face(AU43_L=0.9)] * 10, "range", "Nothing moved"),
    ],
)
def test_a_capture_that_cannot_be_believed_says_why(samples, kind, words):
    found = capture(kind, samples)
    assert found.result is None
    assert found.done
    assert words in found.refusal


def test_blinks_twitches_and_glances_are_no_unrest():
    samples = [face(gaze_yaw=0.2 * (i % 2), AU43_L=float(i % 5 == 0)) for i in range(60)]
    samples[7] = samples[33] = face(AU12_L=0.9, AU04_L=0.8, head_yaw=0.3)
    found = capture("neutral", samples)
    assert found.refusal == ""
    assert found.result.neutral["AU12_L"] == 0


def test_a_face_that_is_lost_for_a_moment_does_no_harm():
    found = capture("neutral", [*RESTING, None, None, *RESTING])
    assert found.result == learn_neutral(RESTING, CHANNELS)


@pytest.mark.parametrize(("kind", "seconds"), [("mood", 1.0), ("neutral", 0.0), ("range", np.nan)])
def test_a_capture_of_nothing_is_refused(kind, seconds):
    with pytest.raises(ValueError, match="expected neutral or range for > 0"):
        Capture(CHANNELS, kind, seconds)


# Text --------------------------------------------------------------------------------------------


@given(windows, windows)
def test_what_is_kept_comes_back_as_it_was(rest, play):
    found = learn_range(play, CHANNELS, learn_neutral(rest, CHANNELS))
    assert read_calibration(calibration_text(found)) == found


def test_an_empty_text_is_no_calibration():
    assert read_calibration(" ") is None


def changed(**values):
    return json.dumps({**json.loads(calibration_text(Calibration({"AU26": 0.1}))), **values})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("[" * 60_000, "is no JSON"),
        (" " * 65_536 + "3", "has 65537 characters"),
        ("3", "is no JSON object"),
        (changed(format_version=2), "expected .'geface-calibration', 1"),
        (changed(layout_id="0"), "calibrate anew"),
        (changed(neutral=3), "has no 'neutral'"),
        (changed(maximum={"AU26": "1"}), "maximum of AU26 is no number"),
        (changed(neutral={"AU26": 1e300}), "neutral of AU26 is no number"),
        (changed(neutral={"AU26": 10**400}), "neutral of AU26 is no number"),
        (changed(maximum={"AU26": 0.1 + MIN_SPAN / 2}, neutral={"AU26": 0.1}), "no range left for"),
    ],
)
def test_a_text_that_is_no_calibration_is_refused(text, words):
    with pytest.raises(CalibrationError, match=words):
        read_calibration(text)
