"""How a person is done up: hair, beard, glasses, clothes, hat; drawn to suit the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from rig.appearance import Appearance, Colour
from rig.fabric import PATTERNS
from rig.identities import Person

CLOTHES = ("tee", "vee", "scoop", "turtle", "shirt", "polo", "hoodie", "jacket")
GLASSES = ("thin", "round", "thick", "square", "browline", "rimless", "aviator")
HATS = ("beanie", "cap", "brimmed", "hijab")
EXTRAS = ("hoops", "studs", "headphones", "headset", "mask", "hand", "phone", "cup")


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
        hat: of ``HATS``, or "none"; hat_colour.
        extras: of ``EXTRAS``; extra_colour of those that are not skin or metal.
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
    hat: str = "none"
    hat_colour: Colour = (0.2, 0.2, 0.22)
    extras: tuple[str, ...] = ()
    extra_colour: Colour = (0.1, 0.1, 0.1)
    seed: int = 0


def suit_look(look: Appearance, styling: Styling) -> Appearance:
    """The look without what the styling brings as geometry: hair, shirt, beard."""
    return replace(
        look,
        bald=styling.hair != "default",
        undressed=styling.cloth != "none",
        stubble=max(look.stubble, 0.75) if styling.beard in ("short", "full") else look.stubble,
    )


_FRAME_COLOURS: tuple[Colour, ...] = (
    (0.03, 0.03, 0.035), (0.20, 0.12, 0.07), (0.35, 0.22, 0.12), (0.55, 0.55, 0.57),
    (0.60, 0.50, 0.32), (0.10, 0.12, 0.22), (0.28, 0.06, 0.07), (0.72, 0.68, 0.64),
)  # fmt: skip


def sample_styling(rng: np.random.Generator, person: Person) -> Styling:
    """Random styling that suits ``person``."""
    worn = rng.random() < 0.16 + 0.28 * person.age
    dark = worn and rng.random() < 0.06
    hat = _sample_hat(rng, person)
    hair = "bald" if hat == "hijab" else _sample_hair(rng, person, hat != "none")
    return Styling(
        hair=hair,
        hair_mirrored=bool(rng.random() < 0.5),
        grey=_sample_grey(rng, person),
        beard=_sample_beard(rng, person),
        **_sample_cloth(rng, person),
        hat=hat,
        hat_colour=_cloth_colour(rng),
        extras=_sample_extras(rng, person, hat != "none"),
        extra_colour=_weighted(rng, _THINGS, (5, 2, 2, 1)),
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


def _sample_hair(rng: np.random.Generator, person: Person, hat: bool) -> str:
    """A style by sex, age and ancestry: tightly curled hair is seldom worn long and straight.

    Below a hat only what fits there.
    """
    african = person.ancestry[0]
    weights = []
    for name, (man, woman, with_age) in _HAIR_ODDS.items():
        odds = (woman + (man - woman) * person.masculinity) * np.exp(with_age * (person.age - 0.3))
        odds = odds * (not hat or name not in ("afro", "curly", "updo", "messy"))
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


_MUTED_ODDS = (3, 3, 2, 3, 3, 2, 1.5, 1, 1, 1, 1, 1, 1, 0.6, 0.4)
_THINGS: tuple[Colour, ...] = (
    (0.04, 0.04, 0.045), (0.75, 0.75, 0.76), (0.35, 0.36, 0.38), (0.70, 0.15, 0.12),
)  # fmt: skip


def _cloth_colour(rng: np.random.Generator) -> Colour:
    """Mostly muted, seldom bright."""
    colour = np.array(_weighted(rng, _MUTED, _MUTED_ODDS)) * (1 + 0.12 * rng.standard_normal(3))
    r, g, b = np.clip(colour, 0.02, 0.95)
    return float(r), float(g), float(b)


def _sample_hat(rng: np.random.Generator, person: Person) -> str:
    """Now and then something on the head."""
    scarf = 0.035 * (1 - person.masculinity)
    return _weighted(
        rng, ("none", "beanie", "cap", "brimmed", "hijab"), (1, 0.04, 0.04, 0.02, scarf)
    )


def _sample_extras(rng: np.random.Generator, person: Person, hat: bool) -> tuple[str, ...]:
    """What else is worn, and rarely something that hides a part of the face."""
    out = []
    if rng.random() < 0.32 * (1 - person.masculinity) + 0.02:
        out.append(str(rng.choice(["hoops", "studs"])))
    if not hat and rng.random() < 0.06:
        out.append(str(rng.choice(["headphones", "headset"])))
    hiding = ("none", "mask", "hand", "phone", "cup")
    out.append(_weighted(rng, hiding, (1, 0.012, 0.014, 0.01, 0.01)))
    return tuple(n for n in out if n != "none")


def _sample_cloth(rng: np.random.Generator, person: Person) -> dict[str, Any]:
    """A garment in mostly muted colours; V-necks and scoops are women's more often."""
    woman = 1 - person.masculinity
    odds = (3.0, 0.8 + 1.2 * woman, 1.8 * woman, 0.7, 2.2 - woman, 1.0, 1.6, 1.6)
    return {
        "cloth": _weighted(rng, CLOTHES, odds),
        "below": str(rng.choice(["tee", "shirt", "vee", "turtle"])),
        "cloth_colours": (_cloth_colour(rng), _cloth_colour(rng)),
        "pattern": _weighted(rng, PATTERNS, (6, 2, 1, 1, 1.5)),
    }
