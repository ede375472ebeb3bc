# SPDX-License-Identifier: GPL-3.0-or-later
"""From a character's settings to what moves it.

``resolve`` is called anew every tick, because references to Blender's data do not live longer: a
plan, which holds names and arrays only, is kept, checked against the file, and made anew when
bones, shape keys, drivers or settings have changed. Nothing here writes before ``Target.apply``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..core import learn
from ..core.errors import ProfileError, TargetError
from ..core.layout_generated import CHANNELS
from ..core.profile import Evaluator, Profile
from . import vrm
from .actions import played_numbers
from .bodies import Body, find_body, found_again
from .bones import (
    BoneMover,
    BonePlan,
    Fit,
    StaleError,
    plan_bones,
    read_rest,
)
from .compat import key_of
from .keys import KeyMover, KeyPlan, key_names, plan_keys
from .profiles import packaged, profile_in
from .sliders import SLIDERS, SliderMover, plan_sliders, slider_bone
from .tracks import Track

FloatArray = NDArray[np.float64]

CHANNEL_NAMES = tuple(name for name, *_ in CHANNELS)
_MOST_PLANS = 64
_SHOWN = 4  # names that a message lists


class Mover(Protocol):
    """Moves one data-block."""

    def apply(self, channels: FloatArray) -> None:
        """Write (C,) channels."""

    def tracks(self, channels: FloatArray) -> list[Track]:
        """What (N, C) channels would write."""


@dataclass(frozen=True)
class PoseReading:
    """A pose as it stands, for learning.

    Attributes:
        bones: bone → (9,) translation (metres of the profile's character), rotation vector,
            scale − 1, in the character's axes; bones at rest are left out.
        curves: shape key → value; those at 0 are left out.
    """

    bones: dict[str, FloatArray]
    curves: dict[str, float]


@dataclass(frozen=True)
class Plan:
    """How a character is moved; holds nothing of Blender's.

    Attributes:
        summary: what was found, for people.
        profile: None for the own head, which has sliders.
        keys: of the body's objects, rig first if ``has_rig``.
        has_rig: whether the body has a rig.
        state: of the body when the plan was made.
        head_bone: the rig's head, or None.
        sliders: bone and names, or None.
        bones: or None.
        meshes: a plan for each of the body's meshes, or None for those without a known key.
    """

    summary: str
    profile: Profile | None
    keys: tuple[tuple[str, str], ...]
    has_rig: bool
    state: tuple[object, ...]
    head_bone: str | None
    sliders: tuple[str, tuple[str, ...]] | None
    bones: BonePlan | None
    meshes: tuple[KeyPlan | None, ...]


class Target:
    """A character, ready to be moved; for use at once, because it holds Blender's references.

    Attributes:
        profile: whose poses are used; None for the own head, which has sliders.
        summary: what was found of the profile, for people.
        busy: why the character must be left alone now; "" if it need not.
    """

    def __init__(self, body: Body, plan: Plan) -> None:
        self._body, self._plan = body, plan
        self.profile, self.summary, self.busy = plan.profile, plan.summary, body.busy

    def apply(self, channels: FloatArray) -> None:
        """Move the character by (C,) channels in the layout's order, unless it is busy."""
        if self.busy:
            return
        try:
            for mover in self._movers():
                mover.apply(channels)
        except StaleError:  # renamed in between: the next resolve looks anew
            forget()

    def rest(self) -> None:
        """Put everything that ``apply`` moves to rest."""
        self.apply(np.zeros(len(CHANNEL_NAMES)))

    def tracks(self, channels: FloatArray) -> tuple[Track, ...]:
        """What ``apply`` would write, for (N, C) channels in the order of time."""
        return tuple(t for mover in self._movers() for t in mover.tracks(np.asarray(channels)))

    def is_animated(self) -> bool:
        """Whether an action animates any number that ``apply`` writes."""
        still = self.tracks(np.zeros((1, len(CHANNEL_NAMES))))
        things = {id(track.id_data): track.id_data for track in still}
        played = {key: played_numbers(thing) for key, thing in things.items()}
        return any((t.data_path, t.index) in played[id(t.id_data)] for t in still)

    def _movers(self) -> list[Mover]:
        plan, rig = self._plan, self._body.rig
        out: list[Mover] = []
        if plan.sliders is not None:
            out.append(SliderMover(rig, *plan.sliders, CHANNEL_NAMES))
        if plan.bones is not None:
            out.append(BoneMover(rig, plan.bones))
        for mesh, keys in zip(self._body.meshes, plan.meshes, strict=True):
            if keys is not None:
                out.append(KeyMover(mesh, keys))
        return out


# Resolving -------------------------------------------------------------------------------------

_plans: dict[tuple[object, ...], Plan] = {}


def forget() -> None:
    """Drop all plans: another file was opened, or undo changed everything."""
    _plans.clear()


def resolve(character: Any) -> Target:
    """What a character's settings mean in the file as it is now; only reads.

    Raises:
        TargetError: nothing is chosen, or nothing of the profile is there; says what to do.
        ProfileError: the profile cannot be read.
    """
    thing = _chosen(character)
    custom = profile_in(character.profile_text) if character.profile == "CUSTOM" else None
    wish = (key_of(thing), character.profile, id(custom), character.head_bone, character.use_head)
    plan = _plans.get(wish)
    body = found_again(plan.keys, plan.has_rig) if plan else None
    if plan is None or body is None or body.state() != plan.state:
        body = find_body(thing)
        plan = _make_plan(thing, body, character, custom)
        if len(_plans) >= _MOST_PLANS:
            forget()
        _plans[wish] = plan
    return Target(body, plan)


def check_in_scene(character: Any) -> None:
    """See that the target was not deleted; a character's settings keep deleted objects in the file.

    Raises:
        TargetError: it is in no scene.
    """
    thing = character.target
    if thing is not None and not thing.users_scene:
        raise TargetError(f"{thing.name} is in no scene any more; undo, or choose another target")


def describe(character: Any) -> str:
    """What is found for a character, in a line; what is wrong, if it cannot be moved."""
    try:
        return resolve(character).summary
    except (TargetError, ProfileError) as error:
        return str(error)


def _chosen(character: Any) -> Any:
    if character.target is None:
        raise TargetError("no target is chosen; choose the character's armature or mesh")
    return character.target


def _make_plan(thing: Any, body: Body, character: Any, custom: Profile | None) -> Plan:
    if custom is None and character.profile in ("AUTO", "geface") and body.rig is not None:
        bone = slider_bone(body.rig)
        if bone is not None:
            return _slider_plan(body, bone, character.use_head)
    profile = custom or _profile(thing, body, character.profile)
    return _profile_plan(thing, body, profile, character)


def _slider_plan(body: Body, bone: str, turns_head: bool) -> Plan:
    names = plan_sliders(body.rig, bone, turns_head)
    if not names:
        raise TargetError(f"all sliders of {body.rig.name} have drivers; remove the drivers")
    summary = f"GeFace head: {len(names)} of {len(SLIDERS)} sliders"
    alone = Body(body.rig, ())
    return Plan(summary, None, alone.keys(), True, alone.state(), bone, (bone, names), None, ())


def _profile(thing: Any, body: Body, name: str) -> Profile:
    profiles = packaged()
    if name != "AUTO":
        return profiles[name]
    bones = tuple(body.rig.data.bones.keys()) if body.rig is not None else ()
    curves = tuple(dict.fromkeys(name for mesh in body.meshes for name in key_names(mesh)))
    found = learn.guess_profile(bones, curves, profiles)
    if found is None:
        raise TargetError(
            f"{thing.name} has no face that is known: {len(bones)} bones and {len(curves)} shape "
            "keys were looked at; choose a profile, or learn your own"
        )
    return profiles[found]


def _profile_plan(thing: Any, body: Body, profile: Profile, character: Any) -> Plan:
    rest = read_rest(body.rig) if body.rig is not None else None
    model = vrm.extension(body.rig)
    matches = _matches(profile, rest.names if rest else (), model)
    eyes = all(name in matches for name in vrm.EYES)
    names, curves = vrm.without_double_look(profile.bone_names, profile.curve_names, eyes, model)
    head = _head_bone(body, profile, matches, character.head_bone)
    fit = Fit({n: matches[n] for n in names if n in matches}, head, character.use_head)
    bones = plan_bones(body.rig, rest, profile, CHANNEL_NAMES, fit) if rest else None
    shares = _shares(body, curves, model)
    evaluator = Evaluator(profile, CHANNEL_NAMES)
    meshes = tuple(
        plan_keys(mesh, evaluator, part) for mesh, part in zip(body.meshes, shares, strict=True)
    )
    keyed = {curve for part in shares for key in part.values() for curve in key}
    summary = _summary(profile, names, fit, curves, keyed)
    if not fit.bones and not keyed:
        raise TargetError(_nothing_found(thing, body, profile))
    if bones is None and not any(meshes):
        raise TargetError(f"all that {profile.target} moves in {thing.name} has drivers already")
    has_rig = body.rig is not None
    return Plan(summary, profile, body.keys(), has_rig, body.state(), head, None, bones, meshes)


def _matches(profile: Profile, present: tuple[str, ...], model: Any) -> dict[str, str]:
    """The profile's bones, and its head bone, → the armature's."""
    wanted = (*profile.bone_names, *filter(None, [profile.head_bone]))
    found = learn.match_names(wanted, present)
    if model is not None:
        assigned = vrm.human_bones(model, wanted)
        found |= {name: bone for name, bone in assigned.items() if bone in present}
    return found


def _head_bone(body: Body, profile: Profile, matches: dict[str, str], chosen: str) -> str | None:
    if body.rig is None:
        return None
    if chosen:
        if chosen not in body.rig.data.bones:
            raise TargetError(
                f"{body.rig.name} has no bone {chosen!r} to turn with the head; choose another, or "
                "none for the profile's"
            )
        return chosen
    if profile.head_bone is not None:
        return matches.get(profile.head_bone)
    return learn.match_names(("head",), tuple(body.rig.data.bones.keys())).get("head")


def _shares(body: Body, curves: tuple[str, ...], model: Any) -> list[dict[str, dict[str, float]]]:
    """For each mesh: shape key → curve → what the curve counts in it."""
    bound = vrm.expression_keys(model, curves) if model is not None else {}
    out = []
    for mesh in body.meshes:
        present = key_names(mesh)
        named = {k: parts for k, parts in bound.get(mesh.name, {}).items() if k in present}
        if not bound:
            found = learn.match_names(curves, present)
            named = {key: {curve: 1.0} for curve, key in found.items()}
        out.append(named)
    return out


# Words -----------------------------------------------------------------------------------------


def _summary(
    profile: Profile, names: tuple[str, ...], fit: Fit, curves: tuple[str, ...], keyed: set[str]
) -> str:
    parts = []
    if names:
        parts.append(_count(names, [n for n in names if n not in fit.bones], "bones"))
    if curves:
        parts.append(_count(curves, [n for n in curves if n not in keyed], "shape keys"))
    if fit.turned:
        parts.append(f"{fit.turned} turns with the head")
    return f"{profile.target}: " + "; ".join(parts)


def _count(wanted: tuple[str, ...], missing: list[str], what: str) -> str:
    text = f"{len(wanted) - len(missing)} of {len(wanted)} {what}"
    return f"{text}, without {_listed(missing)}" if missing else text


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _nothing_found(thing: Any, body: Body, profile: Profile) -> str:
    wanted = []
    if profile.bone_names:
        where = f"the armature {body.rig.name}" if body.rig is not None else "no armature"
        names = _listed(list(profile.bone_names))
        wanted.append(f"none of its {len(profile.bone_names)} bones ({names}) in {where}")
    if profile.curve_names:
        names = _listed(list(profile.curve_names))
        meshes = f"{len(body.meshes)} meshes with shape keys"
        wanted.append(f"none of its {len(profile.curve_names)} shape keys ({names}) in {meshes}")
    return (
        f"{thing.name} does not fit the profile {profile.target}: {' and '.join(wanted)}; choose "
        "another profile, Auto-detect, or learn your own"
    )
