"""Ambient occlusion of the skin, by ray casting against the head, into texture space."""

from __future__ import annotations

import bpy  # noqa: F401  (mathutils comes with it)
import numpy as np
from numpy.typing import NDArray

from rig.author import maps
from rig.author.parts import Part, vertex_normals

REACH_M, CLOSE_M = 0.15, 0.012


def bake_texture(parts: list[Part], rays: int = 96) -> NDArray[np.uint8]:
    """(S, S) ambient occlusion of the skin, 255 where nothing is near.

    Args:
        parts: skin first; all but the hair and lashes cast occlusion.
        rays: per vertex, cosine-weighted over the hemisphere.
    """
    from mathutils import Vector
    from mathutils.bvhtree import BVHTree

    skin = parts[0]
    casters = [p for p in parts if p.name not in ("hair", "lashes")]
    vertices, faces, start = [], [], 0
    for part in casters:
        vertices += part.positions.tolist()
        faces += [tuple(i + start for i in f) for f in part.faces]
        start += len(part.positions)
    tree = BVHTree.FromPolygons(vertices, faces)
    quads = np.array([f for f in skin.faces if len(f) == 4])
    normals = vertex_normals(skin.positions, quads)
    directions = _hemisphere(rays)
    light = np.ones(len(skin.positions))
    for i, (point, normal) in enumerate(zip(skin.positions, normals, strict=True)):
        side = np.cross(normal, [1, 0, 0] if abs(normal[0]) < 0.9 else [0, 1, 0])
        side /= np.linalg.norm(side)
        frame = np.stack([side, np.cross(normal, side), normal])
        origin = Vector(point + 4e-4 * normal)
        hits = [tree.ray_cast(origin, Vector(d @ frame), REACH_M)[3] for d in directions]
        light[i] = 1 - sum(_blocked(h) for h in hits if h is not None) / rays
    index, uvs = maps.triangles(skin)
    values = np.concatenate([light[:, None], maps.outwardness(skin)], axis=1)
    image = maps.fill_gaps(maps.rasterise(uvs, values[index]))[..., 0]
    return np.asarray(np.clip(image * 255, 0, 255), dtype=np.uint8)


def _blocked(hit_m: float) -> float:
    """Share of a ray's light that something ``hit_m`` away takes: a narrow gap more than a bay."""
    far, close = (max(0.0, 1 - hit_m / reach) for reach in (REACH_M, CLOSE_M))
    return 0.75 * far + 0.25 * close


def _hemisphere(count: int) -> NDArray[np.float64]:
    """(count, 3) cosine-weighted directions about +z on a Fibonacci spiral."""
    i = np.arange(count) + 0.5
    radius = np.sqrt(i / count)
    angle = np.pi * (1 + 5**0.5) * i
    z = np.sqrt(1 - radius**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)
