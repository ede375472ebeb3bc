"""Runs in Blender's Python: poses a file's armature and writes where its vertices go.

    python blender_worker.py FILE.blend|FILE.glb JOB.npz RESULT.npz

JOB holds joint names (J,), and for N poses translations (N, J, 3), quaternions (N, J, 4; w x y z)
and scales (N, J, 3) in the rig's axes, and per material NAME ``points_NAME`` (V, 3), the rest
places to report. RESULT holds ``posed_NAME`` (N, V, 3) and ``distance_NAME`` (V,), from each
point to the mesh's vertex that stands for it. Knows nothing of our code.
"""

import sys

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector, kdtree

RIG_FROM_BLENDER = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


def load(path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if path.endswith(".blend"):
        bpy.ops.wm.open_mainfile(filepath=path)
    else:
        bpy.ops.import_scene.gltf(filepath=path)
    things = bpy.data.objects
    for thing in things:  # sliders' drivers and animations would move the bones too
        thing.animation_data_clear()
    armature = next(t for t in things if t.type == "ARMATURE")
    return armature, [t for t in things if "ARMATURE" in [m.type for m in t.modifiers]]


def set_pose(armature, names, translations, quaternions, scales):
    """The rig's axes in a bone's own: turn by ``change`` there and back."""
    blender_from_rig = Matrix(RIG_FROM_BLENDER.T.tolist())
    world = armature.matrix_world.to_3x3()
    for name, place, turn, scale in zip(names, translations, quaternions, scales, strict=True):
        bone = armature.pose.bones[str(name)]
        bone.rotation_mode = "QUATERNION"
        rest = world @ bone.bone.matrix_local.to_3x3()
        change = (rest.inverted() @ blender_from_rig).to_4x4()
        rig_matrix = Matrix.LocRotScale(Vector(place), Quaternion(turn), Vector(scale))
        basis = change @ rig_matrix @ change.inverted()
        bone.location, bone.rotation_quaternion, bone.scale = basis.decompose()


def evaluated(things):
    """(V, 3) vertices of all meshes in the rig's axes, after the armature."""
    graph = bpy.context.evaluated_depsgraph_get()
    graph.update()
    out = []
    for thing in things:
        found = thing.evaluated_get(graph)
        points = np.empty(len(found.data.vertices) * 3)
        found.data.vertices.foreach_get("co", points)
        world = np.array(found.matrix_world)
        out.append(points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
    return np.concatenate(out) @ RIG_FROM_BLENDER.T


def vertices_by_material(things):
    out, start = {}, 0
    for thing in things:
        for polygon in thing.data.polygons:
            name = thing.material_slots[polygon.material_index].name.split(".")[0]
            out.setdefault(name, set()).update(start + v for v in polygon.vertices)
        start += len(thing.data.vertices)
    return {name: np.array(sorted(rows)) for name, rows in out.items()}


def nearest(points, rest, rows):
    tree = kdtree.KDTree(len(rows))
    for row in rows:
        tree.insert(rest[row], int(row))
    tree.balance()
    found = [tree.find(point) for point in points]
    return np.array([f[1] for f in found]), np.array([f[2] for f in found])


def main(path, job_path, result_path):
    job = np.load(job_path)
    armature, things = load(path)
    count = len(job["names"])
    set_pose(
        armature, job["names"], np.zeros((count, 3)), [[1, 0, 0, 0]] * count, np.ones((count, 3))
    )
    rest, parts = evaluated(things), vertices_by_material(things)
    names = [key[len("points_") :] for key in job.files if key.startswith("points_")]
    result, rows = {}, {}
    for name in names:
        rows[name], result[f"distance_{name}"] = nearest(job[f"points_{name}"], rest, parts[name])
    posed = {name: [] for name in names}
    for pose in zip(job["translations"], job["quaternions"], job["scales"], strict=True):
        set_pose(armature, job["names"], *pose)
        points = evaluated(things)
        for name in names:
            posed[name].append(points[rows[name]])
    result.update({f"posed_{name}": np.array(values) for name, values in posed.items()})
    np.savez(result_path, **result)


if __name__ == "__main__":
    main(*sys.argv[1:4])
