"""What a person wears and how the hair is done: pieces on the rest head, skinned like it.

Shapes come from ``assets/props.npz`` (made by ``rig.author.props``); colours, patterns and
sizes are painted here from a ``Styling`` and the face's ``Appearance``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rig.appearance import Appearance, Colour
from rig.fabric import PATTERNS, paint_cloth
from rig.head import asset_path, load_head
from rig.identities import Person
from rig.skinning import vertex_normals
from rig.strands import paint_cards, paint_scalp

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ByteImage = NDArray[np.uint8]

STEP_M = 1e-5  # of stored positions

CLOTHES = ("tee", "vee", "scoop", "turtle", "shirt", "polo", "hoodie", "jacket")
GLASSES = ("thin", "round", "thick", "square", "browline", "rimless", "aviator")


@dataclass(frozen=True)
class Styling:
    """Hair, beard, glasses, hat and cloth of one face; the defaults are none of these.

    Attributes:
        hair: a style (``hair_styles()``); "bald"; "default" is the head's own hair primitive.
        hair_mirrored: the other way round; grey: share of grey hairs, 0..1.
        wave: how much strands bend, 0..1.
        beard: "none", "short", "full", "long", "goatee" or "moustache"; in the look's
            ``stubble_colour``.
        cloth: a garment (``CLOTHES``) or "none"; below: what is worn below a jacket.
        cloth_colours: its main and second colour; pattern: of ``rig.fabric.PATTERNS``.
        glasses: a name of ``GLASSES``, or "none".
        glasses_colour: sRGB 0..1 of the frame.
        lens: 0 clear to 1 nearly black (sunglasses).
        seed: of patterns and reflections.
    """

    hair: str = "default"
    hair_mirrored: bool = False
    grey: float = 0.0
    wave: float = 0.2
    beard: str = "none"
    cloth: str = "none"
    below: str = "tee"
    cloth_colours: tuple[Colour, Colour] = ((0.25, 0.30, 0.38), (0.85, 0.85, 0.83))
    pattern: str = "plain"
    glasses: str = "none"
    glasses_colour: Colour = (0.05, 0.05, 0.05)
    lens: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Prop:
    """One mesh with one picture, in the rest pose, skinned like ``rig.head.Primitive``.

    Attributes:
        name: which piece it is.
        positions: (V, 3) metres; normals: (V, 3) unit, to be turned with the joints (hair's are
            not its triangles' own); uvs: (V, 2), v down; triangles: (T, 3).
        joints: (V, 4); weights: (V, 4), rows sum to 1.
        picture: (H, W, 3 | 4) uint8 sRGB. Of hair v runs from root (0) to tip (1).
        roughness: 0..1.
        label: parsing label: hair, beard, glasses, hat, cloth or occluder; "" for what the mask
            looks through (clear lenses).
        alpha: "opaque"; "cutout": discard where alpha is below a half; "blend": drawn after all
            else, blended by alpha, in no depth buffer (lenses).
    """

    name: str
    positions: FloatArray
    normals: FloatArray
    uvs: FloatArray
    triangles: IntArray
    joints: IntArray
    weights: FloatArray
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


def props_for(styling: Styling, look: Appearance) -> tuple[Prop, ...]:
    """All meshes of a styling, opaque ones first."""
    return (*_cloth(styling), *_hair(styling, look), *_beard(styling, look), *_glasses(styling))


def suit_look(look: Appearance, styling: Styling) -> Appearance:
    """The look without what the styling brings as geometry: hair, shirt, beard."""
    return replace(
        look,
        bald=styling.hair != "default",
        undressed=styling.cloth != "none",
        stubble=max(look.stubble, 0.75) if styling.beard in ("short", "full") else look.stubble,
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
    return [scalp, *knot, mirrored(cards) if styling.hair_mirrored else cards]


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
    streak = np.exp(-(((slant - middle) / width) ** 4)) * (1 - 0.6 * v) * rng.uniform(0.0, 0.22)
    dark = tint * (0.97 - 0.25 * v)
    alpha = 1 - (1 - dark) * (1 - streak)
    grey = (30 * dark * (1 - streak) + 235 * streak) / np.maximum(alpha, 1e-6)
    out = np.stack([grey, grey, grey * 1.05, 255 * alpha], axis=-1)
    return np.asarray(np.clip(out, 0, 255), dtype=np.uint8)


_FRAME_COLOURS: tuple[Colour, ...] = (
    (0.03, 0.03, 0.035), (0.20, 0.12, 0.07), (0.35, 0.22, 0.12), (0.55, 0.55, 0.57),
    (0.60, 0.50, 0.32), (0.10, 0.12, 0.22), (0.28, 0.06, 0.07), (0.72, 0.68, 0.64),
)  # fmt: skip


def sample_styling(rng: np.random.Generator, person: Person) -> Styling:
    """Random styling that suits ``person``."""
    worn = rng.random() < 0.16 + 0.28 * person.age
    dark = worn and rng.random() < 0.06
    hair = _sample_hair(rng, person)
    return Styling(
        hair=hair,
        hair_mirrored=bool(rng.random() < 0.5),
        grey=_sample_grey(rng, person),
        beard=_sample_beard(rng, person),
        **_sample_cloth(rng, person),
        wave=float(rng.beta(1.2, 2.5)),
        glasses=str(rng.choice(GLASSES)) if worn else "none",
        glasses_colour=_weighted(rng, _FRAME_COLOURS, (6, 3, 2, 2, 1, 1, 1, 1)),
        lens=float(rng.uniform(0.7, 1.0)) if dark else float(rng.choice([0.0, 0.0, 0.06])),
        seed=int(rng.integers(2**31)),
    )


_T = TypeVar("_T")


def _weighted(rng: np.random.Generator, items: Sequence[_T], weights: Sequence[float]) -> _T:
    """One of the items, by weight."""
    share = np.array(weights, dtype=float)
    return items[int(rng.choice(len(items), p=share / share.sum()))]


# Style: odds for a man, for a woman, and how they change with age (exponent per unit of age).
_HAIR_ODDS: dict[str, tuple[float, float, float]] = {
    "buzz": (1.4, 0.1, -0.5), "crew": (2.2, 0.15, -0.3), "side": (2.5, 0.6, 0.5),
    "swept": (1.6, 0.7, 0.5), "messy": (1.8, 0.9, -1.0), "curly": (0.9, 0.9, -0.3),
    "receding": (1.2, 0.0, 2.2), "horseshoe": (0.3, 0.0, 4.0), "bald": (0.6, 0.03, 1.2),
    "bob": (0.1, 1.6, 0.6), "bob_fringe": (0.05, 1.1, 0.2), "long": (0.2, 1.8, -1.5),
    "long_side": (0.15, 1.8, -1.2), "long_fringe": (0.05, 1.2, -1.5), "wavy": (0.1, 1.6, -1.0),
    "coils": (0.06, 0.06, -0.3), "afro": (0.02, 0.04, -0.8),
    "ponytail": (0.25, 1.8, -0.6), "updo": (0.15, 1.3, 0.2),
}  # fmt: skip
# Of people of African ancestry these times the odds; of styles not named a quarter.
_AFRICAN = {"buzz": 3.0, "crew": 1.5, "curly": 3.0, "updo": 1.5, "horseshoe": 1.0, "bald": 2.0,
            "receding": 1.0, "coils": 40.0, "afro": 30.0}  # fmt: skip


def _sample_hair(rng: np.random.Generator, person: Person) -> str:
    """A style by sex, age and ancestry: tightly curled hair is seldom worn long and straight."""
    african = person.ancestry[0]
    weights = []
    for name, (man, woman, with_age) in _HAIR_ODDS.items():
        odds = (woman + (man - woman) * person.masculinity) * np.exp(with_age * (person.age - 0.3))
        weights.append(odds * (1 - african + african * _AFRICAN.get(name, 0.25)))
    return _weighted(rng, tuple(_HAIR_ODDS), weights)


def _sample_grey(rng: np.random.Generator, person: Person) -> float:
    """Share of white hairs among the others (``Appearance.hair`` itself greys with age)."""
    return float(np.clip(rng.normal(0.012 * (person.age_years - 40), 0.1), 0, 0.4))


def _sample_beard(rng: np.random.Generator, person: Person) -> str:
    """None for women; for two men in five one that stands off the skin."""
    if rng.random() > 0.42 * np.clip(2.5 * person.masculinity - 1.4, 0, 1):
        return "none"
    odds = (4, 2.2, 0.4, 1.6, 1.0)
    return _weighted(rng, ("short", "full", "long", "goatee", "moustache"), odds)


_MUTED: tuple[Colour, ...] = (
    (0.05, 0.05, 0.06), (0.16, 0.16, 0.18), (0.38, 0.38, 0.39), (0.88, 0.87, 0.85),
    (0.10, 0.13, 0.24), (0.24, 0.32, 0.45), (0.55, 0.64, 0.74), (0.33, 0.11, 0.13),
    (0.16, 0.24, 0.18), (0.36, 0.36, 0.24), (0.60, 0.52, 0.42), (0.42, 0.30, 0.22),
    (0.74, 0.62, 0.60), (0.62, 0.16, 0.16), (0.75, 0.60, 0.22),
)  # fmt: skip


def _sample_cloth(rng: np.random.Generator, person: Person) -> dict[str, Any]:
    """A garment in mostly muted colours; V-necks and scoops are women's more often."""
    woman = 1 - person.masculinity
    odds = (3.0, 0.8 + 1.2 * woman, 1.8 * woman, 0.7, 2.2 - woman, 1.0, 1.6, 1.6)
    colours = [
        tuple(float(c) for c in np.clip(np.array(_weighted(rng, _MUTED, (3, 3, 2, 3, 3, 2, 1.5,
              1, 1, 1, 1, 1, 1, 0.6, 0.4))) * (1 + 0.12 * rng.standard_normal(3)), 0.02, 0.95))
        for _ in range(2)
    ]  # fmt: skip
    return {
        "cloth": _weighted(rng, CLOTHES, odds),
        "below": str(rng.choice(["tee", "shirt", "vee", "turtle"])),
        "cloth_colours": tuple(colours),
        "pattern": _weighted(rng, PATTERNS, (6, 2, 1, 1, 1.5)),
    }
