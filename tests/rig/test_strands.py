"""Pictures of hair: strands thin out to their tips and take the colour they are given."""

import itertools

import numpy as np
import pytest

from rig.strands import COLUMNS, paint_cards, paint_scalp


def test_cards_are_dense_at_the_root_and_open_at_the_tip():
    alpha = paint_cards((0.3, 0.2, 0.1))[..., 3] / 255
    rows = alpha.mean(1)
    assert rows[:40].mean() > 0.5 > rows[-20:].mean()
    assert alpha[-1].mean() < 0.1


def test_inner_columns_cover_more_than_thin_ones():
    alpha = paint_cards((0.3, 0.2, 0.1))[..., 3].reshape(256, COLUMNS, -1).mean((0, 2))
    assert alpha[:2].min() > alpha[2:6].max() > alpha[6:].max()


@pytest.mark.parametrize("colour", [(0.02, 0.02, 0.02), (0.5, 0.2, 0.1), (0.8, 0.7, 0.5)])
def test_colour_is_kept_in_the_mean(colour):
    picture = paint_cards(colour, tips=0.0)[100:]
    mean = picture[..., :3].reshape(-1, 3).mean(0) / 255
    np.testing.assert_allclose(
        mean / np.mean(colour), np.array(colour) / np.mean(colour), atol=0.25
    )
    assert 0.6 < mean.mean() / np.mean(colour) < 1.2


def test_grey_strands_lighten_dark_hair_the_more_the_more_they_are():
    dark = (0.05, 0.04, 0.04)
    means = [paint_cards(dark, grey)[..., :3].mean() for grey in (0.0, 0.2, 0.4, 0.8)]
    assert all(a < b for a, b in itertools.pairwise(means))


def test_same_arguments_same_picture_and_other_seeds_others():
    first = paint_cards((0.3, 0.2, 0.1), 0.2, 0.5, seed=1)
    np.testing.assert_array_equal(first, paint_cards((0.3, 0.2, 0.1), 0.2, 0.5, seed=1))
    assert (first != paint_cards((0.3, 0.2, 0.1), 0.2, 0.5, seed=2)).mean() > 0.1


def test_the_hairline_fades():
    alpha = paint_scalp((0.1, 0.1, 0.1), 0.0, 1.0)[..., 3].mean(1) / 255
    assert alpha[0] == 0
    assert alpha[-10:].min() > 0.95
    assert 0.02 < alpha[28:34].mean() < 0.6
    assert paint_scalp((0.1, 0.1, 0.1), 0.0, 0.0)[..., 3].mean() < 40
