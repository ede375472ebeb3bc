"""Named points on the face lie where their names say."""

import numpy as np
import pytest

from rig.landmarks import ALIGNMENT, Landmarks
from rig.layout import mirror_name
from tests.rig.support import HEAD, MIRROR, channels, posed

LANDMARKS = Landmarks(HEAD)
REST = LANDMARKS.positions(posed())


def test_every_left_landmark_has_its_mirror_image():
    for name, place in REST.items():
        twin = REST.get(mirror_name(name), place)
        np.testing.assert_allclose(twin, place * MIRROR, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    "order",
    [
        ("brow_inner_L", "eye_inner_L", "nose_tip", "lip_upper_middle", "lip_lower_middle", "chin"),
        ("brow_outer_L", "eye_outer_L", "mouth_corner_L", "chin"),
    ],
)
def test_landmarks_follow_each_other_downwards(order):
    heights = [REST[name][1] for name in order]
    assert heights == sorted(heights, reverse=True)


def test_landmarks_follow_each_other_outwards():
    names = ("nose_tip", "nose_wing_L", "mouth_corner_L", "eye_centre_L", "eye_outer_L")
    across = [REST[name][0] for name in names]
    assert across == sorted(across)


@pytest.mark.parametrize(
    "order",
    [
        tuple(f"contour_{i}_L" for i in range(1, 9)),
        ("lid_upper_inner_L", "eye_centre_L", "lid_lower_inner_L", "nose_bridge_2", "nose_base"),
        ("lip_upper_edge", "lip_upper_inner", "lip_lower_inner", "lip_lower_edge", "chin_bottom"),
    ],
)
def test_outlines_run_downwards(order):
    heights = [REST[name][1] for name in order]
    assert heights == sorted(heights, reverse=True)


def test_names_are_those_of_the_positions_and_hold_the_five_of_alignment():
    assert LANDMARKS.names == tuple(REST)
    assert set(ALIGNMENT) <= set(REST)
    assert len(REST) == len({tuple(np.round(place, 5)) for place in REST.values()}) >= 70


def test_pupils_follow_the_gaze_by_its_angle():
    angle = 0.3
    turned = LANDMARKS.positions(posed(channels(gaze_yaw=angle)))
    for side in "LR":
        arm = [p[f"pupil_{side}"] - p[f"eye_centre_{side}"] for p in (REST, turned)]
        assert np.arctan2(arm[1][0], arm[1][2]) - np.arctan2(arm[0][0], arm[0][2]) == pytest.approx(
            angle, abs=0.02
        )


def test_open_lips_part_at_the_inner_lips_only():
    opened = LANDMARKS.positions(posed(channels(AU25=1.0)))

    def gap(places):
        return places["lip_upper_inner"][1] - places["lip_lower_inner"][1]

    assert gap(opened) > gap(REST) + 0.003


def test_the_nose_tip_is_the_foremost():
    assert max(REST, key=lambda name: REST[name][2]) == "nose_tip"


def test_eye_centres_stay_when_the_eyes_turn():
    turned = LANDMARKS.positions(posed(channels(gaze_yaw=0.3, gaze_pitch=0.2)))
    for side in "LR":
        name = f"eye_centre_{side}"
        np.testing.assert_allclose(turned[name], REST[name], atol=1e-3)


def test_landmarks_ride_on_the_skin():
    turned = LANDMARKS.positions(posed(channels(head_yaw=0.5)))
    lengths = [np.linalg.norm(places["nose_tip"]) for places in (REST, turned)]
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-6)
