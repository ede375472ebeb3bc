"""The one reader of ``face_layout.json``: names, orders, ranges, units, mirror pairs.

Two views of a face are defined there and derived here:

* *parameters*, the vector the networks see: pose, AUs, identity, brow style, extension;
* *channels*, the vector the wire carries and characters use: AU intensities with
  sides, gaze, head rotation and translation.

``LAYOUT_ID`` names the channel view; everything that stores channels stores it too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ActionUnit:
    """One FACS action unit.

    Attributes:
        number: as FACS writes it, "12" or "30L".
        name: zero-padded, "AU12"; the stem of its channels and CSV columns.
        label: FACS name in English, lower case.
        muscle: the muscles behind it.
        sided: whether left and right have channels of their own.
    """

    number: str
    name: str
    label: str
    muscle: str
    sided: bool

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of its wire channels, left before right."""
        return (f"{self.name}_L", f"{self.name}_R") if self.sided else (self.name,)


@dataclass(frozen=True)
class Channel:
    """One float on the wire: its name, unit ("intensity", "rad", "m") and closed range."""

    name: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True)
class IdentityComponent:
    """A facial component whose bones the identity parameters move.

    Attributes:
        name: component, for instance "nose_tip".
        paired: True if it has a left and a right bone that move as mirror images.
        doc: what it covers.
        dofs: subset of tx ty tz rx ry rz sx sy sz, in parameter order.
        ranges: (len(dofs),) offset at parameter 1 (metres, radians, scale - 1).
        bones: the bones it moves; of a pair, left before right.
    """

    name: str
    paired: bool
    doc: str
    dofs: tuple[str, ...]
    ranges: tuple[float, ...]
    bones: tuple[str, ...]


@dataclass(frozen=True)
class BrowStyle:
    """A brow: arch 0..1, tilt -1..1, thickness (1 is average), hair density 0 (none) to 1."""

    name: str
    arch: float
    tilt: float
    thickness: float
    density: float


@dataclass(frozen=True)
class Layout:
    """Everything ``face_layout.json`` says, typed and indexed."""

    raw: dict[str, Any]
    aus: tuple[ActionUnit, ...]
    extension_aus: tuple[ActionUnit, ...]
    identity: tuple[IdentityComponent, ...]
    brow_styles: tuple[BrowStyle, ...]
    channels: tuple[Channel, ...]
    exclusions: tuple[tuple[str, str], ...]

    @cached_property
    def all_aus(self) -> tuple[ActionUnit, ...]:
        """The 23 AUs, then those of the extension."""
        return self.aus + self.extension_aus

    @cached_property
    def sided_aus(self) -> tuple[ActionUnit, ...]:
        """AUs that have an asymmetry parameter, in parameter order."""
        return tuple(au for au in self.all_aus if au.sided)

    @cached_property
    def channel_names(self) -> tuple[str, ...]:
        """Names of all wire channels, in wire order."""
        return tuple(channel.name for channel in self.channels)

    @cached_property
    def au_channel_names(self) -> tuple[str, ...]:
        """Names of the intensity channels, the first of the wire's channels."""
        return tuple(channel.name for channel in self.channels if channel.unit == "intensity")

    @cached_property
    def channel_index(self) -> dict[str, int]:
        """Channel name → position on the wire."""
        return {name: i for i, name in enumerate(self.channel_names)}

    @cached_property
    def identity_names(self) -> tuple[str, ...]:
        """Names of the 208 identity parameters, "component.dof"."""
        return tuple(f"{c.name}.{dof}" for c in self.identity for dof in c.dofs)

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of all network parameters, in order."""
        return (
            *(p["name"] for p in self.raw["pose"]),
            *(au.name for au in self.aus),
            *self.identity_names,
            *(f"brow_style.{style.name}" for style in self.brow_styles),
            *(f"{au.name}.asymmetry" for au in self.sided_aus),
            *(g["name"] for g in self.raw["extension"]["gaze"]),
            *(au.name for au in self.extension_aus),
        )

    @cached_property
    def parameter_index(self) -> dict[str, int]:
        """Parameter name → position in the parameter vector."""
        return {name: i for i, name in enumerate(self.parameter_names)}

    @cached_property
    def blocks(self) -> dict[str, slice]:
        """Slices of the parameter vector: pose, au, identity, brow_style, extension."""
        sizes = {
            "pose": len(self.raw["pose"]),
            "au": len(self.aus),
            "identity": len(self.identity_names),
            "brow_style": len(self.brow_styles),
        }
        blocks, start = {}, 0
        for name, size in sizes.items():
            blocks[name] = slice(start, start + size)
            start += size
        blocks["extension"] = slice(start, len(self.parameter_names))
        return blocks

    @cached_property
    def mirror_channels(self) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Permutation and signs that turn a channel vector into its mirror image.

        ``mirrored = signs * values[permutation]``.
        """
        odd = {"gaze_yaw", "head_yaw", "head_roll", "head_x"}
        order = tuple(self.channel_index[mirror_name(name)] for name in self.channel_names)
        signs = tuple(-1.0 if name in odd else 1.0 for name in self.channel_names)
        return order, signs

    @cached_property
    def layout_id(self) -> str:
        """16 hex digits that change when, and only when, the wire's channels change."""
        wire = [[c.name, c.unit, c.low, c.high] for c in self.channels]
        text = json.dumps(wire, separators=(",", ":"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def neutral_parameters(self) -> FloatArray:
        """The base face: (P,) parameters with pose and identity .5, AUs 0, neutral brows."""
        values = np.zeros(len(self.parameter_names))
        values[self.blocks["pose"]] = 0.5
        values[self.blocks["identity"]] = self.raw["identity"]["neutral"]
        values[self.parameter_index[f"brow_style.{self.raw['brow_style_neutral']}"]] = 1.0
        for name in ("gaze_yaw", "gaze_pitch"):
            values[self.parameter_index[name]] = 0.5
        return values


def mirror_name(name: str) -> str:
    """Name of the mirror image of a channel, bone or pose: the last L and R swap."""
    if name.endswith("L"):
        return name[:-1] + "R"
    if name.endswith("R"):
        return name[:-1] + "L"
    return name


def channels_from_parameters(parameters: FloatArray, layout: Layout | None = None) -> FloatArray:
    """Turn network parameters into wire channels.

    Args:
        parameters: (..., P) in the layout's parameter order.
        layout: defaults to the packaged layout.

    Returns:
        (..., C) channels; head roll and translation, which parameters do not hold, are 0.

    Raises:
        ValueError: the last axis is not P.
    """
    layout = layout or load_layout()
    count = len(layout.parameter_names)
    if parameters.shape[-1] != count:
        raise ValueError(f"parameters have shape {parameters.shape}, expected (..., {count})")
    out = np.zeros((*parameters.shape[:-1], len(layout.channels)))
    for au in layout.all_aus:
        intensity = parameters[..., layout.parameter_index[au.name]]
        if not au.sided:
            out[..., layout.channel_index[au.name]] = np.clip(intensity, 0, 1)
            continue
        asymmetry = parameters[..., layout.parameter_index[f"{au.name}.asymmetry"]]
        left, right = (layout.channel_index[name] for name in au.channels)
        out[..., left] = np.clip(intensity * (1 + asymmetry), 0, 1)
        out[..., right] = np.clip(intensity * (1 - asymmetry), 0, 1)
    for angle in (*layout.raw["pose"], *layout.raw["extension"]["gaze"]):
        value = parameters[..., layout.parameter_index[angle["name"]]]
        out[..., layout.channel_index[angle["name"]]] = angle_from_parameter(value, angle)
    return out


def angle_from_parameter(value: FloatArray, angle: dict[str, Any]) -> FloatArray:
    """Radians from a 0..1 angle parameter, by the layout's degrees at 0 and 1."""
    low, high = angle["deg_at_0"], angle["deg_at_1"]
    return np.asarray(np.deg2rad(low + (high - low) * value))


def parameter_from_angle(angle_rad: FloatArray, angle: dict[str, Any]) -> FloatArray:
    """The 0..1 parameter of an angle in radians; inverse of ``angle_from_parameter``."""
    low, high = angle["deg_at_0"], angle["deg_at_1"]
    return np.asarray((np.rad2deg(angle_rad) - low) / (high - low))


def _extent(dof: str, value: float) -> float:
    """Offset at parameter 1 in metres, radians or scale - 1; angles are degrees in the file."""
    return float(np.deg2rad(value)) if dof[0] == "r" else float(value)


def _identity_component(raw: dict[str, Any]) -> IdentityComponent:
    ranges = tuple(_extent(dof, raw["range"][dof]) for dof in raw["dofs"])
    name = raw["name"]
    bones = raw.get("bones") or ([f"{name}_L", f"{name}_R"] if raw["paired"] else [name])
    return IdentityComponent(
        name, raw["paired"], raw["doc"], tuple(raw["dofs"]), ranges, tuple(bones)
    )


def _channels(aus: tuple[ActionUnit, ...], extras: list[dict[str, Any]]) -> tuple[Channel, ...]:
    intensities = [Channel(name, "intensity", 0.0, 1.0) for au in aus for name in au.channels]
    others = [Channel(e["name"], e["unit"], *map(float, e["range"])) for e in extras]
    return (*intensities, *others)


def parse_layout(raw: dict[str, Any]) -> Layout:
    """Build a ``Layout`` from the parsed JSON.

    Raises:
        ValueError: the file is of another format version.
    """
    if raw.get("format") != "geface-layout" or raw.get("format_version") != 1:
        found = (raw.get("format"), raw.get("format_version"))
        raise ValueError(f"layout is {found}, expected ('geface-layout', 1)")
    aus = tuple(ActionUnit(**au) for au in raw["au"])
    extension = tuple(ActionUnit(**au) for au in raw["extension"]["au"])
    return Layout(
        raw=raw,
        aus=aus,
        extension_aus=extension,
        identity=tuple(_identity_component(c) for c in raw["identity"]["components"]),
        brow_styles=tuple(BrowStyle(**style) for style in raw["brow_style"]),
        channels=_channels(aus + extension, raw["channel_extras"]),
        exclusions=tuple((a, b) for a, b in raw["exclusions"]),
    )


@lru_cache(maxsize=1)
def load_layout() -> Layout:
    """The packaged layout, read once."""
    text = resources.files("rig").joinpath("face_layout.json").read_text(encoding="utf-8")
    return parse_layout(json.loads(text))
