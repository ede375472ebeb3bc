# SPDX-License-Identifier: GPL-3.0-or-later
"""From footage to actions: what was seen on a character becomes its keyframes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import GeFaceError
from ..core.footage import LAYOUT, Footage
from ..core.motion import Motion
from ..core.performance import shown
from ..core.tracks import Timing, resample, simplified
from .actions import Curves, make_room, new_action, refuse_linked
from .settings import motion_settings
from .targets import resolve
from .tracks import Track

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class BakeSettings:
    """How keys are set.

    Attributes:
        timing: where source times fall on the timeline.
        exact: keys at the source's times, between frames too; else one on every frame.
        error: how far simplified curves may be off, see ``tolerance``; 0 keeps every key.
        old_action: "AUTO", "NLA" or "ASIDE", see ``actions.make_room``.
    """

    timing: Timing
    exact: bool = False
    error: float = 0.0
    old_action: str = "AUTO"


@dataclass
class Outcome:
    """What baking did, in sentences for the user."""

    done: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    last_frame: float = 0.0


def settings_of(scene: Any, start_frame: float, begin_s: float) -> BakeSettings:
    """As the scene's settings have it."""
    wanted = scene.geface
    timing = Timing(scene.render.fps, scene.render.fps_base, start_frame, begin_s)
    error = wanted.simplify_error if wanted.simplify else 0.0
    return BakeSettings(timing, wanted.resample == "EXACT", error, wanted.old_action)


def bake(
    footage: Footage,
    characters: Iterable[Any],
    settings: BakeSettings,
    motions: Mapping[str, Motion] | None = None,
) -> Outcome:
    """Bake footage on characters; one that cannot be baked stops none of the others.

    Args:
        footage: what was recorded or read.
        characters: of ``scene.geface.characters``; each takes the face that it follows.
        settings: how.
        motions: character's name → its live motion as it was when recording began; others begin
            with their first frame as it is.
    """
    outcome = Outcome()
    for character in characters:
        motion = (motions or {}).get(character.name) or Motion(LAYOUT, eased_start=False)
        try:
            _bake_one(footage, character, settings, motion, outcome)
        except GeFaceError as error:
            outcome.problems.append(f"{character.name}: {error}")
    return outcome


def _bake_one(
    footage: Footage, character: Any, settings: BakeSettings, motion: Motion, outcome: Outcome
) -> None:
    face = footage.face(character.subject)
    target, follows = resolve(character), motion_settings(character)
    times_s, rows = shown(face, lambda channels, time_s: motion(channels, time_s, follows))
    frames, rows = keys(times_s, rows, settings)
    name = f"{footage.name} {face.subject}".strip()
    count, remarks = write_action(name, target.tracks(rows), frames, settings)
    outcome.last_frame = max(outcome.last_frame, float(frames[-1]))
    outcome.done.append("; ".join([f"{character.name}: {count} curves, {name!r}", *remarks]))


def keys(
    times_s: FloatArray, rows: FloatArray, settings: BakeSettings
) -> tuple[FloatArray, FloatArray]:
    """(M,) frames and (M, C) channels of the keys; at least one.

    A performance that falls between two frames gives one key on the nearer.
    """
    timing = settings.timing
    if settings.exact:
        return timing.frames(times_s), rows
    frames = timing.whole_frames(times_s[0], times_s[-1]).astype(np.float64)
    if not len(frames):
        frames = np.round(timing.frames(times_s[:1]))
    return frames, resample(times_s, rows, timing.times_s(frames))


def write_action(
    name: str, tracks: Iterable[Track], frames: FloatArray, settings: BakeSettings
) -> tuple[int, list[str]]:
    """Make tracks an action and let it play; gives the number of curves and remarks.

    Where Blender has slots it is one action for the object and its shape keys, before that one
    for each.

    Raises:
        TargetError: one of the data-blocks is another file's.
    """
    by_thing: dict[Any, list[Track]] = {}
    for track in tracks:
        by_thing.setdefault(track.id_data, []).append(track)
    for thing in by_thing:
        refuse_linked(thing)
    action, remarks = None, []
    for thing, own in by_thing.items():
        numbers = {(track.data_path, track.index) for track in own}
        remark = make_room(thing, numbers, settings.old_action)
        remarks += [remark] if remark else []
        if action is None or not hasattr(action, "slots"):
            action = new_action(name)
        curves = Curves(action, thing, own[0].id_type)
        _write(curves, own, frames, settings.error)
        curves.play()
    return sum(map(len, by_thing.values())), remarks


def _write(curves: Curves, tracks: list[Track], frames: FloatArray, error: float) -> None:
    values = np.stack([track.values for track in tracks], axis=1)
    kept = simplified(frames, values, _tolerances(tracks, error)) if error else _moving(values)
    for column, track in enumerate(tracks):
        rows = kept[:, column]
        number = (track.data_path, track.index)
        curves.add(number, track.group, frames[rows], values[rows, column])


def _moving(values: FloatArray) -> NDArray[np.bool_]:
    """(N, T) every key, but of what never moves the first and last alone."""
    kept = np.repeat((values != values[0]).any(axis=0)[None], len(values), axis=0)
    kept[[0, -1]] = True
    return np.asarray(kept)


def _tolerances(tracks: list[Track], error: float) -> FloatArray:
    """(T,) how far each curve may be off: ``error`` in its own unit, 1 or radians.

    A bone's place is in metres, where that would be a whole lip; of it it is a share of its way.
    """
    return np.array(
        [
            error * float(np.ptp(track.values)) if track.data_path.endswith("location") else error
            for track in tracks
        ]
    )
