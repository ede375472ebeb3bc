"""Reads the skinned meshes of a binary glTF 2.0 file into numpy arrays.

trimesh, which reads everything else here, drops skins; this is the part of glTF
that a skinned head needs (Khronos glTF 2.0 specification, sections 3.6, 3.7, 4).
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@dataclass(frozen=True)
class Glb:
    """A parsed file: its JSON and its binary chunk."""

    json: dict[str, Any]
    binary: bytes

    def accessor(self, index: int) -> NDArray[Any]:
        """(count,) or (count, width) array of one accessor.

        Raises:
            ValueError: there is none, it is sparse or interleaved, or its data is not there.
        """
        try:
            spec = self.json["accessors"][index]
            view = self.json["bufferViews"][spec["bufferView"]]
            width, kind = _WIDTHS[spec["type"]], np.dtype(_COMPONENTS[spec["componentType"]])
            count = spec["count"] * width
            start = view.get("byteOffset", 0) + spec.get("byteOffset", 0)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(f"accessor {index} is missing or incomplete: {error!r}") from None
        if "sparse" in spec or "byteStride" in view:
            raise ValueError(f"accessor {index} is sparse or interleaved, expected packed data")
        data = np.frombuffer(self._bytes(start, count * kind.itemsize), kind)
        return data if width == 1 else data.reshape(-1, width)

    def image(self, index: int) -> bytes:
        """Encoded bytes (PNG or JPEG) of one embedded image.

        Raises:
            ValueError: there is none, or its data is not there.
        """
        try:
            view = self.json["bufferViews"][self.json["images"][index]["bufferView"]]
            return self._bytes(view.get("byteOffset", 0), view["byteLength"])
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(f"image {index} is missing or not embedded: {error!r}") from None

    def _bytes(self, start: int, size: int) -> bytes:
        if not 0 <= start <= start + size <= len(self.binary):
            held = len(self.binary)
            raise ValueError(f"{size} bytes at {start} lie outside the GLB's {held} bytes of data")
        return self.binary[start : start + size]


def read_glb(path: Path) -> Glb:
    """Parse a .glb file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not binary glTF 2.0.
    """
    return parse_glb(path.read_bytes(), path.name)


def parse_glb(data: bytes, name: str = "data") -> Glb:
    """Parse binary glTF; ``name`` is for the messages.

    Raises:
        ValueError: it is not binary glTF 2.0.
    """
    if len(data) < 20:
        raise ValueError(f"{name} has {len(data)} bytes, too few for a GLB")
    magic, version, length = struct.unpack_from("<III", data)
    if (magic, version) != (_MAGIC, 2) or length != len(data):
        found = (hex(magic), version, length)
        raise ValueError(f"{name} starts with {found}, expected glTF 2 of {len(data)} bytes")
    chunks = _chunks(data, name)
    try:
        content = json.loads(chunks[_JSON])
    except (KeyError, ValueError, RecursionError) as error:
        raise ValueError(f"{name} has no readable JSON chunk: {error!r:.80}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{name} has a JSON {type(content).__name__}, expected an object")
    return Glb(content, chunks.get(_BIN, b""))


def _chunks(data: bytes, name: str) -> dict[int, bytes]:
    """Chunk type → content."""
    chunks, start = {}, 12
    while start < len(data):
        size, kind = struct.unpack_from("<II", data.ljust(start + 8, b"\0"), start)
        if start + 8 + size > len(data):
            raise ValueError(f"{name} ends inside a chunk of {size} bytes at {start}")
        chunks[kind] = data[start + 8 : start + 8 + size]
        start += 8 + size
    return chunks
