# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be baked: the faces of a live recording, of a take file or of a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import TakeError
from .layout_generated import CHANNELS, LAYOUT_ID
from .messages import Channel
from .performance import Performance, performances
from .tables import read_table
from .take import Marker, Take, read_take
from .takewriter import SUFFIX

TABLES = (".csv", ".jsonl")
LAYOUT = tuple(Channel(*row) for row in CHANNELS)
"""The channels of every footage, in their order."""


@dataclass(frozen=True, eq=False)
class Footage:
    """Faces over a common time.

    Attributes:
        name: of the take, for actions and messages.
        faces: one a subject, in the source's order.
        begin_s: time that comes to lie on the start frame.
        markers: named moments.
        audio: sound file beside it, None if there is none.
        audio_offset_s: time at which the sound begins.
        notes: sentences for the user about what is missing or was left out.
    """

    name: str
    faces: tuple[Performance, ...]
    begin_s: float
    markers: tuple[Marker, ...] = ()
    audio: Path | None = None
    audio_offset_s: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def end_s(self) -> float:
        """Time of the last frame of any face."""
        return max((float(face.times_s[-1]) for face in self.faces if len(face.times_s)), default=0)

    def face(self, subject: str) -> Performance:
        """Of one subject; "" is the first.

        Raises:
            TakeError: there is no such one, or it is never to be seen.
        """
        names = [face.subject for face in self.faces]
        if subject and subject not in names:
            raise TakeError(
                f"{self.name} has no face {subject!r}, only {', '.join(names)}: "
                "choose one of them as the character's face"
            )
        face = self.faces[names.index(subject) if subject else 0]
        if not face.seen:
            raise TakeError(f"{self.name} never shows {face.subject!r}: there is nothing to bake")
        return face


def read_footage(path: Path) -> Footage:
    """Read a take (.geface) or a table (.csv, .jsonl) that geface-bridge wrote.

    Raises:
        TakeError: there is no such file, or it cannot be used; the text says why.
    """
    suffix = path.suffix.lower()
    if suffix in TABLES:
        return _of_table(path, suffix)
    if suffix != SUFFIX:
        known = ", ".join((SUFFIX, *TABLES))
        raise TakeError(f"{path.name} is of no known kind, expected one of {known}")
    return footage_of(read_take(path), path)


def footage_of(take: Take, path: Path) -> Footage:
    """A take's faces; ``path`` gives its name and says where its sound is.

    Raises:
        TakeError: recorded with another layout, or without a frame.
    """
    if take.hello.layout_id != LAYOUT_ID:
        raise TakeError(
            f"{path.name} has channels {take.hello.layout_id}, this add-on {LAYOUT_ID}: convert "
            "it with the geface-bridge that recorded it, `geface-bridge take convert --to csv`, "
            "and import that"
        )
    faces = performances(take.hello.subjects, len(LAYOUT), take.frames)
    audio, notes = _audio(take, path)
    return Footage(
        path.stem,
        faces,
        _begin_s(faces, path.name),
        take.markers,
        audio,
        take.audio_offset_s,
        (*take.notes, *notes),
    )


def _begin_s(faces: tuple[Performance, ...], name: str) -> float:
    begins = [float(face.times_s[0]) for face in faces if len(face.times_s)]
    if not begins:
        raise TakeError(f"{name} holds no frames: there is nothing to bake")
    return min(begins)


def _audio(take: Take, path: Path) -> tuple[Path | None, tuple[str, ...]]:
    """The sound file, looked for beside the take and nowhere else, and what to say about it."""
    if not take.audio:
        return None, ()
    beside = path.parent / Path(take.audio.replace("\\", "/")).name
    if beside.is_file():
        return beside, ()
    return None, (f"its sound {beside.name} is not beside it; put it there and import again",)


def _of_table(path: Path, suffix: str) -> Footage:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TakeError(f"{path} cannot be read ({error.strerror})") from None
    except ValueError:
        raise TakeError(f"{path.name} is not UTF-8 text, expected a {suffix} file") from None
    try:
        faces = read_table(text, suffix, [channel.name for channel in LAYOUT])
    except TakeError as error:
        raise TakeError(f"{path.name}: {error}") from None
    return Footage(path.stem, faces, _begin_s(faces, path.name))
