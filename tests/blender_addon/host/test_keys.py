# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape keys of a character's meshes, and VRM's expressions."""

import numpy as np

from rig.profile import load_profile

ARKIT = load_profile("arkit52")


def curves(job, profile=ARKIT):
    found = profile.evaluate(job["channels"][0]).curves
    return dict(zip(profile.curve_names, found, strict=True))


def test_all_meshes_of_the_rig_take_their_keys(applied, job):
    expected = curves(job)
    for name, value in zip(job["keys"], applied["several_meshes_face"], strict=True):
        if name != "jawLeft":
            assert abs(value - expected[name]) < 1e-6
    wanted = [expected["browInnerUp"], expected["jawOpen"]]
    np.testing.assert_allclose(applied["several_meshes_brows"], wanted, atol=1e-6)
    assert max(expected.values()) > 0.5


def test_other_peoples_keys_meshes_and_drivers_stay(applied):
    assert applied["several_meshes_mine"] == 0.5
    assert applied["several_meshes_other"] == 0
    row = list(ARKIT.curve_names).index("jawLeft")
    assert applied["several_meshes_face"][row] == 0.125


def test_keys_that_two_objects_share_are_one_track_each(applied):
    assert applied["several_meshes_tracked"] == len(ARKIT.curve_names) - 1 + 2
    assert applied["several_meshes_paths"].tolist() == ['key_blocks["!ex-jawOpen"].value']


def test_the_rigs_head_turns_with_a_profile_of_keys_alone(applied):
    assert applied["several_meshes_turned"][0] < 0.999
    assert "head turns with the head" in str(applied["several_meshes_guessed"])
    assert "52 of 52 shape keys" in str(applied["several_meshes_guessed"])


def test_a_vrm_model_turns_its_eyes_once(applied, job):
    """By bones if it has them; where the VRM add-on knows better, as it says."""
    vrm = curves(job, load_profile("vrm"))
    assert vrm["lookUp"] > 0.1
    aa, blink = vrm["aa"], vrm["blinkLeft"]
    np.testing.assert_allclose(applied["vrm_plain"], [aa, blink, 0], atol=1e-6)
    np.testing.assert_allclose(applied["vrm_bone"], [blink, 0.5 * aa, 0], atol=1e-6)
    np.testing.assert_allclose(
        applied["vrm_expression"], [blink, 0.5 * aa, vrm["lookUp"]], atol=1e-6
    )
    assert applied["vrm_plain_eye"][0] < 0.999
    assert applied["vrm_bone_eye"][0] < 0.999
    assert applied["vrm_expression_eye"].tolist() == [1, 0, 0, 0]
