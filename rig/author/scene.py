"""The head as a Blender scene: armature, mesh, materials with default pictures, light and camera.

Made from arrays by ``build``; the sliders are put on afterwards by ``controls``.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import bpy
import cv2
import numpy as np
from numpy.typing import NDArray

from rig import appearance
from rig.author.parts import Part
from rig.author.solve import Skeleton
from rig.looks import default_appearance
from rig.materials import ROUGHNESS

RIG_NAME, HEAD_NAME = "geface_rig", "geface_head"
BONE_LENGTH_M = 0.006
BODY_BONES = ("root", "neck", "head")
BODY_BONE_LENGTH_M = 0.05


def blender_from_rig(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rig axes (x left, y up, z forward) → Blender's (x left, y back, z up)."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def textures() -> dict[str, NDArray[np.uint8]]:
    """Default pictures by material."""
    look = default_appearance()
    return {
        "skin": appearance.paint_skin(look),
        "eyes": appearance.paint_eye(look),
        "hair": appearance.paint_hair(look),
        "teeth": appearance.paint_teeth(look),
        "tongue": appearance.paint_tongue(look),
        "mouth": appearance.paint_mouth(look),
        "lashes": appearance.paint_lashes(look),
    }


def make_head(parts: list[Part], skeleton: Skeleton) -> Any:
    """An empty file with the skinned head in it; returns the armature object."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = make_armature(skeleton)
    head = make_mesh(parts, skeleton, textures())
    head.parent = rig
    modifier = head.modifiers.new("Armature", "ARMATURE")
    modifier.object = rig
    modifier.use_deform_preserve_volume = False
    return rig


def make_armature(skeleton: Skeleton) -> Any:
    """All bones point up without roll, so their axes are the rig's."""
    data = bpy.data.armatures.new("geface")
    rig = bpy.data.objects.new(RIG_NAME, data)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    places = blender_from_rig(skeleton.pivots)
    for name, parent, place in zip(skeleton.names, skeleton.parents, places, strict=True):
        bone = data.edit_bones.new(name)
        bone.head = place
        length = BODY_BONE_LENGTH_M if name in BODY_BONES else BONE_LENGTH_M
        bone.tail = place + np.array([0, 0, length])
        bone.roll = 0
        if parent >= 0:
            bone.parent = data.edit_bones[skeleton.names[parent]]
    bpy.ops.object.mode_set(mode="OBJECT")
    for bone in rig.pose.bones:
        bone.rotation_mode = "QUATERNION"
    return rig


def make_mesh(parts: list[Part], skeleton: Skeleton, pictures: dict[str, NDArray[np.uint8]]) -> Any:
    """One object with a material a part and a vertex group a bone."""
    mesh = bpy.data.meshes.new(HEAD_NAME)
    positions = np.concatenate([p.positions for p in parts])
    faces, corner_uvs, slots, start = [], [], [], 0
    for slot, part in enumerate(parts):
        faces += [tuple(i + start for i in face) for face in part.faces]
        corner_uvs += [uv for face in part.corner_uvs for uv in face]
        slots += [slot] * len(part.faces)
        start += len(part.positions)
        mesh.materials.append(make_material(part.name, pictures[part.name]))
    mesh.from_pydata(blender_from_rig(positions).tolist(), [], faces)
    layer = mesh.uv_layers.new(name="UVMap")
    layer.data.foreach_set("uv", np.array(corner_uvs, dtype=np.float32).ravel())
    mesh.polygons.foreach_set("material_index", slots)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    thing = bpy.data.objects.new(HEAD_NAME, mesh)
    bpy.context.scene.collection.objects.link(thing)
    _add_weights(thing, np.concatenate([p.weights for p in parts]), skeleton)
    return thing


def _add_weights(thing: Any, weights: NDArray[np.float64], skeleton: Skeleton) -> None:
    for bone, name in enumerate(skeleton.names):
        rows = np.flatnonzero(weights[:, bone] > 0)
        if len(rows):
            group = thing.vertex_groups.new(name=name)
            for row in rows:
                group.add([int(row)], float(weights[row, bone]), "REPLACE")


def make_material(name: str, picture: NDArray[np.uint8]) -> Any:
    """A Principled material with the part's picture."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.use_backface_culling = False
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = ROUGHNESS[name]
    node = picture_node(material, name, picture)
    material.node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
    if picture.shape[-1] == 4:
        material.node_tree.links.new(node.outputs["Alpha"], shader.inputs["Alpha"])
        material.blend_method = "BLEND"
    return material


def picture_node(material: Any, name: str, picture: NDArray[np.uint8]) -> Any:
    """A texture node of ``material`` with ``picture`` (RGB or RGBA), packed into the file."""
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.location = (-700, 300)
    path = neutral_folder() / f"{name}.png"
    order = [2, 1, 0, 3][: picture.shape[-1]]
    cv2.imwrite(str(path), picture[..., order])
    node.image = bpy.data.images.load(str(path))
    node.image.name = name
    node.image.pack()
    node.image.filepath = f"//{name}.png"
    path.unlink()
    return node


def neutral_folder() -> Path:
    """Where files go that Blender remembers the path of: it says nothing of this machine."""
    folder = Path(tempfile.gettempdir()) / "geface"
    folder.mkdir(exist_ok=True)
    return folder


def save_blend(path: Path) -> None:
    """Save the open file as ``path``, compressed, without a backup."""
    bpy.context.preferences.filepaths.save_version = 0
    neutral = neutral_folder() / path.name
    bpy.ops.wm.save_as_mainfile(filepath=str(neutral), compress=True)
    shutil.move(neutral, path)


def export_glb(path: Path) -> None:
    """Write the scene's mesh and skeleton as GLB."""
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        export_format="GLB",
        export_animations=False,
        export_morph=False,
        export_skins=True,
        export_all_influences=False,
        export_influence_nb=4,
        export_image_format="AUTO",
        export_yup=True,
    )
