# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of bones and shape keys: their mirror images, and the same thing under another name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

LEFT, RIGHT, CENTRE = "L", "R", ""
_FLIPPED = {"l": "r", "r": "l", "L": "R", "R": "L"}
_WORDS = {"left": "right", "right": "left"}
_SEPARATORS = ". -_"


# Mirror images -----------------------------------------------------------------------------------


def mirrored_name(name: str, present: Collection[str] = ()) -> str | None:
    """The bone or shape key of the other side.

    Blender's own rules come first (``bpy.utils.flip_name``: eye.L.001, Left_eye, l_eye, eyeLeft),
    then common habits that they do not know (brow_L_01, mouthSmileL, noseLeft_2, a twin without
    the .001).

    Args:
        name: to be mirrored.
        present: names there are; () to take the first rule that applies.

    Returns:
        ``name`` itself if it has no side; None if it has one and ``present`` lacks its twin.
    """
    twins = list(_twins(name))
    if not twins:
        return name
    if not present:
        return twins[0]
    return next((twin for twin in twins if twin in present), None)


def side_of(name: str) -> str:
    """LEFT, RIGHT or, of a name without side, CENTRE."""
    twin = next(iter(_twins(name)), name)
    for old, new in zip(name, twin):  # noqa: B905 (left and right differ in length)
        if old != new:
            return LEFT if old.lower() == "l" else RIGHT
    return CENTRE


def _twins(name: str) -> Iterator[str]:
    """Names of the mirror image by each rule that applies."""
    stem, number = _split_number(name)
    for rule in (_flip_letter, _flip_outer_word, _flip_inner):
        if (flipped := rule(stem)) != stem:
            yield flipped + number
            if number:
                yield flipped


def _split_number(name: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.+?)(\.\d+)", name, re.DOTALL)
    return (found[1], found[2]) if found else (name, "")


def _flip_letter(stem: str) -> str:
    """lip.L, lip_r, L.lip; not a name that is nothing else."""
    if len(stem) < 3:
        return stem
    if stem[-1] in _FLIPPED and stem[-2] in _SEPARATORS:
        return stem[:-1] + _FLIPPED[stem[-1]]
    if stem[0] in _FLIPPED and stem[1] in _SEPARATORS:
        return _FLIPPED[stem[0]] + stem[1:]
    return stem


def _flip_outer_word(stem: str) -> str:
    """leftEye, EYE_RIGHT: the word at either end, in its own case; right is looked for first."""
    lower = stem.lower()
    for word, other in (("right", "left"), ("left", "right")):
        at = lower.find(word)
        if len(stem) > 5 and at >= 0 and at in (0, len(stem) - len(word)):
            found = stem[at : at + len(word)]
            return stem[:at] + _cased(other, found) + stem[at + len(word) :]
    return stem


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word


def _flip_inner(stem: str) -> str:
    """brow_L_01, noseLeft_2, mouthSmileL: a side on its own, anywhere in the name."""
    found = _INNER.search(stem)
    if found is None:
        return stem
    side = found[0]
    flipped = _FLIPPED.get(side) or _cased(_WORDS[side.lower()], side)
    return stem[: found.start()] + flipped + stem[found.end() :]


_INNER = re.compile(
    r"(?<=[. \-_])[LlRr](?=[. \-_])"  # between separators
    r"|(?<=[a-z0-9])[LR]$"  # a capital at the end
    r"|(?<![A-Za-z])(?:left|right)(?![a-z])"  # a word of its own
    r"|(?:Left|Right)(?![a-z])"
)


# The same under another name ---------------------------------------------------------------------

ALIASES: dict[str, tuple[str, ...]] = {
    "happy": ("joy", "Fcl_ALL_Joy"),
    "angry": ("Fcl_ALL_Angry",),
    "sad": ("sorrow", "Fcl_ALL_Sorrow"),
    "relaxed": ("fun", "Fcl_ALL_Fun"),
    "surprised": ("Fcl_ALL_Surprised",),
    "neutral": ("Fcl_ALL_Neutral",),
    "aa": ("a", "Fcl_MTH_A", "v_aa", "あ"),
    "ih": ("i", "Fcl_MTH_I", "v_ih", "い"),
    "ou": ("u", "Fcl_MTH_U", "v_ou", "う"),
    "ee": ("e", "Fcl_MTH_E", "v_e", "え"),
    "oh": ("o", "Fcl_MTH_O", "v_oh", "お"),
    "blink": ("Fcl_EYE_Close", "まばたき"),
    "blinkLeft": ("Fcl_EYE_Close_L", "wink_left", "ウィンク"),
    "blinkRight": ("Fcl_EYE_Close_R", "wink_right", "ウィンク右"),
    "leftEye": ("FaceEye_L", "eyeball_L"),
    "rightEye": ("FaceEye_R", "eyeball_R"),
}
"""Other names of VRM 1.0's expressions and eyes: VRM 0's, VRoid's, VRChat's, MikuMikuDance's."""

_SIDE_TOKENS = {"l": LEFT, "left": LEFT, "r": RIGHT, "right": RIGHT}
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_PARTED = "fcl"
"""What comes after it must not be left out: VRoid's Fcl_BRW_Angry is angry brows, no angry face."""
_HELPERS = ("ORG-", "MCH-", "WGT-", "VIS-")
"""Rigify's inner bones, which nothing but the rig itself may move."""


class _Key(NamedTuple):
    """A name without case and separators, and its side."""

    text: str
    side: str


def match_names(wanted: Iterable[str], present: Iterable[str]) -> dict[str, str]:
    """Wanted name → the present name that means the same, one to one.

    Exact names come first, then other case, separators and ways to write the side ("Jaw_Open",
    "browDown_L"), then names with something before them ("!ex-jawOpen", "mixamorig:Head", the
    less the better), known other names (``ALIASES``) and copies ("jawOpen.001"). What is not found
    is left out.
    """
    wanted, present = list(dict.fromkeys(wanted)), list(dict.fromkeys(present))
    # Blender numbers copies; where the wanted names are numbered too it means something.
    forms = _forms(present, with_copies=not any(_split_number(name)[1] for name in wanted))
    offers = sorted(
        (rank, place, offer, name)
        for place, name in enumerate(wanted)
        for offer, rank in _offers(name, forms).items()
    )
    found: dict[str, str] = {}
    taken: set[int] = set()
    for _, _, offer, name in offers:
        if name not in found and offer not in taken:
            found[name] = present[offer]
            taken.add(offer)
    return {name: found[name] for name in wanted if name in found}


_Forms = dict[str | _Key, list[tuple[int, int]]]


def _forms(present: list[str], with_copies: bool) -> _Forms:
    """What a name may be found by → (how much is before it, its place), most alike first."""
    forms: _Forms = {}
    for place, name in enumerate(present):
        forms.setdefault(name, []).append((0, place))
        if not name.startswith(_HELPERS):
            for before, key in enumerate(_keys(name)):
                forms.setdefault(key, []).append((before, place))
            stem, number = _split_number(name)
            for before, key in enumerate(_keys(stem) if with_copies and number else ()):
                forms.setdefault(key, []).append((before + 1, place))
    return forms


def _offers(name: str, forms: _Forms) -> dict[int, int]:
    """Place of each present name that might be meant → rank, lower is better."""
    offers = {place: 0 for _, place in forms.get(name, ())}
    for penalty, meant in ((1, name), *((2, alias) for alias in ALIASES.get(name, ()))):
        key = next(_keys(meant), None)
        if key is None:
            continue
        for before, place in forms.get(key, ()):
            if before == 0 or len(key.text) > 1:  # an "a" behind something is no vowel
                rank = penalty + 2 * before
                offers[place] = min(rank, offers.get(place, rank))
    return offers


def _keys(name: str) -> Iterator[_Key]:
    """The key of the whole name, then of what is left of it without its first words."""
    tokens = [token.lower() for token in _TOKEN.findall(name)]
    tokens, side = _take_side(tokens)
    last = tokens.index(_PARTED) + 1 if _PARTED in tokens else len(tokens)
    for first in range(last):
        yield _Key("".join(tokens[first:]), side)


def _take_side(tokens: list[str]) -> tuple[list[str], str]:
    """The words without the last one that names a side, and that side."""
    for at in reversed(range(len(tokens))):
        if tokens[at] in _SIDE_TOKENS and len(tokens) > 1:
            return tokens[:at] + tokens[at + 1 :], _SIDE_TOKENS[tokens[at]]
    for word in _WORDS:  # jawleft, all in one case
        if tokens and tokens[-1].endswith(word):
            return [*tokens[:-1], tokens[-1].removesuffix(word)], _SIDE_TOKENS[word]
    return tokens, CENTRE
