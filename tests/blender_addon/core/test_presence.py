# SPDX-License-Identifier: GPL-3.0-or-later
"""Loss and return are shown as every receiver shows them, and never with a snap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_addon.geface.core.presence import Presence, PresenceConfig
from tests.blender_addon.core.faces import golden

GOLDEN = golden("presence_v1.json")
FACE = np.array([0.8, -0.4])
STEP_S = 1 / 60


@pytest.mark.parametrize("name", GOLDEN["cases"])
def test_every_golden_case(name):
    case = GOLDEN["cases"][name]
    presence = Presence(len(case["steps"][0]["shown"]), PresenceConfig(**case["config"]))
    for step in case["steps"]:
        shown = presence(step["channels"], step["time_s"])
        np.testing.assert_allclose(shown, step["shown"], atol=GOLDEN["tolerance"])


def run(presence, seen, start_s=0.0):
    """(N, 2) shown at 60 Hz, with the face wherever ``seen`` says so."""
    face = (FACE if here else None for here in seen)
    return np.array([presence(f, start_s + i * STEP_S) for i, f in enumerate(face)])


@given(st.lists(st.booleans(), min_size=2, max_size=200), st.booleans())
def test_a_still_face_that_comes_and_goes_never_jumps(seen, fades):
    """Easing goes at most 1.5 times as fast as a straight line."""
    config = PresenceConfig(fades=fades)
    steps = np.abs(np.diff(run(Presence(2, config), seen), axis=0)).max()
    assert steps <= np.abs(FACE).max() * 1.5 * STEP_S / config.return_s + 1e-9


@given(st.lists(st.booleans(), min_size=2, max_size=200), st.booleans())
def test_nothing_beyond_the_face_and_rest_is_shown(seen, fades):
    shown = run(Presence(2, PresenceConfig(fades=fades)), seen) / FACE
    assert shown.min() >= -1e-12
    assert shown.max() <= 1 + 1e-12


def test_a_face_that_is_held_stays_for_ever_and_comes_back_eased():
    presence = Presence(2, PresenceConfig(fades=False), eased_start=False)
    np.testing.assert_array_equal(run(presence, [True] + [False] * 600)[-1], FACE)
    np.testing.assert_array_equal(presence(FACE / 2, 20.0), FACE)
    np.testing.assert_allclose(presence(FACE / 2, 20.125), FACE * 0.75)
    np.testing.assert_allclose(presence(FACE / 2, 20.25), FACE / 2)


def test_without_an_eased_start_the_first_face_is_shown_as_it_is():
    np.testing.assert_array_equal(Presence(2, eased_start=False)(FACE, 5.0), FACE)
    np.testing.assert_array_equal(Presence(2)(FACE, 5.0), 0)


def test_nor_is_a_short_loss_to_be_seen_after_that():
    presence = Presence(2, eased_start=False)
    run(presence, [True, False, False])
    np.testing.assert_array_equal(presence(FACE / 2, 0.1), FACE / 2)


def test_a_restart_in_mid_fade_fades_on_from_there():
    presence = Presence(2, eased_start=False)
    presence(FACE, 0.0)
    presence(None, 0.0)
    np.testing.assert_allclose(presence(None, 0.65), FACE / 2)
    presence.restart(0.2)
    np.testing.assert_allclose(presence(None, 0.2), FACE / 2)
    np.testing.assert_allclose(presence(None, 0.85), FACE / 4)


@pytest.mark.parametrize("last", [FACE, None])
def test_after_a_restart_the_next_face_comes_from_what_is_shown(last):
    presence = Presence(2, eased_start=False)
    presence(FACE, 100.0)
    shown = presence(last, 100.1)
    presence.restart(0.0)
    np.testing.assert_array_equal(presence(-FACE, 0.0), shown)
    np.testing.assert_allclose(presence(-FACE, 0.125), (shown - FACE) / 2)
    np.testing.assert_allclose(presence(-FACE, 0.25), -FACE)
