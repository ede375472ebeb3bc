# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's evaluator gives the golden numbers, and its reader refuses what is no profile."""

import copy
import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blender_addon.geface.core import profile as profiles
from blender_addon.geface.core.errors import ProfileError
from blender_addon.geface.core.layout_generated import LAYOUT_ID
from blender_addon.geface.core.profile import (
    Evaluator,
    basis_parts,
    profile_text,
    read_profile,
)
from blender_addon.geface.core.rotations import matrix_from_quaternion, quaternion_from_rotvec
from rig.head import load_head
from rig.profile import load_profile, parse_profile
from tests.blender_addon.core.faces import COUNT, NAMES, PROFILES, face, faces, golden, profile
from tests.blender_addon.core.faces import profile_file as text_of

RETARGET, SKELETON = golden("retarget_v2.json"), golden("skeleton_v1.json")
every_profile = pytest.mark.parametrize("name", PROFILES)


def expected(case, evaluator):
    """(B, 9) and (K,) of a golden case, where what is 0 is left out."""
    bones = [case["bones"].get(name, [0] * 9) for name in evaluator.bone_names]
    curves = [case["curves"].get(name, 0) for name in evaluator.curve_names]
    return np.array(bones).reshape(-1, 9), np.array(curves)


def assert_golden(evaluator, cases):
    """Case by case, and all of them at once."""
    values = np.array([face(**case["channels"]) for case in cases.values()])
    wanted = [expected(case, evaluator) for case in cases.values()]
    together = evaluator.evaluate(values)
    for row, (bones, curves) in enumerate(wanted):
        for found in (evaluator.evaluate(values[row]), (together[0][row], together[1][row])):
            np.testing.assert_allclose(found[0], bones, atol=RETARGET["tolerance"])
            np.testing.assert_allclose(found[1], curves, atol=RETARGET["tolerance"])


def matrices(bones, character_from_bone, turn=None):
    """(..., 4, 4) what Blender makes of a pose bone's location, rotation and scale."""
    location, quaternion, scale = basis_parts(bones, character_from_bone, turn)
    out = np.zeros((*location.shape[:-1], 4, 4))
    out[..., :3, :3] = matrix_from_quaternion(quaternion) * scale[..., None, :]
    out[..., :3, 3], out[..., 3, 3] = location, 1.0
    return out


# Golden numbers ----------------------------------------------------------------------------------


@every_profile
def test_every_profile_gives_the_golden_numbers(name):
    wanted = RETARGET["profiles"][name]
    assert hashlib.sha256(text_of(name).encode()).hexdigest() == wanted["sha256"]
    assert_golden(Evaluator(profile(name), NAMES), wanted["cases"])


def test_the_worked_profile_gives_the_golden_numbers():
    worked = RETARGET["worked"]
    assert_golden(Evaluator(read_profile(json.dumps(worked["profile"])), NAMES), worked["cases"])


@pytest.mark.parametrize("case", RETARGET["bases"])
def test_basis_matrices_are_the_golden_ones(case):
    found = matrices(np.array(case["offset"]), np.array(case["character_from_bone"]))
    np.testing.assert_allclose(found[:3], case["basis"], atol=RETARGET["tolerance"])


@pytest.mark.parametrize("case", [c for c in SKELETON["cases"] if not c["identity"]])
def test_the_heads_joints_are_where_the_golden_ones_are(case):
    head, evaluator = load_head(), Evaluator(profile("geface"), NAMES)
    values = face(**case["channels"])
    bones = np.zeros((len(head.joint_names), 9))
    rows = [head.joint_index(name) for name in evaluator.bone_names]
    bones[rows] = evaluator.evaluate(values)[0]
    turn = np.tile([1.0, 0, 0, 0], (len(bones), 1))
    turn[head.joint_index(evaluator.head_bone)] = evaluator.head_quaternion(values)
    local = matrices(bones, np.eye(3), turn)
    local[:, :3, 3] += head.rest_translations
    for joint, parent in enumerate(head.joint_parents):
        local[joint] = local[parent] @ local[joint] if parent >= 0 else local[joint]
    for name, rows in case["joints"].items():
        found = local[head.joint_index(name)][:3]
        np.testing.assert_allclose(found, rows, atol=SKELETON["tolerance"])


# Laws of the evaluator ---------------------------------------------------------------------------


@every_profile
@given(values=arrays(float, COUNT, elements=st.floats(-1, 1.5)))
def test_the_rigs_evaluator_and_this_agree(name, values):
    bones, curves = Evaluator(profile(name), NAMES).evaluate(values)
    wanted = load_profile(name).evaluate(values)
    np.testing.assert_allclose(bones, wanted.bones, atol=1e-12)
    np.testing.assert_allclose(curves, wanted.curves, atol=1e-12)


@given(faces)
def test_the_channels_may_come_in_any_order(values):
    order = np.random.default_rng(0).permutation(COUNT)
    turned = Evaluator(profile("geface"), [NAMES[i] for i in order])
    straight = Evaluator(profile("geface"), NAMES)
    for one, other in zip(turned.evaluate(values[order]), straight.evaluate(values), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_size_scales_translations_and_nothing_else():
    values = face(AU26=1, AU12_L=0.5)
    small, large = (Evaluator(profile("rigify"), NAMES, s).evaluate(values) for s in (1.0, 2.5))
    np.testing.assert_allclose(large[0][:, :3], 2.5 * small[0][:, :3])
    np.testing.assert_array_equal(large[0][:, 3:], small[0][:, 3:])


def test_frames_have_any_shape():
    evaluator = Evaluator(profile("vrm"), NAMES)
    values = np.random.default_rng(1).uniform(0, 1, (3, 2, COUNT))
    bones, curves = evaluator.evaluate(values)
    assert bones.shape == (3, 2, 2, 9)
    np.testing.assert_allclose(curves[2, 1], evaluator.evaluate(values[2, 1])[1])
    assert evaluator.head_quaternion(values).shape == (3, 2, 4)


def test_channels_that_the_server_does_not_send_are_named():
    with pytest.raises(ProfileError, match=r"lack .*AU01_L.* from the same version"):
        Evaluator(profile("geface"), NAMES[1:])


turns = arrays(float, 3, elements=st.floats(-2, 2))


@given(turns, turns, turns, arrays(float, 3, elements=st.floats(-1, 1)))
def test_parts_turn_and_shift_in_the_characters_axes_whatever_the_rest(rest, head, turn, shift):
    character_from_bone = matrix_from_quaternion(quaternion_from_rotvec(rest))
    before = quaternion_from_rotvec(head)
    offset = np.concatenate([shift, turn, [0.1, 0.2, 0.3]])
    location, quaternion, scale = basis_parts(offset, character_from_bone, before)
    np.testing.assert_allclose(character_from_bone @ location, shift, atol=1e-9)
    turned = character_from_bone @ matrix_from_quaternion(quaternion) @ character_from_bone.T
    wanted = matrix_from_quaternion(before) @ matrix_from_quaternion(quaternion_from_rotvec(turn))
    np.testing.assert_allclose(turned, wanted, atol=1e-9)
    np.testing.assert_allclose(scale, [1.1, 1.2, 1.3])


# Reading and writing -----------------------------------------------------------------------------


def raw_profile():
    return copy.deepcopy(RETARGET["worked"]["profile"])


def test_unknown_keys_are_passed_over():
    raw = raw_profile()
    raw["author"] = {"name": ["x"]}
    raw["drivers"][0]["note"] = raw["poses"]["smile"]["note"] = 1
    assert read_profile(json.dumps(raw)) == read_profile(json.dumps(raw_profile()))


@every_profile
def test_what_is_written_is_read_as_the_same_by_this_reader_and_the_rigs(name):
    text = profile_text(profile(name))
    assert read_profile(text) == profile(name)
    packaged = load_profile(name)
    assert parse_profile(json.loads(text)) == packaged


def test_the_file_is_written_with_the_keys_of_the_rigs_files():
    ours, theirs = (json.loads(t) for t in (profile_text(profile("rigify")), text_of("rigify")))
    assert ours == theirs


def smile(raw):
    return raw["poses"]["smile"]["bones"]["lip"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(format="fbx"), r"profile is \('fbx', 2\), expected \('geface-profile'"),
        (lambda r: r.update(format_version=1), r"\('geface-profile', 1\), expected .*same version"),
        (lambda r: r.update(layout_id="0" * 16), f"layout '0000.*add-on has {LAYOUT_ID}; take"),
        (lambda r: r.pop("head_bone"), "profile has no 'head_bone'"),
        (lambda r: r.update(head_bone=7), "head_bone is named 7, expected 1 to 256 characters"),
        (lambda r: r.update(target=None), "target is None, expected a text"),
        (lambda r: r.update(poses=[]), r"poses is \[\], expected an object"),
        (lambda r: r.update(drivers={}), r"drivers is \{\}, expected a list"),
        (lambda r: r["drivers"].append(3), "a driver is 3, expected an object"),
        (lambda r: r["poses"].pop("open"), "'open' ← .* names a pose or channel that does not"),
        (lambda r: r["drivers"][2]["times"][0].update(channel="AU99"), "AU99.* does not exist"),
        (lambda r: r["drivers"][2].update(times=5), "times, driver of 'open_smile' is 5, expected"),
        (lambda r: r["drivers"][0].pop("gain"), "driver of 'open' has no 'gain'"),
        (lambda r: r["drivers"][0].update(gain=True), "gain, driver of 'open' is True, expected a"),
        (lambda r: r["drivers"][0].update(gain=10**400), "gain, driver of 'open' is 10000"),
        (
            lambda r: r["drivers"][0].update(gain=-2e6),
            "'open' is -2000000.0, expected a number from",
        ),
        (lambda r: smile(r).pop("scale"), "'smile', bone 'lip' has no 'scale'"),
        (lambda r: smile(r).update(rotvec=[0, 1]), r"rotvec is \[0, 1\], expected three numbers"),
        (lambda r: smile(r).update(rotvec=[0, 1, float("nan")]), "rotvec is nan, expected a num"),
        (lambda r: r["poses"]["smile"]["curves"].update(x=float("inf")), "curve 'x' is inf"),
        (lambda r: r["poses"].update({"n" * 257: {}}), "pose is named 'nnn"),
        (lambda r: r.update(unused=["gaze_yaw"]), "'gaze_yaw', which is no intensity channel"),
        (lambda r: r.update(reference_eye_distance_m=0), "eye_distance_m is 0, expected more than"),
    ],
)
def test_a_profile_that_does_not_fit_is_refused_saying_where(change, message):
    raw = raw_profile()
    change(raw)
    with pytest.raises(ProfileError, match=message):
        read_profile(json.dumps(raw))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "[" * 100_000, "\0", "1" * 5000])
def test_what_is_no_profile_at_all_is_refused(text):
    with pytest.raises(ProfileError, match=r"profile is"):
        read_profile(text)


def test_a_profile_of_any_length_is_not_read():
    with pytest.raises(ProfileError, match=r"16777217 characters, expected 16777216 or less"):
        read_profile(" " * (profiles.MAX_CHARACTERS + 1))


def test_a_table_that_would_fill_the_memory_is_refused():
    raw = raw_profile()
    raw["drivers"] = raw["drivers"][:1] * 1000
    raw["poses"]["open"]["curves"] = {str(i): 0.5 for i in range(10_000)}
    with pytest.raises(ProfileError, match=r"1000 drivers of \d+ numbers each, more than"):
        read_profile(json.dumps(raw))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def places(value, path=()):
    """Every place in a tree."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


@given(st.sampled_from([path for path in places(raw_profile()) if path]), json_values)
def test_anything_anywhere_is_read_or_refused_with_words(path, value):
    raw = raw_profile()
    inner = raw
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    try:
        found = read_profile(json.dumps(raw))
    except ProfileError as error:
        assert 10 < len(str(error)) < 400  # noqa: PT017 (only some are refused)
    else:
        assert np.isfinite(Evaluator(found, NAMES).evaluate(np.ones(COUNT))[0]).all()
