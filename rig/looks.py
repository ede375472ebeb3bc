"""What a face looks like: its colours and marks, and random ones that suit a person."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rig.identities import Person
from rig.layout import BrowStyle, Layout, load_layout
from rig.pigments import tone
from rig.texture import Colour

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Makeup:
    """What is put on: strengths 0..1 and sRGB colours; the defaults are a bare face."""

    foundation: float = 0.0
    lipstick: float = 0.0
    lipstick_colour: Colour = (0.62, 0.22, 0.26)
    blusher: float = 0.0
    liner: float = 0.0
    shadow: float = 0.0
    shadow_colour: Colour = (0.36, 0.26, 0.24)


@dataclass(frozen=True)
class Appearance:
    """Looks of one face. Colours are sRGB 0..1; strengths 0..1 unless said otherwise.

    Attributes:
        brow: style of the brows; brow_colour of their hair.
        melanin: 0.05 (very light) .. 2.8 (very dark); blood about 0.2..0.8; carotene 0..0.8.
        redness: of nose, cheeks, ears; mottling: unevenness of the tone.
        lip_blood: 0.1..1 how much redder lips are than the skin; lip_melanin: 0..1.5, of
            the skin's.
        freckles, age_spots, moles (a count), blemishes (a count), lid_shadow: marks.
        stubble: 0 none, 0.2 a shaved man's shade, 1 a short beard.
        oil: shine; pores: roughness of the skin's surface.
        creases: how much muscles wrinkle the skin; age_creases: folds at rest.
        lashes: opacity.
        stubble_colour, hair, iris, shirt: colours.
        iris_ring: colour about the pupil; pupil_mm: its radius; sclera_red, sclera_yellow.
        teeth: 0 yellow-grey .. 1 white.
        bald: True leaves hair away and the scalp shaved.
        undressed: True leaves the painted shirt away (clothes of cloth are worn).
        makeup: what is put on.
        seed: of the noise.
    """

    brow: BrowStyle
    brow_colour: Colour = (0.16, 0.10, 0.07)
    melanin: float = 0.35
    blood: float = 0.42
    carotene: float = 0.25
    redness: float = 0.4
    mottling: float = 0.4
    lip_blood: float = 0.45
    lip_melanin: float = 0.95
    freckles: float = 0.0
    age_spots: float = 0.0
    moles: int = 1
    blemishes: int = 0
    lid_shadow: float = 0.3
    stubble: float = 0.0
    oil: float = 0.4
    pores: float = 0.5
    creases: float = 0.5
    age_creases: float = 0.1
    lashes: float = 0.7
    stubble_colour: Colour = (0.18, 0.13, 0.11)
    hair: Colour = (0.16, 0.10, 0.07)
    iris: Colour = (0.30, 0.20, 0.12)
    iris_ring: Colour = (0.36, 0.25, 0.14)
    pupil_mm: float = 1.9
    sclera_red: float = 0.25
    sclera_yellow: float = 0.15
    teeth: float = 0.6
    shirt: Colour = (0.25, 0.30, 0.38)
    bald: bool = False
    undressed: bool = False
    makeup: Makeup = field(default_factory=Makeup)
    seed: int = 0

    @property
    def skin(self) -> Colour:
        """sRGB tone of the cheek without redness or marks."""
        r, g, b = tone(self.melanin, self.blood, self.carotene)
        return float(r), float(g), float(b)


def default_appearance() -> Appearance:
    """Looks of the base face."""
    styles = {style.name: style for style in load_layout().brow_styles}
    return Appearance(brow=styles["arched_medium_natural"])


# Random looks ----------------------------------------------------------------------------------

# Means of melanin and carotene by ancestry, and how much people differ about them (log, plain).
_MELANIN = (1.55, 0.42, 0.21)
_MELANIN_SPREAD = (0.28, 0.35, 0.55)
_CAROTENE = (0.35, 0.50, 0.28)

_GREY: Colour = (0.62, 0.61, 0.59)
_LIPSTICKS: tuple[Colour, ...] = (
    (0.70, 0.40, 0.38),
    (0.66, 0.32, 0.34),
    (0.60, 0.24, 0.28),
    (0.55, 0.14, 0.18),
    (0.42, 0.14, 0.20),
)
_IRISES: tuple[tuple[Colour, Colour], ...] = (
    ((0.10, 0.06, 0.04), (0.15, 0.09, 0.05)),
    ((0.19, 0.12, 0.065), (0.26, 0.165, 0.085)),
    ((0.26, 0.20, 0.12), (0.33, 0.23, 0.11)),
    ((0.27, 0.28, 0.22), (0.33, 0.27, 0.16)),
    ((0.28, 0.33, 0.36), (0.36, 0.36, 0.32)),
    ((0.23, 0.29, 0.34), (0.33, 0.37, 0.39)),
)


def sample_look(
    rng: np.random.Generator, person: Person, layout: Layout, brow_style: int
) -> Appearance:
    """Random looks of ``person`` with the given brow style (its index in the layout)."""
    melanin, carotene = _sample_tone(rng, person)
    light = float(np.exp(-1.6 * melanin))
    hair = _sample_hair(rng, person, light)
    old = person.age_years
    made_up = bool(rng.random() < 0.75 * (1 - person.masculinity))
    iris, ring = _sample_iris(rng, light * person.ancestry[2])
    folds = float(np.clip((old - 24) / 50, 0, 1) ** 1.4 * rng.uniform(0.5, 1.2))
    return Appearance(
        brow=layout.brow_styles[brow_style],
        brow_colour=_brow_colour(rng, hair, old),
        melanin=melanin,
        blood=float(np.clip(rng.normal(0.44, 0.09), 0.22, 0.8)),
        carotene=carotene,
        redness=float(rng.beta(2, 3.5)) * (0.45 + 0.55 * light),
        mottling=float(np.clip(rng.normal(0.35 + 0.25 * person.age, 0.15), 0.08, 1)),
        lip_blood=float(np.clip(rng.normal(0.42, 0.13), 0.12, 0.9)),
        lip_melanin=float(np.clip(rng.normal(0.95, 0.1), 0.6, 1.2)),
        freckles=float(rng.uniform(0.2, 1)) if rng.random() < 0.3 * light else 0.0,
        age_spots=float(np.clip((old - 45) / 30, 0, 1)) * float(rng.uniform(0, 1)),
        moles=int(rng.poisson(1.6)),
        blemishes=int(rng.poisson(2.5)) if old < 35 and rng.random() < 0.35 else 0,
        lid_shadow=float(rng.beta(1.6, 2.6)),
        stubble=_sample_stubble(rng, person),
        oil=float(rng.beta(2, 2.5)),
        pores=float(np.clip(rng.normal(0.35 + 0.3 * person.masculinity, 0.15), 0.05, 1)),
        creases=float(np.clip(rng.beta(2, 2) * (0.55 + 0.6 * person.age), 0, 1)),
        age_creases=min(folds, 1.0),
        lashes=float(np.clip(rng.normal(0.6 - 0.2 * person.masculinity, 0.15), 0.15, 1)),
        stubble_colour=_beard_colour(rng, hair, old),
        hair=hair,
        iris=iris,
        iris_ring=ring,
        pupil_mm=float(rng.uniform(1.3, 2.6)),
        sclera_red=float(np.clip(rng.beta(1.5, 4) + 0.2 * person.age, 0, 1)),
        sclera_yellow=float(
            np.clip(rng.beta(1.5, 5) + 0.2 * person.age + 0.35 * (1 - light), 0, 1)
        ),
        teeth=float(np.clip(rng.normal(0.65 - 0.4 * person.age, 0.2), 0, 1)),
        shirt=_sample_shirt(rng),
        bald=bool(rng.random() < 0.45 * person.masculinity * person.age**0.7),
        makeup=_sample_makeup(rng, melanin) if made_up else Makeup(),
        seed=int(rng.integers(2**31)),
    )


def _rgb(values: FloatArray) -> Colour:
    r, g, b = np.clip(values, 0.01, 0.98)
    return float(r), float(g), float(b)


def _sample_tone(rng: np.random.Generator, person: Person) -> tuple[float, float]:
    """Melanin and carotene."""
    weights = np.array(person.ancestry)
    spread = float(weights @ _MELANIN_SPREAD)
    melanin = float(weights @ _MELANIN) * float(np.exp(rng.normal(0, spread)))
    carotene = float(weights @ _CAROTENE) + float(rng.normal(0, 0.1))
    return float(np.clip(melanin, 0.04, 2.8)), float(np.clip(carotene, 0.02, 0.9))


def _sample_hair(rng: np.random.Generator, person: Person, light: float) -> Colour:
    """Hair by its two pigments, greying with age."""
    fair = person.ancestry[2] * light**0.5
    dark = float(np.clip(1 - 0.9 * fair * rng.beta(1.3, 1.1), 0.05, 1))
    red = float(rng.beta(1, 6) if rng.random() < 0.9 else rng.beta(4, 2)) * fair
    density = 3.1 * dark**1.5 + 0.35
    colour = np.exp(-density * np.array([0.72, 0.92, 1.12]) - red * np.array([0.0, 0.55, 1.1]))
    colour = 0.025 + 0.92 * colour
    years = person.age_years
    grey = np.clip((years - 43) / 34 + rng.normal(0, 0.2), 0, 1) * (years > 32)
    if person.masculinity < 0.5 and rng.random() < 0.7:
        grey = 0.0  # dyed
    return _rgb(colour * (1 - grey) + np.array(_GREY) * rng.uniform(0.75, 1.2) * grey)


def _brow_colour(rng: np.random.Generator, hair: Colour, years: float) -> Colour:
    """Like the hair, darker than fair or grey hair."""
    depth = rng.uniform(0.55, 0.95) if years < 65 else rng.uniform(0.75, 1.0)
    return _rgb(np.minimum(np.array(hair) * depth, [0.42, 0.36, 0.31]))


def _beard_colour(rng: np.random.Generator, hair: Colour, years: float) -> Colour:
    grey = np.clip((years - 40) / 30 + rng.normal(0, 0.2), 0, 1) * (years > 33)
    natural = np.minimum(np.array(hair) * rng.uniform(0.6, 1.0), 0.35)
    return _rgb(natural * (1 - grey) + np.array(_GREY) * grey)


def _sample_stubble(rng: np.random.Generator, person: Person) -> float:
    """None for most women; for men a shaved shade, days of growth or a short beard."""
    if rng.random() > person.masculinity**0.7:
        return 0.0
    grown = rng.random()
    if grown < 0.6:
        return float(rng.uniform(0.02, 0.22))
    return float(rng.uniform(0.22, 0.6) if grown < 0.88 else rng.uniform(0.6, 1.0))


def _sample_iris(rng: np.random.Generator, fair: float) -> tuple[Colour, Colour]:
    """Colour of the iris and of the ring about its pupil."""
    place = float(rng.beta(1.3, 1.2)) * (len(_IRISES) - 1)
    place = place if rng.random() < 1.1 * fair else float(rng.beta(1.2, 2.5)) * 1.3
    low = min(int(place), len(_IRISES) - 2)
    t = place - low
    pair = [
        np.array(a) * (1 - t) + np.array(b) * t
        for a, b in zip(_IRISES[low], _IRISES[low + 1], strict=True)
    ]
    tint = 1 + 0.06 * rng.standard_normal(3)
    return _rgb(pair[0] * tint), _rgb(pair[1] * tint)


def _sample_makeup(rng: np.random.Generator, melanin: float) -> Makeup:
    """Mostly discreet; a saturated lipstick is rare."""
    bold = int(rng.choice(len(_LIPSTICKS), p=[0.4, 0.3, 0.17, 0.08, 0.05]))
    colour = np.array(_LIPSTICKS[bold]) * np.exp(-0.25 * melanin) * rng.uniform(0.9, 1.1, 3)
    shadow = np.array([0.40, 0.29, 0.26]) * np.exp(-0.4 * melanin) * rng.uniform(0.8, 1.2, 3)
    return Makeup(
        foundation=float(rng.beta(1.5, 1.5)),
        lipstick=float(rng.beta(2, 2.5)) * 0.9 if rng.random() < 0.75 else 0.0,
        lipstick_colour=_rgb(colour),
        blusher=float(rng.beta(1.3, 3)),
        liner=float(rng.beta(1.5, 1.5)) if rng.random() < 0.6 else 0.0,
        shadow=float(rng.beta(1.3, 3)) * 0.7,
        shadow_colour=_rgb(shadow),
    )


def _sample_shirt(rng: np.random.Generator) -> Colour:
    """Cloth: mostly dark, grey or white, seldom bright."""
    grey = rng.choice([rng.uniform(0.06, 0.3), rng.uniform(0.3, 0.7), rng.uniform(0.75, 0.93)])
    return _rgb(grey + rng.normal(0, rng.choice([0.015, 0.06, 0.16]), 3))
