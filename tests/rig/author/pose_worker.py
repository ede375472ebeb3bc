"""Runs in Blender's Python: imports a file and writes what its animations do to the vertices.

    python pose_worker.py FILE.glb|FILE.fbx JOB.npz RESULT.npz

JOB holds ``poses`` (N,), names of animations, and per material NAME ``points_NAME`` (V, 3), the
rest places to report. RESULT holds ``found`` (N,), whether there is such an animation,
``posed_NAME`` (N, V, 3) at its end and ``distance_NAME`` (V,). Knows nothing of our code.
"""

import sys

import bpy
import numpy as np
from blender_worker import evaluated, nearest, vertices_by_material


def load(path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if path.endswith(".fbx"):
        bpy.ops.import_scene.fbx(filepath=path)
    else:
        bpy.ops.import_scene.gltf(filepath=path)
    things = bpy.data.objects
    rig = next(t for t in things if t.type == "ARMATURE")
    for thing in things:
        if thing.animation_data:
            thing.animation_data_clear()
    return rig, [t for t in things if "ARMATURE" in [m.type for m in t.modifiers]]


def action_of(rig, pose):
    """Imported actions are called "POSE", "POSE_OBJECT" or, by takes, "OBJECT|OBJECT|POSE"."""
    names = (pose, f"{pose}_{rig.name}")
    return next((a for a in bpy.data.actions if a.name.split("|")[-1] in names), None)


def rest(rig):
    for bone in rig.pose.bones:
        bone.matrix_basis.identity()


def play_to_end(rig, action):
    rest(rig)
    animation = rig.animation_data_create()
    animation.action = action
    animation.action_slot = action.slots[0]
    bpy.context.scene.frame_set(round(action.frame_range[1]))


def main(path, job_path, result_path):
    job = np.load(job_path)
    rig, things = load(path)
    rest(rig)
    still, parts = evaluated(things), vertices_by_material(things)
    names = [key[len("points_") :] for key in job.files if key.startswith("points_")]
    result, rows = {}, {}
    for name in names:
        rows[name], result[f"distance_{name}"] = nearest(job[f"points_{name}"], still, parts[name])
    posed = {name: [] for name in names}
    actions = [action_of(rig, str(pose)) for pose in job["poses"]]
    for action in actions:
        if action:
            play_to_end(rig, action)
        points = evaluated(things) if action else still
        for name in names:
            posed[name].append(points[rows[name]])
    result.update({f"posed_{name}": np.array(values) for name, values in posed.items()})
    np.savez(result_path, found=[action is not None for action in actions], **result)


if __name__ == "__main__":
    main(*sys.argv[1:4])
