"""WebDataset shards: plain tar files whose bytes depend on their content alone.

A folder of pairs holds ``manifest.json`` and ``shard-00000000.tar``, ``shard-00000256.tar``, …,
each named after its first sample. A sample is the run of members that share a key:

* ``jpg``: the picture;
* ``npy``: its parameters, float32, in the layout's order;
* ``json``: landmark → [x, y] in pixels, or [x, y, 1 or 0] where it is known whether it is seen;
* ``mask.png``: parsing labels, 8 bits, if the set has masks;
* ``depth.png``: depth in steps of 0.1 mm, 16 bits, 0 where nothing is, if the set has depth.

A shard is written under a temporary name and renamed when complete, so a shard that exists is
whole and an interrupted run starts again there.
"""

from __future__ import annotations

import io
import json
import math
import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.errors import SourceError
from training.arrays import array_of

SHARD_SIZE = 256
JPEG_QUALITY = 95
DEPTH_STEP_M = 1e-4


@dataclass(frozen=True)
class Pair:
    """One render and what made it.

    Attributes:
        index: of the sample in its data set.
        image_rgb: (S, S, 3) uint8.
        mask: (S, S) uint8, parsing classes; None in a set rendered without masks.
        parameters: (P,) float32, the layout's parameters.
        landmarks: name -> (x, y), pixels.
        visible: name -> whether the landmark is seen; empty where it is not known.
        depth_m: (S, S) float32 metres along the camera's axis, to 0.1 mm and up to 6.5 m, inf
            where nothing is; None in a set without depth.
    """

    index: int
    image_rgb: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None
    parameters: NDArray[np.float32]
    landmarks: dict[str, tuple[float, float]]
    visible: dict[str, bool] = field(default_factory=dict)
    depth_m: NDArray[np.float32] | None = None


def shard_path(folder: Path, first: int) -> Path:
    """Where the shard lies whose first sample is ``first``."""
    return folder / f"shard-{first:08d}.tar"


def shard_ranges(start: int, count: int, size: int = SHARD_SIZE) -> list[range]:
    """Sample indices of every shard of ``count`` samples from ``start`` on.

    Shards end at multiples of ``size`` whatever the start, so that the ranges of several runs
    meet in the same shards.
    """
    stop = start + count
    edges = [start, *range(start - start % size + size, stop, size), stop]
    return [range(a, b) for a, b in pairwise(edges)]


def write_shard(path: Path, pairs: Iterable[Pair]) -> None:
    """Write one shard: the same pairs give the same bytes, whole or not at all."""
    with whole_file(path) as file:
        pack_shard(file, pairs)


def pack_shard(file: IO[bytes], pairs: Iterable[Pair]) -> None:
    """Write the tar of one shard into an open file."""
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for pair in pairs:
            for suffix, data in _encode(pair).items():
                _add(tar, f"{pair.index:08d}.{suffix}", data)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that is at ``path`` when all went well, and else not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        yield file
    os.replace(part, path)


def read_shard(path: Path) -> Iterator[Pair]:
    """The pairs of a shard, in order.

    Raises:
        SourceError: it is no shard, is cut off, or holds what is no pair.
    """
    with _told(path):
        key, members = "", dict[str, bytes]()
        with open_shard(path) as tar:
            for entry in tar:
                stem, suffix = entry.name.split(".", 1)
                if members and stem != key:
                    yield _decode(key, members)
                    members = {}
                file = tar.extractfile(entry)
                if file is not None:
                    key, members[suffix] = stem, file.read()
        if members:
            yield _decode(key, members)


def count_pairs(path: Path) -> int:
    """How many pairs a shard holds.

    Raises:
        SourceError: it is no shard, or is cut off.
    """
    with _told(path), open_shard(path) as tar:
        return sum(name.endswith(".npy") for name in tar.getnames())


@contextmanager
def open_shard(path: Path) -> Iterator[tarfile.TarFile]:
    """A shard's tar file.

    Raises:
        tarfile.ReadError: it is none, or is cut off; tarfile itself takes a file that ends
            between two members for whole.
        OSError: it cannot be read.
    """
    end = 2 * tarfile.BLOCKSIZE
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - end))
        if file.read() != bytes(end):
            raise tarfile.ReadError("it does not end as a tar file does")
    with tarfile.open(path, "r:") as tar:
        yield tar


# what reading a file of arbitrary bytes can raise
_BROKEN = (
    tarfile.TarError, OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, cv2.error,
)  # fmt: skip


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What goes wrong with a shard, as the user is told of it."""
    try:
        yield
    except _BROKEN as error:
        raise SourceError(
            f"{path} is no whole shard of rendered pairs ({error}): remove it and render again"
        ) from error


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write indented JSON, NaN as null, whole or not at all."""
    with whole_file(path) as file:
        file.write((json.dumps(_without_nan(content), indent=1) + "\n").encode())


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)  # its defaults: mtime 0, uid 0, gid 0, no names
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))


def _encode(pair: Pair) -> dict[str, bytes]:
    image_bgr = pair.image_rgb[..., ::-1]
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    parameters = io.BytesIO()
    np.save(parameters, pair.parameters.astype(np.float32))
    planes = {"mask.png": pair.mask, "depth.png": _steps_from_depth(pair.depth_m)}
    return {
        "jpg": cv2.imencode(".jpg", image_bgr, quality)[1].tobytes(),
        **{name: _png(plane) for name, plane in planes.items() if plane is not None},
        "npy": parameters.getvalue(),
        "json": json.dumps(_points(pair), sort_keys=True, separators=(",", ":")).encode(),
    }


def _png(plane: NDArray[Any]) -> bytes:
    return bytes(cv2.imencode(".png", plane)[1].tobytes())


def _points(pair: Pair) -> dict[str, list[float]]:
    """Landmark → x, y and, where known, whether it is seen."""
    out: dict[str, list[float]] = {}
    for name, xy in pair.landmarks.items():
        out[name] = [round(float(v), 3) for v in xy]
        if name in pair.visible:
            out[name].append(int(pair.visible[name]))
    return out


def _steps_from_depth(depth_m: NDArray[np.float32] | None) -> NDArray[np.uint16] | None:
    if depth_m is None:
        return None
    steps = np.round(depth_m.astype(np.float64) / DEPTH_STEP_M)
    return np.where((steps > 0) & (steps < 2**16), steps, 0).astype(np.uint16)


def _depth_from_steps(steps: NDArray[Any]) -> NDArray[np.float32]:
    depth_m = np.where(steps == 0, np.inf, steps * DEPTH_STEP_M)
    return np.asarray(depth_m, np.float32)


def _decode(key: str, members: dict[str, bytes]) -> Pair:
    def image(suffix: str, flag: int) -> NDArray[Any]:
        found = cv2.imdecode(np.frombuffer(members[suffix], np.uint8), flag)
        if found is None:
            raise ValueError(f"{key}.{suffix} is no picture")
        return np.asarray(found)

    def plane(suffix: str) -> NDArray[Any] | None:
        return image(suffix, cv2.IMREAD_UNCHANGED) if suffix in members else None

    points = json.loads(members["json"])
    steps = plane("depth.png")
    return Pair(
        index=int(key),
        image_rgb=np.ascontiguousarray(image("jpg", cv2.IMREAD_COLOR)[..., ::-1]),
        mask=plane("mask.png"),
        parameters=array_of(members["npy"]),
        landmarks={name: (float(x), float(y)) for name, (x, y, *_) in points.items()},
        visible={name: bool(seen[0]) for name, (_, _, *seen) in points.items() if seen},
        depth_m=None if steps is None else _depth_from_steps(steps),
    )
