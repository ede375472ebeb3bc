"""The way back from ARKit's curves: least squares it is, and round trips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rig.inverse import load_inverse, nonnegative
from rig.layout import load_layout
from tests.rig.support import channels

LAYOUT, INVERSE = load_layout(), load_inverse()
PROFILE, GRAM = INVERSE.profile, INVERSE.gram
UNIT = st.floats(-1, 1)
BOTH_SIDES = ("AU01_L", "AU01_R")  # one curve, browInnerUp


def curves_of(**values):
    return PROFILE.evaluate(channels(**values)).curves


def misfit(found, wanted):
    """Share of the displacement of ``wanted`` that ``found`` does not make."""
    off = found - wanted
    return (off @ GRAM @ off) / (wanted @ GRAM @ wanted)


@pytest.mark.parametrize("name", [n for n in LAYOUT.au_channel_names if n not in BOTH_SIDES])
def test_one_action_unit_comes_back_alone(name):
    expected = channels(**{name: 0.4})
    np.testing.assert_allclose(INVERSE.channels(curves_of(**{name: 0.4})), expected, atol=1e-6)


def test_the_inner_brow_comes_back_on_both_sides():
    found = INVERSE.channels(curves_of(AU01_L=0.5, AU01_R=0.3))
    np.testing.assert_allclose(found, channels(AU01_L=0.4, AU01_R=0.4), atol=1e-6)


def test_gaze_comes_back_with_its_sign():
    values = {"gaze_yaw": -0.25, "gaze_pitch": 0.2}
    np.testing.assert_allclose(INVERSE.channels(curves_of(**values)), channels(**values), atol=1e-6)


def test_an_eye_that_shuts_while_it_looks_down_comes_back_shut():
    """Its blink is smaller by a corrective: 0.75 of a whole one here."""
    values = {"AU43_L": 0.9, "AU05_R": 0.3, "AU43_R": 0.2, "gaze_pitch": 0.4}
    found = INVERSE.channels(curves_of(**values))
    np.testing.assert_allclose(found, channels(**values), atol=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_the_channels_found_make_the_same_face(seed):
    """Not the same channels: several sets of AUs can make the same curves."""
    rng = np.random.default_rng(seed)
    names = rng.choice([n for n in LAYOUT.au_channel_names if n != "AU26"], 5, replace=False)
    wanted = curves_of(**dict(zip(names, rng.uniform(0.1, 0.5, 5), strict=True)))
    found = PROFILE.evaluate(INVERSE.channels(wanted)).curves
    assert misfit(found, wanted) < 0.01


def test_what_is_found_does_not_depend_on_what_was_found_before():
    rng = np.random.default_rng(1)
    faces = [np.clip(rng.uniform(-0.5, 0.9, 52), 0, 1) for _ in range(6)]
    afresh = [load_inverse().channels(face) for face in faces]
    np.testing.assert_allclose([INVERSE.channels(face) for face in faces], afresh, atol=1e-4)


def test_opening_lips_are_found_as_such_and_not_as_their_parts():
    """AU25's curves are those of AU10 and AU16 together; there the sum moves more."""
    found = INVERSE.channels(curves_of(AU25=0.3, AU10_L=0.2))
    np.testing.assert_allclose(found, channels(AU25=0.3, AU10_L=0.2), atol=1e-4)


def test_a_curve_that_no_action_unit_has_does_little():
    curves = np.zeros(len(PROFILE.curve_names))
    curves[PROFILE.curve_names.index("mouthLeft")] = 1
    found = PROFILE.evaluate(INVERSE.channels(curves)).curves
    assert 0.3 < misfit(found, curves) < 1


def test_everything_stays_in_its_range():
    found = INVERSE.channels(np.ones(len(PROFILE.curve_names)))
    low, high = np.array([(c.low, c.high) for c in LAYOUT.channels]).T
    assert (found >= low).all()
    assert (found <= high).all()


def test_a_wrong_number_of_curves_is_named():
    with pytest.raises(ValueError, match=r"shape \(51,\), expected \(52,\)"):
        INVERSE.channels(np.zeros(51))


def test_a_profile_without_inner_products_has_no_way_back():
    with pytest.raises(ValueError, match=r"geface\.json has no gram_mm2"):
        load_inverse("geface")


@given(
    arrays(float, (8, 5), elements=st.floats(-1, 1)), arrays(float, 8, elements=st.floats(-1, 1))
)
def test_nonnegative_least_squares_meets_its_conditions(basis, wanted):
    """Karush, Kuhn and Tucker: x ≥ 0, the gradient nowhere above zero, and zero where x > 0."""
    length = np.linalg.norm(basis, axis=0)
    basis = basis / np.where(length > 1e-3, length, np.inf) + 0.0
    normal, right = basis.T @ basis, basis.T @ wanted
    x = nonnegative(normal, right)
    gradient = right - normal @ x
    assert (x >= 0).all()
    assert gradient.max() < 1e-6
    assert np.abs(gradient[x > 1e-9]).max(initial=0) < 1e-6
