"""Painting: what the looks say is what the texture shows, and only there."""

from dataclasses import replace

import numpy as np
import pytest

from rig.appearance import (
    beard_mask,
    brow_mask,
    default_appearance,
    hair_mask,
    load_skin_maps,
    noise,
    paint_eye,
    paint_hair,
    paint_lashes,
    paint_skin,
    paint_teeth,
    smoothstep,
)
from rig.layout import BrowStyle
from tests.rig.support import LAYOUT

MAPS = load_skin_maps()
LOOK = replace(default_appearance(), creases=1.0)
BASE = paint_skin(LOOK).astype(int)
FLAT = BrowStyle("flat", arch=0.0, tilt=0.0, thickness=1.0, density=0.7)


def changed(**look):
    """(S, S) how much the skin texture changes, 0..255."""
    return np.abs(paint_skin(replace(LOOK, **look)).astype(int) - BASE).max(-1)


def test_maps_cover_the_face_in_metres():
    assert MAPS.position.shape == (512, 512, 3)
    assert np.isfinite(MAPS.position).all()
    assert np.abs(MAPS.position).max() < 0.25
    for mask in (MAPS.lips, MAPS.eyelids, MAPS.occlusion):
        assert mask.min() >= 0
        assert mask.max() <= 1


def test_the_lip_map_lies_on_the_mouth():
    x, y, _ = MAPS.position[MAPS.lips > 0.5].T
    on_mouth = (np.abs(x) < 0.03) & (y > -0.046) & (y < -0.014)
    assert on_mouth.mean() > 0.995  # a few texels at a seam of MakeHuman's mask lie below the jaw


@pytest.mark.parametrize("low_high", [(0.2, 0.7), (0.7, 0.2)])
def test_smoothstep_goes_from_0_to_1_in_either_direction(low_high):
    x = np.float32([low_high[0], np.mean(low_high), low_high[1]])
    np.testing.assert_allclose(smoothstep(*low_high, x), [0, 0.5, 1], atol=1e-6)


def test_the_same_look_paints_the_same_bytes_and_another_seed_others():
    assert np.array_equal(paint_skin(LOOK), paint_skin(LOOK))
    assert changed(seed=1).max() > 10


def test_noise_has_unit_variance_and_follows_its_generator():
    fields = [noise(np.random.default_rng(s), 400, (1, 1)) for s in (1, 1, 2)]
    assert fields[0].std() == pytest.approx(1, abs=0.05)
    assert np.array_equal(fields[0], fields[1])
    assert not np.array_equal(fields[0], fields[2])


# Brows -----------------------------------------------------------------------------------------


def brow_place(style):
    mask = brow_mask(MAPS.position, style)
    return MAPS.position[mask > 0.5]


def test_brows_lie_above_the_eyes_on_both_sides():
    place = brow_place(FLAT)
    assert 0.046 < place[:, 1].min() < place[:, 1].max() < 0.060
    assert 0.005 < np.abs(place[:, 0]).min() < np.abs(place[:, 0]).max() < 0.06
    left = (place[:, 0] > 0).mean()
    assert left == pytest.approx(0.5, abs=0.03)


def test_a_thicker_brow_covers_more():
    thin, thick = (len(brow_place(replace(FLAT, thickness=t))) for t in (0.6, 1.4))
    assert thick > 1.8 * thin


def test_an_arched_brow_is_higher_in_its_middle():
    def middle(style):
        place = brow_place(style)
        across = np.abs(place[:, 0])
        return place[(across > 0.025) & (across < 0.035), 1].mean()

    assert middle(replace(FLAT, arch=1.0)) > middle(FLAT) + 0.002


def test_a_tilted_brow_is_higher_outside():
    def slope(style):
        place = brow_place(style)
        across = np.abs(place[:, 0])
        return place[across > 0.042, 1].mean() - place[across < 0.02, 1].mean()

    assert slope(replace(FLAT, tilt=1.0)) > slope(FLAT) > slope(replace(FLAT, tilt=-1.0))


def test_every_style_of_the_layout_can_be_told_from_the_others():
    masks = {brow_mask(MAPS.position, style).tobytes() for style in LAYOUT.brow_styles}
    densities = {(s.arch, s.tilt, s.thickness, s.density) for s in LAYOUT.brow_styles}
    assert len(densities) == len(LAYOUT.brow_styles) == 36
    assert len(masks) > 1


def test_a_style_changes_the_texture_on_the_brow_only():
    difference = changed(brow=LAYOUT.brow_styles[0]) > 8
    assert difference.any()
    union = brow_mask(MAPS.position, LAYOUT.brow_styles[0]) + brow_mask(MAPS.position, LOOK.brow)
    assert (union[difference] > 0).all()


# The rest of the skin --------------------------------------------------------------------------


def test_hair_grows_on_the_scalp_and_stubble_on_the_jaw():
    x, y, z = np.moveaxis(MAPS.position, -1, 0)
    hair, beard = hair_mask(MAPS.position), beard_mask(MAPS.position)
    face = (np.abs(x) < 0.05) & (z > 0.06) & (y < 0.09)
    assert hair[face].max() == 0
    assert hair[y > 0.12].min() == 1
    chin = (np.abs(x) < 0.01) & (np.abs(y + 0.055) < 0.004) & (z > 0.08)
    assert beard[chin].min() > 0.9
    assert beard[y > 0.03].max() < 1e-3


@pytest.mark.parametrize(
    ("look", "where"),
    [
        ({"lips": (0.7, 0.1, 0.1)}, MAPS.lips > 0.2),
        ({"lid_shadow": 1.0}, MAPS.eyelids > 0),
        ({"stubble": 0.9}, beard_mask(MAPS.position) > 0),
        ({"bald": True}, hair_mask(MAPS.position) > 0),
        ({"shirt": (0.9, 0.9, 0.1)}, MAPS.position[..., 1] < -0.05),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_look_changes_its_own_region_only(look, where):
    difference = changed(**look)
    assert difference[where].max() > 15
    if "stubble" in look:  # also draws from the noise of what comes after it
        where = where | (brow_mask(MAPS.position, LOOK.brow) > 0) | (hair_mask(MAPS.position) > 0)
    assert difference[~where].max() <= 1


def test_a_crease_darkens_its_own_side():
    creased = paint_skin(LOOK, {"nasolabial_L": 1.0}).astype(int)
    darker = (BASE - creased).max(-1) > 5
    assert darker.any()
    assert (MAPS.position[darker][:, 0] >= 0).all()
    assert (creased <= BASE).all()


def test_creases_show_by_the_looks_strength():
    depths = {"forehead_inner_L": 1.0}
    totals = []
    for strength in (0.0, 0.4, 0.9):
        look = replace(LOOK, creases=strength)
        totals.append(int((BASE - paint_skin(look, depths)).clip(0).sum()))
    assert totals[0] == 0
    assert 0 < totals[1] < totals[2]


def test_a_dark_skin_is_darker_everywhere_but_hair_lips_and_shirt():
    dark = paint_skin(replace(LOOK, skin=(0.31, 0.20, 0.15))).astype(int)
    x, y, z = np.moveaxis(MAPS.position, -1, 0)
    cheek = (np.abs(np.abs(x) - 0.04) < 0.01) & (np.abs(y) < 0.01) & (z > 0.05)
    assert (dark[cheek] < BASE[cheek] - 40).all()


# Other textures --------------------------------------------------------------------------------


def test_an_eye_is_pupil_iris_and_white_from_below():
    look = replace(LOOK, iris=(0.1, 0.4, 0.8))
    rows = paint_eye(look, 128).astype(int).mean(1)
    assert rows[-1].max() < 15  # the pupil
    iris = rows[128 - 20]
    assert iris[2] > iris[0] + 40
    assert rows[128 - 35].min() > 190  # the white


def test_lashes_are_opaque_at_the_lid_and_clear_at_the_tip():
    alpha = paint_lashes(LOOK, 64)[..., 3].mean(1)
    assert alpha[31] > 60 > 5 > alpha[0]
    assert paint_lashes(replace(LOOK, lashes=0.0), 64)[..., 3].max() == 0


@pytest.mark.parametrize("paint", [paint_eye, paint_hair])
def test_textures_follow_their_seed(paint):
    assert np.array_equal(paint(LOOK), paint(LOOK))
    assert not np.array_equal(paint(LOOK), paint(replace(LOOK, seed=9)))


def test_teeth_are_light_with_darker_gaps():
    row = paint_teeth(96)[0].astype(int).mean(-1)
    assert row.max() > 200
    assert row.min() < 0.75 * row.max()
