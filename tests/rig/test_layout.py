"""The laws of the face layout, and the numbers the project is named after."""

import copy
import dataclasses
import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.layout import (
    angle_from_parameter,
    channels_from_parameters,
    load_layout,
    mirror_name,
    parameter_from_angle,
    parse_layout,
)

LAYOUT = load_layout()
THE_23 = "1 2 4 5 6 7 9 10 12 14 15 16 17 18 20 22 23 24 25 26 30L 30R 43"


def neutral_with(**values):
    parameters = LAYOUT.neutral_parameters()
    for name, value in values.items():
        parameters[LAYOUT.parameter_index[name.replace("__", ".")]] = value
    return parameters


def channels_with(**values):
    channels = channels_from_parameters(neutral_with(**values))
    return dict(zip(LAYOUT.channel_names, channels, strict=True))


def changed(change):
    raw = copy.deepcopy(LAYOUT.raw)
    change(raw)
    return parse_layout(raw)


def test_blocks_are_2_23_208_36_20_and_sum_to_289():
    sizes = {name: block.stop - block.start for name, block in LAYOUT.blocks.items()}
    assert sizes == {"pose": 2, "au": 23, "identity": 208, "brow_style": 36, "extension": 20}
    assert len(LAYOUT.parameter_names) == 2 + 23 + 208 + 36 + 20 == 289


def test_blocks_follow_each_other_without_gaps():
    blocks = list(LAYOUT.blocks.values())
    assert blocks[0].start == 0
    assert all(a.stop == b.start for a, b in itertools.pairwise(blocks))


def test_the_aus_are_the_papers_in_its_order():
    assert " ".join(au.number for au in LAYOUT.aus) == THE_23


@pytest.mark.parametrize("names", ["parameter_names", "channel_names", "identity_names"])
def test_names_are_unique(names):
    values = getattr(LAYOUT, names)
    assert len(set(values)) == len(values)


def test_an_identity_component_moves_a_bone_once_and_pairs_move_both_sides():
    for component in LAYOUT.identity:
        assert len(set(component.bones)) == len(component.bones)
        sides = {name[-2:] for name in component.bones}
        assert not component.paired or sides == {"_L", "_R"}


def test_identity_angles_are_degrees_in_the_file_and_lengths_metres():
    raw = {"name": "a", "paired": False, "doc": "", "dofs": ["ty", "rx", "sz"]}
    raw["range"] = {"ty": 0.002, "rx": 90, "sz": 0.1}
    layout = changed(lambda whole: whole["identity"].update(components=[raw]))
    np.testing.assert_allclose(layout.identity[0].ranges, [0.002, np.pi / 2, 0.1])


def test_intensity_channels_come_first_and_run_from_0_to_1():
    count = len(LAYOUT.au_channel_names)
    assert LAYOUT.channel_names[:count] == LAYOUT.au_channel_names
    assert {(c.low, c.high) for c in LAYOUT.channels[:count]} == {(0.0, 1.0)}
    assert "intensity" not in {c.unit for c in LAYOUT.channels[count:]}


def test_every_sided_au_has_left_before_right_and_every_other_one_channel():
    for au in LAYOUT.all_aus:
        places = [LAYOUT.channel_index[name] for name in au.channels]
        assert len(places) == (2 if au.sided else 1)
        assert places == list(range(places[0], places[0] + len(places)))


def test_there_is_one_asymmetry_for_every_sided_au():
    found = [n for n in LAYOUT.parameter_names if n.endswith(".asymmetry")]
    assert found == [f"{au.name}.asymmetry" for au in LAYOUT.all_aus if au.sided]


def test_exclusions_name_aus_once_and_never_one_with_itself():
    names = {au.name for au in LAYOUT.all_aus}
    pairs = [frozenset(pair) for pair in LAYOUT.exclusions]
    assert all(pair <= names and len(pair) == 2 for pair in pairs)
    assert len(set(pairs)) == len(pairs)


# Parameters to channels ------------------------------------------------------------------------


def test_the_neutral_face_has_neutral_channels():
    np.testing.assert_allclose(channels_from_parameters(LAYOUT.neutral_parameters()), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("intensity", "asymmetry", "left", "right"),
    [
        (0.5, 0, 0.5, 0.5),
        (0.5, 1, 1, 0),
        (0.5, -1, 0, 1),
        (0.8, 0.5, 1, 0.4),
        (0.4, -0.25, 0.3, 0.5),
    ],
)
def test_asymmetry_tips_an_au_to_the_left_when_positive(intensity, asymmetry, left, right):
    channels = channels_with(AU12=intensity, AU12__asymmetry=asymmetry)
    assert channels["AU12_L"] == pytest.approx(left)
    assert channels["AU12_R"] == pytest.approx(right)


@given(st.floats(0, 1), st.floats(-1, 1))
def test_the_opposite_asymmetry_swaps_the_sides(intensity, asymmetry):
    one = channels_with(AU06=intensity, AU06__asymmetry=asymmetry)
    other = channels_with(AU06=intensity, AU06__asymmetry=-asymmetry)
    assert (one["AU06_L"], one["AU06_R"]) == (other["AU06_R"], other["AU06_L"])


@given(st.integers(0, 2**32 - 1))
def test_channels_stay_in_their_ranges(seed):
    parameters = np.random.default_rng(seed).uniform(-0.0, 1, len(LAYOUT.parameter_names))
    channels = channels_from_parameters(parameters)
    low, high = (np.array([getattr(c, side) for c in LAYOUT.channels]) for side in ("low", "high"))
    assert (channels >= low - 1e-4).all()  # the layout's radians are rounded to 4 digits
    assert (channels <= high + 1e-4).all()


def test_pose_ends_are_the_layouts_degrees():
    for angle in (*LAYOUT.raw["pose"], *LAYOUT.raw["extension"]["gaze"]):
        assert channels_with(**{angle["name"]: 1})[angle["name"]] == pytest.approx(
            np.deg2rad(angle["deg_at_1"])
        )
        assert channels_with(**{angle["name"]: 0})[angle["name"]] == pytest.approx(
            np.deg2rad(angle["deg_at_0"])
        )


@given(st.floats(0, 1))
def test_angle_and_parameter_are_inverse(value):
    for angle in LAYOUT.raw["pose"]:
        there = angle_from_parameter(np.array(value), angle)
        assert parameter_from_angle(there, angle) == pytest.approx(value, abs=1e-9)


def test_leading_axes_are_kept_and_rows_do_not_mix():
    rng = np.random.default_rng(0)
    parameters = rng.uniform(0, 1, (2, 3, len(LAYOUT.parameter_names)))
    channels = channels_from_parameters(parameters)
    assert channels.shape == (2, 3, len(LAYOUT.channels))
    np.testing.assert_array_equal(channels[1, 2], channels_from_parameters(parameters[1, 2]))


def test_a_vector_of_another_length_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match=r"\(269,\), expected \(\.\.\., 289\)"):
        channels_from_parameters(np.zeros(269))


# Mirroring -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*LAYOUT.channel_names, "lid_upper_L", "brow_inner_R", "jaw"])
def test_mirror_name_is_an_involution(name):
    assert mirror_name(mirror_name(name)) == name


@pytest.mark.parametrize(
    ("name", "mirrored"),
    [("AU12_L", "AU12_R"), ("AU30L", "AU30R"), ("AU26", "AU26"), ("gaze_yaw", "gaze_yaw")],
)
def test_mirror_names(name, mirrored):
    assert mirror_name(name) == mirrored


def test_mirror_channels_is_an_involution_of_values():
    order, signs = LAYOUT.mirror_channels
    values = np.random.default_rng(0).normal(size=len(order))
    once = np.array(signs) * values[list(order)]
    np.testing.assert_array_equal(np.array(signs) * once[list(order)], values)
    assert (once != values).any()


def test_mirroring_negates_what_points_sideways_and_nothing_else():
    _, signs = LAYOUT.mirror_channels
    negated = {n for n, sign in zip(LAYOUT.channel_names, signs, strict=True) if sign < 0}
    assert negated == {"gaze_yaw", "head_yaw", "head_roll", "head_x"}


@given(st.integers(0, 2**32 - 1))
def test_mirrored_parameters_give_mirrored_channels(seed):
    parameters = np.random.default_rng(seed).uniform(0, 1, len(LAYOUT.parameter_names))
    mirrored = parameters.copy()
    for name, place in LAYOUT.parameter_index.items():
        if name.endswith(".asymmetry"):
            mirrored[place] = -parameters[place]
        elif name in ("gaze_yaw", "head_yaw"):
            mirrored[place] = 1 - parameters[place]
        elif name in ("AU30L", "AU30R"):
            mirrored[place] = parameters[LAYOUT.parameter_index[mirror_name(name)]]
    order, signs = LAYOUT.mirror_channels
    expected = np.array(signs) * channels_from_parameters(parameters)[list(order)]
    np.testing.assert_allclose(channels_from_parameters(mirrored), expected, atol=1e-12)


# layout_id -------------------------------------------------------------------------------------


def test_layout_id_is_16_hex_digits_and_survives_a_round_trip():
    assert len(LAYOUT.layout_id) == 16
    assert int(LAYOUT.layout_id, 16) >= 0
    assert parse_layout(json.loads(json.dumps(LAYOUT.raw))).layout_id == LAYOUT.layout_id


def rename_channel(raw):
    raw["channel_extras"][0]["name"] = "eye_yaw"


def change_range(raw):
    raw["channel_extras"][0]["range"][1] = 0.7


def change_unit(raw):
    raw["channel_extras"][0]["unit"] = "deg"


def swap_channels(raw):
    raw["channel_extras"].reverse()


def drop_au(raw):
    raw["extension"]["au"].pop()


def merge_sides(raw):
    next(au for au in raw["au"] if au["sided"])["sided"] = False


@pytest.mark.parametrize(
    "change", [rename_channel, change_range, change_unit, swap_channels, drop_au, merge_sides]
)
def test_layout_id_changes_with_what_is_on_the_wire(change):
    assert changed(change).layout_id != LAYOUT.layout_id


def relabel(raw):
    raw["au"][0]["label"] = raw["au"][0]["muscle"] = "something else"


def test_brows_run_from_none_to_bushy_and_the_base_face_has_some():
    densities = [style.density for style in LAYOUT.brow_styles]
    assert LAYOUT.brow_styles[0].name == "none"
    assert densities.count(0) == 1
    assert max(densities) == 1
    neutral = LAYOUT.neutral_parameters()[LAYOUT.blocks["brow_style"]]
    assert neutral.sum() == 1
    assert LAYOUT.brow_styles[int(neutral.argmax())].name == "arched_medium_natural"


def change_brows(raw):
    raw["brow_style"][0]["arch"] = 0.123


def change_identity(raw):
    raw["identity"]["components"].reverse()


def change_pose_range(raw):
    raw["pose"][0]["deg_at_1"] = 45


def change_exclusions(raw):
    raw["exclusions"].pop()


@pytest.mark.parametrize(
    "change", [relabel, change_brows, change_identity, change_pose_range, change_exclusions]
)
def test_layout_id_does_not_change_with_what_is_not(change):
    assert changed(change).layout_id == LAYOUT.layout_id


def test_a_file_of_another_version_is_refused():
    with pytest.raises(ValueError, match="expected \\('geface-layout', 1\\)"):
        changed(lambda raw: raw.update(format_version=2))


def test_layout_is_read_only():
    with pytest.raises(dataclasses.FrozenInstanceError):
        LAYOUT.aus = ()
