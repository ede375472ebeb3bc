"""numpy's evaluator agrees with the retarget vectors, and the vectors with the profiles."""

import json

import numpy as np
import pytest

from rig.profile import basis_matrix, load_profile, parse_profile, profile_names
from tests.contract.golden import make_retarget

GOLDEN = json.loads(make_retarget.PATH.read_text(encoding="utf-8"))
PAIRS = [(n, case) for n, part in GOLDEN["profiles"].items() for case in part["cases"]]


def assert_agrees(profile, case):
    found = profile.evaluate(make_retarget.vector_of(case["channels"]))
    still = [0.0] * 9
    bones = [case["bones"].get(name, still) for name in profile.bone_names]
    curves = [case["curves"].get(name, 0.0) for name in profile.curve_names]
    np.testing.assert_allclose(found.bones.ravel(), np.ravel(bones), atol=GOLDEN["tolerance"])
    np.testing.assert_allclose(found.curves, curves, atol=GOLDEN["tolerance"])


def test_the_vectors_are_of_the_packaged_profiles():
    found = {name: part["sha256"] for name, part in GOLDEN["profiles"].items()}
    assert found == make_retarget.profile_hashes(), make_retarget.__doc__
    assert set(found) == set(profile_names())


@pytest.mark.parametrize(("name", "case"), PAIRS)
def test_packaged_profiles_agree(name, case):
    assert_agrees(load_profile(name), GOLDEN["profiles"][name]["cases"][case])


@pytest.mark.parametrize("case", GOLDEN["worked"]["cases"])
def test_the_worked_profile_agrees(case):
    profile = parse_profile(GOLDEN["worked"]["profile"])
    assert_agrees(profile, GOLDEN["worked"]["cases"][case])


@pytest.mark.parametrize("case", GOLDEN["bases"])
def test_bases_agree(case):
    found = basis_matrix(np.array(case["offset"]), np.array(case["character_from_bone"]))
    np.testing.assert_allclose(found[:3], case["basis"], atol=GOLDEN["tolerance"])


def test_the_worked_cases_tell_products_and_clipping_apart():
    """By hand: jawOpen is 0.4 · 2 · 0.5 = 0.4, and with 0.7 · (0.5 · 1.5 · 1) it is 0.925."""
    cases = GOLDEN["worked"]["cases"]
    assert cases["a_product_lacks_a_factor"]["curves"]["jawOpen"] == 0.4
    assert cases["a_product_of_three"]["curves"]["jawOpen"] == 0.925
    assert cases["curves_clip_after_the_sum"]["curves"]["jawOpen"] == 1.0
    assert "mouthClose" not in cases["curves_clip_after_the_sum"]["curves"]
    assert not cases["two_negatives_make_no_pose"]["bones"]
