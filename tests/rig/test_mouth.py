"""Teeth, tongue and the inside of the mouth."""

from dataclasses import replace

import numpy as np

from rig.looks import default_appearance
from rig.mouth import TEETH, paint_mouth, paint_teeth, paint_tongue

LOOK = default_appearance()
SIZE = 192


def test_a_row_has_its_teeth_with_darker_gaps_between():
    crowns = paint_teeth(LOOK, SIZE)[SIZE // 2 - 30].astype(int).mean(-1)
    cells = crowns.reshape(TEETH, -1)
    middle = cells[:, 12:20].mean(1)
    assert (cells[:, 0] < 0.8 * middle).all()
    assert np.ptp(middle) > 2  # no two teeth alike


def test_gums_are_at_both_edges_and_teeth_between():
    image = paint_teeth(LOOK, SIZE).astype(int)
    redness = (image[..., 0] - image[..., 1]).mean(1)
    assert redness[[2, -3]].min() > 40
    assert redness[SIZE // 2 - 25 : SIZE // 2 + 25].max() < 30


def test_teeth_are_not_white_and_yellow_with_wear():
    worn, fresh = (
        paint_teeth(replace(LOOK, teeth=t), SIZE)[SIZE // 2 - 30].astype(int).mean(0)
        for t in (0.0, 1.0)
    )
    assert fresh.max() < 225
    assert fresh[2] - worn[2] > fresh[0] - worn[0] + 10


def test_tongue_and_mouth_are_red_and_the_mouth_is_darker():
    tongue, mouth = (
        paint(LOOK).reshape(-1, 3).astype(int).mean(0) for paint in (paint_tongue, paint_mouth)
    )
    assert tongue[0] > tongue[1] + 40
    assert mouth[0] > mouth[1] + 40
    assert mouth.sum() < tongue.sum() - 60
