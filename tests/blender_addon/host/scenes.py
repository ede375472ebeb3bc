# SPDX-License-Identifier: GPL-3.0-or-later
"""For workers, in Blender's Python: characters, what they show, their F-curves, their places."""

import copy

import bpy
import numpy as np
from boot import part


def open_head(path):
    """The head of rig/assets as the scene's only character; gives its armature."""
    bpy.ops.wm.open_mainfile(filepath=str(path), use_scripts=False)
    rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    return add_character(rig)


def add_character(thing, **settings):
    character = bpy.context.scene.geface.characters.add()
    character.name = thing.name
    character.target = thing
    for name, value in settings.items():
        setattr(character, name, value)
    return thing


def is_shown_as_it_comes(session, character):
    """Whether nothing is being eased, in or out: another face would be shown at once, too."""
    motion, frame = session.motion_of(character), session.latest_frame()
    if motion is None or frame is None or not frame.valid:
        return False
    other = frame.channels + 0.01
    shown = copy.deepcopy(motion)(other, frame.time_s, part("core.motion").MotionSettings())
    return np.allclose(shown, other, rtol=0, atol=1e-9)


def keyed_mesh(names, name="Mesh"):
    """A triangle whose shape key number i lifts it by i + 1."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    thing.shape_key_add(name="Basis")
    for number, key_name in enumerate(names):
        key = thing.shape_key_add(name=key_name, from_mix=False)
        key.value = 0.0  # Blender 5.0 begins at 1
        for point in key.data:
            point.co.z += number + 1
    return thing


def set_rate(fps, fps_base=1.0):
    render = bpy.context.scene.render
    render.fps, render.fps_base = int(fps), fps_base


def curves_of(thing):
    """(path, index) → F-curve of what a data-block plays."""
    animation = thing.animation_data
    action = animation.action
    if hasattr(action, "slots"):
        bag = action.layers[0].strips[0].channelbag(animation.action_slot)
        found = bag.fcurves
    else:
        found = action.fcurves
    return {(curve.data_path, curve.array_index): curve for curve in found}


def keys_of(curve):
    """(N, 2) frames and values, in double precision: times are reckoned from them."""
    out = np.empty(2 * len(curve.keyframe_points), np.float32)
    curve.keyframe_points.foreach_get("co", out)
    return out.reshape(-1, 2).astype(np.float64)


def sliders(rig):
    """Slider's name → F-curve."""
    prefix = 'pose.bones["head"]["'
    found = curves_of(rig)
    return {path[len(prefix) : -2]: curve for (path, _), curve in found.items()}


def points(mesh):
    """(V, 3) evaluated vertices in the world."""
    graph = bpy.context.evaluated_depsgraph_get()
    graph.update()
    found = mesh.evaluated_get(graph)
    out = np.empty(len(found.data.vertices) * 3, np.float32)
    found.data.vertices.foreach_get("co", out)
    world = np.array(found.matrix_world)
    return out.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]
