"""Backgrounds: linear light, seeded, of every brightness, mostly muted and out of focus."""

import numpy as np
import pytest

from rig.backgrounds import random_background
from rig.photograph import develop


def scenes(count, size=48):
    return [random_background(size, np.random.default_rng(seed)) for seed in range(count)]


@pytest.mark.parametrize("size", [16, 64, 225])
def test_a_background_fills_the_picture(size):
    found = random_background(size, np.random.default_rng(3))
    assert found.shape == (size, size, 3)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert found.min() >= 0


def test_a_background_follows_its_generator():
    one, same, other = (random_background(64, np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_backgrounds_run_from_dark_to_light():
    means = [develop(scene).mean() for scene in scenes(80)]
    assert min(means) < 70
    assert max(means) > 190


def test_most_colours_are_muted():
    chroma = []
    for scene in scenes(80):
        shown = develop(scene).astype(int)
        chroma.append((shown.max(-1) - shown.min(-1)).mean())
    assert np.median(chroma) < 45


def test_backgrounds_have_shapes_and_no_sharp_pixels():
    steps = [np.abs(np.diff(develop(s).astype(int), axis=1)).max() for s in scenes(60, 128)]
    assert np.median(steps) < 90
    assert np.mean([np.ptp(develop(s)) > 60 for s in scenes(60)]) > 0.5
