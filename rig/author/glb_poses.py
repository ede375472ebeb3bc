"""Adds the profile's poses to a GLB as animations, which game engines import with the mesh.

One animation a pose, named as the pose: at 0 s everything rests, at 1 s its channels are at the
end of their range (an action unit at intensity 1), and between the two it is linear, as the
profile is: a rotation between two quaternions is interpolated along the great arc. Only what
moves has a channel. Values are the joints' local ones, so poses that an engine adds as deltas
from rest add up as ``rig.skeleton`` adds them, rotations nearly so.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rig.glb import Glb
from rig.head import Head
from rig.layout import Layout, load_layout
from rig.profile import Driver, Profile
from rig.rotations import matrix_to_quaternion, rotvec_to_matrix

FloatArray = NDArray[np.float64]
_FLOAT = 5126
# Smaller motions are left out: metres, radians, share of the size.
STILL = {"translation": 1e-6, "rotation": 1e-5, "scale": 1e-5}


def full_weight(driver: Driver, layout: Layout | None = None) -> float:
    """Weight of a pose with all its channels at the ends of their ranges."""
    layout = layout or load_layout()
    weight = 1.0
    for factor in driver.factors:
        channel = layout.channels[layout.channel_index[factor.channel]]
        weight *= max(factor.gain * channel.low, factor.gain * channel.high)
    return weight


def joint_values(offset: FloatArray, rest: FloatArray) -> dict[str, FloatArray]:
    """Two keys, at rest and moved, of each property that an offset moves.

    Args:
        offset: (9,) translation, rotation vector, scale − 1.
        rest: (3,) the joint's translation at rest.

    Returns:
        Of "translation" (2, 3), "rotation" (2, 4; x y z w) and "scale" (2, 3), what moves.
    """
    w, *xyz = matrix_to_quaternion(rotvec_to_matrix(offset[3:6]))
    keys = {
        "translation": np.array([rest, rest + offset[:3]]),
        "rotation": np.array([[0, 0, 0, 1], [*xyz, w]]),
        "scale": np.array([np.ones(3), 1 + offset[6:]]),
    }
    sizes = zip(keys, np.abs(offset).reshape(3, 3).max(1), strict=True)
    return {path: keys[path] for path, size in sizes if size > STILL[path]}


def settled(glb: Glb) -> Glb:
    """The GLB without the rest rotations and scales of nodes that only rounding made."""
    neutral = {"rotation": np.array([0.0, 0, 0, 1]), "scale": np.ones(3)}
    nodes = [
        {
            key: value
            for key, value in node.items()
            if key not in neutral or np.abs(np.subtract(value, neutral[key])).max() > 1e-6
        }
        for node in glb.json["nodes"]
    ]
    return Glb({**glb.json, "nodes": nodes}, glb.binary)


class _Writer:
    """Collects accessors of float data at the end of a GLB's binary chunk."""

    def __init__(self, glb: Glb) -> None:
        self.json: dict[str, Any] = json.loads(json.dumps(glb.json))
        self.binary = bytearray(glb.binary.ljust(-(-len(glb.binary) // 4) * 4, b"\0"))
        self._start = len(self.binary)
        self._view = len(self.json["bufferViews"])
        self._known: dict[bytes, int] = {}

    def accessor(self, values: FloatArray, **limits: list[float]) -> int:
        """Index of an accessor of ``values``; equal values share one."""
        data = values.astype("<f4").tobytes()
        key = data + bytes([values.shape[-1]])
        if key not in self._known:
            kind = "SCALAR" if values.ndim == 1 else f"VEC{values.shape[1]}"
            offset = len(self.binary) - self._start
            spec: dict[str, Any] = {
                "bufferView": self._view,
                "byteOffset": offset,
                "componentType": _FLOAT,
            }
            spec |= {"count": len(values), "type": kind, **limits}
            self.json["accessors"].append(spec)
            self.binary += data
            self._known[key] = len(self.json["accessors"]) - 1
        return self._known[key]

    def finish(self) -> bytes:
        """The GLB file."""
        size = len(self.binary) - self._start
        view = {"buffer": 0, "byteOffset": self._start, "byteLength": size}
        self.json["bufferViews"].append(view)
        self.json["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(self.json, separators=(",", ":")).encode()
        text = text.ljust(-(-len(text) // 4) * 4, b" ")
        chunks = b"".join(
            struct.pack("<I4s", len(data), kind) + data
            for kind, data in ((b"JSON", text), (b"BIN\0", bytes(self.binary)))
        )
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def with_poses(glb: Glb, head: Head, profile: Profile) -> bytes:
    """The GLB file with an animation for each of the profile's drivers.

    Raises:
        ValueError: it has animations already.
    """
    if glb.json.get("animations"):
        raise ValueError("the GLB has animations already, expected none")
    writer = _Writer(glb)
    seconds = writer.accessor(np.array([0.0, 1.0]), min=[0.0], max=[1.0])
    node = {n["name"]: i for i, n in enumerate(glb.json["nodes"]) if "name" in n}
    writer.json["animations"] = [
        _animation(driver, profile, head, node, seconds, writer) for driver in profile.drivers
    ]
    return writer.finish()


def _animation(
    driver: Driver,
    profile: Profile,
    head: Head,
    node: dict[str, int],
    seconds: int,
    writer: _Writer,
) -> dict[str, Any]:
    samplers: list[dict[str, Any]] = []
    channels = []
    weight = full_weight(driver)
    for bone, part in profile.poses[driver.pose].bones.items():
        rest = head.rest_translations[head.joint_index(bone)]
        for path, values in joint_values(weight * np.array(part.offset), rest).items():
            channels.append(
                {"sampler": len(samplers), "target": {"node": node[bone], "path": path}}
            )
            samplers.append({"input": seconds, "output": writer.accessor(values)})
    return {"name": driver.pose, "channels": channels, "samplers": samplers}
