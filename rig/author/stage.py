"""Makes head.blend pleasant to open: bone collections, colours, a ring to click, finer skin, a
camera and lights. None of it changes how the head deforms, and none of it goes into head.glb.
"""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from rig import appearance
from rig.author.controls import IDENTITY_BONE, SLIDER_BONE
from rig.author.scene import BODY_BONES, HEAD_NAME, picture_node
from rig.layout import load_layout
from rig.looks import default_appearance
from rig.profile import Profile

# Collection → (what it holds, bone colour set, shown at first).
COLLECTIONS = {
    "Control": ("head and neck, whose properties are the sliders", "THEME09", True),
    "Body": ("the root", "THEME04", False),
    "Expression": ("bones that action units and gaze move", "THEME01", False),
    "Identity": ("bones that the identity numbers move", "THEME03", False),
}
DEFORM = "Deform"
# Bone → radius and height above it of the ring that stands for it, metres.
RINGS = {SLIDER_BONE: (0.12, 0.175), IDENTITY_BONE: (0.11, 0.0)}
RING_POINTS = 48
CAMERA_PLACE_M = (0.0, -0.8, 0.02)
# Lights: name → (energy in watts, size in metres, place).
LIGHTS = {
    "key": (14.0, 0.5, (0.55, -0.75, 0.45)),
    "fill": (4.0, 0.9, (-0.8, -0.6, 0.1)),
    "rim": (9.0, 0.4, (-0.35, 0.7, 0.45)),
}


def dress(rig: Any, profile: Profile) -> None:
    """Tidy the rig and set up light and camera; the rig is left in pose mode, its head active."""
    sort_bones(rig, profile)
    add_rings(rig)
    refine_skin(bpy.data.objects[HEAD_NAME])
    rig.data.display_type = "STICK"
    rig.show_in_front = True
    add_lights()
    add_camera()
    collect(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="POSE")
    rig.data.bones.active = rig.data.bones[SLIDER_BONE]


def sort_bones(rig: Any, profile: Profile) -> None:
    """Bone collections and colours by what moves a bone; those with weights are in Deform too."""
    groups = {g.name for g in bpy.data.objects[HEAD_NAME].vertex_groups}
    identity = {bone for component in load_layout().identity for bone in component.bones}
    made = {name: rig.data.collections.new(name) for name in (*COLLECTIONS, DEFORM)}
    for bone in rig.data.bones:
        kind = "Expression" if bone.name in profile.bone_names else "Identity"
        if bone.name in BODY_BONES:
            kind = "Control" if bone.name in RINGS else "Body"
        made[kind].assign(bone)
        if bone.name in identity:
            made["Identity"].assign(bone)
        bone.color.palette = COLLECTIONS[kind][1]
        if bone.name in groups:
            made[DEFORM].assign(bone)
    for name, (_, _, shown) in COLLECTIONS.items():
        made[name].is_visible = shown
    made[DEFORM].is_visible = False


def add_rings(rig: Any) -> None:
    """Rings above the crown and about the neck stand for the bones with sliders."""
    for name, (radius, height) in RINGS.items():
        turn = np.linspace(0, 2 * np.pi, RING_POINTS, endpoint=False)
        points = [(radius * np.cos(a), height, radius * np.sin(a)) for a in turn]
        mesh = bpy.data.meshes.new(f"WGT_{name}")
        mesh.from_pydata(points, [(i, (i + 1) % RING_POINTS) for i in range(RING_POINTS)], [])
        bone = rig.pose.bones[name]
        bone.custom_shape = bpy.data.objects.new(mesh.name, mesh)
        bone.use_custom_shape_bone_size = False
        bone.custom_shape_wire_width = 2.0


def refine_skin(head: Any) -> None:
    """Pores, folds and shine of the skin, which Blender shows and glTF's materials cannot."""
    material = head.material_slots["skin"].material
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes["Principled BSDF"]
    surface = picture_node(material, "skin_surface", _surface())
    surface.location = (-700, -100)
    surface.image.colorspace_settings.name = "Non-Color"
    split = nodes.new("ShaderNodeSeparateColor")
    split.location = (-420, -100)
    bump = nodes.new("ShaderNodeBump")
    bump.location = (-220, -220)
    bump.inputs["Distance"].default_value = 255 * appearance.HEIGHT_STEP_M
    links.new(surface.outputs["Color"], split.inputs["Color"])
    links.new(split.outputs["Green"], shader.inputs["Roughness"])
    links.new(split.outputs["Blue"], bump.inputs["Height"])
    links.new(bump.outputs["Normal"], shader.inputs["Normal"])
    shader.inputs["Subsurface Weight"].default_value = 0.15
    shader.inputs["Subsurface Radius"].default_value = (1.0, 0.35, 0.2)
    shader.inputs["Subsurface Scale"].default_value = 0.004


def _surface() -> NDArray[np.uint8]:
    return appearance.paint_surface(default_appearance())


def add_lights() -> None:
    """Three soft lights and a dim grey world."""
    scene = bpy.context.scene
    for name, (energy, size, place) in LIGHTS.items():
        light = bpy.data.lights.new(name, "AREA")
        light.energy, light.size = energy, size
        thing = bpy.data.objects.new(name, light)
        thing.location = place
        thing.rotation_euler = (-Vector(place)).to_track_quat("-Z", "Y").to_euler()
        scene.collection.objects.link(thing)
    scene.world = bpy.data.worlds.new("studio")
    scene.world.use_nodes = True
    background = scene.world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (0.35, 0.37, 0.4, 1)
    background.inputs["Strength"].default_value = 0.5


def add_camera() -> None:
    """A portrait lens before the face."""
    scene = bpy.context.scene
    camera = bpy.data.cameras.new("portrait")
    camera.lens, camera.clip_start = 85.0, 0.05
    thing = bpy.data.objects.new("portrait", camera)
    thing.location = CAMERA_PLACE_M
    thing.rotation_euler = (np.pi / 2, 0.0, 0.0)
    scene.collection.objects.link(thing)
    scene.camera = thing
    scene.render.resolution_x = scene.render.resolution_y = 1024
    scene.render.engine = "BLENDER_EEVEE_NEXT"
    scene.view_settings.view_transform = "Standard"


def collect(rig: Any) -> None:
    """Character and studio in collections of their own."""
    scene = bpy.context.scene
    for name in ("character", "studio"):
        scene.collection.children.link(bpy.data.collections.new(name))
    for thing in list(scene.collection.objects):
        belongs = thing == rig or thing.parent == rig
        bpy.data.collections["character" if belongs else "studio"].objects.link(thing)
        scene.collection.objects.unlink(thing)
