import numpy as np
import pytest

from geface_bridge.align.template import five_points
from rig.layout import load_layout
from tests.training.samples import random_aligned
from training import augment as module
from training.align_pairs import target_names
from training.augment import AugmentConfig, augment, mirror, neutral_landmarks

NAMES = target_names()
STILL = {
    name: 0.0
    for name in AugmentConfig.__dataclass_fields__
    if name not in ("blur_sigma_px", "downscale_min", "noise_sigma")
}


def sample():
    pairs = random_aligned(1)
    return pairs.crop[0], pairs.landmarks_crop[0], pairs.targets[0]


def test_mirror_twice_is_nothing():
    before = sample()
    after = mirror(*mirror(*before))
    np.testing.assert_array_equal(after[0], before[0])
    np.testing.assert_allclose(after[1], before[1], atol=1e-6)
    np.testing.assert_array_equal(after[2], before[2])


def test_mirror_swaps_sides_turns_yaw_and_keeps_pitch():
    crop, landmarks, targets = sample()
    mirrored = mirror(crop, landmarks, targets)[2]
    value = dict(zip(NAMES, targets, strict=True))
    other = dict(zip(NAMES, mirrored, strict=True))
    assert other["AU12_L"] == value["AU12_R"]
    assert other["AU30L"] == value["AU30R"]
    assert other["gaze_yaw"] == -value["gaze_yaw"]
    assert other["head_yaw"] == -value["head_yaw"]
    assert other["head_pitch"] == value["head_pitch"]
    assert other["AU26"] == value["AU26"]


def test_mirror_of_targets_is_the_layouts_own():
    layout = load_layout()
    channels = np.linspace(-1, 1, len(layout.channels))
    order, signs = layout.mirror_channels
    columns = [layout.channel_index[name] for name in NAMES]
    crop, landmarks, _ = sample()
    found = mirror(crop, landmarks, channels[columns].astype(np.float32))[2]
    expected = (np.array(signs) * channels[list(order)])[columns]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_mirror_moves_pixels_and_points_together():
    crop, landmarks, targets = sample()
    crop[:] = 0
    crop[64, 20] = 255
    landmarks[33] = (20.5 / 128, 64.5 / 128)  # the outer corner of the right eye
    flipped, points, _ = mirror(crop, landmarks, targets)
    x, y = (points[263] * 128 - 0.5).round().astype(int)
    assert flipped[y, x].min() == 255


@pytest.mark.parametrize("seed", range(8))
def test_jitter_moves_pixels_and_points_together(seed):
    crop, landmarks, targets = sample()
    crop[:] = 0
    crop[38:43, 78:83] = 255
    landmarks[:] = (80.5 / 128, 40.5 / 128)
    config = AugmentConfig(**{**STILL, "rotation_deg": 15, "log_scale": 0.2, "shift_px": 9})
    moved, points, _ = augment(crop, landmarks, targets, np.random.default_rng(seed), config)
    rows, columns = np.nonzero(moved[..., 0] > 127)
    centre = (columns.mean() + 0.5) / 128, (rows.mean() + 0.5) / 128
    np.testing.assert_allclose(points[0], centre, atol=0.8 / 128)


def test_strength_zero_leaves_a_sample_or_its_mirror_image():
    before = sample()
    after = augment(*before, np.random.default_rng(1), AugmentConfig(**STILL))
    candidates = [before, mirror(*before)]
    near = [np.abs(after[0].astype(int) - c[0]).max() <= 1 for c in candidates]
    assert any(near)
    np.testing.assert_allclose(after[1], candidates[near.index(True)][1], atol=1e-6)


def test_the_seed_decides():
    first, again, other = (
        augment(*sample(), np.random.default_rng(s), AugmentConfig()) for s in (3, 3, 4)
    )
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first[0] != other[0]).any()


def test_either_modality_goes_missing_but_never_both():
    config = AugmentConfig(**{**STILL, "landmark_drop_p": 0.5, "crop_drop_p": 0.5})
    blind = set()
    for seed in range(30):
        crop, landmarks, _ = augment(*sample(), np.random.default_rng(seed), config)
        blind.add((np.ptp(crop) == 0, np.array_equal(landmarks, neutral_landmarks())))
    assert blind == {(True, False), (False, True)}


def test_neutral_landmarks_lie_where_alignment_puts_a_frontal_face():
    points = neutral_landmarks() * 128
    right, left = five_points(points)[:2]
    np.testing.assert_allclose(left - right, (42, 0), atol=0.1)
    np.testing.assert_allclose((left + right) / 2, (64, 34), atol=0.1)
    assert points[152, 1] > points[1, 1] > right[1]  # chin below nose below eyes


def face():
    """A crop of a grey face, and landmarks that lie in it."""
    crop = np.full((128, 128, 3), 150, np.uint8)
    return crop, neutral_landmarks() + np.float32(0.01)


@pytest.mark.parametrize("seed", range(6))
def test_a_hand_moves_what_it_hides_and_nothing_else(seed):
    crop, landmarks = face()
    rng = np.random.default_rng(seed)
    painted, moved = module._hold_hand(crop, landmarks, rng, AugmentConfig())
    x, y = (landmarks * 128).astype(int).T
    far = np.abs(painted[y, x].astype(int) - 150).max(axis=1) < 2  # neither hand nor its shadow
    np.testing.assert_array_equal(moved[far], landmarks[far])
    assert (moved[~far] != landmarks[~far]).any()


def test_below_a_hand_lids_are_nearer_to_each_other_and_open_mouths_are_not_told():
    _, landmarks = face()
    landmarks[14, 1] += 0.1
    config = AugmentConfig(**STILL)
    guesses = [
        module._guessed(landmarks.astype(float), np.random.default_rng(s), config)
        for s in range(30)
    ]
    for above, below, least in ((159, 145, 0.3), (386, 374, 0.3), (13, 14, 0.0)):
        before = landmarks[below, 1] - landmarks[above, 1]
        after = np.array([guess[below, 1] - guess[above, 1] for guess in guesses])
        assert (after < 1.05 * before).all()
        assert least * before < after.mean() < 0.9 * before


def test_the_dark_is_darker_or_noisier_than_the_light():
    crop, _ = face()
    crop[:, 64:] = 60
    dark = [module._underexpose(crop, np.random.default_rng(s)).astype(float) for s in range(40)]
    contrast = [d[:, :60].mean() - d[:, 68:].mean() for d in dark]
    noise = [d[:, :60].std() for d in dark]
    assert max(contrast) < 150 - 60
    assert (
        np.median(np.array(contrast) / np.maximum(noise, 1)) < 10
    )  # there is no noise in the light
    assert min(d.mean() for d in dark) < 25


def test_landmarks_go_astray_in_the_dark():
    crop, landmarks = face()
    config = AugmentConfig(**{**STILL, "dark_landmark_noise": 0.3})
    for level, low, high in ((200, 0.0005, 0.003), (13, 0.012, 0.04)):
        moved = [
            module._disturb_landmarks(
                landmarks, np.full_like(crop, level), np.random.default_rng(s), config
            )
            for s in range(10)
        ]
        assert low < np.std(np.array(moved) - landmarks) < high
