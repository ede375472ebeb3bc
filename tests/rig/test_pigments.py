"""Skin colour follows from its pigments."""

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.pigments import PIGMENTS, colours_of, tone

AMOUNT = st.floats(0, 1.0)


@given(melanin=st.floats(0, 2.8), blood=AMOUNT, carotene=AMOUNT, more=st.floats(0.01, 0.5))
def test_more_of_any_pigment_never_lightens(melanin, blood, carotene, more):
    base = tone(melanin, blood, carotene)
    assert (tone(melanin + more, blood, carotene) < base).all()
    assert (tone(melanin, blood + more, carotene) < base).all()
    assert (tone(melanin, blood, carotene + more) <= base + 1e-6).all()
    assert (tone(melanin, blood, carotene, more) < base).all()


@given(melanin=st.floats(0.04, 2.8), blood=st.floats(0.2, 0.75), carotene=st.floats(0.02, 0.9))
def test_every_tone_has_a_hue_that_skin_has(melanin, blood, carotene):
    hue, saturation, value = colorsys.rgb_to_hsv(*map(float, tone(melanin, blood, carotene)))
    assert 3 < 360 * hue < 32
    assert 0.1 < saturation < 0.65
    assert 0.2 < value < 0.92


def test_amounts_add_up_as_optical_densities():
    once, twice = tone(0.5, 0.2, 0.1), tone(1.0, 0.4, 0.2)
    bare = tone(0, 0, 0)
    np.testing.assert_allclose(twice * bare, once**2, rtol=1e-5)


def test_a_field_is_coloured_texel_by_texel():
    field = np.random.default_rng(1).uniform(0, 1, (4, 5, len(PIGMENTS))).astype(np.float32)
    image = colours_of(field)
    assert image[2, 3] == pytest.approx(tone(*field[2, 3].tolist()), rel=1e-5)
