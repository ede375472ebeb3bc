"""Builds ``rig/assets`` and the rig's own profile: ``python -m rig.author.build``.

Steps: read MakeHuman → fit skeleton, weights and poses → cut parts → bake maps →
assemble in Blender → write head.blend, head.glb, skin_maps.npz, profiles/geface.json
and print what the fit explains.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from rig.author import maps, occlusion
from rig.author.fit import FitConfig
from rig.author.own_profile import profile_json
from rig.author.parts import Part, PartBuilder
from rig.author.solve import Skeleton, SolvedRig, Solver

RIG = Path(__file__).resolve().parents[1]
ROUGHNESS = {"skin": 0.6, "eyes": 0.12, "teeth": 0.3, "tongue": 0.4, "mouth": 0.5, "hair": 0.7}
COLOURS = {"mouth": (0.27, 0.09, 0.08), "tongue": (0.50, 0.22, 0.22)}


def blender_from_rig(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rig axes (x left, y up, z forward) → Blender's (x left, y back, z up)."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def write_maps(solved: SolvedRig, parts: list[Part], solver: Solver, folder: Path) -> None:
    """Bake and write ``skin_maps.npz``."""
    rows = solved.base_index[_rows_of(parts[0], solved)]
    arrays = maps.skin_maps(parts, rows, solver.mesh)
    arrays["occlusion"] = occlusion.bake_texture(parts)
    np.savez_compressed(folder / "skin_maps.npz", **arrays)


def _rows_of(part: Part, solved: SolvedRig) -> NDArray[np.int64]:
    """Row of the solved rig behind each vertex of a part (positions are copied unchanged)."""
    lookup = {p.tobytes(): i for i, p in enumerate(solved.positions)}
    return np.array([lookup[p.tobytes()] for p in part.positions])


def textures() -> dict[str, NDArray[np.uint8]]:
    """Default pictures by material."""
    from rig import appearance

    look = appearance.default_appearance()
    return {
        "skin": appearance.paint_skin(look),
        "eyes": appearance.paint_eye(look),
        "hair": appearance.paint_hair(look),
        "teeth": appearance.paint_teeth(),
        "lashes": appearance.paint_lashes(look),
    }


def make_material(name: str, picture: NDArray[np.uint8] | None) -> Any:
    """A Principled material with the part's picture or colour."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.use_backface_culling = False
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = ROUGHNESS.get(name, 0.6)
    if picture is None:
        linear = np.power(COLOURS[name], 2.2)
        shader.inputs["Base Color"].default_value = (*(float(c) for c in linear), 1.0)
        return material
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = _packed_image(name, picture)
    material.node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
    if picture.shape[-1] == 4:
        material.node_tree.links.new(node.outputs["Alpha"], shader.inputs["Alpha"])
        material.blend_method = "BLEND"
    return material


def _neutral_folder() -> Path:
    """Where files go that Blender remembers the path of: it says nothing of this machine."""
    folder = Path(tempfile.gettempdir()) / "geface"
    folder.mkdir(exist_ok=True)
    return folder


def _packed_image(name: str, picture: NDArray[np.uint8]) -> Any:
    import cv2

    path = _neutral_folder() / f"{name}.png"
    order = [2, 1, 0, 3][: picture.shape[-1]]
    cv2.imwrite(str(path), picture[..., order])
    image = bpy.data.images.load(str(path))
    image.name = name
    image.pack()
    image.filepath = f"//{name}.png"
    path.unlink()
    return image


def make_armature(skeleton: Skeleton) -> Any:
    """All bones point up without roll, so their axes are the rig's."""
    data = bpy.data.armatures.new("geface")
    rig = bpy.data.objects.new("geface_rig", data)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    places = blender_from_rig(skeleton.pivots)
    for name, parent, place in zip(skeleton.names, skeleton.parents, places, strict=True):
        bone = data.edit_bones.new(name)
        bone.head = place
        bone.tail = place + np.array([0, 0, 0.006 if parent > 2 else 0.05])
        bone.roll = 0
        if parent >= 0:
            bone.parent = data.edit_bones[skeleton.names[parent]]
    bpy.ops.object.mode_set(mode="OBJECT")
    for bone in rig.pose.bones:
        bone.rotation_mode = "QUATERNION"
    return rig


def make_mesh(parts: list[Part], skeleton: Skeleton, pictures: dict[str, NDArray[np.uint8]]) -> Any:
    """One object with a material a part and a vertex group a bone."""
    mesh = bpy.data.meshes.new("geface_head")
    positions = np.concatenate([p.positions for p in parts])
    faces, corner_uvs, slots, start = [], [], [], 0
    for slot, part in enumerate(parts):
        faces += [tuple(i + start for i in face) for face in part.faces]
        corner_uvs += [uv for face in part.corner_uvs for uv in face]
        slots += [slot] * len(part.faces)
        start += len(part.positions)
        mesh.materials.append(make_material(part.name, pictures.get(part.name)))
    mesh.from_pydata(blender_from_rig(positions).tolist(), [], faces)
    layer = mesh.uv_layers.new(name="UVMap")
    layer.data.foreach_set("uv", np.array(corner_uvs, dtype=np.float32).ravel())
    mesh.polygons.foreach_set("material_index", slots)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    thing = bpy.data.objects.new("geface_head", mesh)
    bpy.context.scene.collection.objects.link(thing)
    weights = np.concatenate([p.weights for p in parts])
    for bone, name in enumerate(skeleton.names):
        rows = np.flatnonzero(weights[:, bone] > 0)
        if len(rows):
            group = thing.vertex_groups.new(name=name)
            for row in rows:
                group.add([int(row)], float(weights[row, bone]), "REPLACE")
    return thing


def write_blender(
    parts: list[Part], solved: SolvedRig, profile: dict[str, Any], folder: Path
) -> None:
    """Assemble the scene; write head.blend and head.glb."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = make_armature(solved.skeleton)
    head = make_mesh(parts, solved.skeleton, textures())
    head.parent = rig
    modifier = head.modifiers.new("Armature", "ARMATURE")
    modifier.object = rig
    modifier.use_deform_preserve_volume = False
    text = bpy.data.texts.new("geface_profile.json")
    text.write(json.dumps(profile))
    bpy.context.preferences.filepaths.save_version = 0
    _save_blend(folder / "head.blend")
    bpy.ops.export_scene.gltf(
        filepath=str(folder / "head.glb"),
        export_format="GLB",
        export_animations=False,
        export_morph=False,
        export_skins=True,
        export_all_influences=False,
        export_influence_nb=4,
        export_image_format="AUTO",
        export_yup=True,
    )


def _save_blend(path: Path) -> None:
    neutral = _neutral_folder() / path.name
    bpy.ops.wm.save_as_mainfile(filepath=str(neutral), compress=True)
    shutil.move(neutral, path)


def report(solved: SolvedRig) -> None:
    """Print the displacement variance explained, per pose."""
    for name, value in solved.explained.items():
        print(f"{name:<12} {value:.3f}")
    values = np.array(list(solved.explained.values()))
    deforming = int((solved.weights > 0).any(0).sum())
    print(f"mean {values.mean():.3f}  min {values.min():.3f}  deforming bones {deforming}")


def main() -> None:
    """Run the whole build into ``--out`` (default: this package)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=RIG, help="folder that holds assets/, profiles/"
    )
    parser.add_argument("--iterations", type=int, default=FitConfig.outer_iterations)
    options = parser.parse_args()
    assets = options.out / "assets"
    (options.out / "profiles").mkdir(parents=True, exist_ok=True)
    assets.mkdir(exist_ok=True)
    solver = Solver(FitConfig(outer_iterations=options.iterations))
    solved = solver.run()
    report(solved)
    parts = PartBuilder(solved, solver.mesh).all()
    write_maps(solved, parts, solver, assets)
    profile = profile_json(solved)
    text = json.dumps(profile, indent=None, separators=(",", ":"))
    (options.out / "profiles" / "geface.json").write_text(text.replace('},"', '},\n"') + "\n")
    write_blender(parts, solved, profile, assets)


if __name__ == "__main__":
    main()
