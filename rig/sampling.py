"""Random faces: parameters, looks, camera and light, all from (seed, index).

A ``Person`` is drawn first and given to all parts. Each part (parameters, look, view, photo,
styling) then has a random generator of its own, so that a change of one leaves the others alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rig.identities import Person, sample_identity, sample_person
from rig.layout import Layout, load_layout
from rig.looks import Appearance, default_appearance, sample_look
from rig.photograph import Photo, sample_photo
from rig.props import Styling, sample_styling, suit_look
from rig.view import EVEN_VIEW, View, sample_view

FloatArray = NDArray[np.float64]

# Moments of people are faces from here on, who the people are those before.
LATER = 2**40
# AUs that often come together, with typical relative strengths.
_BUNDLES: tuple[dict[str, float], ...] = (
    {"AU06": 0.8, "AU12": 1.0, "AU25": 0.5},
    {"AU12": 0.9},
    {"AU12": 1.0, "AU06": 0.7, "AU25": 0.8, "AU26": 0.5},
    {"AU01": 1.0, "AU02": 1.0, "AU05": 0.8, "AU25": 0.5, "AU26": 0.7},
    {"AU04": 1.0, "AU07": 0.7, "AU09": 0.7, "AU10": 0.6},
    {"AU04": 1.0, "AU07": 0.6, "AU24": 0.8},
    {"AU01": 1.0, "AU04": 0.8, "AU15": 1.0, "AU17": 0.6},
    {"AU01": 0.8, "AU02": 0.4, "AU04": 0.8, "AU05": 0.8, "AU20": 0.9, "AU25": 0.6},
    {"AU43": 1.0},
    {"AU43": 0.8, "AU07": 0.6, "AU06": 0.5},
    {"AU01": 1.0, "AU02": 1.0},
    {"AU04": 1.0},
    {"AU25": 0.7, "AU26": 0.5},
    {"AU18": 0.9, "AU22": 0.5},
    {"AU14": 1.0, "AU24": 0.5},
    {"AU17": 1.0, "AU15": 0.5},
    {"AU10": 1.0, "AU25": 0.6},
)


@dataclass(frozen=True)
class FaceSample:
    """Everything that determines one picture."""

    parameters: FloatArray
    look: Appearance
    view: View
    photo: Photo
    styling: Styling = field(default_factory=Styling)


@dataclass(frozen=True)
class Emphasis:
    """What a set of faces shows more of than usual.

    Attributes:
        one_sided: chance that a sided AU is clearly stronger on one side.
        wink: chance of a wink on top of the expression.
    """

    one_sided: float = 0.22
    wink: float = 0.0


def sample_face(
    seed: int, index: int, layout: Layout | None = None, emphasis: Emphasis | None = None
) -> FaceSample:
    """The face number ``index`` of the set ``seed``; the same arguments give the same face."""
    layout = layout or load_layout()
    person = person_of(seed, index)
    look_rng, styling_rng = (np.random.default_rng([seed, index, part]) for part in (1, 4))
    moment = _moment(seed, index, person, layout, emphasis)
    style = int(np.argmax(moment.parameters[layout.blocks["brow_style"]]))
    styling = sample_styling(styling_rng, person)
    look = sample_look(look_rng, person, layout, style)
    return replace(moment, look=suit_look(look, styling), styling=styling)


def _moment(
    seed: int, index: int, person: Person, layout: Layout, emphasis: Emphasis | None = None
) -> FaceSample:
    """What passes of the face ``index``: parameters, view and photo; the look is anybody's."""
    parameters, view, photo = (np.random.default_rng([seed, index, part]) for part in (0, 2, 3))
    return FaceSample(
        parameters=sample_parameters(parameters, person, layout, emphasis),
        look=default_appearance(),
        view=sample_view(view),
        photo=sample_photo(photo),
    )


def sample_plain_face(seed: int, index: int, layout: Layout | None = None) -> FaceSample:
    """A face whose picture its parameters alone decide: one look, one camera, one light.

    What a learned renderer is trained on (paper, 2: "sampled uniformly"). AUs and pose come over
    their whole range, AUs alone, together or not at all; identities as people have them, but two
    of five any.
    """
    layout = layout or load_layout()
    rng = np.random.default_rng([seed, index, 6])
    out, names = layout.neutral_parameters(), layout.parameter_index
    out[layout.blocks["pose"]] = rng.uniform(0, 1, 2)
    identity = layout.blocks["identity"]
    out[identity] = sample_identity(rng, sample_person(rng))
    if rng.random() < 0.4:
        out[identity] = rng.uniform(0, 1, identity.stop - identity.start)
    chance = rng.beta(0.7, 1.4)
    for au in layout.all_aus:
        out[names[au.name]] = rng.uniform() * (rng.random() < chance)
    for pair in layout.exclusions:
        if all(out[names[name]] > 0 for name in pair):
            out[names[pair[int(rng.integers(2))]]] = 0
    for unit in layout.sided_aus:
        out[names[f"{unit.name}.asymmetry"]] = _asymmetry(rng, 0.3)
    for angle in layout.raw["extension"]["gaze"]:
        out[names[angle["name"]]] = rng.uniform(0, 1)
    style = int(rng.integers(len(layout.brow_styles)))
    out[layout.blocks["brow_style"]] = np.eye(len(layout.brow_styles))[style]
    look = replace(default_appearance(), brow=layout.brow_styles[style])
    return FaceSample(out, look, EVEN_VIEW, Photo())


def sample_face_of_person(
    seed: int, index: int, each: int, layout: Layout | None = None
) -> FaceSample:
    """The face ``index`` of a set that shows every person ``each`` times running.

    A person's identity numbers, brows, look and styling stay; expression, pose, light, camera
    and room change.
    """
    layout = layout or load_layout()
    who = _who(seed, index // each)
    now = _moment(seed, LATER + index, person_of(seed, LATER + index), layout)
    parameters = now.parameters.copy()
    for name in ("identity", "brow_style"):
        parameters[layout.blocks[name]] = who.parameters[layout.blocks[name]]
    return replace(who, parameters=parameters, view=now.view, photo=now.photo)


@lru_cache(maxsize=1)
def _who(seed: int, index: int) -> FaceSample:
    """``sample_face``, kept while the person's moments are drawn."""
    return sample_face(seed, index)


def person_of(seed: int, index: int) -> Person:
    """Who ``sample_face(seed, index)`` shows."""
    return sample_person(np.random.default_rng([seed, index, 5]))


def sample_parameters(
    rng: np.random.Generator, person: Person, layout: Layout, emphasis: Emphasis | None = None
) -> FloatArray:
    """(P,) random parameters: identity, expression, pose, gaze."""
    emphasis = emphasis or Emphasis()
    out = layout.neutral_parameters()
    names = layout.parameter_index
    out[layout.blocks["pose"]] = np.clip(0.5 + rng.normal(0, [0.16, 0.13]), 0.05, 0.95)
    out[layout.blocks["identity"]] = sample_identity(rng, person)
    style = layout.blocks["brow_style"]
    out[style] = 0
    out[style.start + rng.integers(len(layout.brow_styles))] = 1
    for au, value in sample_expression(rng, layout).items():
        out[names[au]] = value
    for unit in layout.sided_aus:
        out[names[f"{unit.name}.asymmetry"]] = _asymmetry(rng, emphasis.one_sided)
    if emphasis.wink > 0 and rng.random() < emphasis.wink:
        out[names["AU05"]] = 0.0  # excludes AU43
        out[names["AU43"]] = rng.uniform(0.35, 1)
        out[names["AU43.asymmetry"]] = rng.choice([-1, 1]) * rng.uniform(0.75, 1)
    wander = rng.random() < 0.6
    spread = np.array([0.22, 0.2]) if wander else np.array([0.05, 0.05])
    gaze = np.clip(0.5 + spread * rng.standard_normal(2), 0, 1)
    out[names["gaze_yaw"]], out[names["gaze_pitch"]] = gaze
    return out


def _asymmetry(rng: np.random.Generator, one_sided: float) -> float:
    """Mostly near symmetric, sometimes strongly one-sided."""
    if rng.random() < one_sided:
        return float(rng.choice([-1, 1]) * rng.uniform(0.3, 1))
    return float(np.clip(rng.normal(0, 0.12), -1, 1))


def sample_expression(rng: np.random.Generator, layout: Layout) -> dict[str, float]:
    """AU name → intensity, with the layout's exclusions respected."""
    out: dict[str, float] = {}
    kind = rng.random()
    if kind < 0.55:
        bundle = _BUNDLES[rng.integers(len(_BUNDLES))]
        strength = rng.beta(1.6, 1.3)
        out = {
            au: float(np.clip(v * strength * rng.uniform(0.6, 1.4), 0, 1))
            for au, v in bundle.items()
        }
    if kind > 0.08:
        for au in layout.all_aus:
            chance = 0.03 if au in layout.extension_aus else 0.11
            if au.name not in out and rng.random() < chance:
                out[au.name] = float(rng.beta(1.3, 1.5))
    for first, second in layout.exclusions:
        if first in out and second in out:
            del out[first if rng.random() < 0.5 else second]
    return out
