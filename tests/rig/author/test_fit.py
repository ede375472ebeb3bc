"""The fit of weights and bone poses, on shapes whose answer is known."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")

from rig.author.fit import (
    BonePose,
    FitConfig,
    explained_variance,
    keep_strongest,
    keep_strongest_pairs,
    moved_points,
    ranking,
    solve_pose,
    solve_weights,
)

CONFIG = FitConfig(turn_penalty=1e-6, shift_penalty=1e-6, newton_iterations=12)
PIVOTS = np.array([[0.0, 0, 0], [0.03, 0, 0]])
FREE = np.array([False, True])


def cloud(count=60):
    return np.random.default_rng(0).uniform(-0.03, 0.03, (count, 3)) + PIVOTS[1]


def pose_of(rotvec=(0.0, 0, 0), translation=(0.0, 0, 0), scale=(1.0, 1, 1)):
    pose = BonePose.identity(2)
    pose.rotvec[1], pose.translation[1], pose.scale[1] = rotvec, translation, scale
    return pose


def target_of(points, weights, pose):
    return np.einsum("vb,vbi->vi", weights, moved_points(points, PIVOTS, pose))


def test_bones_at_rest_move_nothing():
    np.testing.assert_array_equal(moved_points(cloud(), PIVOTS, BonePose.identity(2)), 0)


def test_a_point_on_the_pivot_only_shifts():
    moved = moved_points(PIVOTS[1:], PIVOTS, pose_of((1, 2, 0), (0.01, 0, 0), (2, 2, 2)))
    np.testing.assert_allclose(moved[0, 1], [0.01, 0, 0], atol=1e-12)


@pytest.mark.parametrize(
    "motion",
    [
        {"translation": (0.003, -0.002, 0.001)},
        {"rotvec": (0.2, -0.1, 0.3)},
        {"scale": (1.1, 0.9, 1.2)},
        {"rotvec": (0.1, 0.2, 0), "translation": (0, 0.004, 0), "scale": (1.05, 1, 0.95)},
    ],
    ids=lambda motion: " ".join(motion),
)
def test_a_known_motion_is_recovered(motion):
    points, known = cloud(), pose_of(**motion)
    weights = np.stack([np.full(60, 0.3), np.full(60, 0.7)], 1)
    found = solve_pose(points, weights, PIVOTS, target_of(points, weights, known), FREE, CONFIG)
    for field in ("rotvec", "translation", "scale"):
        np.testing.assert_allclose(getattr(found, field), getattr(known, field), atol=1e-3)


def test_a_bone_that_is_not_free_or_not_touched_stays():
    points, weights = cloud(), np.full((60, 2), 0.5)
    target = target_of(points, weights, pose_of(translation=(0.01, 0, 0)))
    held = solve_pose(points, weights, PIVOTS, target, np.array([False, False]), CONFIG)
    idle = solve_pose(points, weights, PIVOTS, np.zeros((60, 3)), FREE, CONFIG)
    for pose in (held, idle):
        np.testing.assert_array_equal(pose.translation, 0)
        np.testing.assert_array_equal(pose.rotvec, 0)


def test_known_weights_are_recovered():
    rng = np.random.default_rng(1)
    points, known = cloud(20), rng.dirichlet([1, 1], 20)
    poses = [pose_of(translation=shift) for shift in np.eye(3) * 0.01]
    targets = np.stack([target_of(points, known, pose) for pose in poses])
    prior, allowed = np.full((20, 2), 0.5), np.ones((20, 2), bool)
    moved = np.stack([moved_points(points, PIVOTS, pose) for pose in poses])
    found = solve_weights(moved, targets, prior, allowed, FitConfig())
    np.testing.assert_allclose(found, known, atol=0.02)


def test_weights_are_convex_sparse_and_only_where_allowed():
    rng = np.random.default_rng(2)
    points, pivots = cloud(15), rng.normal(0, 0.03, (8, 3))
    poses = []
    for _ in range(3):
        shifts = rng.normal(0, 0.01, (8, 3))
        poses.append(BonePose(rng.normal(0, 0.2, (8, 3)), shifts, np.ones((8, 3))))
    allowed = rng.random((15, 8)) < 0.8
    allowed[:, 0] = True
    prior = allowed / allowed.sum(1, keepdims=True)
    targets = rng.normal(0, 0.005, (3, 15, 3))
    moved = np.stack([moved_points(points, pivots, pose) for pose in poses])
    found = solve_weights(moved, targets, prior, allowed, FitConfig())
    assert found.min() >= 0
    assert (found > 0).sum(1).max() <= 4
    assert not found[~allowed].any()
    np.testing.assert_allclose(found.sum(1), 1)


def test_the_strongest_stay_and_sum_to_one():
    found = keep_strongest(np.array([[0.1, 0.4, 0.2, 0.3]]), 2)
    np.testing.assert_allclose(found, [[0, 4 / 7, 0, 3 / 7]])


def test_of_a_tied_pair_both_stay_or_both_go():
    twin = np.array([0, 2, 1, 4, 3])
    weights = np.array([[0.4, 0.2, 0.2, 0.1, 0.1]])
    np.testing.assert_allclose(keep_strongest_pairs(weights, twin, 4), [[0.5, 0.25, 0.25, 0, 0]])
    np.testing.assert_allclose(keep_strongest_pairs(weights, twin, 5), weights)


def test_what_is_equal_but_for_rounding_is_ranked_by_its_place():
    one = np.array([0.1, 0.3, 0.3 + 1e-12, 0.2])
    other = np.array([0.1, 0.3 + 1e-12, 0.3, 0.2])
    assert ranking(one).tolist() == ranking(other).tolist() == [0, 3, 1, 2]


def test_explained_variance_of_known_residuals():
    target = np.array([[3.0, 4.0, 0.0]])
    assert explained_variance(target, target) == 1
    assert explained_variance(target, 0 * target) == 0
    assert explained_variance(target, np.array([[3.0, 0, 0]])) == pytest.approx(1 - 16 / 25)
