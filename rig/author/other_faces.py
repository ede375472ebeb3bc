"""Faces that are not our rig's: another deformation and another renderer, intensities known.

    python -m rig.author.other_faces --count 200 --seed 1 --out runs/other

Random MakeHuman people, deformed by the face units' own blend shapes instead of our bones, with
materials of their own, path traced by Blender's Cycles: what an estimator trained on our renders
is tested with. Writes ``NUMBER.png`` and ``labels.csv`` (picture, AU01_r … 0 to 5, yaw_rad,
pitch_rad), a row as soon as its picture is there. AU23, AU24 and AU28 are left out: no face unit
makes them.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import bpy
import cv2
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from rig.author import anatomy, makehuman
from rig.author.identities import random_people
from rig.author.parts import skin_uv
from rig.author.scene import blender_from_rig
from rig.author.solve import LASHES, unit_sum
from rig.identities import Person
from rig.layout import load_layout
from rig.rotations import rotvec_to_matrix
from rig.sampling import sample_expression
from rig.texture import smoothstep

FloatArray = NDArray[np.float64]
NOT_MADE = ("AU23", "AU24", "AU28")
PICTURE_SIZE, TEXTURE_SIZE = 256, 1024
SAMPLES = 24
LABELS = "labels.csv"
EYES = ("helper-l-eye", "helper-r-eye")
PARTS = ("body", *EYES, "helper-upper-teeth", "helper-lower-teeth", "helper-tongue", *LASHES)


@dataclass(frozen=True)
class Expression:
    """What a face does.

    Attributes:
        sides: channel → 0..1, "AU12_L" or "AU26".
        gaze_rad: (yaw to the person's left, pitch down) of both eyes.
        turn_rad: (yaw to the person's left, pitch down) of the head.
    """

    sides: dict[str, float]
    gaze_rad: tuple[float, float]
    turn_rad: tuple[float, float]

    def scores(self) -> dict[str, float]:
        """AU → intensity 0..5, the mean of the sides; of the AUs that face units make."""
        labelled = [au for au in load_layout().aus if au.name not in NOT_MADE]
        values = {
            au.name: np.mean([self.sides.get(name, 0.0) for name in au.channels]) for au in labelled
        }
        return {name: round(5 * float(value), 4) for name, value in values.items()}


def made_channels() -> tuple[str, ...]:
    """Channels that face units make, both sides."""
    aus = (au for au in load_layout().all_aus if au.name not in NOT_MADE)
    return tuple(name for au in aus for name in au.channels)


def units_of(channel: str) -> tuple[tuple[str, float], ...]:
    """Face units and gains of a channel; the right ones are the left ones' twins."""
    if channel in anatomy.AU_UNITS:
        return anatomy.AU_UNITS[channel]
    twin = "AU30L" if channel == "AU30R" else f"{channel[:-1]}L"
    return tuple((_other_side(unit), gain) for unit, gain in anatomy.AU_UNITS[twin])


def _other_side(unit: str) -> str:
    for left, right in (("Left", "Right"), ("-left-", "-right-")):
        unit = unit.replace(left, right)
    return unit.replace("jawLeft", "jawRight")


@lru_cache(maxsize=64)
def channel_shape(channel: str) -> FloatArray:
    """(V, 3) displacement of a channel at 1, metres."""
    return unit_sum(units_of(channel))


def random_expression(rng: np.random.Generator) -> Expression:
    """As our renders' expressions are drawn, but that sides differ in a quarter of them."""
    values = sample_expression(rng, load_layout())
    lopsided = rng.random() < 0.25
    sides = {}
    for au in load_layout().all_aus:
        if au.name in NOT_MADE or au.name not in values:
            continue
        weak = float(rng.uniform(0.2, 1)) if lopsided else 1.0
        factors = rng.permutation([1.0, weak]) if au.sided else [1.0]
        sides.update(
            {n: values[au.name] * float(f) for n, f in zip(au.channels, factors, strict=True)}
        )
    gaze, turn = rng.normal(0, [0.16, 0.10]), rng.normal(0, [0.28, 0.16])
    return Expression(sides, (float(gaze[0]), float(gaze[1])), (float(turn[0]), float(turn[1])))


def deformed(mesh: makehuman.BaseMesh, rest: FloatArray, expression: Expression) -> FloatArray:
    """(V, 3) a person's mesh (V, 3) with the expression, the head not turned."""
    out = rest.copy()
    for channel, value in expression.sides.items():
        out += value * channel_shape(channel)
    turn = _turn(*expression.gaze_rad)
    for eye in EYES:
        rows = mesh.vertices_of(eye)
        centre = rest[rows].mean(0)
        out[rows] = centre + (rest[rows] - centre) @ turn.T
    return out


def _turn(yaw_rad: float, pitch_rad: float) -> FloatArray:
    """(3, 3) to the person's left, then down."""
    yaw, pitch = np.array([0.0, yaw_rad, 0.0]), np.array([pitch_rad, 0.0, 0.0])
    return rotvec_to_matrix(yaw) @ rotvec_to_matrix(pitch)


# Looks -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """Colours, linear RGB 0..1, and where hair grows."""

    skin: FloatArray
    hair: FloatArray
    iris: FloatArray
    brow_height_m: float
    brow_thickness_m: float
    bald: bool


def random_look(rng: np.random.Generator, person: Person) -> Look:
    """Colours that suit a person; darker skin, hair and eyes for African and Asian shares."""
    dark = float(np.dot(person.ancestry, (0.85, 0.35, 0.15)) + rng.normal(0, 0.1))
    light, deep = np.array([0.72, 0.44, 0.33]), np.array([0.09, 0.045, 0.03])
    skin = light * (deep / light) ** np.clip(dark, 0, 1) * rng.uniform(0.85, 1.15)
    brown, blue = np.array([0.10, 0.045, 0.02]), np.array([0.16, 0.26, 0.34])
    share = float(rng.random() ** 2 * (person.ancestry[2] > 0.6))
    grey = float(smoothstep(0.55, 1.0, np.array(person.age + rng.normal(0, 0.1))))
    hair = np.array([0.035, 0.02, 0.012]) * (1 + 5 * share) * rng.uniform(0.5, 1.5)
    return Look(
        skin=skin,
        hair=hair * (1 - grey) + 0.2 * grey,
        iris=brown * (1 - share) + blue * share,
        brow_height_m=float(rng.normal(0.0525, 0.0012)),
        brow_thickness_m=float(rng.uniform(0.0022, 0.0046)),
        bald=bool(rng.random() < 0.25 * person.masculinity),
    )


@lru_cache(maxsize=1)
def skin_maps() -> dict[str, FloatArray]:
    """Rest position and lips over the skin's texture space, at the texture's size."""
    from rig.head import asset_path

    with np.load(asset_path("skin_maps.npz")) as file:
        maps = {name: file[name].astype(np.float32) for name in ("position", "lips")}
    size = (TEXTURE_SIZE, TEXTURE_SIZE)
    return {name: np.asarray(cv2.resize(map_, size)) for name, map_ in maps.items()}


def paint(look: Look, rng: np.random.Generator) -> FloatArray:
    """(S, S, 3) albedo, linear: blotchy skin, lips, brows of streaks, a scalp of short hair."""
    maps = skin_maps()
    x, y, z = np.moveaxis(maps["position"], -1, 0)
    blotches = sum(
        cv2.GaussianBlur(_noise(rng), (0, 0), s) * s * w for s, w in ((3, 0.05), (24, 0.1))
    )
    out = look.skin * (1 + np.asarray(blotches)[..., None] * [0.6, 1.0, 1.0])
    out = _mixed(out, look.skin * [0.85, 0.5, 0.5], 0.8 * maps["lips"] / 255)
    along = (np.abs(x) - 0.011) / 0.041
    middle = look.brow_height_m + 0.003 * np.sin(np.pi * np.clip(along, 0, 1) ** 1.2)
    half = look.brow_thickness_m * (1 - 0.6 * np.clip(along, 0, 1) ** 1.5)
    brow = smoothstep(1.2, 0.6, np.abs(y - middle) / half) * (z > 0.05)
    brow = brow * smoothstep(-0.05, 0.1, along) * smoothstep(1.05, 0.85, along)
    streaks = np.clip(0.75 + 0.5 * cv2.GaussianBlur(_noise(rng), (0, 0), 2, sigmaY=0.6), 0, 1)
    out = _mixed(out, look.hair, brow * streaks)
    line = 0.083 - 0.9 * np.maximum(0, 0.06 - z) - 0.25 * np.abs(x)
    scalp = smoothstep(-0.004, 0.006, y - line) * smoothstep(0.0, 0.3, y + 0.11 - 0.4 * z)
    return _mixed(out, look.hair, (0.0 if look.bald else 0.97) * scalp * streaks)


def _noise(rng: np.random.Generator) -> FloatArray:
    return rng.standard_normal((TEXTURE_SIZE, TEXTURE_SIZE))


def _mixed(image: FloatArray, colour: FloatArray, share: FloatArray) -> FloatArray:
    return np.asarray(image + (colour - image) * np.asarray(share)[..., None])


# Blender ---------------------------------------------------------------------------------------


class Stage:
    """A scene in Blender with one head; everything but its shape and looks stays."""

    def __init__(self, mesh: makehuman.BaseMesh) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.mesh = mesh
        self.average = makehuman.average_adult(mesh)
        self.origin = makehuman.joint_centre(mesh, self.average, "head")
        self.thing = self._head()
        self.camera = self._camera()
        self._settings()

    def _head(self) -> Any:
        quads = self.mesh.quads[np.isin(self.mesh.groups, PARTS)]
        groups = self.mesh.groups[np.isin(self.mesh.groups, PARTS)]
        above = (self.average[quads, 1] > self.origin[1] - 0.28).all(axis=1)
        quads, groups = quads[above], groups[above]
        self.rows, local = np.unique(quads, return_inverse=True)
        local = local.reshape(quads.shape)
        data = bpy.data.meshes.new("other")
        rest = self.average[self.rows] - self.origin
        data.from_pydata(blender_from_rig(rest).tolist(), [], local.tolist())
        data.polygons.foreach_set("use_smooth", [True] * len(quads))
        self._coordinates(data, rest, local)
        names = ("skin", "eye", "teeth", "tongue", "lashes")
        for name in names:
            data.materials.append(bpy.data.materials.new(name))
        data.polygons.foreach_set("material_index", [names.index(_material(g)) for g in groups])
        thing = bpy.data.objects.new("other", data)
        bpy.context.scene.collection.objects.link(thing)
        smooth = thing.modifiers.new("Subdivision", "SUBSURF")
        smooth.render_levels = 1
        return thing

    def _coordinates(self, data: Any, rest: FloatArray, local: NDArray[np.int64]) -> None:
        """Where each corner lies in the skin's texture, and each eye's point about its centre."""
        uvs = skin_uv(rest)[local]
        uvs[..., 0] += uvs[..., 0].max(1, keepdims=True) - uvs[..., 0] > 0.5  # over the seam
        layer = data.uv_layers.new(name="skin")
        layer.data.foreach_set("uv", uvs.astype(np.float32).ravel())
        points = np.zeros((len(rest), 3), np.float32)
        for eye in EYES:
            at = np.searchsorted(self.rows, self.mesh.vertices_of(eye))
            centred = rest[at] - rest[at].mean(0)
            points[at] = centred / np.linalg.norm(centred, axis=1, keepdims=True)
        attribute = data.attributes.new("eye", "FLOAT_VECTOR", "POINT")
        attribute.data.foreach_set("vector", points.ravel())

    def _camera(self) -> Any:
        data = bpy.data.cameras.new("camera")
        data.sensor_fit = "VERTICAL"
        data.sensor_height = 24.0
        camera = bpy.data.objects.new("camera", data)
        bpy.context.scene.collection.objects.link(camera)
        bpy.context.scene.camera = camera
        return camera

    def _settings(self) -> None:
        scene = bpy.context.scene
        scene.render.engine = "CYCLES"
        scene.cycles.device, scene.cycles.samples = "CPU", SAMPLES
        scene.cycles.use_denoising = True
        scene.cycles.max_bounces = 4
        scene.render.resolution_x = scene.render.resolution_y = PICTURE_SIZE
        scene.render.image_settings.file_format = "PNG"
        scene.render.threads_mode, scene.render.threads = "FIXED", 2
        scene.view_settings.view_transform = "Standard"
        scene.world = bpy.data.worlds.new("world")
        scene.world.use_nodes = True

    def shoot(self, points: FloatArray, expression: Expression, path: Path) -> None:
        """Render a deformed mesh (V, 3), head turned, into a file."""
        local = (points[self.rows] - self.origin) @ _turn(*expression.turn_rad).T
        data = self.thing.data
        data.vertices.foreach_set("co", blender_from_rig(local).astype(np.float32).ravel())
        data.update()
        bpy.context.scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)

    def dress(self, look: Look, rng: np.random.Generator) -> None:
        """New colours and a new room."""
        materials = {slot.name: slot for slot in self.thing.data.materials}
        _skin(materials["skin"], paint(look, rng))
        _eye(materials["eye"], look)
        _plain(materials["teeth"], (0.62, 0.56, 0.44), 0.25)
        _plain(materials["tongue"], (0.35, 0.10, 0.09), 0.35)
        _plain(materials["lashes"], (0.012, 0.01, 0.01), 0.6)
        self._light(rng)

    def _light(self, rng: np.random.Generator) -> None:
        for thing in [t for t in bpy.data.objects if t.type == "LIGHT"]:
            bpy.data.objects.remove(thing)
        background = bpy.context.scene.world.node_tree.nodes["Background"]
        background.inputs["Color"].default_value = (*_wall(rng), 1)
        background.inputs["Strength"].default_value = float(rng.uniform(0.25, 0.8))
        for power in (rng.uniform(8, 26), rng.uniform(0, 9)):
            data = bpy.data.lights.new("light", "AREA")
            data.energy, data.size = float(power), float(rng.uniform(0.2, 1.2))
            light = bpy.data.objects.new("light", data)
            place = np.array([rng.normal(0, 0.9), rng.uniform(0.0, 1.1), 1.1])
            light.matrix_world = _looking(place, np.array([0, 0.03, 0.08]))
            bpy.context.scene.collection.objects.link(light)

    def frame(self, rng: np.random.Generator) -> None:
        """A new place for the camera: before the face, at 0.5 to 1.1 m."""
        distance = float(rng.uniform(0.5, 1.1))
        aim = rng.normal((0, 0.02, 0.06), (0.008, 0.008, 0))
        place = rng.normal(aim, (0.02, 0.02, 0)) + np.array([0, 0, distance])
        self.camera.matrix_world = _looking(place, aim)
        height_m = float(rng.uniform(0.25, 0.36))
        self.camera.data.angle = 2 * float(np.arctan(height_m / 2 / distance))


def _wall(rng: np.random.Generator) -> FloatArray:
    """Linear RGB of a room's walls, seldom colourful."""
    return np.asarray(np.clip(rng.uniform(0.1, 0.9) * np.exp(rng.normal(0, 0.15, 3)), 0, 1))


def _material(group: str) -> str:
    for part, name in (("body", "skin"), ("-eye", "eye"), ("teeth", "teeth"), ("tongue", "tongue")):
        if group.endswith(part):
            return name
    return "lashes"


def _looking(place: FloatArray, aim: FloatArray) -> Matrix:
    """World matrix of a camera or lamp at a place (rig axes) that looks at another."""
    back = blender_from_rig(place - aim)
    back = back / np.linalg.norm(back)
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, np.cross(back, right), back], axis=1)
    matrix[:3, 3] = blender_from_rig(place)
    return Matrix(matrix.tolist())


def _fresh(material: Any) -> tuple[Any, Any]:
    """Nodes of an emptied material, and its shader."""
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.clear()
    output, shader = (nodes.new(f"ShaderNode{n}") for n in ("OutputMaterial", "BsdfPrincipled"))
    material.node_tree.links.new(shader.outputs["BSDF"], output.inputs["Surface"])
    return nodes, shader


def _plain(material: Any, colour: tuple[float, float, float], roughness: float) -> None:
    _, shader = _fresh(material)
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = roughness


def _skin(material: Any, albedo: FloatArray) -> None:
    nodes, shader = _fresh(material)
    link = material.node_tree.links.new
    for old in [image for image in bpy.data.images if image.name.startswith("albedo")]:
        bpy.data.images.remove(old)
    image = bpy.data.images.new("albedo", TEXTURE_SIZE, TEXTURE_SIZE, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"  # linear already
    pixels = np.ones((TEXTURE_SIZE, TEXTURE_SIZE, 4), np.float32)
    pixels[..., :3] = np.clip(albedo[::-1], 0, 1)
    image.pixels.foreach_set(pixels.ravel())
    picture = nodes.new("ShaderNodeTexImage")
    picture.image = image
    link(picture.outputs["Color"], shader.inputs["Base Color"])
    pores, bump = nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeBump")
    pores.inputs["Scale"].default_value = 900.0
    bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = 0.25, 0.0004
    link(pores.outputs["Fac"], bump.inputs["Height"])
    link(bump.outputs["Normal"], shader.inputs["Normal"])
    shader.inputs["Roughness"].default_value = 0.48
    shader.inputs["Subsurface Weight"].default_value = 0.12
    shader.inputs["Subsurface Radius"].default_value = (0.004, 0.0015, 0.0008)


def _eye(material: Any, look: Look) -> None:
    """Pupil, iris and white by the angle to the eye's axis."""
    nodes, shader = _fresh(material)
    link = material.node_tree.links.new
    where, split, ramp = (
        nodes.new(f"ShaderNode{n}") for n in ("Attribute", "SeparateXYZ", "ValToRGB")
    )
    where.attribute_name = "eye"
    link(where.outputs["Vector"], split.inputs["Vector"])
    link(split.outputs["Z"], ramp.inputs["Fac"])
    stops = (
        (0.0, (0.62, 0.56, 0.53)),
        (0.872, (0.66, 0.62, 0.60)),
        (0.885, tuple(0.3 * look.iris)),
        (0.90, tuple(look.iris)),
        (0.968, tuple(1.4 * look.iris)),
        (0.975, (0.004, 0.004, 0.004)),
    )
    elements = ramp.color_ramp.elements
    while len(elements) < len(stops):
        elements.new(0.5)
    for element, (place, colour) in zip(elements, stops, strict=True):
        element.position, element.color = place, (*map(float, colour), 1)
    link(ramp.outputs["Color"], shader.inputs["Base Color"])
    shader.inputs["Roughness"].default_value = 0.06


# The set ---------------------------------------------------------------------------------------


def make_set(count: int, seed: int, folder: Path) -> None:
    """Render ``count`` faces; a run that was stopped goes on where it was.

    A picture is renamed when it is whole, and the table has a row for every picture that is, so
    both can be used while faces are being made.

    Raises:
        SystemExit: the folder's table is of another seed, or is no table of such faces.
    """
    draws = [np.random.default_rng([seed, index, 1]) for index in range(count)]
    expressions = [random_expression(rng) for rng in draws]
    rows = {row["picture"]: row for row in map(label_row, range(count), expressions)}
    known = read_table(folder / LABELS, rows)
    mesh = makehuman.read_base_mesh()
    persons, people = random_people(count, mesh, seed)
    stage = Stage(mesh)
    for index, (name, row) in enumerate(rows.items()):
        if not (folder / name).exists():
            stage.dress(random_look(draws[index], persons[index]), draws[index])
            stage.frame(draws[index])
            part, expression = folder / f"part-{name}", expressions[index]
            stage.shoot(deformed(mesh, people[index], expression), expression, part)
            part.replace(folder / name)
            print(f"{index + 1} of {count} faces", flush=True)
        if name not in known:
            known[name] = row
            write_table(folder / LABELS, known)


def label_row(index: int, expression: Expression) -> dict[str, str]:
    """A picture's row of the table: its name, intensities 0 to 5, the head's turn in radians."""
    yaw, pitch = expression.turn_rad
    scores = {f"{name}_r": value for name, value in expression.scores().items()}
    numbers = {**scores, "yaw_rad": round(yaw, 5), "pitch_rad": round(pitch, 5)}
    return {"picture": f"{index:05d}.png", **{k: str(v) for k, v in numbers.items()}}


def read_table(path: Path, rows: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Picture → row of the table that is there already; empty if none is.

    Raises:
        SystemExit: it is no such table, or says other things than this run's rows would.
    """
    if not path.exists():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            found = {row.get("picture", ""): row for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SystemExit(f"{path} cannot be read as a CSV file ({error})") from None
    columns = next(iter(rows.values())).keys()
    for name, row in found.items():
        if row.keys() != columns or rows.get(name, row) != row:
            raise SystemExit(f"{path} is of another seed or program: choose another --out")
    return found


def write_table(path: Path, rows: dict[str, dict[str, str]]) -> None:
    """Write the table in the order of the pictures, whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(next(iter(rows.values()))))
        writer.writeheader()
        writer.writerows(row for _, row in sorted(rows.items()))
    part.replace(path)


def main() -> None:
    """Make the set of ``--seed``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    make_set(options.count, options.seed, options.out)


if __name__ == "__main__":
    main()
