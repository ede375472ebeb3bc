from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from geface_bridge.errors import ConfigError
from tests.training.samples import random_aligned
from training.align_pairs import target_names
from training.calibration import HIGHEST_GAIN, best_gain, calmest, fit_calibration, halves
from training.data.faces import FaceSet

NAMES = target_names()


class Shrinks(nn.Module):
    """Answers a share of what stands in the landmarks, and a little more at rest."""

    def __init__(self, share, bias):
        super().__init__()
        self.share, self.bias = share, bias

    def forward(self, crop, landmarks):
        channels = self.share * landmarks[:, : len(NAMES), 0] + self.bias
        return channels, torch.ones_like(channels)


def telling(count):
    """Pairs whose landmarks hold the answer."""
    pairs = random_aligned(count)
    landmarks = pairs.landmarks_crop.copy()
    landmarks[:, : len(NAMES), 0] = pairs.targets
    return replace(pairs, landmarks_crop=landmarks)


def still(count=5):
    crops = np.zeros((count, 128, 128, 3), np.uint8)
    return FaceSet(
        crops,
        np.zeros((count, 478, 2), np.float32),
        np.zeros((count, 2), np.float32),
        np.array([str(i) for i in range(count)]),
    )


def test_shrunken_answers_are_stretched_and_rest_is_zero():
    found = fit_calibration(Shrinks(0.8, 0.1), NAMES, telling(320), still())
    au = NAMES.index("AU12_L")
    assert found.zero[au] == pytest.approx(0.1, abs=1e-6)
    assert found.gain[au] == pytest.approx(1.25, abs=0.06)


def test_right_answers_stay_as_they_are():
    found = fit_calibration(Shrinks(1.0, 0.0), NAMES, telling(320), still())
    np.testing.assert_allclose(found.gain, 1.0, atol=0.01)
    np.testing.assert_allclose(found.zero, 0.0, atol=1e-6)


def test_angles_are_left_alone_and_both_sides_have_one_gain():
    found = fit_calibration(Shrinks(0.5, 0.1), NAMES, telling(320), still())
    for name in ("gaze_yaw", "head_pitch"):
        assert found.gain[NAMES.index(name)] == 1
        assert found.zero[NAMES.index(name)] == 0
    assert found.gain[NAMES.index("AU04_L")] == found.gain[NAMES.index("AU04_R")]


def test_no_gain_exceeds_the_highest_nor_makes_much_of_noise():
    rng = np.random.default_rng(1)
    true = rng.random((500, 1)) * (rng.random((500, 1)) < 0.2)
    assert best_gain(true / 100, true) == pytest.approx(HIGHEST_GAIN)
    noise = 0.05 * rng.random((500, 1))
    assert best_gain(noise, true) == 1
    assert best_gain(noise, np.zeros_like(true)) == 1


def test_the_calmest_smile_least_on_both_sides_together():
    names = ("AU12_L", "AU12_R", "AU04_L")
    answered = np.array([[0, 0.5, 0], [0.2, 0.1, 0], [0.9, 0, 0], [0.4, 0.4, 0]])
    np.testing.assert_array_equal(calmest(answered, names), answered[[1]])
    np.testing.assert_array_equal(calmest(answered[:1], names), answered[:1])


def test_without_a_held_out_render_there_is_nothing_to_calibrate_by():
    with pytest.raises(ConfigError, match="held out"):
        fit_calibration(Shrinks(1.0, 0.0), NAMES, telling(10), still())


def test_what_is_calibrated_by_is_never_scored_by():
    by, scored = halves(random_aligned(100))
    np.testing.assert_array_equal(by, [15, 47, 79])
    np.testing.assert_array_equal(scored, [31, 63, 95])
