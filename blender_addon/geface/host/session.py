# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection and the characters that follow it: one ``session`` for all of Blender.

Sixty times a second a timer takes what the receiver's thread has gathered and moves the characters
of one scene, the one in which Connect was clicked. Opening another file keeps the connection, with
the address and token as they were: the characters of the new file's scene follow. Files never
start one. Nothing of Blender's is kept from tick to tick.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import bpy
import numpy as np
from bpy.app.handlers import persistent
from numpy.typing import NDArray

from ..core.errors import GeFaceError, TargetError
from ..core.layout_generated import LAYOUT_ID
from ..core.messages import Channel, Frame, Hello
from ..core.motion import Motion
from ..core.receiver import Receiver, ReceiverStatus
from . import compat, targets
from .settings import motion_settings

FloatArray = NDArray[np.float64]
Listener = Callable[[Hello, "list[Frame]"], None]

TICK_S = 1 / 60
SILENT_S = 0.25
"""Without a frame for so long the face counts as lost."""
RETRY_S = 0.5
"""A character that cannot be moved is looked at again so much later."""
MOST_FRAMES = 240
"""Of one face in a tick, after Blender was busy; older ones are only recorded."""

_log = logging.getLogger(__name__)


class Recorder(Protocol):
    """What records while the session runs."""

    state: str

    def on_frames(self, hello: Hello, frames: list[Frame]) -> None:
        """Every frame that came, of all faces, in order; does not raise."""


@dataclass
class Face:
    """One subject of the server.

    Attributes:
        frame: the newest, valid or not; None before the first.
        heard_s: when it came, on this machine's monotonic clock.
        fresh: frames since the last tick, oldest first.
    """

    frame: Frame | None = None
    heard_s: float = 0.0
    fresh: list[Frame] = field(default_factory=list)


@dataclass
class Follower:
    """What one character needs from tick to tick.

    Attributes:
        motion: of its channels.
        shown: (C,) as it was last moved; None before the first frame.
        retry_s: when to look at it again after it could not be moved.
        checked_s: when to see again whether its target is still in a scene.
    """

    motion: Motion
    shown: FloatArray | None = None
    retry_s: float = 0.0
    checked_s: float = 0.0


class Session:
    """See the module. Methods are for Blender's main thread.

    Attributes:
        status: what the receiver says; None when there is none.
        problems: character name → why it does not follow; "" → what concerns all.
        recorder: gets every frame, or None.
        listeners: get every frame too, while a calibration or another tool listens.
    """

    def __init__(self) -> None:
        self.status: ReceiverStatus | None = None
        self.problems: dict[str, str] = {}
        self.recorder: Recorder | None = None
        self.listeners: list[Listener] = []
        self._receiver: Receiver | None = None
        self._scene = ("", "")
        self._channels: tuple[Channel, ...] = ()
        self._faces: dict[int, Face] = {}
        self._subjects: tuple[str, ...] = ()
        self._followers: dict[tuple[int, str], Follower] = {}

    # For the panel -------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether Connect was clicked, whatever became of it."""
        return self._receiver is not None

    def latest_frame(self, subject: str = "") -> Frame | None:
        """The newest frame of a face by name, "" for the first; None before it came."""
        face = self._faces.get(self._index(subject))
        return face.frame if face else None

    def latest_channels(self, subject: str = "") -> FloatArray | None:
        """(C,) as they came in the newest frame of a face; None if there is no face in it."""
        frame = self.latest_frame(subject)
        return frame.channels if frame is not None and frame.valid else None

    def shown(self, character: str) -> FloatArray | None:
        """(C,) channels as a character, by name, shows them now; None before the first."""
        return next((f.shown for (_, n), f in self._followers.items() if n == character), None)

    def motion_of(self, character: str) -> Motion | None:
        """The motion of a character, by name, to be copied and not called."""
        return next((f.motion for (_, n), f in self._followers.items() if n == character), None)

    # Connecting ----------------------------------------------------------------------------------

    def connect(self, scene: Any) -> None:
        """Connect to the scene's server; what was connected before is ended.

        Raises:
            GeFaceError: the address cannot be used, or Blender may not go online.
        """
        self.disconnect()
        settings = scene.geface
        _check_online(settings.url)
        receiver = Receiver(
            settings.url,
            bpy.context.window_manager.geface.token,
            expected_layout_id=LAYOUT_ID,
            certificate=bpy.path.abspath(settings.certificate),
        )
        receiver.start()
        self._receiver, self.status = receiver, receiver.status()
        self._scene = compat.key_of(scene)
        if not bpy.app.timers.is_registered(_on_timer):
            bpy.app.timers.register(_on_timer, first_interval=TICK_S, persistent=True)

    def disconnect(self) -> None:
        """End the connection; characters stay as they are."""
        receiver, self._receiver, self.status = self._receiver, None, None
        if bpy.app.timers.is_registered(_on_timer):
            bpy.app.timers.unregister(_on_timer)
        self._begin_anew((), ())
        self.problems.clear()
        if receiver is not None:
            receiver.stop()

    def send(self, kind: str, /, **fields: Any) -> None:
        """Send a command to the server; see ``Receiver.send`` for what it raises.

        Raises:
            GeFaceError: not connected, or what ``Receiver.send`` raises.
        """
        if self._receiver is None:
            raise GeFaceError("not connected; click Connect first")
        self._receiver.send(kind, **fields)

    # Ticks ---------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Take what came, and move everything; never raises, the panel shows what is wrong."""
        if self._receiver is None:
            return
        try:
            self._take(self._receiver)
            self._move()
            self.problems.pop("", None)
        except Exception as error:
            self._note("", error)

    def _take(self, receiver: Receiver) -> None:
        frames = receiver.take_new()
        self.status = receiver.status()
        hello = self.status.hello
        if hello is None:
            return
        if (hello.channels, hello.subjects) != (self._channels, self._subjects):
            self._begin_anew(hello.channels, hello.subjects)
        frames = [frame for frame in frames if frame.subject < len(hello.subjects)]
        now_s = time.monotonic()
        for face in self._faces.values():
            face.fresh = []
        for frame in frames:
            face = self._faces.setdefault(frame.subject, Face())
            face.frame, face.heard_s = frame, now_s
            face.fresh.append(frame)
        if frames:
            self._tell(hello, frames)

    def _begin_anew(self, channels: tuple[Channel, ...], subjects: tuple[str, ...]) -> None:
        self._channels, self._subjects = channels, subjects
        self._faces.clear()
        self._followers.clear()

    def _tell(self, hello: Hello, frames: list[Frame]) -> None:
        hear = [*self.listeners, *([self.recorder.on_frames] if self.recorder else [])]
        for listener in hear:
            try:
                listener(hello, frames)
            except Exception:
                _log.exception("a listener failed")

    def _move(self) -> None:
        if not self._channels or compat.is_rendering():
            return
        found = set()
        for place, character in enumerate(self._characters()):
            key = (place, character.name)
            found.add(key)
            follower = self._followers.get(key)
            if follower is None:
                follower = self._followers[key] = Follower(Motion(self._channels))
            if character.enabled:
                self._follow(character, follower)
            else:
                self.problems.pop(character.name, None)
        for key in self._followers.keys() - found:
            del self._followers[key]
            self.problems.pop(key[1], None)

    def _follow(self, character: Any, follower: Follower) -> None:
        now_s = time.monotonic()
        try:
            self._watch(character, follower, now_s)
            if follower.shown is None or now_s < follower.retry_s:
                return
            if now_s >= follower.checked_s:
                follower.checked_s = now_s + RETRY_S
                targets.check_in_scene(character)
            target = targets.resolve(character)
            if self._playback_wins(target):
                return
            target.apply(follower.shown)
        except Exception as error:
            follower.retry_s, follower.checked_s = now_s + RETRY_S, 0.0
            self._note(character.name, error)
        else:
            self._settle(character.name, target.busy)

    def _watch(self, character: Any, follower: Follower, now_s: float) -> None:
        """Let the character's motion see what came of its face, or that nothing comes."""
        index = self._index(character.subject)
        if index < 0:
            there = ", ".join(self._subjects)
            raise TargetError(f"the server sends no face {character.subject!r}, but {there}")
        face = self._faces.get(index)
        if face is None or face.frame is None:
            return
        settings = motion_settings(character)
        for frame in face.fresh[-MOST_FRAMES:]:
            channels = frame.channels if frame.valid else None
            follower.shown = follower.motion(channels, frame.time_s, settings)
        silent_s = now_s - face.heard_s
        if silent_s > SILENT_S:
            time_s = face.frame.time_s + silent_s
            follower.shown = follower.motion(None, time_s, settings)

    def _playback_wins(self, target: targets.Target) -> bool:
        """A take that plays back is not fought, unless another is being recorded over it."""
        if not compat.is_playing():
            return False
        recording = self.recorder is not None and self.recorder.state == "RECORDING"
        return not recording and target.is_animated()

    def reapply(self) -> None:
        """While recording: what an old action has just set gives way to the face. Never raises."""
        recording = self.recorder is not None and self.recorder.state == "RECORDING"
        if not (self.connected and recording) or compat.is_rendering():
            return
        for place, character in enumerate(self._characters()):
            follower = self._followers.get((place, character.name))
            if follower is None or follower.shown is None or not character.enabled:
                continue
            try:
                targets.resolve(character).apply(follower.shown)
            except Exception as error:
                self._note(character.name, error)

    # Parts ---------------------------------------------------------------------------------------

    def follow_scene(self, scene: Any) -> None:
        """Go on with the characters of another scene, as after opening a file."""
        self._scene = compat.key_of(scene)
        self._followers.clear()
        self.problems.clear()

    def _characters(self) -> Any:
        scene = compat.find(bpy.data.scenes, self._scene)
        if scene is None:  # renamed or deleted
            scene = bpy.context.scene or bpy.data.scenes[0]
            self._scene = compat.key_of(scene)
        return scene.geface.characters

    def _index(self, subject: str) -> int:
        """Which subject a name means; -1 if the server has none of this name."""
        if not subject:
            return 0
        return self._subjects.index(subject) if subject in self._subjects else -1

    def _note(self, name: str, error: Exception) -> None:
        """Hold what went wrong for the panel; what nobody expected also goes to the log, once."""
        expected = isinstance(error, (GeFaceError, ReferenceError))
        text = str(error) if expected else f"unexpected {type(error).__name__}: {error}"
        if not expected and self.problems.get(name) != text:
            _log.error("character %r", name, exc_info=error)
        self.problems[name] = text

    def _settle(self, name: str, busy: str) -> None:
        if busy:
            self.problems[name] = busy
        else:
            self.problems.pop(name, None)


def _check_online(url: str) -> None:
    if not compat.may_connect(url):
        raise GeFaceError(
            f"Blender may not go online, and {url} is another machine; allow it under "
            "Preferences, System, Network"
        )


session = Session()


def _on_timer() -> float | None:
    session.tick()
    return TICK_S if session.connected else None


@persistent
def _after_load(*_: Any) -> None:
    targets.forget()
    if session.connected:
        session.follow_scene(bpy.context.scene)


@persistent
def _after_undo(*_: Any) -> None:
    targets.forget()


@persistent
def _after_frame(*_: Any) -> None:
    session.reapply()


_HANDLERS = (
    ("load_post", _after_load),
    ("undo_post", _after_undo),
    ("redo_post", _after_undo),
    ("frame_change_post", _after_frame),
)


def register() -> None:
    """Hang on Blender's events."""
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Leave no connection, timer or handler."""
    session.disconnect()
    targets.forget()
    for name, handler in _HANDLERS:
        handlers = getattr(bpy.app.handlers, name)
        if handler in handlers:
            handlers.remove(handler)
