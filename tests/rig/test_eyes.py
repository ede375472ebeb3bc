"""Eyeballs and lashes."""

from dataclasses import replace

import numpy as np
import pytest

from rig.eyes import BALL_RADIUS_MM, IRIS_RADIUS_MM, paint_eye, paint_lashes, row_of_radius
from rig.looks import default_appearance

LOOK = default_appearance()
SIZE = 256


def row(radius_mm):
    return SIZE - 1 - int(row_of_radius(radius_mm) * SIZE)


def test_rows_stand_for_angles_from_the_gaze():
    assert row_of_radius(0) == 0
    angle = np.pi * row_of_radius(IRIS_RADIUS_MM) ** 1.25
    assert BALL_RADIUS_MM * np.sin(angle) == pytest.approx(IRIS_RADIUS_MM)


def test_an_eye_is_pupil_iris_and_white_from_below():
    look = replace(LOOK, iris=(0.1, 0.4, 0.8), iris_ring=(0.1, 0.4, 0.8), pupil_mm=2.0)
    rows = paint_eye(look, SIZE).astype(int).mean(1)
    assert rows[-1].max() < 15
    iris = rows[row(4.2)]
    assert iris[2] > iris[0] + 40
    white = rows[row(8.5)]
    assert 130 < white.min() < white.max() < 215  # an eye's white is far from white


def test_a_wider_pupil_is_dark_farther_out():
    narrow, wide = (
        paint_eye(replace(LOOK, pupil_mm=size), SIZE).astype(int).mean((1, 2))[row(2.0)]
        for size in (1.4, 2.6)
    )
    assert wide < 12 < narrow


def test_a_red_eye_is_redder_in_the_white_only():
    calm, red = (paint_eye(replace(LOOK, sclera_red=r), SIZE).astype(int) for r in (0.0, 1.0))
    lost = (calm - red)[..., 1] - (calm - red)[..., 0]
    assert lost[row(9.0)].mean() > 8
    assert np.abs(lost[row(4.0)]).max() <= 1


def test_eyes_follow_their_seed():
    assert np.array_equal(paint_eye(LOOK), paint_eye(LOOK))
    assert not np.array_equal(paint_eye(LOOK), paint_eye(replace(LOOK, seed=9)))


def test_lashes_are_opaque_at_the_lid_and_clear_at_the_tip():
    alpha = paint_lashes(LOOK, 64)[..., 3].mean(1)
    assert alpha[31] > 100 > 5 > alpha[0]
    assert alpha[31] > alpha[63] > 30
    assert paint_lashes(replace(LOOK, lashes=0.0), 64)[..., 3].max() == 0
