# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded files on characters, without a server: keyframes, markers, sound."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..core.footage import Footage, read_footage
from ..core.tracks import Timing
from .bake import Outcome, bake, settings_of


def import_take(path: Path, scene: Any, characters: Iterable[Any], start_frame: float) -> Outcome:
    """Bake a file of geface-bridge on characters; its first frame falls on ``start_frame``.

    Its markers become the timeline's, its sound a strip of the sequencer.

    Raises:
        TakeError: the file cannot be used.
    """
    footage = read_footage(path)
    settings = settings_of(scene, start_frame, footage.begin_s)
    outcome = bake(footage, characters, settings)
    outcome.done += footage.notes
    if outcome.last_frame:
        add_markers(scene, footage, settings.timing)
        outcome.done += add_sound(scene, footage, settings.timing)
    return outcome


def add_markers(scene: Any, footage: Footage, timing: Timing) -> None:
    """A timeline marker for each of the footage's; such as are there already are not doubled."""
    there = {(marker.name, marker.frame) for marker in scene.timeline_markers}
    for marker in footage.markers:
        frame = round(float(timing.frames(marker.time_s)))
        if (marker.label, frame) not in there:
            scene.timeline_markers.new(marker.label, frame=frame)
            there.add((marker.label, frame))


def add_sound(scene: Any, footage: Footage, timing: Timing) -> list[str]:
    """Put the footage's sound into the sequencer on a free channel; remarks for the user."""
    if footage.audio is None:
        return []
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    channel = max((strip.channel for strip in strips), default=0) + 1
    frame, share = divmod(float(timing.frames(footage.audio_offset_s)), 1.0)
    try:
        strip = strips.new_sound(footage.name, str(footage.audio), channel, int(frame))
    except RuntimeError as error:
        return [f"its sound cannot be read ({str(error).strip()})"]
    if hasattr(strip, "sound_offset"):  # strips lie on whole frames, their sound need not
        strip.sound_offset = share * timing.fps_base / timing.fps
    return [f"sound {footage.audio.name} in channel {channel}"]
