"""Loss and return: what a character shows is continuous, whatever the tracker does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.motion import Presence, PresenceConfig
from geface_bridge.motion.presence import eased

FACE = np.array([0.8, -0.4])
CONFIG = PresenceConfig(hold_s=0.3, fade_s=0.7, return_s=0.25)


def after(presence, *steps):
    """What is shown at the last of (seconds, face or None)."""
    for time_s, face in steps:
        shown = presence(face, time_s)
    return shown


def settled():
    presence = Presence(2, CONFIG)
    after(presence, (0.0, FACE), (1.0, FACE))
    return presence


def test_a_live_face_is_shown_as_it_is():
    np.testing.assert_array_equal(after(settled(), (1.1, FACE / 2)), FACE / 2)


def test_a_short_loss_is_held_and_its_end_not_to_be_seen():
    presence = settled()
    np.testing.assert_array_equal(after(presence, (1.1, None), (1.35, None)), FACE)
    np.testing.assert_array_equal(after(presence, (1.38, FACE * 0.9)), FACE * 0.9)


def test_a_long_loss_fades_to_rest():
    presence = settled()
    after(presence, (1.0, None))
    np.testing.assert_allclose(after(presence, (1.65, None)), FACE * 0.5)
    np.testing.assert_array_equal(after(presence, (2.0, None)), 0.0)
    np.testing.assert_array_equal(after(presence, (99.0, None)), 0.0)


def test_the_face_comes_back_without_a_snap():
    presence = settled()
    after(presence, (1.0, None), (5.0, None))
    np.testing.assert_array_equal(after(presence, (5.1, FACE)), 0.0)
    np.testing.assert_allclose(after(presence, (5.225, FACE)), FACE * 0.5)
    np.testing.assert_allclose(after(presence, (5.35, FACE)), FACE)


def test_a_face_that_comes_back_in_mid_fade_starts_from_there():
    presence = settled()
    after(presence, (1.0, None), (1.65, None))
    np.testing.assert_allclose(after(presence, (1.66, FACE)), FACE * 0.5)


def test_the_first_face_ever_comes_from_rest():
    assert (after(Presence(2, CONFIG), (0.0, None), (0.1, FACE)) == 0.0).all()
    assert (after(Presence(2, CONFIG), (0.0, FACE)) == 0.0).all()


def test_holding_for_ever():
    presence = Presence(2, PresenceConfig(hold_s=float("inf")))
    after(presence, (0.0, FACE), (1.0, FACE))
    np.testing.assert_array_equal(after(presence, (1.1, None), (1e6, None)), FACE)


@given(st.lists(st.booleans(), min_size=5, max_size=200))
def test_however_a_face_comes_and_goes_nothing_snaps(seen):
    presence = Presence(2, CONFIG)
    shown = np.array([presence(FACE if here else None, k / 60) for k, here in enumerate(seen)])
    fastest = 1.5 / min(CONFIG.fade_s, CONFIG.return_s) / 60  # slope of the ease, a frame
    assert np.abs(np.diff(shown[:, 0])).max() <= 0.8 * fastest * 1.001 + 1e-9


@pytest.mark.parametrize(("share", "value"), [(-1, 0), (0, 0), (0.5, 0.5), (1, 1), (7, 1)])
def test_easing(share, value):
    assert eased(share) == value
