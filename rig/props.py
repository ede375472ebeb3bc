"""What a person wears and how the hair is done: pieces on the rest head, skinned like it.

Shapes come from ``assets/props.npz`` (made by ``rig.author.props``); colours, patterns and
sizes are painted here from a ``Styling`` and the face's ``Appearance``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rig.appearance import Appearance, Colour
from rig.fabric import paint_cloth
from rig.head import Primitive, asset_path, load_head
from rig.skinning import vertex_normals
from rig.strands import paint_cards, paint_scalp
from rig.styling import Styling, sample_styling, suit_look

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ByteImage = NDArray[np.uint8]

STEP_M = 1e-5  # of stored positions


@dataclass(frozen=True)
class Prop(Primitive):
    """One mesh with one picture; ``name`` says which piece it is.

    Its normals are to be turned with the joints: hair's are not its triangles' own.

    Attributes:
        picture: (H, W, 3 | 4) uint8 sRGB. Of hair v runs from root (0) to tip (1).
        roughness: 0..1.
        label: parsing label: hair, beard, glasses, hat, cloth or occluder; "" for what the mask
            looks through (clear lenses).
        alpha: "opaque"; "cutout": discard where alpha is below a half; "blend": drawn after all
            else, blended by alpha, in no depth buffer (lenses).
    """

    picture: ByteImage
    roughness: float
    label: str
    alpha: str = "opaque"


@dataclass(frozen=True)
class Shape:
    """A stored piece bound to the head's joints; see ``Prop``."""

    positions: FloatArray
    normals: FloatArray
    uvs: FloatArray
    triangles: IntArray
    joints: IntArray
    weights: FloatArray


@lru_cache(maxsize=1)
def _asset() -> dict[str, NDArray[Any]]:
    with np.load(asset_path("props.npz")) as data:
        return {name: data[name] for name in data.files}


def shape_names() -> tuple[str, ...]:
    """Names of all stored pieces."""
    return tuple(n.removesuffix("/positions") for n in _asset() if n.endswith("/positions"))


@lru_cache(maxsize=64)
def load_shape(name: str) -> Shape:
    """A stored piece, bound to the packaged head.

    Raises:
        KeyError: there is none of that name.
    """
    arrays = _asset()
    positions = arrays[f"{name}/positions"] * STEP_M
    triangles = arrays[f"{name}/triangles"].astype(np.int64)
    if f"{name}/normals" in arrays:
        raw = arrays[f"{name}/normals"].astype(float)
        normals = raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9)
    else:
        normals = vertex_normals(positions, triangles)
        normals[np.linalg.norm(normals, axis=1) < 0.5] = (0.0, 0.0, 1.0)  # of pinched triangles
    joints, weights = _binding(name, positions)
    uvs = arrays[f"{name}/uvs"] / 65535.0
    return Shape(positions, normals, uvs, triangles, joints, weights)


def _binding(name: str, positions: FloatArray) -> tuple[IntArray, FloatArray]:
    """(V, 4) joints and weights: those stored, or the skin's nearest to each vertex' anchor."""
    arrays, head = _asset(), load_head()
    if f"{name}/anchors" in arrays:
        anchors, which = np.unique(arrays[f"{name}/anchors"], return_inverse=True)
        rows = nearest(positions[anchors], head.primitives["skin"].positions)[which]
        skin = head.primitives["skin"]
        return skin.joints[rows], skin.weights[rows]
    names = [str(n) for n in arrays[f"{name}/joints"]]
    weights = np.zeros((len(positions), 4))
    weights[:, : len(names)] = arrays[f"{name}/weights"]
    indices = np.zeros(4, dtype=np.int64)
    indices[: len(names)] = [head.joint_index(n) for n in names]
    joints = np.tile(indices, (len(positions), 1))
    return joints, weights / weights.sum(1, keepdims=True)


def nearest(points: FloatArray, among: FloatArray) -> IntArray:
    """(N,) row of ``among`` (M, 3) nearest to each of (N, 3) points."""
    square = (among**2).sum(1)
    return np.asarray(np.argmin(square - 2 * points @ among.T, axis=1))


def _flat(colour: Colour) -> ByteImage:
    return np.full((4, 4, 3), np.round(np.clip(colour, 0, 1) * np.array(255.0)), np.uint8)


def _prop(
    piece: str, picture: ByteImage, roughness: float, label: str, alpha: str = "opaque"
) -> Prop:
    s = load_shape(piece)
    return Prop(
        piece, s.positions, s.normals, s.uvs, s.triangles, s.joints, s.weights,
        picture, roughness, label, alpha,
    )  # fmt: skip


@lru_cache(maxsize=1)
def props_for(styling: Styling, look: Appearance) -> tuple[Prop, ...]:
    """All meshes of a styling, opaque ones first; a run of one person makes them once."""
    return (
        *_cloth(styling),
        *_hair(styling, look),
        *_beard(styling, look),
        *_hat(styling),
        *_extras(styling, look),
        *_glasses(styling),
    )


def hair_styles() -> tuple[str, ...]:
    """Names of the styles that are stored."""
    return tuple(n.removeprefix("hair.") for n in shape_names() if n.startswith("hair."))


_KNOTS = ("ponytail", "updo")
_SCALPS = {"receding": "receding", "horseshoe": "horseshoe"}


def _hair(styling: Styling, look: Appearance) -> list[Prop]:
    if styling.hair in ("default", "bald"):
        return []
    scalp = _prop(
        f"scalp.{_SCALPS.get(styling.hair, 'full')}",
        paint_scalp(look.hair, styling.grey, 1.0, styling.seed), 0.75, "hair", "cutout",
    )  # fmt: skip
    picture = paint_cards(look.hair, styling.grey, styling.wave, styling.seed)
    knot = [_prop(f"knot.{n}", picture, 0.5, "hair", "cutout") for n in _KNOTS if n == styling.hair]
    cards = _prop(f"hair.{styling.hair}", picture, 0.5, "hair", "cutout")
    if styling.hat != "none":
        cards = replace(cards, positions=pressed(cards.name, f"hat.{styling.hat}"))
    return [scalp, *knot, mirrored(cards) if styling.hair_mirrored else cards]


_SKULL_MIDDLE = np.array([0.0, 0.045, -0.005])  # as ``rig.author.wear.MIDDLE``
_HAT_CROWN = 14 * 49  # vertices of a hat's crown; they come first


@lru_cache(maxsize=64)
def pressed(hair: str, hat: str) -> FloatArray:
    """(V, 3) vertices of hair below a hat's crown, 4 mm inside it."""
    crown = load_shape(hat).positions[:_HAT_CROWN] - _SKULL_MIDDLE
    local = load_shape(hair).positions - _SKULL_MIDDLE
    crown_reach, hair_reach = np.linalg.norm(crown, axis=1), np.linalg.norm(local, axis=1)
    crown_way, hair_way = crown / crown_reach[:, None], local / hair_reach[:, None]
    row = nearest(hair_way, crown_way)
    covered = (hair_way * crown_way[row]).sum(1) > np.cos(0.12)
    room = np.where(covered, crown_reach[row] - 0.004, np.inf)
    return np.asarray(_SKULL_MIDDLE + local * np.minimum(1, room / hair_reach)[:, None])


def _hat(styling: Styling) -> list[Prop]:
    if styling.hat == "none":
        return []
    pattern = "knit" if styling.hat == "beanie" else "plain"
    colour = styling.hat_colour
    picture = paint_cloth(colour, _scaled(colour, 0.7), pattern, False, styling.seed + 5)
    return [_prop(f"hat.{styling.hat}", picture, 0.9, "hat")]


def _scaled(colour: Colour, by: float) -> Colour:
    return colour[0] * by, colour[1] * by, colour[2] * by


_GOLD: Colour = (0.75, 0.60, 0.30)
_PAPER: Colour = (0.55, 0.68, 0.75)


def _extras(styling: Styling, look: Appearance) -> list[Prop]:
    own = {"hoops": _GOLD, "studs": _GOLD, "mask": _PAPER, "hand": look.skin}
    return [
        _prop(
            f"extra.{name}", _flat(own.get(name, styling.extra_colour)),
            0.9 if name == "mask" else 0.5, "hat" if name.startswith("head") else "occluder",
        )
        for name in styling.extras
    ]  # fmt: skip


def _beard(styling: Styling, look: Appearance) -> list[Prop]:
    if styling.beard == "none":
        return []
    picture = paint_cards(look.stubble_colour, 0.5 * styling.grey, 0.3, styling.seed + 1)
    names = ["moustache"] if styling.beard in ("full", "short", "long", "goatee") else []
    return [
        _prop(f"beard.{name}", picture, 0.55, "beard", "cutout") for name in [styling.beard, *names]
    ]


def _cloth(styling: Styling) -> list[Prop]:
    """The garment, and what is below a jacket."""
    if styling.cloth == "none":
        return []
    layers = [(styling.cloth, styling.cloth_colours, styling.pattern)]
    if styling.cloth == "jacket":
        layers.append((styling.below, styling.cloth_colours[::-1], "plain"))
    return [
        _prop(
            f"cloth.{name}",
            paint_cloth(*colours, pattern, name in ("shirt", "polo"), styling.seed + i),
            0.85, "cloth",
        )
        for i, (name, colours, pattern) in enumerate(layers)
    ]  # fmt: skip


def mirrored(prop: Prop) -> Prop:
    """The prop the other way round, carried by the joints of the other side."""
    flip = np.array([-1.0, 1.0, 1.0])
    return replace(
        prop,
        positions=prop.positions * flip,
        normals=prop.normals * flip,
        triangles=prop.triangles[:, ::-1],
        joints=_mirror_joints()[prop.joints],
    )


@lru_cache(maxsize=1)
def _mirror_joints() -> IntArray:
    names = load_head().joint_names
    swap = {"_L": "_R", "_R": "_L"}
    twins = [n[:-2] + swap.get(n[-2:], n[-2:]) for n in names]
    return np.array([names.index(t) for t in twins])


def _glasses(styling: Styling) -> list[Prop]:
    if styling.glasses == "none":
        return []
    kind = styling.glasses
    frame = _prop(f"glasses.{kind}", _flat(styling.glasses_colour), 0.3, "glasses")
    lens = paint_lens(styling.lens, styling.seed)
    return [
        frame,
        _prop(f"lens.{kind}", lens, 0.1, "glasses" if styling.lens > 0.5 else "", "blend"),
    ]


def paint_lens(tint: float, seed: int, size: int = 64) -> ByteImage:
    """(size, size, 4) of a lens: tint 0 clear, 1 dark; a slanting reflection, stronger above."""
    rng = np.random.default_rng([seed, 1])
    v, u = np.mgrid[0:size, 0:size] / size
    slant = u + rng.uniform(0.2, 0.7) * v
    middle, width = rng.uniform(0.3, 1.0), rng.uniform(0.05, 0.2)
    streak = np.exp(-(((slant - middle) / width) ** 4)) * (1 - 0.6 * v) * rng.uniform(0.0, 0.13)
    dark = tint * (0.97 - 0.25 * v)
    alpha = 1 - (1 - dark) * (1 - streak)
    grey = (30 * dark * (1 - streak) + 235 * streak) / np.maximum(alpha, 1e-6)
    out = np.stack([grey, grey, grey * 1.05, 255 * alpha], axis=-1)
    return np.asarray(np.clip(out, 0, 255), dtype=np.uint8)


__all__ = [
    "Prop",
    "Shape",
    "Styling",
    "load_shape",
    "mirrored",
    "paint_lens",
    "pressed",
    "props_for",
    "sample_styling",
    "shape_names",
    "suit_look",
]
