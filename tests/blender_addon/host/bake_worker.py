# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: bakes takes by the installed add-on and writes what became of them.

boot.py MODULE bake_worker.py RESULT.npz SCENARIO HEAD.blend TAKE.geface FOLDER
"""

import os
import sys
from pathlib import Path

import bpy
import numpy as np
import scenes
from boot import part

RATES = ((24, 1.0), (25, 1.0), (30, 1.0), (60, 1.0), (24, 1.001))


def bake(take, start=1.0):
    scene = bpy.context.scene
    return part("host.takes").import_take(Path(take), scene, list(scene.geface.characters), start)


def rates(head, take, folder):
    """Keys of every slider at every rate of the scene, after saving and opening again."""
    out = {}
    for number, (fps, base) in enumerate(RATES):
        rig = scenes.open_head(head)
        scenes.set_rate(fps, base)
        outcome = bake(take, start=11)
        assert not outcome.problems, outcome.problems
        bpy.ops.wm.save_as_mainfile(filepath=str(Path(folder) / f"{number}.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(Path(folder) / f"{number}.blend"))
        rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
        curves = scenes.sliders(rig)
        out[f"names_{number}"] = np.array(sorted(curves))
        out[f"keys_{number}"] = np.stack([scenes.keys_of(curves[n]) for n in sorted(curves)])
        action = rig.animation_data.action
        out[f"action_{number}"] = np.array([action.name, action.use_fake_user])
        out[f"lines_{number}"] = np.array(
            [p.interpolation == "LINEAR" for c in curves.values() for p in c.keyframe_points]
        )
    return out


def exact(head, take, folder):
    rig = scenes.open_head(head)
    scenes.set_rate(24)
    bpy.context.scene.geface.resample = "EXACT"
    bake(take, start=11)
    curves = scenes.sliders(rig)
    return {
        "names": np.array(sorted(curves)),
        "keys": np.stack([scenes.keys_of(curves[n]) for n in sorted(curves)]),
    }


def simple(head, take, folder):
    """Values at every frame of a full and of a simplified bake, and how many keys each has."""
    out, frames = {}, None
    for name in ("full", "simplified"):
        rig = scenes.open_head(head)
        settings = bpy.context.scene.geface
        settings.simplify, settings.simplify_error = name == "simplified", 0.01
        bake(take)
        curves = scenes.sliders(rig)
        if frames is None:
            frames = scenes.keys_of(curves["AU12_L"])[:, 0]
        out[name] = np.array([[curves[n].evaluate(f) for f in frames] for n in sorted(curves)])
        out[f"count_{name}"] = sum(len(c.keyframe_points) for c in curves.values())
    return out


def moving(head, take, folder):
    """Vertices on some frames of a baked take, and as the target itself puts them."""
    rig = scenes.open_head(head)
    scene = bpy.context.scene
    scenes.set_rate(30)
    mesh = max(
        (o for o in bpy.data.objects if o.type == "MESH"), key=lambda o: len(o.data.vertices)
    )
    rest = scenes.points(mesh)
    bake(take, start=1)
    baked = []
    for frame in (1, 20, 45):
        scene.frame_set(frame)
        baked.append(scenes.points(mesh))
    names = [row[0] for row in part("core.layout_generated").CHANNELS]
    curves = scenes.sliders(rig)
    rows = np.array(
        [[curves[n].evaluate(f) if n in curves else 0.0 for n in names] for f in (1, 20, 45)]
    )
    rig.animation_data.action = None
    target = part("host.targets").resolve(scene.geface.characters[0])
    applied = []
    for row in rows:
        target.apply(row)
        applied.append(scenes.points(mesh))
    return {"rest": rest, "baked": np.array(baked), "applied": np.array(applied)}


def keys(head, take, folder):
    """Shape keys and bones of one character in one action; a mesh alone in another."""
    names = [f"!ex-{n}" for n in ("jawOpen", "eyeBlinkLeft", "mouthSmileLeft")]
    mesh = scenes.keyed_mesh(names, "Face")
    scenes.add_character(mesh, profile="arkit52")
    scenes.set_rate(30)
    outcome = bake(take, start=1)
    assert not outcome.problems, outcome.problems
    blocks = mesh.data.shape_keys
    heights, values = [], []
    for frame in (1, 20, 45):
        bpy.context.scene.frame_set(frame)
        values.append([blocks.key_blocks[name].value for name in names])
        heights.append(scenes.points(mesh)[0, 2])
    found = scenes.curves_of(blocks)
    return {
        "values": np.array(values),
        "heights": np.array(heights),
        "paths": np.array(sorted(path for path, _ in found)),
    }


def bones(head, take, folder):
    """Bones on some frames of a baked take, and as the target itself puts them."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.preferences.addon_enable(module=os.environ["GEFACE_ADDON_MODULE"])
    bpy.ops.import_scene.gltf(filepath=str(Path(head).with_name("head.glb")))
    rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    rig.animation_data_clear()
    scenes.add_character(rig, profile="geface")
    scenes.set_rate(30)
    assert not bake(take, start=1).problems
    scene, frames = bpy.context.scene, (1, 20, 45)
    baked = []
    for frame in frames:
        scene.frame_set(frame)
        baked.append([np.array(bone.matrix) for bone in rig.pose.bones])
    rig.animation_data.action = None
    read = part("core.take").read_take(take)
    applied = []
    for frame in frames:
        part("host.targets").resolve(scene.geface.characters[0]).apply(
            read.frames[frame - 1].channels
        )
        bpy.context.view_layer.update()
        applied.append([np.array(bone.matrix) for bone in rig.pose.bones])
    return {"baked": np.array(baked), "applied": np.array(applied)}


def old_actions(head, take, folder):
    """What becomes of an action that was there, under each policy and whatever it moves."""
    out = {}
    for policy in ("AUTO", "NLA", "ASIDE"):
        for moves in ("face", "body"):
            rig = scenes.open_head(head)
            bpy.context.scene.geface.old_action = policy
            path = 'pose.bones["head"]["AU12_L"]' if moves == "face" else "location"
            if moves == "body":
                rig.location.x = 3.0
            else:
                rig.pose.bones["head"]["AU12_L"] = 0.3
            rig.keyframe_insert(path, frame=1)
            rig.location.x = 0.0
            old = rig.animation_data.action
            old.name = "Before"
            bake(take, start=1)
            animation = rig.animation_data
            bpy.context.scene.frame_set(10)
            strips = [s.action.name for t in animation.nla_tracks for s in t.strips]
            kept = bpy.data.actions.get("Before")
            value = scenes.sliders(rig)["AU12_L"].evaluate(10)
            found = {
                "new": animation.action.name != "Before",
                "kept": kept is not None and kept.use_fake_user,
                "pushed": strips == ["Before"],
                "placed": abs(rig.location.x - 3.0) < 1e-6,
                "played": abs(rig.pose.bones["head"]["AU12_L"] - value) < 1e-5,
            }
            out[f"{policy}_{moves}"] = np.array([name for name in found if found[name]])
    return out


def lost(head, take, folder):
    """A slider over a loss, under both ways to take it."""
    out = {}
    for way in ("HOLD", "FADE"):
        rig = scenes.open_head(head)
        scenes.set_rate(30)
        bpy.context.scene.geface.characters[0].on_lost = way
        bake(take, start=0)
        out[way] = scenes.keys_of(scenes.sliders(rig)["AU12_L"])[:, 1]
    return out


def problems(head, take, folder):
    """Characters that cannot be baked stop none of the others."""
    rig = scenes.open_head(head)
    scene = bpy.context.scene
    for name in ("nobody", "cube", "stranger"):
        scene.geface.characters.add().name = name
    cube = bpy.data.objects.new("Cube", bpy.data.meshes.new("Cube"))
    scene.collection.objects.link(cube)
    scene.geface.characters["cube"].target = cube
    scene.geface.characters["stranger"].target = rig
    scene.geface.characters["stranger"].subject = "someone"
    outcome = bake(take)
    curves = len(scenes.sliders(rig))
    return {"problems": np.array(outcome.problems), "curves": curves}


def linked(head, take, folder):
    """A linked head, and the same with an override."""
    with bpy.data.libraries.load(head, link=True) as (there, here):
        here.objects = there.objects
    rig = next(thing for thing in here.objects if thing.type == "ARMATURE")
    bpy.context.scene.collection.objects.link(rig)
    scenes.add_character(rig)
    (problem,) = bake(take).problems
    own = rig.override_create(remap_local_usages=True)
    outcome = bake(take)
    assert not outcome.problems, outcome.problems
    names = {"problem": problem, "untouched": rig.animation_data.action is None}
    bpy.context.scene.frame_set(20)
    value = scenes.sliders(own)["AU12_L"].evaluate(20)
    return {**names, "off": own.pose.bones["head"]["AU12_L"] - value}


SCENARIOS = {
    each.__name__: each
    for each in (rates, exact, simple, moving, keys, bones, old_actions, lost, problems, linked)
}


if __name__ == "__main__":
    result, scenario, *arguments = sys.argv[1:]
    np.savez(result, **SCENARIOS[scenario](*arguments))
