"""The packaged head: its meshes, joints and skin, from ``assets/head.glb``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rig.glb import Glb, read_glb

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Primitive:
    """One mesh with one material, in the rest pose.

    Attributes:
        name: material name: skin, mouth, eyes, teeth, tongue, lashes or hair.
        positions: (V, 3) metres, rig frame (x left, y up, z forward).
        normals: (V, 3) unit.
        uvs: (V, 2) texture coordinates as glTF has them (v down).
        triangles: (T, 3).
        joints: (V, 4) joint indices; weights: (V, 4), each row sums to 1.
    """

    name: str
    positions: FloatArray
    normals: FloatArray
    uvs: FloatArray
    triangles: IntArray
    joints: IntArray
    weights: FloatArray


@dataclass(frozen=True)
class Head:
    """Meshes and joints. All joints have the head's axes at rest.

    Attributes:
        primitives: by name.
        joint_names: J names, parents first.
        joint_parents: (J,) index of the parent, -1 for the root.
        rest_translations: (J, 3) in the parent's frame, metres.
    """

    primitives: dict[str, Primitive]
    joint_names: tuple[str, ...]
    joint_parents: tuple[int, ...]
    rest_translations: FloatArray

    @property
    def rest_positions(self) -> FloatArray:
        """(J, 3) rest positions of the joints in the rig's frame."""
        out = self.rest_translations.copy()
        for joint, parent in enumerate(self.joint_parents):
            if parent >= 0:
                out[joint] += out[parent]
        return out

    def joint_index(self, name: str) -> int:
        """Position of the joint ``name``; KeyError if there is none."""
        try:
            return self.joint_names.index(name)
        except ValueError:
            raise KeyError(f"no joint {name!r} in the head") from None


def rig_file(name: str) -> Path:
    """Path of a file that a build makes: "assets/head.glb", "profiles/geface.json", ….

    A fresh build (``python -m rig.author.build --out DIR``) is looked at with the environment
    variable GEFACE_RIG_DIR=DIR; what it lacks is the package's.

    Raises:
        FileNotFoundError: it is in neither.
    """
    packaged = Path(str(resources.files("rig").joinpath(name)))
    build = os.environ.get("GEFACE_RIG_DIR")
    places = [Path(build) / name, packaged] if build else [packaged]
    for path in places:
        if path.is_file():
            return path
    raise FileNotFoundError(f"rig file {name} is missing; rebuild it with: make rig")


def asset_path(name: str) -> Path:
    """Path of a file of the rig's assets.

    Raises:
        FileNotFoundError: it is not there.
    """
    return rig_file(f"assets/{name}")


def _joint_order(glb: Glb) -> tuple[list[int], dict[int, int]]:
    """Node indices of the skin's joints, parents first, and node → parent node."""
    nodes = glb.json["nodes"]
    parent = {child: i for i, node in enumerate(nodes) for child in node.get("children", [])}
    joints = glb.json["skins"][0]["joints"]

    def depth(node: int) -> int:
        return 0 if node not in parent else 1 + depth(parent[node])

    return sorted(joints, key=lambda node: (depth(node), joints.index(node))), parent


def _primitive(glb: Glb, raw: dict[str, Any], joint_of_slot: IntArray) -> Primitive:
    material = glb.json["materials"][raw["material"]]["name"]
    attributes = raw["attributes"]
    weights = glb.accessor(attributes["WEIGHTS_0"]).astype(float)
    return Primitive(
        name=material,
        positions=glb.accessor(attributes["POSITION"]).astype(float),
        normals=glb.accessor(attributes["NORMAL"]).astype(float),
        uvs=glb.accessor(attributes["TEXCOORD_0"]).astype(float),
        triangles=glb.accessor(raw["indices"]).astype(np.int64).reshape(-1, 3),
        joints=joint_of_slot[glb.accessor(attributes["JOINTS_0"]).astype(np.int64)],
        weights=weights / weights.sum(1, keepdims=True),
    )


def parse_head(glb: Glb) -> Head:
    """Build a ``Head`` from a GLB with one skin whose joints rest without rotation.

    Raises:
        ValueError: it holds no such head; the message says what is missing.
    """
    skins = glb.json.get("skins")
    if not isinstance(skins, list) or len(skins) != 1:
        raise ValueError(f"GLB has skins {skins!r:.40}, expected one skinned head")
    try:
        return _head(glb)
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"GLB is not a skinned head: {error!r}") from None


def _head(glb: Glb) -> Head:
    order, parent = _joint_order(glb)
    position = {node: i for i, node in enumerate(order)}
    nodes = glb.json["nodes"]
    turned = [nodes[n]["name"] for n in order if {"rotation", "scale", "matrix"} & set(nodes[n])]
    if turned:
        raise ValueError(f"joints {turned[:3]} rest with rotation or scale, expected translation")
    joint_of_slot = np.array([position[node] for node in glb.json["skins"][0]["joints"]])
    primitives = [
        _primitive(glb, raw, joint_of_slot)
        for mesh in glb.json["meshes"]
        for raw in mesh["primitives"]
    ]
    return Head(
        primitives={p.name: p for p in primitives},
        joint_names=tuple(nodes[node]["name"] for node in order),
        joint_parents=tuple(position.get(parent.get(node, -1), -1) for node in order),
        rest_translations=np.array(
            [nodes[node].get("translation", (0.0, 0.0, 0.0)) for node in order]
        ),
    )


@lru_cache(maxsize=1)
def load_head() -> Head:
    """The packaged head, read once."""
    return parse_head(read_glb(asset_path("head.glb")))
