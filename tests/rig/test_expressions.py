"""What the packaged head shows: lids that shut, mouths that differ, sums that do not overshoot."""

import numpy as np
import pytest

from rig.author.openings import Window, eye_area, seen_area
from rig.head import load_head
from rig.profile import Profile, load_profile
from rig.sampling import sample_face
from rig.skeleton import Skeleton
from tests.rig.support import HEAD, LAYOUT, SKELETON, channels, posed

SHUT_M2 = 0.5e-6  # two pixels' width of an eye that shows 130 mm² open
LIDS = ("eye.", "lid_upper.", "lid_lower.", "eye_corner_inner.", "eye_corner_outer.")
MOUTH = Window(0.0, -0.03, 0.03, 0.025, 4e-4)


def both(**values):
    """(C,) channels, sided AUs on both sides."""
    out = {}
    for name, value in values.items():
        sides = [name] if name in LAYOUT.channel_index else [f"{name}_L", f"{name}_R"]
        out |= dict.fromkeys(sides, value)
    return channels(**out)


def eye_m2(values, identity=None, side="L"):
    return eye_area(HEAD, posed(values, identity), side)


def face(seed):
    """(208,) of a random person, or with one number of lids and eyes at its end (odd seeds)."""
    rng = np.random.default_rng(seed)
    numbers = sample_face(5, seed).parameters[LAYOUT.blocks["identity"]].copy()
    if seed % 2:
        numbers[:] = 0.5
        own = [i for i, name in enumerate(LAYOUT.identity_names) if name.startswith(LIDS)]
        numbers[rng.choice(own)] = rng.integers(0, 2)
    return numbers


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("pitch", [-0.43, 0.0, 0.43])
def test_shut_lids_leave_no_gap_on_any_face_wherever_it_looks(seed, pitch):
    values = both(AU43=1.0, gaze_pitch=pitch, gaze_yaw=0.5 - 0.2 * seed)
    assert max(eye_m2(values, face(seed), side) for side in "LR") < SHUT_M2


@pytest.mark.parametrize("name", ["AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU12"])
def test_shut_lids_stay_shut_whatever_else_moves(name):
    assert eye_m2(both(AU43=1.0, **{name: 1.0})) < SHUT_M2


def test_half_a_blink_covers_about_half_of_the_eye():
    assert 0.3 < eye_m2(both(AU43=0.5)) / eye_m2(both()) < 0.6


def test_a_wink_leaves_the_other_eye_alone():
    values = channels(AU43_R=1.0)
    assert eye_m2(values, side="R") < SHUT_M2
    assert eye_m2(values, side="L") == pytest.approx(eye_m2(channels(), side="L"), rel=2e-3)


def test_lids_follow_the_gaze_but_not_wholly():
    """Looking down covers the eye in part; looking up bares it, and less yet when it is wide."""
    down, rest, up = (eye_m2(both(gaze_pitch=pitch)) for pitch in (0.43, 0.0, -0.43))
    assert 0.3 * rest < down < 0.6 * rest
    assert rest < up < 1.5 * rest
    wide = eye_m2(both(AU05=1.0))
    assert eye_m2(both(AU05=1.0, gaze_pitch=-0.43)) < 1.05 * wide


def lip_heights(**values):
    """Height of the red of the upper and of the lower lip in the middle, metres."""
    points, rest = posed(both(**values))["skin"], HEAD.primitives["skin"].positions
    rows = [np.abs(rest - place).sum(1).argmin() for place in _LIPS]
    y = points[rows, 1]
    return y[0] - y[1], y[2] - y[3]


# Border and edge of the upper lip, edge and border of the lower one (rest, rig frame).
_LIPS = np.array([(0, -19.0, 109.2), (0, -28.6, 100.1), (0, -29.1, 103.5), (0, -40.2, 103.9)]) / 1e3


def test_tightened_pressed_and_sucked_lips_are_three_mouths():
    def mouth(name):
        points = posed(both(**{name: 1.0}))["skin"]
        rest = HEAD.primitives["skin"].positions
        corner = np.abs(rest - [0.0222, -0.0287, 0.0945]).sum(1).argmin()
        return sum(lip_heights(**{name: 1.0})), points[corner, 0]

    (rest, width), tight, pressed, sucked = (mouth(n) for n in ("AU01", "AU23", "AU24", "AU28"))
    assert tight[1] < 0.9 * width < pressed[1]  # narrow only when tightened
    assert sucked[0] < 0.4 * rest < pressed[0] < 0.75 * rest


def mouth_m2(**values):
    """Square metres seen between the lips."""
    return seen_area(HEAD, posed(both(**values)), ("mouth", "teeth", "tongue"), MOUTH)


def test_lips_part_without_the_jaw_and_the_jaw_opens_wider():
    shut, parted, dropped = mouth_m2(), mouth_m2(AU25=1.0), mouth_m2(AU26=1.0)
    assert shut < 20e-6
    assert 2 * shut + 20e-6 < parted < dropped
    teeth = HEAD.primitives["teeth"].positions
    np.testing.assert_allclose(posed(both(AU25=1.0))["teeth"], teeth, atol=1e-6)


@pytest.mark.parametrize("held", ["AU24", "AU28"])
def test_held_lips_stay_together_while_the_jaw_drops(held):
    assert mouth_m2(AU26=1.0, **{held: 1.0}) < 0.25 * mouth_m2(AU26=1.0)


@pytest.mark.parametrize("name", ["AU10", "AU12", "AU14", "AU15", "AU16", "AU20"])
def test_one_side_of_the_mouth_leaves_the_other_corner_alone(name):
    moved = posed(channels(**{f"{name}_L": 1.0}))["skin"] - HEAD.primitives["skin"].positions
    length, x = np.linalg.norm(moved, axis=1), HEAD.primitives["skin"].positions[:, 0]
    assert length[x < -0.02].max() < 0.12 * length.max()


def test_brow_lowerers_together_do_not_sink_the_brow_by_their_sum():
    skin = HEAD.primitives["skin"].positions
    brow = np.abs(skin - [0.016, 0.049, 0.1]).sum(1).argmin()

    def sunk(**values):
        return skin[brow, 1] - posed(both(**values))["skin"][brow, 1]

    alone = sunk(AU04=1.0), sunk(AU09=1.0)
    assert max(alone) < sunk(AU04=1.0, AU09=1.0) < 0.85 * sum(alone)


def test_the_order_of_a_profiles_poses_does_not_matter():
    profile = load_profile()
    turned = Profile(
        profile.target, profile.layout_id, profile.head_bone, profile.drivers[::-1], profile.poses
    )
    values = both(AU01=0.3, AU06=0.6, AU12=0.8, AU26=0.4, AU43=0.5, gaze_pitch=0.2)
    found = Skeleton(load_head(), turned).skin_matrices(values)
    np.testing.assert_allclose(found, SKELETON.skin_matrices(values), atol=1e-9)
