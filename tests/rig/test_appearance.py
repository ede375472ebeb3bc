"""Painting the skin: what the looks say is what the texture shows, and only there."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from rig.appearance import (
    HEIGHT_ZERO,
    beard_mask,
    brow_mask,
    hair_mask,
    load_skin_maps,
    paint_hair,
    paint_skin,
    paint_surface,
)
from rig.layout import BrowStyle
from rig.looks import Makeup, default_appearance
from tests.rig.support import LAYOUT

MAPS = load_skin_maps()
LOOK = replace(default_appearance(), creases=1.0, moles=0, age_creases=0.0)
BASE = paint_skin(LOOK).astype(int)
SURFACE = paint_surface(LOOK).astype(int)
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
    for distance in (MAPS.lid_margin, MAPS.mouth_line):
        assert 0 <= distance.min() < 1e-3
        assert distance.max() == pytest.approx(0.0255)


def test_another_size_paints_the_same_face():
    large = cv2.resize(paint_skin(LOOK, size=1024), (512, 512), interpolation=cv2.INTER_AREA)
    face = (MAPS.position[..., 2] > 0.06) & (brow_mask(MAPS.position, LOOK.brow) == 0)
    assert np.abs(large.astype(int) - BASE)[face].mean() < 8


def test_distances_are_metres_on_the_rest_face():
    chin = np.abs(MAPS.position - [0, -0.05, 0.1]).max(-1).argmin()
    assert 0.010 < MAPS.mouth_line.flat[chin] < 0.0255
    near = MAPS.lid_margin < 0.002
    y = MAPS.position[near][:, 1]
    assert 0.030 < y.min() < y.max() < 0.047


def test_the_lip_map_lies_on_the_mouth():
    x, y, _ = MAPS.position[MAPS.lips > 0.5].T
    on_mouth = (np.abs(x) < 0.03) & (y > -0.046) & (y < -0.014)
    assert on_mouth.mean() > 0.995  # a few texels at a seam of MakeHuman's mask lie below the jaw


def test_the_same_look_paints_the_same_bytes_and_another_seed_others():
    assert np.array_equal(paint_skin(LOOK), paint_skin(LOOK))
    assert changed(seed=1).max() > 10


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
    bushy = {style.name: style for style in LAYOUT.brow_styles}["straight_thick_bushy"]
    difference = changed(brow=bushy) > 8
    assert difference.sum() > 400
    union = brow_mask(MAPS.position, bushy) + brow_mask(MAPS.position, LOOK.brow)
    near = cv2.dilate((union > 0).astype(np.uint8), np.ones((15, 15))) > 0  # hairs reach over
    assert near[difference].all()


def test_no_brow_leaves_the_skin_as_it_is():
    bald = paint_skin(replace(LOOK, brow=replace(FLAT, density=0.0))).astype(int)
    forehead = np.abs(MAPS.position - [0, 0.075, 0.1]).max(-1) < 0.02
    place = brow_mask(MAPS.position, FLAT) > 0.9
    assert np.abs(bald[place].mean(0) - bald[forehead].mean(0)).max() < 25
    assert brow_mask(MAPS.position, replace(FLAT, density=0.0)).max() == 0


# The rest of the skin --------------------------------------------------------------------------


def test_hair_grows_on_the_scalp_and_stubble_on_the_jaw():
    x, y, z = np.moveaxis(MAPS.position, -1, 0)
    hair, beard = hair_mask(MAPS.position), beard_mask(MAPS.position)
    face = (np.abs(x) < 0.05) & (z > 0.06) & (y < 0.09)
    assert hair[face].max() == 0
    assert hair[y > 0.12].min() == 1
    chin = (np.abs(x) < 0.01) & (np.abs(y + 0.055) < 0.004) & (z > 0.08)
    assert beard[chin].min() > 0.9
    assert beard[y > 0.05].max() < 1e-3


@pytest.mark.parametrize(
    ("look", "where"),
    [
        ({"lip_blood": 1.0}, MAPS.lips > 0),
        ({"lip_melanin": 0.3}, MAPS.lips > 0),
        ({"lid_shadow": 1.0}, MAPS.lid_margin < 0.0255),
        ({"stubble": 0.5}, beard_mask(MAPS.position) > 0),
        ({"bald": True}, hair_mask(MAPS.position) > 0),
        ({"lashes": 0.0}, MAPS.lid_margin < 0.004),
        ({"makeup": Makeup(lipstick=1.0)}, MAPS.lips > 0),
        ({"makeup": Makeup(shadow=1.0, liner=1.0)}, MAPS.lid_margin < 0.02),
        ({"makeup": Makeup(blusher=1.0)}, np.abs(MAPS.position[..., 1]) < 0.06),
    ],
    ids=lambda value: str(next(iter(value.values())))[:40] if isinstance(value, dict) else "",
)
def test_a_look_changes_its_own_region_only(look, where):
    where = cv2.dilate(where.astype(np.uint8), np.ones((11, 11))) > 0  # borders are soft
    difference = changed(**look)
    assert difference[where].max() > 12
    assert difference[~where].max() <= 3


def test_more_of_what_ages_or_marks_the_skin_shows_more():
    for name, values in {
        "moles": (2, 12), "blemishes": (1, 12), "freckles": (0.2, 1.0), "age_spots": (0.3, 1.0),
    }.items():  # fmt: skip
        little, much = (changed(**{name: value}).sum() for value in values)
        assert 0 < little < much, name


def test_melanin_darkens_blood_reddens_carotene_yellows():
    x, y, z = np.moveaxis(MAPS.position, -1, 0)
    cheek = (np.abs(np.abs(x) - 0.04) < 0.01) & (np.abs(y) < 0.01) & (z > 0.05)

    def shift(**look):
        return (paint_skin(replace(LOOK, **look)).astype(int) - BASE)[cheek].mean(0)

    r, g, b = shift(melanin=2.0)
    assert max(r, g, b) < -40
    r, g, b = shift(blood=LOOK.blood + 0.3)
    assert g < 3 * r < 0
    r, g, b = shift(carotene=LOOK.carotene + 0.4)
    assert b < 3 * g <= 0


def test_the_painted_cheek_is_the_looks_tone():
    x, y, z = np.moveaxis(MAPS.position, -1, 0)
    cheek = (np.abs(np.abs(x) - 0.055) < 0.006) & (np.abs(y + 0.01) < 0.01) & (z > 0.02)
    plain = replace(LOOK, redness=0.0, mottling=0.1, lid_shadow=0.0)
    painted = paint_skin(plain)[cheek].mean(0) / 255
    np.testing.assert_allclose(painted, plain.skin, atol=0.035)


# Surface ---------------------------------------------------------------------------------------


def test_a_crease_is_a_groove_on_its_own_side():
    creased = paint_surface(LOOK, {"nasolabial_L": 1.0}).astype(int)
    deeper = SURFACE[..., 2] - creased[..., 2] > 3
    assert deeper.sum() > 50
    assert (MAPS.position[deeper][:, 0] >= 0).all()
    assert (creased[..., 0] <= SURFACE[..., 0]).all()
    assert np.array_equal(creased[..., 1], SURFACE[..., 1])


def test_grooves_deepen_by_the_looks_strength():
    totals = []
    for strength in (0.0, 0.4, 0.9):
        look = replace(LOOK, creases=strength)
        creased = paint_surface(look, {"forehead_inner_L": 1.0}).astype(int)
        totals.append(int((SURFACE - creased)[..., 2].clip(0).sum()))
    assert totals[0] == 0
    assert 0 < totals[1] < totals[2]


def test_age_folds_the_face_at_rest():
    old = paint_surface(replace(LOOK, age_creases=0.9)).astype(int)
    assert (old[..., 2] < SURFACE[..., 2] - 4).sum() > 300


def test_the_surface_is_level_on_the_whole_and_rougher_with_pores():
    assert SURFACE[..., 2].mean() == pytest.approx(HEIGHT_ZERO, abs=1.5)
    smooth, porous = (paint_surface(replace(LOOK, pores=p))[..., 2].std() for p in (0.0, 1.0))
    assert porous > 1.5 * smooth


def test_lips_and_an_oily_nose_shine():
    lips = MAPS.lips > 0.95
    nose = np.abs(MAPS.position - [0, 0.003, 0.115]).max(-1) < 0.006
    neck = MAPS.position[..., 1] < -0.09
    rough = paint_surface(replace(LOOK, oil=1.0))[..., 1]
    assert rough[lips].mean() < rough[neck].mean() - 30
    assert rough[nose].mean() < rough[neck].mean() - 30


# Hair cap --------------------------------------------------------------------------------------


def test_the_hair_caps_strands_follow_their_seed():
    assert np.array_equal(paint_hair(LOOK), paint_hair(LOOK))
    assert not np.array_equal(paint_hair(LOOK), paint_hair(replace(LOOK, seed=9)))
