"""Random people made of MakeHuman's targets: age, sex, ancestry, build and facial details.

An identity is MakeHuman's base mesh plus macro targets (sex × age × muscle × weight and
sex × age × ancestry, multilinear as in MakeHuman) plus the 222 local targets of head, face
and neck, the same on both sides. Size and place are not shape: every identity is brought
onto the base head by the similarity transform (turn, shift, one scale) that lies nearest
over the skin of the head (Procrustes; Umeyama 1991), as a camera's distance would.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from rig.author import makehuman
from rig.identities import Person, sample_person

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MACRO = "mpfb2/targets/macrodetails"
LOCAL = "mpfb2/targets"
# Folder of local targets → standard deviation of its sliders, which go from -1 to 1. MakeHuman's
# ends are caricatures, and sliders of one part add up: these make faces that pass for people.
SPREADS = {
    "cheek": 0.22,
    "chin": 0.18,
    "ears": 0.2,
    "eyebrows": 0.25,
    "eyes": 0.2,
    "forehead": 0.13,
    "head": 0.10,
    "mouth": 0.18,
    "neck": 0.15,
    "nose": 0.2,
}
AGES = ("child", "young", "old")
LEVELS = ("min", "average", "max")
# Opposite ends of one slider; what has no opposite is a slider from 0 to 1.
OPPOSITES = (
    ("decr", "incr"), ("down", "up"), ("in", "out"), ("backward", "forward"),
    ("concave", "convex"), ("compress", "uncompress"),
)  # fmt: skip
ONE_SIDED = 0.6  # of that for square heads and pointed ears, which have no opposite
PEOPLE, SEED = 300, 3


@dataclass(frozen=True)
class Slider:
    """One local change: its targets at -1 (none for a one-sided slider) and at 1, its spread."""

    name: str
    low: tuple[str, ...]
    high: tuple[str, ...]
    spread: float


@lru_cache(maxsize=1)
def sliders() -> tuple[Slider, ...]:
    """All local sliders by name; left and right targets belong to one slider."""
    files: dict[str, str] = {}
    for folder in SPREADS:
        for path in sorted((makehuman.data_dir() / LOCAL / folder).glob("*.target.gz")):
            name = path.name.removesuffix(".target.gz")
            if not name.startswith(("measure-", "r-")):
                files[name] = f"{LOCAL}/{folder}/{path.name}"
    out = []
    for name, file in files.items():
        stem, _, end = name.rpartition("-")
        opposite = {b: a for a, b in OPPOSITES}.get(end)
        if end in dict(OPPOSITES) and f"{stem}-{dict(OPPOSITES)[end]}" in files:
            continue
        low = files.get(f"{stem}-{opposite}") if opposite else None
        spread = SPREADS[file.split("/")[-2]]
        out.append(Slider(name, _sides(low) if low else (), _sides(file), spread))
    return tuple(out)


def _sides(path: str) -> tuple[str, ...]:
    """A left target with its right twin; any other alone."""
    return (path, path.replace("/l-", "/r-")) if "/l-" in path else (path,)


@lru_cache(maxsize=1)
def slider_shapes() -> tuple[FloatArray, FloatArray]:
    """(S, V, 3) displacements at -1 and at 1 of every slider, float32 metres."""
    ends = [
        [
            sum((makehuman.read_target(p) for p in paths), np.zeros((19158, 3))).astype(np.float32)
            for paths in (slider.low, slider.high)
        ]
        for slider in sliders()
    ]
    return np.array([low for low, _ in ends]), np.array([high for _, high in ends])


@lru_cache(maxsize=1)
def macro_shapes() -> dict[tuple[str, ...], FloatArray]:
    """(sex, age, muscle, weight) or (ancestry, sex, age) → (V, 3) displacement."""
    out: dict[tuple[str, ...], FloatArray] = {}
    for sex, age in product(("female", "male"), AGES):
        for muscle, weight in product(LEVELS, LEVELS):
            name = f"universal-{sex}-{age}-{muscle}muscle-{weight}weight"
            out[sex, age, muscle, weight] = makehuman.read_target(f"{MACRO}/{name}.target.gz")
        for ancestry in makehuman.ANCESTRIES:
            path = f"{MACRO}/{ancestry}-{sex}-{age}.target.gz"
            out[ancestry, sex, age] = makehuman.read_target(path)
    return out


@dataclass(frozen=True)
class Build:
    """Muscle and weight, 0..1 as in MakeHuman, 0.5 is average."""

    muscle: float
    weight: float


def age_shares(age_years: float) -> tuple[float, float, float]:
    """How much of MakeHuman's child, young (25 years) and old (90 years) head an age has.

    Faces are nearly grown at 18: MakeHuman's own line from child (10 years) to young would
    make an adult of 18 half a child.
    """
    old = np.clip((age_years - 25) / 65, 0, 1)
    child = 0.25 * np.clip((25 - age_years) / 7, 0, 1)
    return float(child), float(1 - child - old), float(old)


def level_shares(value: float) -> tuple[float, float, float]:
    """How much of the min, average and max target a 0..1 value has."""
    return max(0.0, 1 - 2 * value), 1 - abs(2 * value - 1), max(0.0, 2 * value - 1)


def macro_identity(mesh: makehuman.BaseMesh, person: Person, build: Build) -> FloatArray:
    """(V, 3) MakeHuman's head of a person without local details, metres."""
    shapes, out = macro_shapes(), mesh.positions.copy()
    sexes = {"female": 1 - person.masculinity, "male": person.masculinity}
    ages = dict(zip(AGES, age_shares(person.age_years), strict=True))
    muscles = dict(zip(LEVELS, level_shares(build.muscle), strict=True))
    weights = dict(zip(LEVELS, level_shares(build.weight), strict=True))
    for (sex, a), (age, b) in product(sexes.items(), ages.items()):
        for (muscle, c), (weight, d) in product(muscles.items(), weights.items()):
            if a * b * c * d > 0:
                out += a * b * c * d * shapes[sex, age, muscle, weight]
        for ancestry, share in zip(makehuman.ANCESTRIES, person.ancestry, strict=True):
            out += a * b * share * shapes[ancestry, sex, age]
    return out


def sample_build(rng: np.random.Generator, person: Person) -> Build:
    """Random muscle and weight; both lean up a little with masculinity and age."""
    muscle = 0.42 + 0.16 * person.masculinity + 0.14 * rng.standard_normal()
    weight = 0.48 + 0.08 * person.age + 0.18 * rng.standard_normal()
    return Build(float(np.clip(muscle, 0, 1)), float(np.clip(weight, 0, 1)))


def sample_details(rng: np.random.Generator) -> FloatArray:
    """(S,) random values of all sliders, -1..1 or 0..1."""
    two_sided = np.array([bool(slider.low) for slider in sliders()])
    spread = np.array([slider.spread for slider in sliders()])
    values = np.where(two_sided, 1, ONE_SIDED) * spread * rng.standard_normal(len(two_sided))
    return np.asarray(np.clip(values, np.where(two_sided, -1, 0), 1))


def detail_shape(values: FloatArray) -> FloatArray:
    """(V, 3) displacement of slider values (S,)."""
    low, high = slider_shapes()
    return np.asarray(
        np.tensordot(np.maximum(-values, 0), low, 1) + np.tensordot(np.maximum(values, 0), high, 1)
    )


def nearest_similarity(points: FloatArray, goal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Linear part (3, 3) and shift (3,) of the similarity that brings points nearest to goal.

    Umeyama 1991, least squares over the (N, 3) rows.
    """
    centre, aim = points.mean(0), goal.mean(0)
    u, singular, vt = np.linalg.svd((goal - aim).T @ (points - centre))
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = (singular * sign).sum() / np.square(points - centre).sum()
    linear = scale * u @ np.diag(sign) @ vt
    return linear, aim - linear @ centre


def random_people(
    count: int, mesh: makehuman.BaseMesh, seed: int = SEED
) -> tuple[list[Person], FloatArray]:
    """Seeded random people and their heads.

    Returns:
        Persons, (N, V, 3) positions of the whole base mesh, metres, MakeHuman's frame,
        each brought onto the average adult.
    """
    base = makehuman.average_adult(mesh)
    rows = head_skin(mesh)
    persons: list[Person] = []
    out = np.empty((count, *base.shape))
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        person = sample_person(rng)
        persons.append(person)
        shape = macro_identity(mesh, person, sample_build(rng, person))
        shape += detail_shape(sample_details(rng))
        linear, shift = nearest_similarity(shape[rows], base[rows])
        out[i] = shape @ linear.T + shift
    return persons, out


def head_skin(mesh: makehuman.BaseMesh) -> IntArray:
    """Rows of the base mesh on the skin of the head, the neck excluded."""
    body = mesh.vertices_of("body")
    position = makehuman.average_adult(mesh)
    joint = makehuman.joint_centre(mesh, position, "head")
    own = makehuman.neck_share()[body] < 0.05
    return np.asarray(body[own & (position[body, 1] > joint[1] - 0.13)])


def principal_shapes(mesh: makehuman.BaseMesh, count: int = 24) -> FloatArray:
    """(count, V, 3) what random people differ by most, one standard deviation each, metres.

    Principal components about the base head, over the vertices of the head; the neck's part
    of them is whatever goes with the head's.
    """
    _, people = random_people(PEOPLE, mesh)
    offsets = people - makehuman.average_adult(mesh)
    own = offsets[:, makehuman.neck_share() < 0.05].reshape(PEOPLE, -1)
    vectors = np.linalg.eigh(own @ own.T)[1]
    strongest = vectors[:, ::-1][:, :count]
    strongest *= np.sign(strongest[np.abs(strongest).argmax(0), np.arange(count)])
    shapes = np.tensordot(strongest.T, offsets, 1) / np.sqrt(PEOPLE)
    return np.asarray(np.round(shapes, 7))
