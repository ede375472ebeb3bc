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
            ValueError: the accessor is sparse or its view is interleaved.
        """
        spec = self.json["accessors"][index]
        view = self.json["bufferViews"][spec["bufferView"]]
        if "sparse" in spec or "byteStride" in view:
            raise ValueError(f"accessor {index} is sparse or interleaved, expected packed data")
        width = _WIDTHS[spec["type"]]
        start = view.get("byteOffset", 0) + spec.get("byteOffset", 0)
        kind = np.dtype(_COMPONENTS[spec["componentType"]])
        data = np.frombuffer(self.binary, kind, spec["count"] * width, start)
        return data if width == 1 else data.reshape(-1, width)

    def image(self, index: int) -> bytes:
        """Encoded bytes (PNG or JPEG) of one embedded image."""
        view = self.json["bufferViews"][self.json["images"][index]["bufferView"]]
        start = view.get("byteOffset", 0)
        return self.binary[start : start + view["byteLength"]]


def read_glb(path: Path) -> Glb:
    """Parse a .glb file.

    Raises:
        ValueError: it is not binary glTF 2.0.
    """
    data = path.read_bytes()
    if len(data) < 20:
        raise ValueError(f"{path.name} has {len(data)} bytes, too few for a GLB")
    magic, version, length = struct.unpack_from("<III", data)
    if (magic, version) != (_MAGIC, 2) or length != len(data):
        found = (hex(magic), version, length)
        raise ValueError(f"{path.name} starts with {found}, expected glTF 2 of {len(data)} bytes")
    chunks, start = {}, 12
    while start < length:
        size, kind = struct.unpack_from("<II", data, start)
        chunks[kind] = data[start + 8 : start + 8 + size]
        start += 8 + size
    return Glb(json.loads(chunks[_JSON]), chunks.get(_BIN, b""))
