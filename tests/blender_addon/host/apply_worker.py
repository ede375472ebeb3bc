# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: characters of many makes, moved by given channels; no server.

    boot.py MODULE apply_worker.py RESULT.npz JOB.npz HEAD.blend

JOB holds ``channels`` (N, C), ``profile``, the JSON of a profile for the jaw and eyes that
``add_rig`` makes, and ``keys``, ARKit's names. RESULT holds what was found, named SCENARIO_THING.
"""

import math
import sys

import bpy
import numpy as np
import scenes
from boot import part
from mathutils import Matrix, Vector

YUP_FROM_ZUP = Matrix(((1, 0, 0), (0, 0, 1), (0, -1, 0)))
PLACES = {  # name → parent, head, tail, roll; z up, facing -y, metres
    "root": (None, (0, 0, 0), (0, 0, 1.2), 0.0),
    "head": ("root", (0, 0.01, 1.5), (0, 0.02, 1.7), 0.3),
    "jaw": ("head", (0, -0.01, 1.55), (0.01, -0.1, 1.5), -0.7),
    "eye.L": ("head", (0.03, -0.07, 1.6), (0.03, -0.1, 1.61), 0.2),
    "eye.R": ("head", (-0.03, -0.07, 1.6), (-0.03, -0.1, 1.61), -0.2),
    "ear.L": ("head", (0.07, 0, 1.6), (0.1, 0, 1.6), 0.0),
}


def targets():
    return part("host.targets")


def add_rig(name, turn=None, scale=1.0, **bone_settings):
    """An armature of ``PLACES``, its bones' space turned and scaled and its object turned back."""
    turn = turn or Matrix.Identity(3)
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for bone_name, (parent, head, tail, roll) in PLACES.items():
        bone = data.edit_bones.new(bone_name)
        bone.head, bone.tail = (scale * (turn @ Vector(p)) for p in (head, tail))
        bone.roll = roll
        bone.parent = data.edit_bones[parent] if parent else None
    bpy.ops.object.mode_set(mode="OBJECT")
    for attribute, value in bone_settings.items():
        setattr(data.bones["jaw"], attribute, value)
    rig.matrix_world = turn.inverted().to_4x4() @ Matrix.Scale(1 / scale, 4)
    return rig


def add_text(profile):
    text = bpy.data.texts.new("profile")
    text.write(str(profile))
    return text


def character(thing, **settings):
    scenes.add_character(thing, **settings)
    characters = bpy.context.scene.geface.characters
    return characters[len(characters) - 1]


def learned(thing, text, **settings):
    return character(thing, profile="CUSTOM", profile_text=text, **settings)


def points(rig):
    """(2 B, 3) heads and tails of the bones in the world."""
    bpy.context.view_layer.update()
    found = [p for name in PLACES for p in (rig.pose.bones[name].head, rig.pose.bones[name].tail)]
    return np.array([rig.matrix_world @ point for point in found])


def refused(chosen):
    try:
        targets().resolve(chosen)
    except part("core.errors").GeFaceError as error:
        return str(error)
    return ""


# Bones --------------------------------------------------------------------------------------------


def axes(job):
    """One character as z-up metres, y-up centimetres, enlarged, and without "Local Location"."""
    text = add_text(job["profile"])
    rigs = {
        "usual": add_rig("usual"),
        "imported": add_rig("imported", YUP_FROM_ZUP, 100.0),
        "free": add_rig("free", use_local_location=False),
        "large": add_rig("large"),
    }
    rigs["large"].scale = (3, 3, 3)
    found = {f"{name}_rest": points(rig) for name, rig in rigs.items()}
    for rig in rigs.values():
        targets().resolve(learned(rig, text, head_bone="head")).apply(job["channels"][0])
    return found | {name: points(rig) for name, rig in rigs.items()}


def modes(job):
    """Every rotation mode makes the same pose, and so do the tracks."""
    text, found = add_text(job["profile"]), {}
    for mode in ("QUATERNION", "AXIS_ANGLE", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"):
        rig = add_rig(mode)
        for bone in rig.pose.bones:
            bone.rotation_mode = mode
        target = targets().resolve(learned(rig, text, head_bone="head"))
        target.apply(job["channels"][1])
        found[mode] = points(rig)
        tracks = target.tracks(job["channels"])
        assert {track.id_type for track in tracks} == {"OBJECT"}
        target.rest()
        found[f"{mode}_rest"] = points(rig)
        for track in tracks:
            track.id_data.path_resolve(track.data_path)[track.index] = track.values[1]
        found[f"{mode}_tracks"] = points(rig)
        found[f"{mode}_jump"] = max(np.abs(np.diff(t.values)).max() for t in tracks)
    return found


def left_alone(job):
    """What the profile does not move, the user's drivers and constraints."""
    rig = add_rig("kept")
    bones = rig.pose.bones
    bones["jaw"].scale = (1.1, 1.2, 1.3)
    bones["ear.L"].location = (0.1, 0.2, 0.3)
    bones["eye.L"].location = (0.01, 0.02, 0.03)
    bones["head"].rotation_mode = "XYZ"
    bones["head"].rotation_euler = (0.1, 0.2, 0.3)
    curve = bones["jaw"].driver_add("location", 1)
    curve.driver.expression = "0.25"
    limit = bones["eye.R"].constraints.new("LIMIT_ROTATION")
    limit.use_limit_x = True
    chosen = learned(rig, add_text(job["profile"]), use_head=False)
    targets().resolve(chosen).apply(job["channels"][0])
    bpy.context.view_layer.update()
    return {
        "scale": tuple(bones["jaw"].scale),
        "ear": tuple(bones["ear.L"].location),
        "eye": tuple(bones["eye.L"].location),
        "head": tuple(bones["head"].rotation_euler),
        "driven": tuple(bones["jaw"].location),
        "drivers": len(rig.animation_data.drivers),
        "constraints": [c.type for c in bones["eye.R"].constraints],
        "turned": tuple(bones["eye.L"].rotation_quaternion),
        "tracks": [t.data_path for t in targets().resolve(chosen).tracks(job["channels"])],
    }


def changed_rig(job):
    """Bones renamed, then moved at rest: plans are made anew by themselves."""
    rig = add_rig("changing")
    chosen = learned(rig, add_text(job["profile"]), head_bone="head")
    targets().resolve(chosen).apply(job["channels"][0])
    before = points(rig)
    rig.data.bones["jaw"].name = "DEF-jaw"
    targets().resolve(chosen).apply(job["channels"][1])
    targets().resolve(chosen).apply(job["channels"][1])
    rig.data.bones["DEF-jaw"].name = "jaw"
    renamed = points(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones["jaw"].roll += 1.0
    busy = targets().resolve(chosen).busy
    bpy.ops.object.mode_set(mode="OBJECT")
    targets().resolve(chosen).apply(job["channels"][1])
    targets().resolve(chosen).apply(job["channels"][1])
    return {
        "moved": np.abs(renamed - before).max(),
        "renamed": renamed,
        "rolled": points(rig),
        "busy": busy,
    }


# Shape keys ---------------------------------------------------------------------------------------


def values(mesh):
    return {key.name: key.value for key in mesh.data.shape_keys.key_blocks}


def several_meshes(job):
    rig = add_rig("bound")
    names = job["keys"].tolist()
    face = scenes.keyed_mesh([*names, "mine"], "face")
    brows = scenes.keyed_mesh(["browInnerUp", "!ex-jawOpen"], "brows")
    other = scenes.keyed_mesh(names, "somebody else")
    for mesh in (face, brows):
        mesh.modifiers.new("Armature", "ARMATURE").object = rig
    twin = face.copy()
    bpy.context.scene.collection.objects.link(twin)
    face.data.shape_keys.key_blocks["mine"].value = 0.5
    face.data.shape_keys.key_blocks["jawLeft"].driver_add("value").driver.expression = "0.125"
    chosen = character(rig, profile="arkit52")
    target = targets().resolve(chosen)
    target.apply(job["channels"][0])
    tracks = target.tracks(job["channels"])
    bpy.context.view_layer.update()
    return {
        "face": [values(face)[name] for name in names],
        "mine": values(face)["mine"],
        "brows": [values(brows)["browInnerUp"], values(brows)["!ex-jawOpen"]],
        "other": sum(values(other)[name] for name in names),
        "tracked": sum(t.id_type == "KEY" for t in tracks),
        "paths": sorted({t.data_path for t in tracks if t.id_type == "KEY"})[:1],
        "turned": tuple(rig.pose.bones["head"].rotation_quaternion),
        "guessed": targets().resolve(character(rig)).summary,
    }


class Node(bpy.types.PropertyGroup):
    bone_name: bpy.props.StringProperty()
    mesh_object_name: bpy.props.StringProperty()


class Bind(bpy.types.PropertyGroup):
    node: bpy.props.PointerProperty(type=Node)
    index: bpy.props.StringProperty()
    weight: bpy.props.FloatProperty()


def group(name, **properties):
    """A registered property group; the names are those of the VRM add-on for Blender."""
    made = type(name, (bpy.types.PropertyGroup,), {"__annotations__": properties})
    bpy.utils.register_class(made)
    return bpy.props.PointerProperty(type=made)


def register_vrm():
    for each in (Node, Bind):
        bpy.utils.register_class(each)
    node = bpy.props.PointerProperty(type=Node)
    binds = bpy.props.CollectionProperty(type=Bind)
    human = group("Human", node=node)
    expression = group("Expression", morph_target_binds=binds)
    bones = group("Bones", left_eye=human, right_eye=human, head=human)
    presets = group("Presets", blink_left=expression, aa=expression, look_up=expression)
    vrm1 = group(
        "Vrm1",
        humanoid=group("Humanoid", human_bones=bones),
        expressions=group("Expressions", preset=presets),
        look_at=group("LookAt", type=bpy.props.StringProperty(default="bone")),
    )
    bpy.types.Armature.vrm_addon_extension = group("Vrm", vrm1=vrm1)


def vrm(job):
    """By names alone, and by what the VRM add-on knows; eyes turn once."""
    plain = add_rig("plain")
    mesh = scenes.keyed_mesh(["aa", "blinkLeft", "lookUp"], "plain face")
    mesh.modifiers.new("Armature", "ARMATURE").object = plain
    plain.data.bones["eye.L"].name, plain.data.bones["eye.R"].name = "leftEye", "rightEye"
    targets().resolve(character(plain, profile="vrm")).apply(job["channels"][0])
    found = {"plain": [values(mesh)[n] for n in ("aa", "blinkLeft", "lookUp")]}
    found["plain_eye"] = tuple(plain.pose.bones["leftEye"].rotation_quaternion)
    register_vrm()
    rig = add_rig("model")
    body = scenes.keyed_mesh(["Fcl_EYE_Close_L", "Fcl_MTH_A", "Fcl_Up"], "body")
    body.modifiers.new("Armature", "ARMATURE").object = rig
    model = rig.data.vrm_addon_extension.vrm1
    for name, bone in (("left_eye", "eye.L"), ("right_eye", "eye.R"), ("head", "head")):
        getattr(model.humanoid.human_bones, name).node.bone_name = bone
    presets = model.expressions.preset
    for name, key, weight in (
        ("blink_left", "Fcl_EYE_Close_L", 1.0),
        ("aa", "Fcl_MTH_A", 0.5),
        ("look_up", "Fcl_Up", 1.0),
    ):
        bind = getattr(presets, name).morph_target_binds.add()
        bind.node.mesh_object_name, bind.index, bind.weight = "body", key, weight
    chosen = character(rig, profile="vrm")
    for look in ("bone", "expression"):
        model.look_at.type = look
        targets().forget()
        for bone in rig.pose.bones:
            bone.matrix_basis.identity()
        targets().resolve(chosen).apply(job["channels"][0])
        found[look] = [values(body)[n] for n in ("Fcl_EYE_Close_L", "Fcl_MTH_A", "Fcl_Up")]
        found[f"{look}_eye"] = tuple(rig.pose.bones["eye.L"].rotation_quaternion)
    del bpy.types.Armature.vrm_addon_extension
    return found


# The own head -------------------------------------------------------------------------------------


def sliders(job, head):
    """Renamed, linked and overridden; head left alone; evaluated by its own drivers."""
    scenes.open_head(head)
    rig = bpy.data.objects["geface_rig"]
    rig.name = "Bob"
    names = part("host.sliders").SLIDERS
    chosen = bpy.context.scene.geface.characters[0]
    chosen.use_head = False
    rig.pose.bones["head"]["head_yaw"] = 0.5
    target = targets().resolve(chosen)
    target.apply(job["channels"][0])
    bone = rig.pose.bones["head"]
    found = {"own": [bone[name] for name in names], "summary": target.summary}
    tracks = target.tracks(job["channels"])
    found["tracks"] = [t.values[0] for t in tracks]
    found["resolved"] = [rig.path_resolve(t.data_path) for t in tracks]
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True, load_ui=False)
    with bpy.data.libraries.load(str(head), link=True) as (_, here):
        here.objects = ["geface_rig"]
    linked = here.objects[0]
    bpy.context.scene.collection.objects.link(linked)
    found["linked"] = applied(linked, job, names)
    overridden = linked.override_create(remap_local_usages=True)
    found["overridden"] = applied(overridden, job, names)
    graph = bpy.context.evaluated_depsgraph_get()
    jaw = overridden.evaluated_get(graph).pose.bones["jaw"]
    found["jaw"] = np.array(jaw.matrix_basis)
    return found


def applied(rig, job, names):
    targets().resolve(character(rig)).apply(job["channels"][0])
    return [rig.pose.bones["head"][name] for name in names]


# Refusals -----------------------------------------------------------------------------------------


def refusals(job):
    nothing = bpy.context.scene.geface.characters.add()
    described = targets().describe(nothing)
    unset = refused(nothing)  # now: adding another character moves this one elsewhere in memory
    rig, strange = add_rig("refusing"), add_rig("strange")
    for number, bone in enumerate(strange.data.bones):
        bone.name = f"part {number}"
    cube = bpy.data.objects.new("cube", bpy.data.meshes.new("cube"))
    bpy.context.scene.collection.objects.link(cube)
    keyed = scenes.keyed_mesh(["one", "two"], "keyed")
    broken = bpy.data.texts.new("broken")
    broken.write("{")
    text = add_text(job["profile"])
    driven = add_rig("driven")
    for bone in ("jaw", "eye.L", "eye.R"):
        for path in ("location", "rotation_quaternion"):
            driven.pose.bones[bone].driver_add(path)
    return {
        "nothing": unset,
        "bare": refused(character(cube)),
        "unknown": refused(character(keyed)),
        "bones": refused(character(strange, profile="makehuman")),
        "keys": refused(character(keyed, profile="arkit52")),
        "head": refused(learned(rig, text, head_bone="Kopf")),
        "textless": refused(character(rig, profile="CUSTOM")),
        "broken": refused(learned(rig, broken)),
        "driven": refused(learned(driven, text, use_head=False)),
        "described": described,
    }


def main(result, job_path, head):
    job = np.load(job_path)
    found = {s.__name__: s(job) for s in (axes, modes, left_alone, changed_rig, several_meshes)}
    found |= {s.__name__: s(job) for s in (vrm, refusals)}
    found["sliders"] = sliders(job, head)
    flat = {f"{name}_{key}": np.array(v) for name, f in found.items() for key, v in f.items()}
    np.savez(result, **flat)


if __name__ == "__main__":
    assert math.isclose(YUP_FROM_ZUP.determinant(), 1.0)
    main(*sys.argv[1:])
