# SPDX-License-Identifier: GPL-3.0-or-later
"""Calibrating from the panel: a countdown, then the scene or the server learns the face.

Nothing here waits: ``advance`` is called ten times a second, frames come from the session.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import bpy

from ..core.calibration import Calibration, Capture, calibration_text, read_calibration
from ..core.errors import GeFaceError
from ..core.messages import Frame, Hello
from .session import session

PATIENCE_S = 15.0
"""Beyond the time itself: a face may be out of view at first."""
GUIDE = {
    "neutral": "Relax your face, mouth closed, and look at the camera",
    "range": "Go as far as you can, one after the other: ",
}


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        kind: "neutral" or "range".
        at_server: whether the server learns, for everyone, instead of the scene.
        scene: name of the scene whose characters learn.
        subject: name of the face, "" for the first.
        seconds: how long to look.
        countdown_s: how long to wait before.
        units: names of the action units that are performed, () for all; of "range".
        chosen: their channels.
    """

    kind: str
    at_server: bool
    scene: str
    subject: str
    seconds: float
    countdown_s: float
    units: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()


class Calibrator:
    """One calibration at a time.

    Attributes:
        text: what to tell the performer, or how the last one ended; "" before the first.
        failed: whether it ended without a result.
    """

    def __init__(self) -> None:
        self.text = ""
        self.failed = False
        self._request: Request | None = None
        self._capture: Capture | None = None
        self._begin_s = self._end_s = math.inf

    @property
    def active(self) -> bool:
        """Whether one is under way."""
        return self._request is not None

    @property
    def progress(self) -> float:
        """Share of the looking that is done, 0..1."""
        return self._capture.progress if self._capture else 0.0

    def start(self, request: Request, now_s: float) -> None:
        """Begin with the countdown; one under way is given up."""
        self.cancel()
        self._request, self.failed = request, False
        self._begin_s = now_s + request.countdown_s
        self._end_s = self._begin_s + request.seconds + PATIENCE_S
        self.advance(now_s)

    def cancel(self, text: str = "") -> None:
        """Give up; what was known before stays."""
        self._end(text, failed=bool(text))

    def advance(self, now_s: float) -> None:
        """Go on: count down, begin, or lose patience."""
        request = self._request
        if request is None:
            return
        if now_s < self._begin_s:
            self.text = f"{_guide(request)} … {math.ceil(self._begin_s - now_s)}"
        elif self._capture is None:
            self._begin(request)
        elif self._capture.done:
            self._finish(request, self._capture)
        elif now_s > self._end_s:
            self.cancel(f"No frames for {request.seconds + PATIENCE_S:g} s; see the connection")

    def _begin(self, request: Request) -> None:
        hello = session.status.hello if session.status else None
        if hello is None:
            self.cancel("The connection is gone; connect, then calibrate")
        elif request.at_server:
            self._ask_server(request, hello)
        else:
            earlier = known(request.scene, request.subject)
            self._capture = Capture(
                hello.channels, request.kind, request.seconds, earlier, request.chosen
            )
            self.text = _guide(request)
            session.listeners.append(self.on_frames)

    def _ask_server(self, request: Request, hello: Hello) -> None:
        try:
            session.send(
                "calibrate",
                duration_s=request.seconds,
                subject=_index(hello, request.subject),
                kind=request.kind,
                channels=request.chosen,
            )
        except GeFaceError as error:
            self.cancel(str(error))
        else:
            self._end(f"{_guide(request)}: the server looks for {request.seconds:g} s")

    def on_frames(self, hello: Hello, frames: list[Frame]) -> None:
        """The session's new frames."""
        request, capture = self._request, self._capture
        if request is None or capture is None:
            return
        subject = _index(hello, request.subject)
        for frame in frames:
            if frame.subject == subject:
                capture.feed(frame.channels if frame.valid else None, frame.time_s)

    def _finish(self, request: Request, capture: Capture) -> None:
        if capture.result is None:
            self.cancel(capture.refusal)
            return
        keep(request.scene, request.subject, capture.result)
        _push_undo("Calibrate")
        learned = "Rest" if request.kind == "neutral" else "Range"
        self._end(f"{learned} learned; it is stored with the scene")

    def _end(self, text: str, failed: bool = False) -> None:
        if self._capture is not None and self.on_frames in session.listeners:
            session.listeners.remove(self.on_frames)
        self._request = self._capture = None
        self.text, self.failed = text, failed


def _index(hello: Hello, subject: str) -> int:
    """Of a face; the first where it has no name, or one that this server does not know."""
    return hello.subjects.index(subject) if subject in hello.subjects else 0


def _guide(request: Request) -> str:
    if request.kind == "neutral":
        return GUIDE["neutral"]
    return GUIDE["range"] + (", ".join(request.units) or "brows, eyes, cheeks, nose, mouth, jaw")


def known(scene_name: str, subject: str) -> Calibration | None:
    """What the scene's characters know of a face; None if nothing, or nothing that can be read."""
    for character in _characters(scene_name, subject):
        if character.calibration:
            try:
                return read_calibration(character.calibration)
            except GeFaceError:
                return None
    return None


def keep(scene_name: str, subject: str, calibration: Calibration | None) -> None:
    """Store with every character of the scene that follows this face; None forgets."""
    text = calibration_text(calibration) if calibration else ""
    for character in _characters(scene_name, subject):
        character.calibration = text


def forget(scene_name: str, subject: str, at_server: bool) -> str:
    """Forget rest and range of a face; returns why that failed, "" if it did not."""
    calibrator.cancel()
    hello = session.status.hello if session.status else None
    if not at_server:
        keep(scene_name, subject, None)
    elif hello is None:
        return "The connection is gone; connect first"
    else:
        try:
            session.send("calibrate", duration_s=0.0, subject=_index(hello, subject), kind="clear")
        except GeFaceError as error:
            return str(error)
    return ""


def _characters(scene_name: str, subject: str) -> list[bpy.types.PropertyGroup]:
    scene = bpy.data.scenes.get(scene_name)
    everyone = scene.geface.characters if scene else ()
    return [character for character in everyone if character.subject == subject]


def _push_undo(what: str) -> None:
    """What a timer changes is lost with the next undo unless it is a step of its own."""
    for window in bpy.context.window_manager.windows[:1]:
        with bpy.context.temp_override(window=window):
            bpy.ops.ed.undo_push(message=what)


calibrator = Calibrator()
