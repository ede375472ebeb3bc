"""Clothes from the neck to below the picture: shirts, collars, hoods, jackets.

The torso's radius about the neck's axis is read from the skin by rays; cloth lies a few
millimetres outside it and goes on downwards where the head's mesh ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rig.author.hair import skin_surface
from rig.author.shapes import Piece, grid_triangles, grid_uvs, merged, rigid, tube

FloatArray = NDArray[np.float64]

AXIS_Z_M = -0.035  # the neck's axis at the collar
_TURN = 72  # columns of a garment
_LOWEST_M = -0.32


@dataclass(frozen=True)
class Cut:
    """A garment's neckline. Heights in metres, rig frame.

    Attributes:
        front, side, back: height of its edge there; vee: 0 round, 1 pointed in front.
        gap: between skin and cloth; stand: how far the edge stands off.
    """

    front: float
    side: float
    back: float
    vee: float = 0.0
    gap: float = 0.004
    stand: float = 0.0


CUTS = {
    "tee": Cut(-0.146, -0.107, -0.088),
    "vee": Cut(-0.178, -0.107, -0.088, vee=1.0),
    "turtle": Cut(-0.086, -0.082, -0.070, gap=0.008),
    "shirt": Cut(-0.124, -0.092, -0.080),
    "hoodie": Cut(-0.146, -0.100, -0.084, gap=0.009),
    "jacket": Cut(-0.275, -0.104, -0.084, vee=1.0, gap=0.011),
    "scoop": Cut(-0.185, -0.140, -0.105),
}


@lru_cache(maxsize=1)
def _profile() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Heights (H,), angles (A,) and radii (H, A) of the skin about the neck's axis."""
    surface = skin_surface()
    heights = np.linspace(-0.062, -0.190, 33)
    angles = np.linspace(0, np.pi, _TURN // 2 + 1)
    corners = surface.points[surface.triangles]
    corners = corners[(corners[..., 1].min(1) < -0.05)]
    radii = np.array([[_reach(corners, y, a) for a in angles] for y in heights])
    for row in range(1, len(radii)):  # under the chin the jaw is not the neck
        radii[row] = np.where(radii[row] == 0, radii[row - 1], radii[row])
    return heights, angles, radii


def _reach(corners: FloatArray, height: float, angle: float) -> float:
    """Distance of the farthest triangle (T, 3, 3) on a level ray from the neck's axis."""
    origin = np.array([0.0, height, AXIS_Z_M])
    ray = np.array([np.sin(angle), 0.0, np.cos(angle)])
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    cross = np.cross(ray, second)
    volume = (first * cross).sum(1)
    volume = np.where(np.abs(volume) < 1e-14, np.inf, volume)
    start = origin - corners[:, 0]
    u = (start * cross).sum(1) / volume
    other = np.cross(start, first)
    v = (other * ray).sum(1) / volume
    far = (other * second).sum(1) / volume
    hit = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (far > 0)
    return float(far[hit].max()) if hit.any() else 0.0


def radius(height: FloatArray, angle: FloatArray) -> FloatArray:
    """Radius of the torso, which goes on below the mesh; angle 0 is in front."""
    heights, angles, radii = _profile()
    a = np.abs((angle + np.pi) % (2 * np.pi) - np.pi) / np.pi * (len(angles) - 1)
    h = np.clip((heights[0] - height) / (heights[0] - heights[-1]), 0, 1) * (len(heights) - 1)
    i, j = np.minimum(h.astype(int), len(heights) - 2), np.minimum(a.astype(int), len(angles) - 2)
    s, t = h - i, a - j
    near = radii[i, j] * (1 - t) + radii[i, j + 1] * t
    far = radii[i + 1, j] * (1 - t) + radii[i + 1, j + 1] * t
    below = np.maximum(heights[-1] - height, 0)
    front = np.clip(np.cos(angle), 0, 1)
    return np.asarray(near * (1 - s) + far * s + below * (0.06 + 0.35 * front))


def edge_height(cut: Cut, angle: FloatArray) -> FloatArray:
    """Height of the neckline at angles from the front."""
    turn = np.abs((angle + np.pi) % (2 * np.pi) - np.pi)
    front = np.clip(1 - turn / (np.pi / 2), 0, 1)
    front = front if cut.vee else np.sin(front * np.pi / 2) ** 2
    back = np.clip(turn / (np.pi / 2) - 1, 0, 1)
    back = np.sin(back * np.pi / 2) ** 2
    return np.asarray(
        cut.side
        + (cut.front - cut.side) * front ** (1.25 if cut.vee else 1.0)
        + (cut.back - cut.side) * back
    )


def place(height: FloatArray, angle: FloatArray, gap: FloatArray | float) -> FloatArray:
    """Points (..., 3) outside the torso by ``gap``."""
    reach = radius(height - 0.8 * np.asarray(gap), angle) + gap  # also above the shoulders
    return np.stack([reach * np.sin(angle), height, AXIS_Z_M + reach * np.cos(angle)], axis=-1)


def body(cut: Cut, seed: int, rows: int = 22) -> Piece:
    """The garment below its neckline; u once round from the back, v down from the edge."""
    angle = np.linspace(-np.pi, np.pi, _TURN + 1)[None]
    top = edge_height(cut, angle)
    down = np.linspace(0, 1, rows)[:, None] ** 1.3
    height = top + (_LOWEST_M - top) * down
    folds = _folds(angle, down, seed) * np.clip(down / 0.25, 0, 1)
    roll = 0.0025 * np.exp(-(((down - 0.02) / 0.02) ** 2)) + cut.stand * (1 - down) ** 8
    gap = cut.gap * np.clip(0.35 + down * 8, 0, 1) + folds + roll + 0.006 * down
    points = place(height, angle + 0 * height, gap)
    return Piece(points.reshape(-1, 3), grid_uvs(rows, _TURN + 1), grid_triangles(rows, _TURN + 1))


def _folds(angle: FloatArray, down: FloatArray, seed: int) -> FloatArray:
    """Soft folds that hang from the shoulders, 0..4 mm."""
    rng = np.random.default_rng(seed)
    out = np.zeros(np.broadcast_shapes(angle.shape, down.shape))
    for _ in range(7):
        turn, slope = rng.integers(2, 9), rng.uniform(-3, 3)
        out = out + rng.uniform(0.2, 1) * np.sin(
            turn * angle + slope * down * 3 + rng.uniform(0, 6)
        )
    return np.asarray(0.0016 * (1 + np.tanh(out)))


def ring(cut: Cut, profile: FloatArray, opening: float, point: float = 0.0) -> Piece:
    """A collar: a profile (K, 2) of (outwards, up) metres carried along the neckline.

    Args:
        opening: half angle (rad) in front that stays open; point: metres that the last row of
            the profile is drawn down near the opening.
    """
    angle = np.linspace(opening, 2 * np.pi - opening, _TURN + 1)[None]
    top = edge_height(cut, angle)
    near = np.clip(1 - (np.minimum(angle, 2 * np.pi - angle) - opening) / 0.7, 0, 1) ** 2
    last = np.linspace(0, 1, len(profile))[:, None] ** 3
    height = top + profile[:, 1:] - point * near * last
    points = place(np.minimum(height, top), angle + 0 * height, cut.gap)
    reach = profile[:, :1] + 0.3 * point * near * last
    points[..., 0] += reach * np.sin(angle)
    points[..., 2] += reach * np.cos(angle)
    points[..., 1] = height
    count = len(profile)
    uvs = grid_uvs(count, _TURN + 1) * [1, 0.04]
    return Piece(points.reshape(-1, 3), uvs, grid_triangles(count, _TURN + 1))


def _arc(width: float, height: float, count: int = 9) -> FloatArray:
    """(count, 2) an arch from the neckline outwards and down again."""
    a = np.linspace(np.pi, 0, count)
    return np.stack([width / 2 * (1 + np.cos(a)), height * np.sin(a)], axis=1)


_FOLDED = np.array(
    [(0.0, -0.004), (0.001, 0.014), (0.003, 0.027), (0.007, 0.031), (0.011, 0.027),
     (0.015, 0.012), (0.019, -0.006)]
)  # fmt: skip


def garments() -> dict[str, Piece]:
    """Every garment by name, carried by the neck."""
    c = CUTS
    out = {name: body(cut, i) for i, (name, cut) in enumerate(c.items())}
    out["shirt"] = merged([out["shirt"], ring(c["shirt"], _FOLDED, 0.10, point=0.030)])
    out["polo"] = merged([body(c["shirt"], 11), ring(c["shirt"], _FOLDED * 0.8, 0.28, point=0.012)])
    hood = ring(c["hoodie"], _arc(0.030, 0.034), 0.22)
    out["hoodie"] = merged([out["hoodie"], hood, *_strings(c["hoodie"])])
    out["turtle"] = merged([out["turtle"], ring(c["turtle"], _arc(0.007, 0.010), 0.0)])
    lapel = ring(c["jacket"], _FOLDED * [1.6, 0.75], 0.02, point=0.02)
    out["jacket"] = merged([out["jacket"], lapel])
    return {f"cloth.{name}": rigid(piece, "neck") for name, piece in out.items()}


def _strings(cut: Cut) -> list[Piece]:
    """A hood's two strings."""
    out = []
    for side in (-1, 1):
        height = np.linspace(edge_height(cut, np.array(0.2)) - 0.004, -0.26, 12)
        angle = side * np.linspace(0.30, 0.20, 12)
        path = place(height, angle, 0.016)
        out.append(tube(path, np.array([0.0022, 0.0022]), np.array([0.0, 0, 1]), 6, closed=False))
        out[-1].uvs[:] = out[-1].uvs * [0.02, 0.02]
    return out
