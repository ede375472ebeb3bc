# SPDX-License-Identifier: GPL-3.0-or-later
"""Live recording: takes every frame of every face while the scene plays along, if wished.

What is recorded is held in memory and in a take file, which survives a crash of Blender. Nothing
of Blender's is kept but names, so that undo, deleted characters and renamed objects do no harm;
opening another file ends a recording, and its take file stays.
"""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import GeFaceError
from ..core.footage import Footage
from ..core.messages import Frame, Hello
from ..core.motion import Motion
from ..core.recording import MAX_FRAMES, Began, Recording
from ..core.takewriter import SUFFIX
from .playback import Playback
from .session import session

ADDON = __package__.rpartition(".")[0]
"""The add-on's name in the preferences."""
SOFTWARE = "geface-bridge's add-on for Blender"
MAX_LEAD_S = 1.0
"""A frame that claims to be older when it comes has a clock that cannot be trusted."""


class RecordError(GeFaceError):
    """A recording cannot be started or ended now."""


@dataclass
class _Run:
    """One recording and what of the scene it belongs to.

    Attributes:
        scene: name.
        start_frame: on which the first moment lies.
        playback: to start with the first frame; None for none.
        motions: live motion of each character as it was at the start.
        lead_s: how old the first frame was when playback started.
    """

    recording: Recording
    scene: str
    start_frame: float
    playback: Playback | None
    motions: dict[str, Motion] = field(default_factory=dict)
    lead_s: float = 0.0


@dataclass(frozen=True)
class Result:
    """What is left when a recording has ended.

    Attributes:
        footage: what was recorded.
        scene: name of the scene in which it began.
        start_frame: on which ``footage.begin_s`` lies.
        motions: as ``bake`` takes them.
    """

    footage: Footage
    scene: str
    start_frame: float
    motions: dict[str, Motion]


class Recorder:
    """Hangs on the session as its ``recorder``.

    Attributes:
        path: of the take file that is being written, or of the last one; None before.
        max_frames: of all faces, after which the next recording is full.
    """

    def __init__(self) -> None:
        self._run: _Run | None = None
        self._said = ""
        self.path: Path | None = None
        self.max_frames = MAX_FRAMES

    @property
    def state(self) -> str:
        """ "IDLE", "RECORDING" or "FULL", when it waits to be stopped."""
        if self._run is None:
            return "IDLE"
        return "FULL" if self._run.recording.full else "RECORDING"

    @property
    def frames(self) -> int:
        """Recorded so far, of all faces."""
        return self._run.recording.frames if self._run else 0

    @property
    def seconds(self) -> float:
        """Recorded so far."""
        return self._run.recording.seconds if self._run else 0.0

    @property
    def text(self) -> str:
        """One line for the panel."""
        if self._run is None:
            return self._said
        if self.state == "FULL":
            return "Full; press Stop to bake what was recorded"
        if not self.frames:
            return "Waiting for the first frame"
        return f"{self.seconds:.1f} s, {self.frames} frames"

    def start(self, scene: Any) -> None:
        """Begin; the first frame that comes falls on the start frame.

        Raises:
            RecordError: one is under way.
        """
        if self._run is not None:
            raise RecordError("a recording is under way: stop or cancel it first")
        wanted = scene.geface
        frame = scene.frame_start if wanted.start == "SCENE" else scene.frame_current
        path = takes_folder() / (time.strftime("take %Y-%m-%d %H.%M.%S") + SUFFIX)
        recording = Recording(path, Began(time.time(), time.monotonic()), SOFTWARE, self.max_frames)
        playback = Playback(scene.name) if wanted.sync_playback else None
        self._run = _Run(recording, scene.name, frame, playback)
        self._run.motions = _live_motions(scene)
        if wanted.sync_playback and scene.frame_current != frame:
            scene.frame_set(frame)
        self._said = ""

    def on_frames(self, hello: Hello, frames: Sequence[Frame]) -> None:
        """New frames of the session; nothing is taken while no recording is under way."""
        run = self._run
        if run is None or not frames:
            return
        is_first = run.recording.frames == 0
        run.recording.add(hello, frames, time.monotonic())
        self.path = run.recording.path or self.path
        if is_first and run.playback:
            _play_along(run, run.playback)

    def stop(self) -> Result:
        """End and give what was recorded; the take file is complete.

        Raises:
            RecordError: none is under way.
            TakeError: no frame came.
        """
        run = self._end("")
        footage = run.recording.footage()
        footage = replace(footage, begin_s=footage.begin_s + run.lead_s)
        return Result(footage, run.scene, run.start_frame, run.motions)

    def cancel(self) -> None:
        """End, and throw away what was recorded with its take file.

        Raises:
            RecordError: none is under way.
        """
        self._end("Cancelled").recording.discard()
        self.path = None

    def break_off(self, why: str) -> None:
        """End because ``why``; the take file stays and the panel says where."""
        if self._run is None:
            return
        seconds = self.seconds
        self._end("")
        where = f"; import {self.path} to bake it" if self.path else ""
        self._said = f"{why} ended the recording after {seconds:.1f} s{where}"

    def say(self, text: str) -> None:
        """Show this in the panel until the next recording."""
        self._said = text

    def _end(self, said: str) -> _Run:
        run = self._run
        if run is None:
            raise RecordError("nothing is being recorded: press Record first")
        self._run = None
        self._said = said
        run.recording.close()
        if run.playback:
            run.playback.stop()
        return run


def _play_along(run: _Run, playback: Playback) -> None:
    """Start playback as the first frame comes, which shows a moment that has passed."""
    if not playback.start():
        run.recording.notes.append("playback could not be started")
    latency_s = session.status.latency_s if session.status else None
    run.lead_s = min(max(latency_s or 0.0, 0.0), MAX_LEAD_S)


def _live_motions(scene: Any) -> dict[str, Motion]:
    """Copies of what follows the faces now, so that baking goes on as it was seen."""
    found = {c.name: session.motion_of(c.name) for c in scene.geface.characters}
    return {name: copy.deepcopy(motion) for name, motion in found.items() if motion is not None}


def takes_folder() -> Path:
    """Folder in which recordings are kept; made if need be.

    It is that of the preferences. Without it is the extension's own, which Blender keeps through
    updates and removes with the extension; of a legacy add-on Blender's folder for data files.
    Where these cannot be written, it is the system's folder for temporary files.
    """
    for find in (_chosen_folder, _own_folder):
        try:
            path = find()
            if path:
                Path(path).mkdir(parents=True, exist_ok=True)
                return Path(path)
        except (OSError, ValueError):
            continue
    return Path(tempfile.gettempdir())


def _chosen_folder() -> str:
    addon = bpy.context.preferences.addons.get(ADDON)
    return bpy.path.abspath(getattr(addon and addon.preferences, "takes_folder", ""))


def _own_folder() -> str:
    if ADDON.startswith("bl_ext."):
        return str(bpy.utils.extension_path_user(ADDON, path="takes", create=True))
    return str(bpy.utils.user_resource("DATAFILES", path="geface/takes", create=True))


recorder = Recorder()


@bpy.app.handlers.persistent
def _on_load(*_arguments: Any) -> None:
    """The file that is closed takes its characters with it; the take file is not lost."""
    recorder.break_off("Opening another file")


def register() -> None:
    """Hang the recorder on the session."""
    session.recorder = recorder
    bpy.app.handlers.load_pre.append(_on_load)


def unregister() -> None:
    """Take it off; a recording that is under way is kept in its take file."""
    recorder.break_off("Switching the add-on off")
    if _on_load in bpy.app.handlers.load_pre:
        bpy.app.handlers.load_pre.remove(_on_load)
    session.recorder = None
