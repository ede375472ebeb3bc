# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the panel: every intensity once, left before right, as the layout has them."""

from blender_addon.geface.core.action_units import ACTION_UNITS, GAZES, LIDS
from geface_bridge.motion.groups import LID_AUS
from rig.layout import load_layout

LAYOUT = load_layout()


def test_every_intensity_stands_in_one_row():
    names = [channel for unit in ACTION_UNITS for channel in unit.channels]
    intensities = [c.name for c in LAYOUT.channels if c.unit == "intensity"]
    assert sorted(names) == sorted(intensities)


def test_rows_are_the_layout_s_action_units_with_left_first():
    for unit in ACTION_UNITS:
        first, last = unit.channels[0], unit.channels[-1]
        assert unit.sided == (len(unit.channels) == 2)
        assert all(channel.startswith(unit.name) for channel in unit.channels)
        if unit.sided:
            assert (first[-1], last[-1]) == ("L", "R")
        labels = {au.label for au in LAYOUT.all_aus if set(unit.channels) & set(au.channels)}
        assert unit.name == "AU30" or labels == {unit.label}


def test_names_and_labels_tell_rows_apart_and_say_no_side():
    assert len({unit.name for unit in ACTION_UNITS}) == len(ACTION_UNITS)
    for unit in ACTION_UNITS:
        assert unit.label
        assert not unit.label.endswith(("left", "right", "the", ","))


def test_lids_are_the_server_s():
    assert LIDS == LID_AUS


def test_gazes_end_where_the_channels_do():
    ends = {c.name: (c.low, c.high) for c in LAYOUT.channels}
    signs = {"left": 1, "right": -1, "down": 1, "up": -1}
    assert [gaze.name for gaze in GAZES] == ["gaze_left", "gaze_right", "gaze_up", "gaze_down"]
    for gaze in GAZES:
        assert gaze.at_full in ends[gaze.channel]
        assert gaze.at_full * signs[gaze.name.partition("_")[2]] > 0
