"""WebDataset shards: plain tar files whose bytes depend on their content alone.

A folder of pairs holds ``manifest.json`` and ``shard-00000.tar``, ``shard-00001.tar``, …; a
sample is the run of members that share a key. A shard is written under a temporary name and
renamed when complete, so a shard that exists is whole and an interrupted run starts again there.
"""

from __future__ import annotations

import io
import json
import math
import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SHARD_SIZE = 256
JPEG_QUALITY = 95


@dataclass(frozen=True)
class Pair:
    """One render and what made it.

    Attributes:
        index: of the sample in its data set.
        image_rgb: (S, S, 3) uint8.
        mask: (S, S) uint8, parsing classes; None in a set rendered without masks.
        parameters: (P,) float32, the layout's parameters.
        landmarks: name -> (x, y), pixels.
    """

    index: int
    image_rgb: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None
    parameters: NDArray[np.float32]
    landmarks: dict[str, tuple[float, float]]


def shard_path(folder: Path, shard: int) -> Path:
    """Where a shard of a folder lies."""
    return folder / f"shard-{shard:05d}.tar"


def shard_ranges(count: int) -> list[range]:
    """Sample indices of every shard of a data set of ``count`` samples."""
    return [range(a, min(a + SHARD_SIZE, count)) for a in range(0, count, SHARD_SIZE)]


def write_shard(path: Path, pairs: Iterable[Pair]) -> None:
    """Write one shard: the same pairs give the same bytes, whole or not at all."""
    part = path.with_suffix(".part")
    with tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as tar:
        for pair in pairs:
            for suffix, data in _encode(pair).items():
                _add(tar, f"{pair.index:08d}.{suffix}", data)
    os.replace(part, path)


def read_shard(path: Path) -> Iterator[Pair]:
    """The pairs of a shard, in order."""
    members: dict[str, bytes] = {}
    key = ""
    with tarfile.open(path, "r") as tar:
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
    """How many pairs a shard holds."""
    with tarfile.open(path, "r") as tar:
        return sum(name.endswith(".npy") for name in tar.getnames())


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write indented JSON, NaN as null, whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(_without_nan(content), indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


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
    rounded = {name: [round(float(v), 3) for v in xy] for name, xy in pair.landmarks.items()}
    mask = {} if pair.mask is None else {"mask.png": cv2.imencode(".png", pair.mask)[1].tobytes()}
    return {
        "jpg": cv2.imencode(".jpg", image_bgr, quality)[1].tobytes(),
        **mask,
        "npy": parameters.getvalue(),
        "json": json.dumps(rounded, sort_keys=True, separators=(",", ":")).encode(),
    }


def _decode(key: str, members: dict[str, bytes]) -> Pair:
    def image(suffix: str, flag: int) -> NDArray[np.uint8]:
        array = cv2.imdecode(np.frombuffer(members[suffix], np.uint8), flag)
        return np.asarray(array, np.uint8)

    return Pair(
        index=int(key),
        image_rgb=np.ascontiguousarray(image("jpg", cv2.IMREAD_COLOR)[..., ::-1]),
        mask=image("mask.png", cv2.IMREAD_GRAYSCALE) if "mask.png" in members else None,
        parameters=np.load(io.BytesIO(members["npy"]), allow_pickle=False),
        landmarks={k: (x, y) for k, (x, y) in json.loads(members["json"]).items()},
    )
