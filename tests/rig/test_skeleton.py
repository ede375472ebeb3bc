"""Channels and identity → joints → skin: the laws of the evaluator, and what each AU does."""

from dataclasses import replace

import numpy as np
import pytest

from rig.landmarks import Landmarks
from rig.profile import load_profile
from rig.rotations import euler_yxz_to_matrix
from rig.skeleton import Skeleton
from tests.rig.support import (
    HEAD,
    LAYOUT,
    MIRROR,
    SKELETON,
    channels,
    mirror_vertices,
    posed,
    random_channels,
)

REST = {name: part.positions for name, part in HEAD.primitives.items()}
LANDMARKS = Landmarks(HEAD)
SKIN = REST["skin"]
NEUTRAL = np.full(208, 0.5)
INTENSITIES = LAYOUT.au_channel_names
MM = 1e-3


def shifts(**values):
    """Landmark → displacement in millimetres when channels leave rest."""
    rest, now = LANDMARKS.positions(REST), LANDMARKS.positions(posed(channels(**values)))
    return {name: (now[name] - rest[name]) / MM for name in rest}


def vertex_near(x, y, z):
    return int(np.linalg.norm(SKIN - [x, y, z], axis=1).argmin())


def skin_shift(vertex, **values):
    return (posed(channels(**values))["skin"][vertex] - SKIN[vertex]) / MM


# The evaluator ---------------------------------------------------------------------------------


def test_at_rest_every_skin_matrix_is_the_identity():
    found = SKELETON.skin_matrices(channels())
    np.testing.assert_allclose(found, np.broadcast_to(np.eye(4), found.shape), atol=1e-12)


def test_joints_rest_where_the_head_says():
    found = SKELETON.joint_matrices(channels())
    np.testing.assert_allclose(found[:, :3, 3], HEAD.rest_positions, atol=1e-12)


def test_identity_of_one_half_is_the_base_face():
    values = random_channels(np.random.default_rng(0))
    with_identity = SKELETON.joint_matrices(values, NEUTRAL)
    np.testing.assert_array_equal(with_identity, SKELETON.joint_matrices(values))


@pytest.mark.parametrize("seed", range(3))
def test_local_parameters_are_linear_in_identity_and_in_each_intensity(seed):
    rng = np.random.default_rng(seed)
    ends, identities = np.abs([random_channels(rng)] * 2), rng.uniform(0, 1, (2, 208))
    ends[1, rng.integers(len(INTENSITIES))] = rng.uniform(0, 1)
    mean = SKELETON.local_parameters(ends.mean(axis=0), identities.mean(axis=0))
    found = [SKELETON.local_parameters(*end) for end in zip(ends, identities, strict=True)]
    np.testing.assert_allclose(mean, np.mean(found, axis=0), atol=1e-12)


@pytest.mark.parametrize("name", INTENSITIES)
def test_a_channel_at_one_is_its_pose_as_the_profile_has_it(name):
    """With the correctives that this channel drives alone, as a power of itself."""
    local = SKELETON.local_parameters(channels(**{name: 1}))
    expected, profile = np.zeros_like(local), SKELETON.profile
    own = [d.pose for d in profile.drivers if {f.channel for f in d.factors} == {name}]
    for pose in own:
        for joint, part in profile.poses[pose].bones.items():
            expected[HEAD.joint_index(joint)] += part.offset
    assert name in own
    np.testing.assert_allclose(local, expected, atol=1e-12)


def test_the_head_turns_as_one_piece_about_its_joint():
    angles = (0.4, -0.2, 0.3)
    values = channels(head_yaw=angles[0], head_pitch=angles[1], head_roll=angles[2])
    pivot = HEAD.rest_positions[HEAD.joint_index("head")]
    expected = (REST["eyes"] - pivot) @ euler_yxz_to_matrix(*angles).T + pivot
    np.testing.assert_allclose(posed(values)["eyes"], expected, atol=1e-9)


def test_translation_of_the_head_moves_no_joint():
    values = channels(head_x=0.1, head_y=-0.2, head_z=0.5)
    np.testing.assert_array_equal(
        SKELETON.joint_matrices(values), SKELETON.joint_matrices(channels())
    )


@pytest.mark.parametrize("seed", range(3))
def test_mirrored_channels_give_the_mirrored_face(seed):
    """But for the hair, which falls as it falls."""
    rng = np.random.default_rng(seed)
    order, signs = LAYOUT.mirror_channels
    values, identity = random_channels(rng), rng.uniform(0, 1, 208)
    face = posed(values, identity)
    twin = posed(np.array(signs) * values[list(order)], identity)
    for name in face.keys() - {"hair"}:
        mirrored = face[name][mirror_vertices(name)] * MIRROR
        np.testing.assert_allclose(mirrored, twin[name], atol=1e-9)


# Identity --------------------------------------------------------------------------------------


@pytest.mark.parametrize("component", LAYOUT.identity, ids=lambda c: c.name)
def test_every_identity_parameter_shows_and_pairs_stay_symmetric(component):
    for dof in component.dofs:
        identity = NEUTRAL.copy()
        identity[LAYOUT.identity_names.index(f"{component.name}.{dof}")] = 1
        face = posed(identity=identity)
        most = max(np.abs(face[name] - REST[name]).max() for name in face)
        assert most > 0.1 * MM, dof
        if component.paired:
            twin = face["skin"][mirror_vertices("skin")] * MIRROR
            assert (np.abs(twin - face["skin"]).max(1) > 1e-6).sum() <= 1, dof


def test_identity_moves_by_the_layouts_range():
    component = next(c for c in LAYOUT.identity if c.name == "nose_tip")
    identity = NEUTRAL.copy()
    identity[LAYOUT.identity_names.index("nose_tip.ty")] = 1
    joint = HEAD.joint_index("nose_tip")
    found = SKELETON.joint_matrices(channels(), identity)[joint, :3, 3] - HEAD.rest_positions[joint]
    extent = component.ranges[component.dofs.index("ty")]
    np.testing.assert_allclose(found, [0, extent, 0], atol=1e-12)


# Head and eyes ---------------------------------------------------------------------------------


def test_positive_yaw_turns_the_nose_to_the_persons_left():
    assert shifts(head_yaw=0.3)["nose_tip"][0] > 20


def test_positive_pitch_lowers_the_nose():
    assert shifts(head_pitch=0.3)["nose_tip"][1] < -20


def test_positive_roll_tips_the_crown_to_the_persons_right():
    found = shifts(head_roll=0.3)
    assert found["brow_inner_L"][0] < -5
    assert found["eye_centre_L"][1] > 0 > found["eye_centre_R"][1]


@pytest.mark.parametrize(("channel", "axis", "sign"), [("gaze_yaw", 0, 1), ("gaze_pitch", 1, -1)])
@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize("angle", [0.3, -0.3])
def test_gaze_turns_the_pupil_by_its_angle(channel, axis, sign, side, angle):
    eyes, centre = REST["eyes"], HEAD.rest_positions[HEAD.joint_index(f"eyeball_{side}")]
    mine = np.flatnonzero((eyes[:, 0] > 0) == (side == "L"))
    pupil = mine[eyes[mine, 2].argmax()]
    before = eyes[pupil] - centre
    after = posed(channels(**{channel: angle}))["eyes"][pupil] - centre
    turned = np.arctan2(after[axis], after[2]) - np.arctan2(before[axis], before[2])
    assert sign * turned == pytest.approx(angle, abs=1e-6)


def test_lids_follow_the_gaze_down():
    lid = vertex_near(0.0293, 0.0413, 0.0897)
    assert skin_shift(lid, gaze_pitch=0.3)[1] < -1


# Action units ----------------------------------------------------------------------------------


def lid_gap(values, side):
    """Millimetres from the lower to the upper lid's margin in the middle of the eye."""
    sign = 1 if side == "L" else -1
    upper, lower = (
        vertex_near(sign * 0.0293, y, z) for y, z in ((0.0413, 0.0897), (0.0335, 0.0892))
    )
    skin = posed(values)["skin"]
    return (skin[upper, 1] - skin[lower, 1]) / MM


@pytest.mark.parametrize(("side", "other"), [("L", "R"), ("R", "L")])
def test_au43_closes_the_lids_of_its_side_only(side, other):
    open_gap = lid_gap(channels(), side)
    assert 6 < open_gap < 10
    closed = channels(**{f"AU43_{side}": 1})
    assert lid_gap(closed, side) < 0.1 * open_gap
    assert lid_gap(closed, other) == pytest.approx(open_gap, abs=0.2)


def test_au05_opens_and_au07_narrows_the_eye():
    rest = lid_gap(channels(), "L")
    assert lid_gap(channels(AU05_L=1), "L") > rest + 1
    assert lid_gap(channels(AU07_L=1), "L") < rest - 1


def test_au01_lifts_the_inner_brow_more_than_the_outer():
    found = shifts(AU01_L=1)
    assert found["brow_inner_L"][1] > 4
    assert abs(found["brow_outer_L"][1]) < 1
    assert np.abs(found["brow_inner_R"]).max() < 1


def test_au02_lifts_the_outer_brow():
    found = shifts(AU02_L=1)
    assert found["brow_outer_L"][1] > 4
    assert found["brow_inner_L"][1] < 1


def test_au04_lowers_the_brow_and_draws_it_together():
    found = shifts(AU04_L=1)["brow_inner_L"]
    assert found[1] < -3
    assert found[0] < -2


def test_au09_lifts_the_nose_wing():
    assert shifts(AU09_L=1)["nose_wing_L"][1] > 3


def test_au10_lifts_the_upper_lip():
    assert shifts(AU10_L=1, AU10_R=1)["lip_upper_middle"][1] > 3


def test_au12_raises_its_own_mouth_corner_and_draws_it_outwards():
    found = shifts(AU12_L=1)
    assert found["mouth_corner_L"][1] > 5
    assert found["mouth_corner_L"][0] > 3
    assert np.abs(found["mouth_corner_R"]).max() < 1.5


def test_au15_lowers_and_au20_stretches_the_mouth_corner():
    assert shifts(AU15_L=1)["mouth_corner_L"][1] < -4
    assert shifts(AU20_L=1)["mouth_corner_L"][0] > 4


def test_au17_pushes_the_lower_lip_up():
    assert shifts(AU17=1)["lip_lower_middle"][1] > 4


@pytest.mark.parametrize("name", ["AU18", "AU22"])
def test_au18_and_au22_bring_the_lips_forward_and_the_corners_in(name):
    found = shifts(**{name: 1})
    assert found["lip_upper_middle"][2] > 3
    assert found["mouth_corner_L"][0] < -2


def test_au25_parts_the_lips_and_leaves_the_jaw():
    values = channels(AU25=1)
    found = shifts(AU25=1)
    assert found["lip_upper_middle"][1] - found["lip_lower_middle"][1] > 4
    jaw = HEAD.joint_index("jaw")
    np.testing.assert_array_equal(SKELETON.local_parameters(values)[jaw], 0)
    np.testing.assert_allclose(posed(values)["teeth"], REST["teeth"], atol=1e-12)
    assert np.linalg.norm(skin_shift(vertex_near(0, -0.0685, 0.087), AU25=1)) < 1


def test_au26_drops_the_chin_and_leaves_the_forehead():
    found = shifts(AU26=1)
    assert found["chin"][1] < -10
    assert np.abs(found["nose_tip"]).max() < 1.5
    forehead = SKIN[:, 1] > 0.05
    assert np.abs(posed(channels(AU26=1))["skin"] - SKIN)[forehead].max() < 0.3 * MM


@pytest.mark.parametrize("name", ["AU26", "AU29", "AU30L"])
def test_the_chin_goes_with_the_lower_teeth(name):
    """Skin over the chin moves no further than the bone under it (and lies not far behind)."""
    teeth = posed(channels(**{name: 1}))["teeth"] - REST["teeth"]
    reach = np.linalg.norm(teeth, axis=1).max() / MM
    assert 0.6 * reach < np.linalg.norm(shifts(**{name: 1})["chin"]) < 1.4 * reach


def test_au30_moves_the_chin_to_the_side_it_names():
    assert shifts(AU30L=1)["chin"][0] > 4
    assert shifts(AU30R=1)["chin"][0] < -4


def test_au19_brings_the_tongue_between_the_lips():
    lips = LANDMARKS.positions(REST)["lip_lower_middle"][2]
    assert REST["tongue"][:, 2].max() < lips - 0.015
    assert posed(channels(AU19=1))["tongue"][:, 2].max() > lips - 0.005


def test_au28_hides_the_lips():
    found = shifts(AU28=1)
    assert found["lip_upper_middle"][2] < -4
    assert found["lip_lower_middle"][1] > 3


def test_au34_blows_up_the_cheeks():
    cheek = vertex_near(0.045, -0.022, 0.082)
    assert skin_shift(cheek, AU34=1) @ [1, 0, 1] > 3


@pytest.mark.parametrize("name", [n for n in INTENSITIES if n.endswith("_L")])
def test_a_left_channel_leaves_the_right_half_alone(name):
    moved = np.linalg.norm(posed(channels(**{name: 1}))["skin"] - SKIN, axis=1)
    far_right = SKIN[:, 0] < -0.02  # MakeHuman's own shapes reach a little over the middle
    assert moved[far_right].max() < 0.2 * moved.max()


@pytest.mark.parametrize("name", INTENSITIES)
def test_every_action_unit_shows(name):
    face = posed(channels(**{name: 1}))
    assert max(np.abs(face[part] - REST[part]).max() for part in face) > 2 * MM


# Profiles --------------------------------------------------------------------------------------


def with_another_bone(old, new):
    profile = load_profile()
    pose = profile.poses["AU26"]
    bones = {new if name == old else name: part for name, part in pose.bones.items()}
    return replace(profile, poses=profile.poses | {"AU26": replace(pose, bones=bones)})


def test_a_profile_for_other_bones_names_the_bone():
    with pytest.raises(KeyError, match="no joint 'mandible'"):
        Skeleton(profile=with_another_bone("jaw", "mandible"))


def test_a_profile_that_turns_no_head_is_refused():
    with pytest.raises(ValueError, match="has no head bone"):
        Skeleton(profile=replace(load_profile(), head_bone=None))


def test_the_packaged_profile_drives_every_channel_that_has_a_shape():
    driven = {factor.channel for driver in load_profile().drivers for factor in driver.factors}
    assert driven == {*INTENSITIES, "gaze_yaw", "gaze_pitch"}
