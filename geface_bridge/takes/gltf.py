"""A take as an animation of the packaged head: binary glTF 2.0 that engines import."""

from __future__ import annotations

import copy
import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geface_bridge.protocol import FaceFrame
from geface_bridge.takes.rig_motion import RigMotion, rig_motion
from rig.glb import Glb, read_glb
from rig.head import asset_path
from rig.rotations import matrix_to_quaternion
from rig.skeleton import Skeleton

FLOAT = 5126
STILL = 1e-6  # a track that varies less than this, in its unit, is left out


def gltf_bytes(frames: tuple[FaceFrame, ...]) -> bytes:
    """The head with one animation, "take": tracks of the joints that move.

    Args:
        frames: of one subject, at least one with a face.

    Source: Khronos glTF 2.0 specification, sections 3.11 (animations) and 4.4 (GLB).
    """
    skeleton = Skeleton()
    motion = rig_motion(frames, skeleton)
    glb = read_glb(asset_path("head.glb"))
    binary = _Binary(glb)
    nodes = {node["name"]: i for i, node in enumerate(glb.json["nodes"]) if "name" in node}
    animation: dict[str, Any] = {"name": "take", "samplers": [], "channels": []}
    times = binary.add(motion.times_s[:, None], bounds=True)
    for joint, name in enumerate(skeleton.head.joint_names):
        for path, values in _tracks(motion, joint, skeleton).items():
            animation["channels"].append(
                {
                    "sampler": len(animation["samplers"]),
                    "target": {"node": nodes[name], "path": path},
                }
            )
            sampler = {"input": times, "output": binary.add(values), "interpolation": "LINEAR"}
            animation["samplers"].append(sampler)
    binary.json["animations"] = [animation]
    return binary.pack()


def _tracks(motion: RigMotion, joint: int, skeleton: Skeleton) -> dict[str, NDArray[np.float64]]:
    """Path → (F, 3 or 4) of what differs from rest at any time."""
    quaternions = np.roll(matrix_to_quaternion(motion.rotations[:, joint]), -1, axis=-1)  # xyzw
    rest = {
        "translation": (motion.translations[:, joint], skeleton.head.rest_translations[joint]),
        "rotation": (_continuous(quaternions), np.array([0.0, 0.0, 0.0, 1.0])),
        "scale": (motion.scales[:, joint], np.ones(3)),
    }
    return {path: v for path, (v, still) in rest.items() if np.abs(v - still).max() > STILL}


def _continuous(quaternions: NDArray[np.float64]) -> NDArray[np.float64]:
    """(F, 4) with each on the side of the one before, so that interpolation goes the short way."""
    out = quaternions.copy()
    for row in range(1, len(out)):
        if out[row] @ out[row - 1] < 0:
            out[row] = -out[row]
    return out


class _Binary:
    """A GLB to which data is added."""

    def __init__(self, glb: Glb) -> None:
        self.json: dict[str, Any] = copy.deepcopy(glb.json)
        self._data = bytearray(glb.binary)

    def add(self, values: NDArray[np.float64], bounds: bool = False) -> int:
        """Index of a new accessor with (N, width) floats; ``bounds`` as glTF wants of times."""
        kind = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[values.shape[1]]
        floats = values.astype("<f4")
        self._data += bytes(-len(self._data) % 4)
        self.json["bufferViews"].append(
            {"buffer": 0, "byteOffset": len(self._data), "byteLength": floats.nbytes}
        )
        accessor: dict[str, Any] = {
            "bufferView": len(self.json["bufferViews"]) - 1,
            "componentType": FLOAT,
            "count": len(floats),
            "type": kind,
        }
        if bounds:
            accessor |= {"min": [float(floats.min())], "max": [float(floats.max())]}
        self._data += floats.tobytes()
        self.json["accessors"].append(accessor)
        return len(self.json["accessors"]) - 1

    def pack(self) -> bytes:
        """The whole file."""
        self._data += bytes(-len(self._data) % 4)
        self.json["buffers"][0]["byteLength"] = len(self._data)
        text = json.dumps(self.json, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + len(self._data)
        head = struct.pack("<4sII", b"glTF", 2, total)
        chunk = struct.pack("<I4s", len(text), b"JSON") + text
        return head + chunk + struct.pack("<I4s", len(self._data), b"BIN\0") + bytes(self._data)
