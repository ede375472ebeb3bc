"""numpy's evaluator agrees with the golden vectors, and the vectors with the assets."""

import json

import numpy as np
import pytest

from rig.head import load_head
from rig.layout import load_layout
from rig.skeleton import Skeleton
from rig.skinning import skin
from tests.contract.golden import make_skeleton

GOLDEN = json.loads(make_skeleton.PATH.read_text(encoding="utf-8"))
HEAD, SKELETON = load_head(), Skeleton()
case = pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda c: c["name"])


def vectors(case):
    return make_skeleton.vectors_of(case["channels"], case["identity"])


def test_the_vectors_are_of_the_packaged_assets_and_layout():
    assert GOLDEN["sha256"] == make_skeleton.asset_hashes(), make_skeleton.__doc__
    assert GOLDEN["layout_id"] == load_layout().layout_id


@case
def test_joints_stand_where_the_vectors_say(case):
    found = SKELETON.joint_matrices(*vectors(case))
    for name, expected in case["joints"].items():
        rows = found[HEAD.joint_index(name), :3]
        np.testing.assert_allclose(rows, expected, atol=GOLDEN["tolerance"], err_msg=name)


@case
def test_vertices_lie_where_the_vectors_say(case):
    """From the file alone: rest places, joints and weights as other languages read them."""
    matrices = SKELETON.skin_matrices(*vectors(case))
    for vertex, expected in zip(GOLDEN["vertices"], case["vertices"], strict=True):
        joints = np.array([[HEAD.joint_index(name) for name in vertex["joints"]]])
        rest, weights = np.array([vertex["rest"]]), np.array([vertex["weights"]])
        found = skin(rest, joints, weights, matrices)[0]
        np.testing.assert_allclose(found, expected, atol=GOLDEN["tolerance"])


def test_the_cases_tell_their_subjects_apart():
    """A vector that did not move anything would hold no evaluator to anything."""
    cases = {c["name"]: c for c in GOLDEN["cases"]}
    rest = np.array(cases["rest"]["vertices"])
    for name, values in cases.items():
        moved = np.abs(np.array(values["vertices"]) - rest).max()
        assert (moved > 1e-4) == (name not in ("rest", "negative_intensity_is_no_pose")), name


def test_a_channel_below_zero_poses_nothing():
    cases = {c["name"]: c for c in GOLDEN["cases"]}
    assert cases["negative_intensity_is_no_pose"]["joints"] == cases["rest"]["joints"]
