"""Profiles: the evaluator's laws, worked numbers, and what every packaged profile has to keep."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rig.layout import load_layout, mirror_name
from rig.profile import basis_matrix, load_profile, parse_profile, profile_names
from rig.rotations import compose_trs, rotvec_to_matrix
from tests.rig.support import channels, random_channels

LAYOUT = load_layout()
every_profile = pytest.mark.parametrize("name", profile_names())
STILL = {"translation": [0, 0, 0], "rotvec": [0, 0, 0], "scale": [1, 1, 1]}
angles = arrays(float, 3, elements=st.floats(-3, 3))


def raw_profile():
    """Two plain poses, a corrective and curves; small enough to work out by hand."""
    return {
        "format": "geface-profile",
        "format_version": 2,
        "target": "a worked example",
        "layout_id": LAYOUT.layout_id,
        "head_bone": None,
        "drivers": [
            {"pose": "open", "channel": "AU26", "gain": 2.0},
            {"pose": "smile", "channel": "AU12_L", "gain": 1.0},
            {
                "pose": "open smile",
                "channel": "AU26",
                "gain": 1.0,
                "times": [{"channel": "AU12_L", "gain": 3.0}],
            },
            {"pose": "look", "channel": "gaze_yaw", "gain": -1.0},
        ],
        "poses": {
            "open": {
                "bones": {"jaw": {**STILL, "translation": [0, -0.01, 0], "rotvec": [0.3, 0, 0]}},
                "curves": {"jawOpen": 0.4},
            },
            "smile": {
                "bones": {"lip": {**STILL, "scale": [1.5, 1, 0.5]}},
                "curves": {"smile": 1.0, "frown": -1.0},
            },
            "open smile": {
                "bones": {"jaw": {**STILL, "rotvec": [0.1, 0, 0]}},
                "curves": {"jawOpen": -0.5},
            },
            "look": {"bones": {"eye": {**STILL, "rotvec": [0, -1, 0]}}, "curves": {}},
        },
        "unused": ["AU01_L"],
    }


WORKED = parse_profile(raw_profile())


# Worked numbers --------------------------------------------------------------------------------


def test_names_come_in_the_order_of_the_file():
    assert WORKED.bone_names == ("jaw", "lip", "eye")
    assert WORKED.curve_names == ("jawOpen", "smile", "frown")


def test_weights_are_products_of_what_is_above_zero():
    found = WORKED.weights(channels(AU26=0.5, AU12_L=0.25, gaze_yaw=-0.2))
    np.testing.assert_allclose(found, [1.0, 0.25, 0.5 * 0.75, 0.2])
    assert WORKED.weights(channels(AU26=-0.5, AU12_L=-0.25, gaze_yaw=0.2)).max() == 0


def test_poses_add_up_and_curves_are_clipped_at_the_end():
    found = WORKED.evaluate(channels(AU26=1.0, AU12_L=0.2))  # weights 2, 0.2, 0.6
    np.testing.assert_allclose(found.bones[0], [0, -0.02, 0, 0.66, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(found.bones[1], [0, 0, 0, 0, 0, 0, 0.1, 0, -0.1])
    np.testing.assert_allclose(found.curves, [0.8 - 0.3, 0.2, 0.0])
    assert WORKED.evaluate(channels(AU26=5.0)).curves[0] == 1.0


def test_a_profile_without_poses_gives_nothing():
    empty = replace(WORKED, drivers=(), poses={}).evaluate(channels(AU26=1))
    assert empty.bones.shape == (0, 9)
    assert empty.curves.shape == (0,)


def test_basis_in_a_bone_that_lies_on_its_side():
    """A bone whose y axis points to the person's left: up is its −x, and so is a turn about up."""
    character_from_bone = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    offset = np.array([0, 0.01, 0, 0, 0.5, 0, 0.2, 0, 0])
    found = basis_matrix(offset, character_from_bone)
    np.testing.assert_allclose(found[:3, 3], [-0.01, 0, 0], atol=1e-12)
    expected = rotvec_to_matrix(np.array([-0.5, 0, 0])) @ np.diag([1.2, 1, 1])
    np.testing.assert_allclose(found[:3, :3], expected, atol=1e-12)


@given(angles, angles, arrays(float, 3, elements=st.floats(-1, 1)))
def test_basis_turns_and_shifts_alike_in_the_characters_axes(rest, turn, shift):
    """rest · basis has the pose's rotation and translation of the character, whatever rest is."""
    character_from_bone = rotvec_to_matrix(rest)
    basis = basis_matrix(np.concatenate([shift, turn, np.zeros(3)]), character_from_bone)
    found = compose_trs(np.zeros(3), character_from_bone, np.ones(3)) @ basis
    np.testing.assert_allclose(found[:3, 3], shift, atol=1e-9)
    expected = rotvec_to_matrix(turn) @ character_from_bone
    np.testing.assert_allclose(found[:3, :3], expected, atol=1e-9)


# Reading ---------------------------------------------------------------------------------------


def first(raw, pose):
    return raw["poses"][pose]["bones"]["jaw"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(format="fbx"), r"profile is \('fbx', 2\), expected"),
        (lambda r: r.update(format_version=1), r"profile is \('geface-profile', 1\), expected"),
        (lambda r: r.update(layout_id="0" * 16), "has layout 0000000000000000, this rig has"),
        (lambda r: r.pop("head_bone"), "profile has no 'head_bone'"),
        (lambda r: r["poses"].pop("open"), "'open' ← .* names an unknown pose"),
        (lambda r: r["drivers"][2]["times"][0].update(channel="AU99"), "AU99.* unknown pose or ch"),
        (lambda r: r["drivers"][0].pop("gain"), "driver of 'open' has no 'gain'"),
        (lambda r: r["drivers"][0].update(gain="1"), "gain, driver of 'open' is '1', expected"),
        (lambda r: first(r, "open").pop("scale"), "'open', bone 'jaw' has no 'scale'"),
        (lambda r: first(r, "open").update(rotvec=[0, 1]), "rotvec is .* expected three"),
        (lambda r: r["poses"]["open"]["curves"].update(jawOpen=float("nan")), "is nan, expected"),
        (lambda r: r.update(unused=["AU99"]), r"unused names \['AU99'\]"),
    ],
)
def test_a_profile_that_does_not_fit_is_refused_saying_where(change, message):
    raw = copy.deepcopy(raw_profile())
    change(raw)
    with pytest.raises(ValueError, match=message):
        parse_profile(raw)


# Every packaged profile ------------------------------------------------------------------------


def mirrored(name):
    """The bone or curve of the other side: Left and Right swap, or .L and .R, or a last L and R."""
    for here, there in (("Left", "Right"), ("left", "right"), (".L.", ".R.")):
        if here in name or there in name:
            return name.replace(here, "\0").replace(there, here).replace("\0", there)
    return mirror_name(name)


@every_profile
def test_the_rest_face_is_rest(name):
    found = load_profile(name).evaluate(channels())
    assert not found.bones.any()
    assert not found.curves.any()


@every_profile
def test_every_intensity_is_used_or_said_to_be_unused(name):
    profile = load_profile(name)
    driven = {factor.channel for driver in profile.drivers for factor in driver.factors}
    assert driven | set(profile.unused) >= set(LAYOUT.au_channel_names)
    assert not driven & set(profile.unused)


@every_profile
@pytest.mark.parametrize("seed", range(2))
def test_mirrored_channels_give_the_mirrored_pose(name, seed):
    profile = load_profile(name)
    values = random_channels(np.random.default_rng(seed), turn=0.4)
    order, signs = LAYOUT.mirror_channels
    one, other = (profile.evaluate(v) for v in (values, np.array(signs) * values[list(order)]))
    twins = [profile.bone_names.index(mirrored(bone)) for bone in profile.bone_names]
    flip = np.array([-1, 1, 1, 1, -1, -1, 1, 1, 1])
    np.testing.assert_allclose(other.bones[twins] * flip, one.bones, atol=2e-6)
    twins = [profile.curve_names.index(mirrored(curve)) for curve in profile.curve_names]
    np.testing.assert_allclose(other.curves[twins], one.curves, atol=2e-6)


@every_profile
def test_poses_compose_in_any_order(name):
    profile = load_profile(name)
    values = random_channels(np.random.default_rng(5))
    turned = replace(profile, drivers=profile.drivers[::-1]).evaluate(values)
    expected = profile.evaluate(values)
    np.testing.assert_allclose(turned.bones, expected.bones, atol=1e-12)
    np.testing.assert_allclose(turned.curves, expected.curves, atol=1e-12)


@every_profile
def test_every_driven_channel_shows(name):
    """Alone, or beside others where only a product has it."""
    profile = load_profile(name)
    company = random_channels(np.random.default_rng(3), most=0.4, turn=0)
    for channel in set(LAYOUT.au_channel_names) - set(profile.unused):
        index, shown = LAYOUT.channel_index[channel], []
        for others in (channels(), company):
            ends = np.array([others, others])
            ends[:, index] = 0, 0.4
            rest, now = (profile.evaluate(end) for end in ends)
            shown.append((rest.bones != now.bones).any() or (rest.curves != now.curves).any())
        assert any(shown), channel
