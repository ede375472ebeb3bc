"""Correctives: what they take back, on which bones, and that both sides have them alike."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")

from rig.author import anatomy
from rig.author.correctives import all_correctives, scaled
from rig.author.fit import BonePose
from rig.author.solve import Skeleton, SolvedRig, mirrored_pose
from rig.layout import mirror_name

NAMES = ("head", "lid_upper_2_L", "lid_upper_2_R", "brow_1_L", "brow_1_R", "glabella")


def random_pose(seed):
    rng = np.random.default_rng(seed)
    return BonePose(*rng.normal(size=(2, len(NAMES), 3)), rng.uniform(0.5, 2, (len(NAMES), 3)))


def small_rig():
    """A rig of six bones in which every pose that is damped moves all of them."""
    zeros = np.zeros((len(NAMES), 3))
    skeleton = Skeleton(
        NAMES, (-1, 0, 0, 0, 0, 0), zeros, zeros, zeros[:, 0], np.ones(len(NAMES), bool)
    )
    poses = {d.pose: random_pose(i) for i, d in enumerate(anatomy.DAMPINGS)}
    weights = np.ones((1, len(NAMES))) / len(NAMES)
    together = {("AU26", "AU24"): random_pose(99)}
    index, rest = np.zeros(1, int), zeros[:1]
    return SolvedRig(skeleton, index, rest, weights, poses, {}, rest[0], together, random_pose(98))


RIG = small_rig()
FOUND = {corrective.name: corrective for corrective in all_correctives(RIG)}


def test_scaling_a_pose_leaves_out_the_other_bones():
    pose, chosen = random_pose(0), np.arange(len(NAMES)) == 1
    half = scaled(pose, -0.5, chosen)
    np.testing.assert_allclose(half.rotvec[1], -pose.rotvec[1] / 2)
    np.testing.assert_allclose(half.scale[1] - 1, (1 - pose.scale[1]) / 2)
    assert not half.translation[~chosen].any()
    assert (half.scale[~chosen] == 1).all()


def test_a_damping_takes_back_its_share_of_the_pose_on_its_bones():
    damping = next(d for d in anatomy.DAMPINGS if d.factors[1] == ("AU05_L", 1.0))
    pose, back = RIG.poses["AU05_L"], FOUND["AU43_AU05_L"].pose
    lid, brow, right = (NAMES.index(n) for n in ("lid_upper_2_L", "brow_1_L", "lid_upper_2_R"))
    np.testing.assert_allclose(back.rotvec[lid], -damping.share * pose.rotvec[lid])
    assert not back.rotvec[[brow, right]].any()


@pytest.mark.parametrize("name", [name for name in FOUND if name.endswith("_L")])
def test_every_corrective_of_a_side_has_its_mirror_image(name):
    left, right = FOUND[name], FOUND[mirror_name(name)]
    assert {mirror_name(channel) for channel, _ in left.factors} == {c for c, _ in right.factors}
    mirrored = mirrored_pose(left.pose, RIG.skeleton.mirror())
    np.testing.assert_array_equal(right.pose.rotvec, mirrored.rotvec)
    np.testing.assert_array_equal(right.pose.translation, mirrored.translation)


@pytest.mark.parametrize("damping", anatomy.DAMPINGS, ids=lambda d: f"{d.factors} {d.pose}")
def test_a_damping_has_a_side_of_its_own(damping):
    """Its mirror image would else be driven by the same channels and count twice."""
    assert any(channel.endswith("_L") for channel, _ in damping.factors)


def test_the_blinks_late_part_grows_with_the_fourth_power():
    assert FOUND["AU43_late_L"].factors == (("AU43_L", 1.0),) * 4


def test_units_of_the_midline_have_one_corrective():
    assert FOUND["AU26_AU24"].factors == (("AU26", 1.0), ("AU24", 1.0))
    assert FOUND["AU26_AU24"].pose is RIG.together[("AU26", "AU24")]
