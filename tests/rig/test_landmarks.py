"""Named points on the face lie where their names say."""

import numpy as np
import pytest

from rig.landmarks import Landmarks
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
