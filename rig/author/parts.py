"""The parts of the head as meshes: skin, mouth, eyes, teeth, tongue, lashes, hair.

Everything here is numpy in the rig's frame; ``build`` hands it to Blender.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rig.appearance import hairline_height
from rig.author import makehuman
from rig.author.hair import Surface, lock_piece
from rig.author.solve import LASHES, SolvedRig
from rig.author.teeth import LOWER, UPPER, arch_mesh

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

EYE_RADIUS_M = 0.0145
MOUTH_MASK = "mpfb2/textures/mpfb_inside-mouth.jpg"


@dataclass(frozen=True)
class Part:
    """One piece of the head with its own material.

    Attributes:
        name: material name, also the name of the GLB primitive.
        positions: (V, 3) metres, rig frame.
        faces: list of corner index tuples (quads and triangles).
        corner_uvs: per face, (n, 2) texture coordinates, v up.
        weights: (V, B) skin weights.
    """

    name: str
    positions: FloatArray
    faces: list[tuple[int, ...]]
    corner_uvs: list[FloatArray]
    weights: FloatArray


def skin_uv(positions: FloatArray) -> FloatArray:
    """(V, 2) cylindrical coordinates about the head's axis, stretched over the face.

    u is .5 in front and 0 or 1 at the back; v is 0 at -0.15 m and below, 1 at 0.15 m. Both
    run fastest over the face, where one texel of 512 is half a millimetre.
    """
    angle = np.arctan2(positions[:, 0], positions[:, 2] - 0.01) / np.pi
    u = 0.5 + 0.5 * (0.25 * angle + 0.75 * np.tanh(3 * angle) / np.tanh(3))
    height, low, high = (_stretched(y) for y in (positions[:, 1], -0.15, 0.15))
    return np.stack([u, np.clip((height - low) / (high - low), 0, 1)], axis=1)


def _stretched(y: FloatArray | float) -> FloatArray:
    """Height on the texture, any scale: steepest about the nose."""
    away = (np.asarray(y) - 0.012) / 0.15
    return np.asarray(0.4 * away + 0.6 * np.tanh(1.8 * away))


def vertex_normals(positions: FloatArray, quads: IntArray) -> FloatArray:
    """(V, 3) area-weighted unit normals."""
    a, b, c, d = (positions[quads[:, i]] for i in range(4))
    normal = np.cross(c - a, d - b)
    out = np.zeros_like(positions)
    for i in range(4):
        np.add.at(out, quads[:, i], normal)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12))


def _sample_mask(mesh: makehuman.BaseMesh, relative: str) -> FloatArray:
    """(V,) value 0..1 of a MakeHuman texture mask at each body vertex."""
    from PIL import Image

    image = np.asarray(Image.open(makehuman.data_dir() / relative).convert("L")) / 255.0
    uv = mesh.vertex_uvs("body")
    height, width = image.shape
    rows = np.clip(((1 - uv[:, 1]) * height).astype(int), 0, height - 1)
    columns = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
    return np.asarray(image[rows, columns])


class PartBuilder:
    """Cuts the parts out of the solved rig."""

    def __init__(self, solved: SolvedRig, mesh: makehuman.BaseMesh) -> None:
        self.solved, self.mesh = solved, mesh
        self.row = np.full(len(mesh.positions), -1)
        self.row[solved.base_index] = np.arange(len(solved.base_index))
        inside = _sample_mask(mesh, MOUTH_MASK) > 0.5
        # the mask is not quite symmetric
        self.inside_mouth = inside | inside[makehuman.mirror_index(mesh.positions)]

    def all(self) -> list[Part]:
        """All parts, skin first."""
        quads = self.mesh.quads[self.mesh.groups == "body"]
        quads = quads[(self.row[quads] >= 0).all(1)]
        inside = self.inside_mouth[quads].sum(1) >= 3
        skin = self._cut("skin", quads[~inside])
        return [
            skin,
            self._cut("mouth", quads[inside]),
            self._eyes(),
            self._teeth(),
            self._group("tongue", "helper-tongue"),
            self._lashes(),
            self._hair(quads[~inside]),
        ]

    def _cut(self, name: str, quads: IntArray) -> Part:
        used, local = np.unique(quads, return_inverse=True)
        rows = self.row[used]
        positions = self.solved.positions[rows]
        faces = local.reshape(quads.shape)
        uvs = [_unwrapped(uv) for uv in skin_uv(positions)[faces]]
        return Part(name, positions, [tuple(f) for f in faces], uvs, self.solved.weights[rows])

    def _group(self, name: str, *groups: str) -> Part:
        pick = np.isin(self.mesh.groups, groups)
        quads = self.mesh.quads[pick]
        used, local = np.unique(quads, return_inverse=True)
        rows = self.row[used]
        uvs = self.mesh.uvs[self.mesh.quad_uvs[pick]]
        low, high = uvs.reshape(-1, 2).min(0), uvs.reshape(-1, 2).max(0)
        faces = [tuple(f) for f in local.reshape(quads.shape)]
        unit = list((uvs - low) / (high - low))
        return Part(name, self.solved.positions[rows], faces, unit, self.solved.weights[rows])

    def _teeth(self) -> Part:
        """Upper row in the upper half of the texture, gum at its top; the lower row mirrored."""
        positions: list[FloatArray] = []
        weights: list[FloatArray] = []
        uvs: list[FloatArray] = []
        faces: list[tuple[int, ...]] = []
        for arch, group, half in ((UPPER, "upper", 0.5), (LOWER, "lower", -0.5)):
            points, quads, share = arch_mesh(arch)
            start = sum(len(p) for p in positions)
            uv = np.stack([share[:, 0], 0.5 + half * (1 - share[:, 1])], axis=1)
            positions.append(points)
            faces += [tuple(i + start for i in quad) for quad in quads]
            uvs += [uv[list(quad)] for quad in quads]
            rigid = self._group("teeth", f"helper-{group}-teeth").weights[:1]
            weights.append(np.repeat(rigid, len(points), axis=0))
        return Part("teeth", np.concatenate(positions), faces, uvs, np.concatenate(weights))

    def _lashes(self) -> Part:
        """Lash strips; v runs from the root to the tip, the lower lashes in the lower half."""
        part = self._group("lashes", *LASHES)
        bones = self.solved.skeleton
        eye = bones.pivots[bones.index("eyeball_L")]
        mirrored = np.abs(part.positions[:, :1]) * [[1, 0, 0]] + part.positions * [[0, 1, 1]]
        reach = np.linalg.norm(mirrored - eye, axis=1)
        along = np.clip((reach - 0.0148) / 0.0065, 0, 1)
        upper = part.positions[:, 1] > eye[1] - 0.0012
        uvs = []
        for face, uv in zip(part.faces, part.corner_uvs, strict=True):
            rows = list(face)
            half = 0.5 if upper[rows].mean() > 0.5 else 0.0
            v = half + 0.5 * np.clip(along[rows], 0.02, 0.98)
            uvs.append(np.stack([uv[:, 0], v], axis=1))
        return replace(part, corner_uvs=uvs)

    def _eyes(self) -> Part:
        left = eyeball(EYE_RADIUS_M)
        bones = self.solved.skeleton
        centre = bones.pivots[bones.index("eyeball_L")]
        parts = []
        for side, flip in (("L", 1.0), ("R", -1.0)):
            positions = left.positions + centre * [flip, 1, 1]
            weights = np.zeros((len(positions), len(bones.names)))
            weights[:, bones.index(f"eyeball_{side}")] = 1
            parts.append((positions, weights))
        count = len(left.positions)
        second = [tuple(i + count for i in face) for face in left.faces]
        return Part(
            "eyes",
            np.concatenate([p for p, _ in parts]),
            left.faces + second,
            left.corner_uvs * 2,
            np.concatenate([w for _, w in parts]),
        )

    def _hair(self, quads: IntArray) -> Part:
        """Locks over a cap that follows the scalp."""
        cap, rows = self._cap(quads), self.row[quads]
        triangles = np.concatenate([rows[:, [0, 1, 2]], rows[:, [0, 2, 3]]])
        points = self.solved.positions
        locks, anchors = lock_piece(Surface(points, vertex_normals(points, rows), triangles))
        skin = np.unique(rows)
        roots, of_root = np.unique(anchors, return_inverse=True)
        distance = np.linalg.norm(locks.positions[roots][:, None] - points[skin][None], axis=2)
        weights = self.solved.weights[skin[distance.argmin(1)]][of_root]
        faces = [tuple(int(i) for i in f) for f in locks.triangles + len(cap.positions)]
        return Part(
            "hair",
            np.concatenate([cap.positions, locks.positions]),
            cap.faces + faces,
            cap.corner_uvs + list((locks.uvs * [1, -1] + [0, 1])[locks.triangles]),
            np.concatenate([cap.weights, weights]),
        )

    def _cap(self, quads: IntArray) -> Part:
        """The scalp, a little above itself and flush at its edge."""
        rows = self.row[quads]
        points = self.solved.positions
        above = points[:, 1] - hairline_height(points)
        ear = _sample_mask(self.mesh, "mpfb2/textures/mpfb_ears.jpg")[self.solved.base_index] > 0.3
        ear |= ear[makehuman.mirror_index(points)]  # the mask is not quite symmetric
        keep = (above[rows] > -0.002).all(1) & ~ear[rows].any(1)
        normals = vertex_normals(points, rows)
        used, local = np.unique(rows[keep], return_inverse=True)
        lift = 0.0005 + 0.0035 * np.clip(above[used] / 0.02, 0, 1)
        positions = points[used] + normals[used] * lift[:, None]
        faces = local.reshape(-1, 4)
        uvs = [_unwrapped(uv) for uv in skin_uv(positions)[faces]]
        return Part("hair", positions, [tuple(f) for f in faces], uvs, self.solved.weights[used])


def _unwrapped(uv: FloatArray) -> FloatArray:
    """Corners of one face: where it crosses the seam at the back, u goes on past 1."""
    if np.ptp(uv[:, 0]) > 0.5:
        uv = uv.copy()
        uv[uv[:, 0] < 0.5, 0] += 1
    return uv


@dataclass(frozen=True)
class Ball:
    """A sphere about the origin whose pole looks along +z."""

    positions: FloatArray
    faces: list[tuple[int, ...]]
    corner_uvs: list[FloatArray]


def eyeball(radius: float, rings: int = 20, segments: int = 28) -> Ball:
    """An eyeball with a slight corneal bulge; v is 0 at the pupil and 1 at the back."""
    fraction = (np.arange(rings + 1) / rings) ** 1.25
    polar = np.pi * fraction
    around = 2 * np.pi * np.arange(segments) / segments
    bulge = 1 + 0.055 * np.clip(1 - polar / 0.55, 0, 1) ** 0.8
    grid = np.stack(
        [
            np.sin(polar)[:, None] * np.cos(around),
            np.sin(polar)[:, None] * np.sin(around),
            np.repeat((np.cos(polar) * bulge)[:, None], segments, 1),
        ],
        axis=-1,
    )
    faces, uvs = [], []
    for i in range(rings):
        for j in range(segments):
            k = (j + 1) % segments
            corners = [(i, j), (i + 1, j), (i + 1, k), (i, k)]
            uv = np.array([[j, i], [j, i + 1], [j + 1, i + 1], [j + 1, i]], dtype=float)
            uv /= [segments, rings]
            if i == 0:
                corners, uv = corners[:3], uv[:3]
            elif i == rings - 1:
                corners, uv = [corners[0], corners[1], corners[3]], uv[[0, 1, 3]]
            faces.append(tuple(_ball_index(r, s, rings, segments) for r, s in corners))
            uvs.append(uv)
    body = grid[1:-1].reshape(-1, 3)
    poles = np.array([grid[0, 0], grid[-1, 0]])
    return Ball(np.concatenate([poles[:1], body, poles[1:]]) * radius, faces, uvs)


def _ball_index(ring: int, segment: int, rings: int, segments: int) -> int:
    if ring == 0:
        return 0
    if ring == rings:
        return 1 + (rings - 1) * segments
    return 1 + (ring - 1) * segments + segment
