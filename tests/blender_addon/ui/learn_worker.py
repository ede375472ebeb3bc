# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: teaches a character that no profile knows, by the panel's buttons.

    boot.py … learn_worker.py RESULT.npz

The armature's bones have names of nobody else and lie askew; the body is posed and a shape of the
person is on before posing begins.
"""

import json
import sys
from pathlib import Path

import bpy
import numpy as np
from boot import part
from mathutils import Matrix, Quaternion, Vector

FOLDER = Path(sys.argv[1]).parent
BONES = {  # head, tail: the left is at +x
    "trunk": ((0, 0, 0), (0, 0, 1)),
    "skull": ((0, 0, 1), (0, 0.1, 1.3)),
    "pull.L": ((0.03, -0.1, 1.1), (0.06, -0.15, 1.12)),
    "pull.R": ((-0.03, -0.1, 1.1), (-0.06, -0.15, 1.12)),
    "flap": ((0, -0.1, 1.05), (0.01, -0.2, 1.0)),
}
KEYS = ("fat", "puff.L", "puff.R")
found = {}


def chosen():
    return bpy.context.window_manager.geface


def character():
    return bpy.context.scene.geface.characters[0]


def refused(operator, **values):
    try:
        operator(**values)
    except RuntimeError as error:
        return str(error)
    return ""


def make():
    armature = bpy.data.armatures.new("strange")
    rig = bpy.data.objects.new("strange", armature)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name, (head, tail) in BONES.items():
        bone = armature.edit_bones.new(name)
        bone.head, bone.tail = head, tail
        bone.parent = armature.edit_bones.get(
            "skull" if name not in ("trunk", "skull") else "trunk"
        )
        bone.roll = 0.3 if name == "flap" else 0.0
    armature.edit_bones["trunk"].parent = None
    bpy.ops.object.mode_set(mode="OBJECT")
    mesh = bpy.data.meshes.new("skin")
    mesh.from_pydata([(0, 0, 1)], [], [])
    skin = bpy.data.objects.new("skin", mesh)
    bpy.context.scene.collection.objects.link(skin)
    skin.parent = rig
    for name in ("Basis", *KEYS):
        skin.shape_key_add(name=name).value = 0.0  # from Blender 5.0 on they begin at 1
    return rig, skin


def keys(skin):
    return {name: skin.data.shape_keys.key_blocks[name].value for name in KEYS}


def stand(rig, name):
    """Where a bone is in the armature, by its matrices."""
    return np.array(rig.pose.bones[name].matrix_basis).tolist()


def basis(rig, name, place, axis, angle):
    """matrix_basis of a move that is told in the armature's axes."""
    rest = rig.data.bones[name].matrix_local.to_3x3()
    turn = rest.transposed() @ Quaternion(axis, angle).to_matrix() @ rest
    return Matrix.Translation(rest.transposed() @ Vector(place)) @ turn.to_4x4()


rig, skin = make()
bpy.ops.geface.character_add()
found["known"] = part("ui.current").description(character())
rig.pose.bones["trunk"].rotation_mode = "XYZ"
rig.pose.bones["trunk"].rotation_euler = (0.3, 0.1, 0)
skin.data.shape_keys.key_blocks["fat"].value = 0.6
found["before"] = [stand(rig, "trunk"), keys(skin)]
found["too early"] = refused(bpy.ops.geface.learn)

bpy.ops.geface.pose_start()
found["follows"] = character().enabled
found["nothing posed"] = refused(bpy.ops.geface.learn)

# a smile of the left, by a bone
chosen().learn_pose, chosen().learn_side = "AU12", "LEFT"
pose = basis(rig, "pull.L", (0.01, -0.004, 0.012), (0, 0, 1), 0.25)
rig.pose.bones["pull.L"].matrix_basis = pose
bpy.ops.geface.learn()
found["posed"] = np.array(pose).tolist()
found["after learn"] = [stand(rig, "pull.L"), stand(rig, "trunk"), keys(skin), character().profile]
bpy.ops.geface.learn_mirror()

# cheeks of both sides at once, by shape keys
chosen().learn_pose, chosen().learn_side = "AU06", "BOTH"
for name, value in (("puff.L", 0.8), ("puff.R", 0.4)):
    skin.data.shape_keys.key_blocks[name].value = value
found["no mirror of both"] = refused(bpy.ops.geface.learn_mirror)
bpy.ops.geface.learn()

# the jaw, which has no sides, and a gaze
chosen().learn_pose = "AU26"
rig.pose.bones["flap"].matrix_basis = basis(rig, "flap", (0, 0, 0), (1, 0, 0), 0.5)
bpy.ops.geface.learn()
chosen().learn_pose = "gaze_up"
rig.pose.bones["skull"].matrix_basis = basis(rig, "skull", (0, 0, 0), (1, 0, 0), -0.2)
bpy.ops.geface.learn()


def preview(pose, side, weight):
    chosen().learn_pose, chosen().learn_side = pose, side
    chosen().preview = weight
    out = {name: stand(rig, name) for name in BONES}, keys(skin)
    chosen().preview = 0.0
    return out


found["AU12 L"] = preview("AU12", "LEFT", 1.0)
found["AU12 R"] = preview("AU12", "RIGHT", 1.0)
found["AU12 half"] = preview("AU12", "LEFT", 0.5)
found["AU06 L"] = preview("AU06", "LEFT", 1.0)
found["AU06 both"] = preview("AU06", "BOTH", 0.5)
found["AU26"] = preview("AU26", "LEFT", 1.0)
found["gaze"] = preview("gaze_up", "LEFT", 1.0)
found["rest"] = preview("AU12", "LEFT", 0.0)

bpy.ops.geface.profile_export(filepath=str(FOLDER / "learned.json"))
bpy.ops.geface.pose_end()
found["done"] = [character().enabled, stand(rig, "trunk"), keys(skin)]

# another character takes the file; what is no profile changes nothing
bpy.ops.geface.character_add()
second = bpy.context.scene.geface.characters[1]
bpy.context.scene.geface.active_character = 1
(FOLDER / "no.json").write_text('{"format": "something"}')
found["no profile"] = refused(bpy.ops.geface.profile_import, filepath=str(FOLDER / "no.json"))
found["no file"] = refused(bpy.ops.geface.profile_import, filepath=str(FOLDER / "gone.json"))
found["no folder"] = refused(
    bpy.ops.geface.profile_export, filepath=str(FOLDER / "gone" / "x.json"), check_existing=False
)
found["unchanged"] = [second.profile, second.profile_text is None]
bpy.ops.geface.profile_import(filepath=str(FOLDER / "learned.json"))
found["imported"] = [
    second.profile,
    second.profile_text.as_string() == character().profile_text.as_string(),
]
found["description"] = part("ui.current").description(second)

np.savez(sys.argv[1], found=np.array(json.dumps(found, default=str)))
