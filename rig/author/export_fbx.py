"""Writes the head as FBX, with its poses as takes: ``python -m rig.author.export_fbx --out DIR``.

For tools that read no glTF. ``DIR/head.fbx`` holds the mesh, the armature, the pictures and a take
a pose, ``geface_rig|AU12_L`` for instance, as in head.glb: at rest in its first frame, complete in
its last, a second later. Made by Blender's own exporter from ``head.blend`` and
``profiles/geface.json``; axes are FBX's usual ones (y up, z forward).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from rig.author.glb_poses import full_weight
from rig.author.scene import HEAD_NAME, RIG_NAME
from rig.head import asset_path
from rig.profile import Profile, load_profile
from rig.rotations import matrix_to_quaternion, rotvec_to_matrix

FRAMES_PER_SECOND = 30


def free_bones(rig: Any) -> None:
    """Take off the sliders' drivers, so that actions move the bones themselves."""
    rig.animation_data_clear()
    for action in list(bpy.data.actions):
        bpy.data.actions.remove(action)
    for bone in rig.pose.bones:
        bone.rotation_mode = "QUATERNION"
        _set_offset(bone, np.zeros(9))


def add_pose_actions(rig: Any, profile: Profile) -> None:
    """One action a driver of the profile: every bone at rest, then as the pose has it."""
    rig.animation_data_create()
    for driver in profile.drivers:
        rig.animation_data.action = bpy.data.actions.new(driver.pose)
        rig.animation_data.action.use_fake_user = True
        for name, part in profile.poses[driver.pose].bones.items():
            bone = rig.pose.bones[name]
            for frame, weight in ((0, 0.0), (FRAMES_PER_SECOND, full_weight(driver))):
                _set_offset(bone, weight * np.array(part.offset))
                for path in ("location", "rotation_quaternion", "scale"):
                    bone.keyframe_insert(path, frame=frame)
            _set_offset(bone, np.zeros(9))
    rig.animation_data.action = None


def _set_offset(bone: Any, offset: Any) -> None:
    bone.location = offset[:3]
    bone.rotation_quaternion = matrix_to_quaternion(rotvec_to_matrix(offset[3:6]))
    bone.scale = 1 + offset[6:]


def export(path: Path) -> None:
    """Write the open scene's character and all actions and pictures as FBX."""
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = FRAMES_PER_SECOND, 0, FRAMES_PER_SECOND
    bpy.ops.export_scene.fbx(
        filepath=str(path),
        use_selection=False,
        object_types={"ARMATURE", "MESH"},
        add_leaf_bones=False,
        use_armature_deform_only=False,
        mesh_smooth_type="FACE",
        bake_anim_use_all_actions=True,
        bake_anim_use_nla_strips=False,
        bake_anim_force_startend_keying=False,
        bake_anim_step=FRAMES_PER_SECOND,
        bake_anim_simplify_factor=0.01,
        path_mode="COPY",
        embed_textures=True,
    )


def main() -> None:
    """Export into ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="folder to write head.fbx into")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.open_mainfile(filepath=str(asset_path("head.blend")), use_scripts=False)
    rig = bpy.data.objects[RIG_NAME]
    if bpy.context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    free_bones(rig)
    add_pose_actions(rig, load_profile())
    head = bpy.data.objects[HEAD_NAME]
    for thing in list(bpy.data.objects):
        if thing not in (rig, head) and thing.type in ("ARMATURE", "MESH"):
            bpy.data.objects.remove(thing)
    export(folder / "head.fbx")


if __name__ == "__main__":
    main()
