"""Sliders of head.blend and the drivers by which they move its bones.

Everything is Blender's own: custom properties, and drivers whose expressions are so simple that
Blender evaluates them itself, without Python and therefore without asking whether scripts of the
file may run. The numbers are those of ``rig.skeleton``, in three steps:

1. Sliders. Action units, gaze and the head's turn are properties of the bone ``head``, the 208
   identity numbers of the bone ``neck``. Bones' properties can be keyed, held in poses of the
   asset browser and overridden in a linked character, those of the armature's data could not.
2. Weights. ``pose_weights`` of the bone ``root`` holds what each pose of the profile weighs, a
   product of sliders.
3. Sums. Location, rotation vector and scale of every bone are sums of weights and identity. A sum
   too long for one expression (Blender: 255 characters) goes on in ``partial_sums`` of ``root``.
   Rotation vectors add in the property ``rotvec`` of their bone and turn it as axis and angle.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rig.layout import Channel, IdentityComponent, Layout
from rig.skeleton import Skeleton

SLIDER_BONE, IDENTITY_BONE, SUM_BONE = "head", "neck", "root"
WEIGHTS, PARTIAL, ROTVEC = "pose_weights", "partial_sums", "rotvec"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LONGEST_EXPRESSION = 250
# Coefficients are written as whole numbers of these: 1 µm, 10 µrad, 1e-5 of the size.
STEPS_PER_UNIT = (1_000_000, 100_000, 100_000)
SPINS = {"head_pitch": 0, "head_yaw": 1, "head_roll": 2}
SIDES = {"_L": ", left", "_R": ", right"}
DOF_WORDS = {
    "tx": "moved to the left",
    "ty": "moved up",
    "tz": "moved forward",
    "rx": "turned down",
    "ry": "turned to the left",
    "rz": "tilted to the right",
    "sx": "wider",
    "sy": "higher",
    "sz": "deeper",
}


class Sum(NamedTuple):
    """``bias + Σ coefficient · source``, in whole steps; a source is a path from the rig."""

    bias: int
    terms: tuple[tuple[int, str], ...]


class Slider(NamedTuple):
    """A custom property with its range; ``unit`` as in the layout."""

    name: str
    low: float
    high: float
    neutral: float
    unit: str
    description: str


def property_path(bone: str, name: str, index: int | None = None) -> str:
    """Path of a bone's property, or of one number of it, from the rig's object."""
    return f'pose.bones["{bone}"]["{name}"]' + ("" if index is None else f"[{index}]")


def slider_path(channel: str) -> str:
    """Where the slider of a channel is, from the rig's object."""
    return property_path(SLIDER_BONE, channel)


def channel_sliders(layout: Layout) -> list[Slider]:
    """One slider a channel, without the head's place before the camera."""
    doc = {
        name: f"{au.label}{SIDES.get(name[-2:], '')} ({au.muscle})"
        for au in layout.all_aus
        for name in au.channels
    }
    doc |= {
        "gaze_yaw": "eyes to the person's left",
        "gaze_pitch": "eyes down",
        "head_yaw": "nose to the person's left",
        "head_pitch": "nose down",
        "head_roll": "crown to the person's right",
    }
    return [_channel_slider(c, doc[c.name]) for c in layout.channels if c.unit != "m"]


def _channel_slider(channel: Channel, doc: str) -> Slider:
    return Slider(channel.name, channel.low, channel.high, 0.0, channel.unit, doc)


def identity_sliders(layout: Layout) -> list[Slider]:
    """The identity numbers, neutral at a half."""
    return [
        Slider(f"{c.name}.{dof}", 0.0, 1.0, 0.5, "intensity", _identity_doc(c, dof, extent))
        for c in layout.identity
        for dof, extent in zip(c.dofs, c.ranges, strict=True)
    ]


def _identity_doc(component: IdentityComponent, dof: str, extent: float) -> str:
    size = {"t": f"{extent * 1e3:.3g} mm", "r": f"{np.rad2deg(extent):.3g}°"}
    amount = size.get(dof[0], f"{extent:.0%}")
    pair = "; the right one as its mirror image" if component.paired else ""
    return f"{component.doc}: {DOF_WORDS[dof]} by {amount} at 1, as much the other way at 0{pair}"


def weight_expression(factors: list[tuple[str, float]]) -> tuple[str, list[str]]:
    """What a pose weighs, Π max(0, gain · channel), and what its letters stand for."""
    parts = []
    for letter, (_, gain) in zip(LETTERS, factors, strict=False):
        parts.append(f"max({letter if gain == 1 else f'{gain:g}*{letter}'},0)")
    return "*".join(parts), [slider_path(channel) for channel, _ in factors]


def bone_sums(skeleton: Skeleton) -> dict[tuple[str, int], Sum]:
    """(bone, column of ``rig.skeleton.DOFS``) → what poses and identity add up to there.

    The column's value at rest is left out: 0, and for scales, which are stored less 1, 1.

    Raises:
        ValueError: something turns the head bone, whose rotation is the head's turn.
    """
    steps = np.repeat(STEPS_PER_UNIT, 3)
    poses = np.rint(_pose_offsets(skeleton) * steps).astype(int)
    identity = np.rint(skeleton.identity_offsets * steps).astype(int)
    moved = np.argwhere(poses.any(0) | identity.any(0))
    names = skeleton.head.joint_names
    sums = {
        (names[j], int(c)): _sum(poses[:, j, c], identity[:, j, c], skeleton.layout)
        for j, c in moved
    }
    turned = [c for name, c in sums if name == SLIDER_BONE and 3 <= c < 6]
    if turned:
        raise ValueError(f"poses or identity turn the bone {SLIDER_BONE!r}, columns {turned}")
    return sums


def _pose_offsets(skeleton: Skeleton) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(D, J, 9) what each driver's pose adds at weight 1."""
    out = np.zeros((len(skeleton.profile.drivers), len(skeleton.head.joint_names), 9))
    for row, driver in enumerate(skeleton.profile.drivers):
        for bone, part in skeleton.profile.poses[driver.pose].bones.items():
            out[row, skeleton.head.joint_index(bone)] = part.offset
    return out


def _sum(poses: Any, identity: Any, layout: Layout) -> Sum:
    """An identity number v in 0..1 counts as 2 v - 1."""
    weights = [
        (int(poses[i]), property_path(SUM_BONE, WEIGHTS, int(i))) for i in np.flatnonzero(poses)
    ]
    shapes = [
        (2 * int(identity[i]), property_path(IDENTITY_BONE, layout.identity_names[i]))
        for i in np.flatnonzero(identity)
    ]
    return Sum(-int(identity.sum()), (*weights, *shapes))


def split_sum(total: Sum, steps_per_unit: int, rest: int) -> list[tuple[str, list[str]]]:
    """Expressions of a sum, each short enough for Blender.

    Returns:
        Expressions with their sources; the first is the value, ``rest`` included, as far as it
        goes, and the others are to be added to it.
    """
    out: list[tuple[str, list[str]]] = []
    text, sources = f"{total.bias + rest * steps_per_unit}", list[str]()
    for coefficient, source in total.terms:
        term = f"{coefficient:+d}*{LETTERS[len(sources)]}"
        # The first keeps room to add the others.
        room = LONGEST_EXPRESSION - len(f"()/{steps_per_unit}") - 12 * (not out)
        if len(text) + len(term) > room or len(sources) > len(LETTERS) - 8:
            out.append((f"({text})/{steps_per_unit}", sources))
            text, sources = "0", []
            term = f"{coefficient:+d}*{LETTERS[0]}"
        text += term
        sources = [*sources, source]
    return [*out, (f"({text})/{steps_per_unit}", sources)]


class Controls:
    """Puts sliders and drivers on a Blender armature object whose bones are ``skeleton``'s."""

    def __init__(self, rig: Any, skeleton: Skeleton) -> None:
        self.rig = rig
        self.skeleton = skeleton
        self._head = rig.pose.bones[SLIDER_BONE]
        self._neck = rig.pose.bones[IDENTITY_BONE]
        self._root = rig.pose.bones[SUM_BONE]

    def add(self) -> None:
        """Make everything; the rig must have none of it yet."""
        for slider in channel_sliders(self.skeleton.layout):
            add_slider(self._head, slider)
        for slider in identity_sliders(self.skeleton.layout):
            add_slider(self._neck, slider)
        self._add_weights()
        self._add_sums()
        self._add_head_turn()

    def _add_weights(self) -> None:
        drivers = self.skeleton.profile.drivers
        self._root[WEIGHTS] = [0.0] * len(drivers)
        for row, driver in enumerate(drivers):
            factors = [(factor.channel, factor.gain) for factor in driver.factors]
            self._drive(self._root, f'["{WEIGHTS}"]', row, *weight_expression(factors))

    def _add_sums(self) -> None:
        sums = bone_sums(self.skeleton)
        pieces = {
            (bone, column): split_sum(total, STEPS_PER_UNIT[column // 3], int(column >= 6))
            for (bone, column), total in sums.items()
        }
        overflow = sum(len(parts) - 1 for parts in pieces.values())
        if overflow:
            self._root[PARTIAL] = [0.0] * overflow
        for bone in {bone: None for bone, column in sums if 3 <= column < 6}:
            self._add_rotvec(self.rig.pose.bones[bone])
        row = 0
        for (bone, column), ((expression, sources), *others) in pieces.items():
            for part in others:
                self._drive(self._root, f'["{PARTIAL}"]', row, *part)
                expression += f"+{LETTERS[len(sources)]}"
                sources = [*sources, property_path(SUM_BONE, PARTIAL, row)]
                row += 1
            path = ("location", f'["{ROTVEC}"]', "scale")[column // 3]
            self._drive(self.rig.pose.bones[bone], path, column % 3, expression, sources)

    def _add_rotvec(self, bone: Any) -> None:
        """Blender normalises the axis itself, and takes none at angle 0."""
        bone[ROTVEC] = [0.0, 0.0, 0.0]
        bone.rotation_mode = "AXIS_ANGLE"
        sources = [property_path(bone.name, ROTVEC, i) for i in range(3)]
        self._drive(bone, "rotation_axis_angle", 0, "sqrt(a*a+b*b+c*c)", sources)
        for i, source in enumerate(sources):
            self._drive(bone, "rotation_axis_angle", i + 1, "a", [source])

    def _add_head_turn(self) -> None:
        """Blender's order ZXY turns by roll first and by yaw last, as ``rig.rotations`` does."""
        self._head.rotation_mode = "ZXY"
        for channel, axis in SPINS.items():
            self._drive(self._head, "rotation_euler", axis, "a", [slider_path(channel)])

    def _drive(
        self, owner: Any, path: str, index: int, expression: str, sources: list[str]
    ) -> None:
        driver = owner.driver_add(path, index).driver
        driver.type = "SCRIPTED"
        for letter, source in zip(LETTERS, sources, strict=False):
            variable = driver.variables.new()
            variable.name = letter
            target = variable.targets[0]
            target.id, target.data_path = self.rig, source
        driver.expression = expression
        if not driver.is_simple_expression:
            raise ValueError(f"Blender would need Python for the driver {expression!r} of {path}")


def add_slider(owner: Any, slider: Slider) -> None:
    """Give a bone the custom property of a slider."""
    owner[slider.name] = slider.neutral
    owner.id_properties_ui(slider.name).update(
        min=slider.low,
        max=slider.high,
        soft_min=slider.low,
        soft_max=slider.high,
        default=slider.neutral,
        subtype="ANGLE" if slider.unit == "rad" else "FACTOR",
        step=1.0,
        precision=3,
        description=slider.description,
    )
    owner.property_overridable_library_set(f'["{slider.name}"]', True)
