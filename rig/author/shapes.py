"""Meshes that props are made of: grids, tubes, shells, and how they are stored.

Everything is numpy in the rig's frame (x left, y up, z forward, metres). Pieces are kept in
``rig/assets/props.npz`` as 10 µm steps, which ``rig.props`` reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STEP_M = 1e-5


@dataclass(frozen=True)
class Piece:
    """One mesh of a prop.

    Attributes:
        positions: (V, 3) metres; uvs: (V, 2) 0..1, v down; triangles: (T, 3).
        normals: (V, 3) unit, or None where the triangles' own do.
        anchors: (V,) vertex whose nearest skin vertex carries this one; None with ``joints``.
        joints: names of the joints that carry it; weights: (V, len(joints)), rows sum to 1.
    """

    positions: FloatArray
    uvs: FloatArray
    triangles: IntArray
    normals: FloatArray | None = None
    anchors: IntArray | None = None
    joints: tuple[str, ...] = ()
    weights: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What is stored, by field.

        Raises:
            ValueError: a vertex is farther than 0.327 m from the origin along an axis.
        """
        if np.abs(self.positions).max() >= 32767 * STEP_M:
            raise ValueError(f"prop reaches {np.abs(self.positions).max():.3f} m, at most 0.327 m")
        out: dict[str, NDArray[np.generic]] = {
            "positions": np.round(self.positions / STEP_M).astype(np.int16),
            "uvs": np.round(np.clip(self.uvs, 0, 1) * 65535).astype(np.uint16),
            "triangles": self.triangles.astype(np.uint16),
        }
        if self.normals is not None:
            out["normals"] = np.round(self.normals * 127).astype(np.int8)
        if self.anchors is not None:
            out["anchors"] = self.anchors.astype(np.uint16)
        else:
            out["joints"] = np.array(self.joints)
            out["weights"] = np.round(self.weights * 255).astype(np.uint8)
        return out


def rigid(piece: Piece, joint: str) -> Piece:
    """The piece carried by one joint."""
    weights = np.ones((len(piece.positions), 1))
    return Piece(
        piece.positions, piece.uvs, piece.triangles, piece.normals, None, (joint,), weights
    )


def grid_triangles(rows: int, columns: int, closed: bool = False) -> IntArray:
    """(T, 3) of vertices stored row by row; ``closed`` joins the last column to the first."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns - (not closed)), indexing="ij")
    k = (j + 1) % columns
    a, b, c, d = i * columns + j, (i + 1) * columns + j, (i + 1) * columns + k, i * columns + k
    both = [np.stack([a, b, c], -1), np.stack([a, c, d], -1)]
    return np.asarray(np.concatenate(both).reshape(-1, 3))


def grid_uvs(rows: int, columns: int) -> FloatArray:
    """(rows·columns, 2): u along the columns, v along the rows."""
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    return np.asarray(np.stack([u, v], axis=-1).reshape(-1, 2))


def unit(vectors: FloatArray) -> FloatArray:
    """Vectors (..., 3) of length 1."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12))


def tube(path: FloatArray, radii: FloatArray, up: FloatArray, sides: int, closed: bool) -> Piece:
    """A tube along (N, 3) points with elliptic sections.

    Args:
        radii: (N, 2) or (2,): across ``up`` and along it.
        up: (3,) or (N, 3) direction that sections are turned to.
        closed: the last point joins the first.
    """
    if closed:
        path = np.concatenate([path, path[:1]])
    around = 2 * np.pi * np.arange(sides + 1) / sides
    tangent = _tangents(path, closed)
    side = unit(np.cross(tangent, np.broadcast_to(up, path.shape)))
    above = np.cross(side, tangent)
    radii = np.broadcast_to(radii, (len(path), 2)) if len(radii) != len(path) - closed else radii
    if len(radii) != len(path):
        radii = np.concatenate([radii, radii[:1]])
    ring = np.cos(around)[None, :, None] * side[:, None] * radii[:, None, :1]
    ring = ring + np.sin(around)[None, :, None] * above[:, None] * radii[:, None, 1:]
    count = len(path)
    positions = (path[:, None] + ring).reshape(-1, 3)
    return Piece(positions, grid_uvs(count, sides + 1), grid_triangles(count, sides + 1))


def _tangents(path: FloatArray, closed: bool) -> FloatArray:
    if not closed:
        return unit(np.gradient(path, axis=0))
    ring = path[:-1]
    out = unit(np.roll(ring, -1, 0) - np.roll(ring, 1, 0))
    return np.concatenate([out, out[:1]])


def merged(pieces: list[Piece]) -> Piece:
    """Several pieces as one; either all have anchors or all the same joints."""
    starts = np.cumsum([0] + [len(p.positions) for p in pieces[:-1]])
    anchors = [p.anchors + s for p, s in zip(pieces, starts, strict=True) if p.anchors is not None]
    normals = [p.normals for p in pieces if p.normals is not None]
    return Piece(
        np.concatenate([p.positions for p in pieces]),
        np.concatenate([p.uvs for p in pieces]),
        np.concatenate([p.triangles + s for p, s in zip(pieces, starts, strict=True)]),
        np.concatenate(normals) if normals else None,
        np.concatenate(anchors) if anchors else None,
        pieces[0].joints,
        np.concatenate([p.weights for p in pieces]) if not anchors else np.zeros((0, 0)),
    )


def mirrored(piece: Piece) -> Piece:
    """The piece on the other side: left joints become right ones."""
    flip = np.array([-1.0, 1, 1])
    swap = {"_L": "_R", "_R": "_L"}
    joints = tuple(j[:-2] + swap.get(j[-2:], j[-2:]) for j in piece.joints)
    normals = None if piece.normals is None else piece.normals * flip
    return Piece(
        piece.positions * flip, piece.uvs, piece.triangles[:, ::-1], normals, piece.anchors,
        joints, piece.weights,
    )  # fmt: skip
