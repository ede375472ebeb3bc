"""Brow hairs: where they stand and which way they lie."""

from dataclasses import replace

import numpy as np
import pytest

from rig.brows import brow_hairs, brow_line, brow_mask, brow_picture
from rig.layout import BrowStyle

STYLE = BrowStyle("flat", arch=0.0, tilt=0.0, thickness=1.0, density=0.8)


def hairs(**changes):
    return brow_hairs(replace(STYLE, **changes), np.random.default_rng(3))


def test_hairs_stand_in_the_brow():
    middle = hairs()[:, 2]
    place = np.concatenate([middle, np.full((len(middle), 1), 0.1)], axis=1)[None]
    inside = brow_mask(place.astype(np.float32), STYLE)
    assert (inside > 0).mean() > 0.95


def test_hairs_rise_at_the_head_and_lie_flat_towards_the_tail():
    paths = hairs()
    reach = paths[:, -1] - paths[:, 0]
    angle = np.degrees(np.arctan2(reach[:, 1], reach[:, 0]))
    along = paths[:, 2, 0]
    head, body, tail = (
        np.median(angle[(along > a) & (along < b)])
        for a, b in ((0.010, 0.015), (0.022, 0.035), (0.045, 0.053))
    )
    assert head > 50 > 40 > body > 10 > tail


def test_upper_and_lower_hairs_lean_to_each_other():
    paths = hairs()
    body = paths[(paths[:, 2, 0] > 0.02) & (paths[:, 2, 0] < 0.045)]
    centre, _ = brow_line(STYLE, np.float32((body[:, 2, 0] - 0.0105) / 0.042))
    slope = (body[:, -1] - body[:, 0]) @ [0, 1] / np.linalg.norm(body[:, -1] - body[:, 0], axis=1)
    over = body[:, 2, 1] > centre
    assert slope[~over].mean() > slope[over].mean() + 0.15


@pytest.mark.parametrize(("less", "more"), [({"density": 0.25}, {"density": 1.0}),
                                            ({"thickness": 0.5}, {"thickness": 1.6})])  # fmt: skip
def test_denser_and_thicker_brows_cover_more(less, more):
    cover = [
        brow_picture(replace(STYLE, **change), np.random.default_rng(1))[1].sum()
        for change in (less, more)
    ]
    assert cover[1] > 1.7 * cover[0]


def test_hairs_are_millimetres_long():
    length = np.linalg.norm(np.diff(hairs(), axis=1), axis=-1).sum(1)
    assert 0.001 < length.min() < length.max() < 0.012
