"""The z-buffer that measures what is seen through the slits of lids and lips."""

import numpy as np
import pytest

from rig.author.openings import Window, foremost

SQUARE = np.array(
    [[[-1, -1, 0], [1, -1, 0], [1, 1, 0]], [[-1, -1, 0], [1, 1, 0], [-1, 1, 0]]], dtype=float
)


def test_a_square_covers_its_area():
    picture = foremost(SQUARE * 0.01, np.zeros(2, int), Window(0, 0, 0.02, 0.015))
    assert picture.shape == (120, 160)
    assert (picture == 0).sum() * 2.5e-4**2 == pytest.approx(4e-4, rel=0.02)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_is_nearer_hides_what_is_behind(order):
    near = SQUARE * 0.005 + np.array([0, 0, 0.01])
    parts = [(SQUARE * 0.01, 0), (near, 1)]
    corners = np.concatenate([parts[i][0] for i in order])
    labels = np.repeat([parts[i][1] for i in order], 2)
    picture = foremost(corners, labels, Window(0, 0, 0.01, 0.01))
    assert (picture == 1).mean() == pytest.approx(0.25, abs=0.02)
    assert (picture == 0).mean() == pytest.approx(0.75, abs=0.02)


def test_what_lies_outside_the_window_or_on_edge_is_not_seen():
    edge_on = SQUARE[..., [2, 1, 0]]
    corners = np.concatenate([SQUARE + np.array([5, 0, 0]), edge_on])
    picture = foremost(corners, np.zeros(4, int), Window(0, 0, 0.5, 0.5, 0.01))
    assert (picture == -1).all()


def test_a_slope_is_hidden_where_it_passes_behind():
    slope = SQUARE.copy()
    slope[..., 2] = SQUARE[..., 0]
    corners = np.concatenate([SQUARE, slope])
    picture = foremost(corners, np.repeat([0, 1], 2), Window(0, 0, 1, 1, 0.02))
    assert (picture[:, 55:] == 1).all()
    assert (picture[:, :45] == 0).all()
