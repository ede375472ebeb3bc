"""Rendered pairs by number: any sample of any shard, without unpacking anything.

Shards are plain tar files, so a member is a run of bytes at a known place. The places are read
once; a sample then costs one read and its decoding, in any order and in any process.
"""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.errors import SourceError
from rig.layout import load_layout
from training.arrays import array_of
from training.shards import open_shard

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Member:
    """Where a sample's file lies within its shard."""

    offset: int
    size: int


@dataclass(frozen=True)
class Place:
    """A sample: its number in the set, its shard, and its members by suffix."""

    index: int
    shard: Path
    members: dict[str, Member]


class PairSet:
    """The samples of one or more folders, in the order of folders and numbers.

    Pickles as a list of places: worker processes open the shards themselves.

    Raises:
        SourceError: a folder without shards, of another layout or size, or a broken shard.
    """

    def __init__(self, *folders: Path) -> None:
        sizes = {folder: _described(folder) for folder in folders}
        if len(set(sizes.values())) != 1:
            told = ", ".join(f"{folder}: {size}" for folder, size in sizes.items())
            raise SourceError(f"sets of different sizes cannot be mixed ({told} pixels)")
        self.size = next(iter(sizes.values()))
        shards = [shard for folder in folders for shard in sorted(folder.glob("shard-*.tar"))]
        self.places = [place for shard in shards for place in read_places(shard)]

    def __len__(self) -> int:
        return len(self.places)

    def image(self, position: int) -> NDArray[np.uint8]:
        """(S, S, 3) RGB."""
        bgr = self._decoded(position, "jpg", cv2.IMREAD_COLOR)
        return np.ascontiguousarray(bgr[..., ::-1])

    def mask(self, position: int) -> NDArray[np.uint8]:
        """(S, S) parsing labels."""
        return self._decoded(position, "mask.png", cv2.IMREAD_UNCHANGED)

    def parameters(self, position: int) -> NDArray[np.float32]:
        """(P,) in the layout's order."""
        try:
            found = array_of(self._bytes(position, "npy"))
        except ValueError as error:
            raise self._wrong(position, f"has an npy that is no array ({error})") from error
        expected = (len(load_layout().parameter_names),)
        if found.shape != expected:
            raise self._wrong(position, f"has parameters of shape {found.shape}, not {expected}")
        return np.asarray(found, np.float32)

    def landmarks(self, position: int) -> dict[str, tuple[float, float]]:
        """Name → (x, y) in pixels."""
        try:
            points = json.loads(self._bytes(position, "json"))
            return {name: (float(x), float(y)) for name, (x, y, *_) in points.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise self._wrong(position, f"has a json without landmarks ({error})") from error

    def _decoded(self, position: int, suffix: str, flag: int) -> NDArray[np.uint8]:
        data = self._bytes(position, suffix)
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flag) if data else None
        if image is None:
            raise self._wrong(position, f"has a {suffix} that is no picture")
        return np.asarray(image)

    def _bytes(self, position: int, suffix: str) -> bytes:
        place = self.places[position]
        if suffix not in place.members:
            raise self._wrong(position, f"has no {suffix}: was the set rendered without it?")
        member = place.members[suffix]
        with place.shard.open("rb") as file:
            file.seek(member.offset)
            data = file.read(member.size)
        if len(data) < member.size:
            raise self._wrong(position, f"ends within its {suffix}: the shard is cut off")
        return data

    def _wrong(self, position: int, what: str) -> SourceError:
        place = self.places[position]
        return SourceError(f"sample {place.index} of {place.shard} {what}")


def read_places(shard: Path) -> list[Place]:
    """The samples of a shard, by number.

    Raises:
        SourceError: the file is no tar, is cut off, or holds what is no sample.
    """
    places: dict[int, dict[str, Member]] = {}
    try:
        with open_shard(shard) as tar:
            for entry in tar:
                stem, _, suffix = entry.name.partition(".")
                places.setdefault(int(stem), {})[suffix] = Member(entry.offset_data, entry.size)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise SourceError(
            f"{shard} is no whole shard of rendered pairs ({error}): remove it and render again"
        ) from error
    if not places:
        raise SourceError(f"{shard} holds no samples: remove it and render again")
    return [Place(index, shard, members) for index, members in sorted(places.items())]


def check_layout(folder: Path) -> None:
    """Refuse a set that says it is of another layout; one that says nothing passes.

    Raises:
        SourceError: it is, or its manifest is none.
    """
    if (folder / MANIFEST).exists():
        _manifest(folder)


def _described(folder: Path) -> int:
    """Pixels a side of the set in a folder, after its manifest's layout was checked."""
    size = int(_manifest(folder)["size"])
    if not any(folder.glob("shard-*.tar")):
        raise SourceError(f"{folder} holds no shard-*.tar: run python -m training.render_pairs")
    return size


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        layout_id, _ = found["layout_id"], int(found["size"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{path} is no manifest of rendered pairs ({error!r}): run python -m "
            "training.render_pairs"
        ) from error
    if layout_id != load_layout().layout_id:
        raise SourceError(
            f"{folder} is of layout {layout_id}, this program's is {load_layout().layout_id}: "
            "render again"
        )
    return found
