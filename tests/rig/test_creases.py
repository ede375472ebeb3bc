"""Creases: where they lie, and whose intensity deepens them."""

import numpy as np
import pytest

from rig.appearance import load_skin_maps
from rig.creases import CREASE_AUS, crease_depths, crease_masks
from tests.rig.support import LAYOUT, channels

POSITION = load_skin_maps().position
MASKS = crease_masks(POSITION)
NAMES = {au.name: au.channels for au in LAYOUT.all_aus}
PAIRS = [(crease, au, gain) for crease, aus in CREASE_AUS.items() for au, gain in aus]


def test_there_is_a_mask_and_a_depth_for_every_crease_and_side():
    expected = {f"{crease}_{side}" for crease in CREASE_AUS for side in "LR"}
    assert set(MASKS) == expected == set(crease_depths(channels()))


def test_a_face_at_rest_has_no_creases():
    assert set(crease_depths(channels()).values()) == {0.0}


@pytest.mark.parametrize("name", MASKS)
def test_masks_lie_on_their_side_of_the_front_of_the_face(name):
    mask = MASKS[name]
    assert mask.min() >= -0.201
    assert mask.max() <= 1
    assert 20 < (mask > 0.3).sum() < 0.06 * mask.size
    place = POSITION[mask > 0.01]
    assert (place[:, 2] > 0.04).all()
    assert ((place[:, 0] >= 0) == name.endswith("_L")).all()


def mean_place(name):
    mask = MASKS[name][..., None]
    return (POSITION * mask).sum((0, 1)) / mask.sum()


def test_creases_lie_above_each_other_as_on_a_face():
    order = ("forehead_inner", "glabella", "under_eye", "nasolabial", "mouth_corner", "chin_boss")
    heights = [mean_place(f"{name}_L")[1] for name in order]
    assert heights == sorted(heights, reverse=True)


def test_crow_feet_lie_outside_the_eye():
    assert mean_place("crow_feet_L")[0] > mean_place("under_eye_L")[0] + 0.01


@pytest.mark.parametrize(("crease", "au", "gain"), PAIRS)
def test_a_sided_action_unit_deepens_its_own_side_by_its_gain(crease, au, gain):
    depths = crease_depths(channels(**{NAMES[au][0]: 0.5}))
    assert depths[f"{crease}_L"] == pytest.approx(0.5 * gain)
    sided = len(NAMES[au]) == 2
    assert depths[f"{crease}_R"] == pytest.approx(0 if sided else 0.5 * gain)


def test_depth_never_passes_one():
    everything = np.ones(len(LAYOUT.channels))
    assert max(crease_depths(everything).values()) == 1.0
