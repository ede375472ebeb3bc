"""The poses of the asset browser, as numbers."""

import pytest

pytest.importorskip("bpy", reason="the rig is authored in Blender: run make test-author")

from rig.author.pose_library import EXPRESSIONS, pose_values
from tests.rig.support import LAYOUT

POSES = pose_values(LAYOUT)


def test_every_value_is_within_its_channels_range():
    for name, values in POSES.items():
        for slider, value in values.items():
            channel = LAYOUT.channels[LAYOUT.channel_index[slider]]
            assert channel.low <= value <= channel.high, name


def test_every_intensity_has_a_pose_that_sets_it_alone():
    for name in LAYOUT.au_channel_names:
        assert POSES[name] == {name: 1.0}


def test_opposite_gazes_are_the_ends_of_the_range():
    yaw = LAYOUT.channels[LAYOUT.channel_index["gaze_yaw"]]
    assert POSES["gaze_left"] == {"gaze_yaw": yaw.high}
    assert POSES["gaze_right"] == {"gaze_yaw": yaw.low}


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda e: e.name)
def test_an_expression_sets_all_intensities_on_both_sides(expression):
    values = POSES[expression.name]
    assert list(values) == list(LAYOUT.au_channel_names)
    for au in LAYOUT.all_aus:
        expected = expression.intensities.get(au.number, 0.0)
        assert {values[channel] for channel in au.channels} == {expected}
    assert set(expression.intensities) <= {au.number for au in LAYOUT.all_aus}
