"""Hats, scarves, headphones, masks, earrings, and things that get in the way of a face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rig.author.cloth import AXIS_Z_M
from rig.author.hair import skin_surface
from rig.author.shapes import Piece, grid_triangles, grid_uvs, merged, mirrored, rigid, tube, unit

FloatArray = NDArray[np.float64]

MIDDLE = np.array([0.0, 0.045, -0.005])  # of the skull, whence the head is star-shaped
_UP = np.array([0.0, 1.0, 0.0])


def reach(directions: FloatArray, middle: FloatArray = MIDDLE) -> FloatArray:
    """(N,) distance from ``middle`` to the skin along unit vectors (N, 3)."""
    surface = skin_surface()
    corners = surface.points[surface.triangles]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    start = middle - corners[:, 0]
    other = np.cross(start, first)
    return np.array([_hit(d, first, second, start, other) for d in directions])


def _hit(
    ray: FloatArray, first: FloatArray, second: FloatArray, start: FloatArray, other: FloatArray
) -> float:
    """Farthest hit of a ray with triangles (Möller and Trumbore 1997), within 0.2 m."""
    cross = np.cross(ray, second)
    volume = (first * cross).sum(1)
    volume = np.where(np.abs(volume) < 1e-14, np.inf, volume)
    u, v = (start * cross).sum(1) / volume, (other * ray).sum(1) / volume
    far = (other * second).sum(1) / volume
    hit = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (far > 0) & (far < 0.2)
    return float(far[hit].max()) if hit.any() else 0.1


def _surface(points: FloatArray) -> Piece:
    """A grid (R, C, 3) of points as a mesh that faces out; u along columns, v along rows."""
    rows, columns = points.shape[:2]
    flat, triangles = points.reshape(-1, 3), grid_triangles(rows, columns)
    a, b, c = (flat[triangles[:, i]] for i in range(3))
    outwards = ((a + b + c) / 3 - flat.mean(0)) * np.cross(b - a, c - a)
    if outwards.sum() < 0:
        triangles = triangles[:, ::-1]
    return Piece(flat, grid_uvs(rows, columns), triangles)


def _dome(rim: Callable[[FloatArray], FloatArray], gap: float, peak: float, ease: float) -> Piece:
    """A crown over the skull from its rim up.

    Args:
        rim: height of the rim at angles from the front; gap: between skin and hat;
        peak: how much higher than that the top stands; ease: how quickly it gets there, 0..1.
    """
    angle = np.linspace(-np.pi, np.pi, 49)
    low = np.stack([0.085 * np.sin(angle), rim(angle) - MIDDLE[1], 0.098 * np.cos(angle)], axis=1)
    low = unit(low)
    t = np.linspace(0, 1, 14)[:, None, None]
    way = unit(low[None] * np.cos(t * np.pi / 2) + _UP * np.sin(t * np.pi / 2))
    far = _even(reach(way.reshape(-1, 3)).reshape(way.shape[:2]))
    far = far + gap + peak * np.sin(t[..., 0] * np.pi / 2) ** (1 / max(ease, 0.05))
    return _surface(MIDDLE + way * far[..., None])


def _even(values: FloatArray, times: int = 3) -> FloatArray:
    """Rows (R, C) smoothed round the columns, never inwards; ears and brows leave no dents."""
    for _ in range(times):
        mean = (np.roll(values[:, :-1], 1, 1) + values[:, :-1] + np.roll(values[:, :-1], -1, 1)) / 3
        values = np.concatenate([np.maximum(mean, values[:, :-1]), mean[:, :1]], axis=1)
        values[:, -1] = values[:, 0]
    return values


def _rim(front: float, side: float, back: float) -> Callable[[FloatArray], FloatArray]:
    def height(angle: FloatArray) -> FloatArray:
        c = np.cos(angle)
        ahead, behind = np.maximum(c, 0), np.maximum(-c, 0)
        return np.asarray(side + (front - side) * ahead + (back - side) * behind)

    return height


def beanie() -> Piece:
    """A knitted cap with a turned-up edge."""
    crown = _dome(_rim(0.083, 0.046, 0.012), 0.013, 0.010, 0.9)
    edge = _dome(_rim(0.080, 0.044, 0.010), 0.018, 0.0, 0.9)
    turned = edge.positions.reshape(14, 49, 3)[:5]
    return rigid(merged([crown, _surface(turned)]), "head")


def cap() -> Piece:
    """A cap with a peak that shades the brows."""
    crown = _dome(_rim(0.086, 0.058, 0.030), 0.013, 0.008, 0.9)
    angle = np.linspace(-1.05, 1.05, 25)
    rim = crown.positions.reshape(14, 49, 3)[0]
    turn = np.linspace(-np.pi, np.pi, 49)
    start = np.stack([np.interp(angle, turn, rim[:, i]) for i in range(3)], axis=1)
    out = np.linspace(0, 1, 7)[:, None]
    length = 0.070 * np.cos(angle / 1.05 * np.pi / 2) ** 0.6
    x = start[:, 0] * (1 + 0.10 * out)
    y = start[:, 1] - 0.012 * out - 0.25 * out * length * np.abs(np.sin(angle))
    z = start[:, 2] + length * out
    peak = _surface(np.stack([x, y, z], axis=-1))
    under = replace(peak, positions=peak.positions - [0, 0.002, 0])
    return rigid(merged([crown, peak, under]), "head")


def hat() -> Piece:
    """A hat with a brim all round."""
    crown = _dome(_rim(0.090, 0.066, 0.052), 0.012, 0.028, 0.6)
    rim = crown.positions.reshape(14, 49, 3)[0]
    out = np.linspace(0, 1, 6)[:, None, None]
    away = unit((rim - MIDDLE) * [1, 0, 1])
    brim = rim + away * 0.058 * out + _UP * (-0.004 + 0.012 * np.abs(away[:, :1]) ** 2) * out
    return rigid(merged([crown, _surface(brim)]), "head")


def hijab() -> Piece:
    """A scarf round head and neck that leaves the oval of the face open."""
    middle = np.array([0.0, 0.025, -0.002])
    turn = np.linspace(-np.pi, np.pi, 61)
    oval = np.stack([0.071 * np.sin(turn), 0.0 + 0.092 * np.cos(turn), 0.055 + 0 * turn], axis=1)
    oval[:, 1] += 0.008
    oval[:, 2] = 0.062 - 0.040 * np.sin(turn) ** 2 + 0.012 * np.cos(turn)
    edge = unit(oval - middle)
    back = unit(np.array([0.0, -0.15, -1.0]))
    t = np.linspace(0, 1, 18)[:, None, None] ** 1.1
    angle = np.arccos(np.clip(edge @ back, -1, 1))[None, :, None]
    way = (np.sin((1 - t) * angle) * edge + np.sin(t * angle) * back) / np.sin(angle)
    far = _even(reach(way.reshape(-1, 3), middle).reshape(way.shape[:2]), 6)
    for _ in range(4):
        far[1:-1] = np.maximum(far[1:-1], (far[2:] + far[:-2]) / 2)
    rng = np.random.default_rng(3)
    folds = 0.0025 * np.sin(9 * t[..., 0] + 2.2 * np.abs(turn)[None] + rng.uniform(0, 6))
    far = far + 0.004 + 0.011 * np.minimum(t[..., 0] * 5, 1) + folds * np.minimum(t[..., 0] * 4, 1)
    hood = _surface(middle + way * far[..., None])
    return merged([rigid(hood, "head"), _drape()])


def _drape() -> Piece:
    """The scarf's lower part, from the jaw out over the shoulders."""
    angle = np.linspace(-np.pi, np.pi, 61)[None]
    t = np.linspace(0, 1, 14)[:, None]
    height = -0.052 - 0.03 * np.cos(angle) ** 2 * (np.cos(angle) > 0) - 0.135 * t
    wide = 0.078 + 0.02 * t + 0.125 * t**2.2
    deep = np.where(np.cos(angle) > 0, 0.098 - 0.012 * np.sin(np.pi * t), 0.075 + 0.05 * t)
    folds = 1 + 0.035 * np.sin(7 * angle + 9 * t) + 0.03 * np.sin(16 * t + 2 * np.cos(angle))
    x, z = wide * folds * np.sin(angle), AXIS_Z_M + deep * folds * np.cos(angle)
    return rigid(_surface(np.stack([x, height + 0 * angle, z], axis=-1)), "head")


def ellipsoid(centre: FloatArray, radii: FloatArray, axes: FloatArray | None = None) -> Piece:
    """A ball with (3,) radii along the rows of ``axes`` (3, 3)."""
    polar = np.linspace(0, np.pi, 10)[:, None]
    around = np.linspace(0, 2 * np.pi, 17)[None]
    ring = np.sin(polar)
    ball = np.stack([ring * np.cos(around), np.cos(polar) + 0 * around, ring * np.sin(around)], -1)
    points = ball * radii
    return _surface(centre + points @ (np.eye(3) if axes is None else axes))


def headphones(microphone: bool) -> Piece:
    """A band over the head and a cup on each ear; with a microphone on an arm."""
    angle = np.linspace(0.18, np.pi - 0.18, 25)
    way = np.stack([np.cos(angle), np.sin(angle), -0.06 + 0 * angle], axis=1)
    over = np.asarray(MIDDLE + unit(way) * (reach(unit(way)) + 0.013)[:, None], dtype=float)
    ends = np.array([[0.097, 0.022, 0.0], [-0.097, 0.022, 0.0]])
    path = np.concatenate([ends[:1], over, ends[1:]])
    forward = np.array([0.0, 0, 1])
    parts = [tube(path, np.array([0.0035, 0.011]), forward, 8, closed=False)]
    for side in (-1, 1):
        spot = np.array([side * 0.089, 0.016, 0.004])
        parts += [ellipsoid(spot, np.array([0.015, 0.038, 0.032]))]
    if microphone:
        way_points = [(0.094, 0.0, 0.01), (0.092, -0.022, 0.04), (0.078, -0.036, 0.075)]
        arm = np.array([*way_points, (0.052, -0.038, 0.102)])
        parts += [tube(arm, np.array([0.0018, 0.0018]), _UP, 6, closed=False)]
        parts += [ellipsoid(arm[-1], np.array([0.010, 0.006, 0.006]))]
    return rigid(merged(parts), "head")


def earrings(hoop: bool) -> Piece:
    """A hoop or a stud on each lobe."""
    points = skin_surface().points
    ear = points[(points[:, 0] > 0.070) & (points[:, 1] < 0.004) & (points[:, 1] > -0.012)]
    lobe = ear[np.argmax(ear[:, 0])]
    if hoop:
        a = 2 * np.pi * np.arange(24) / 24
        circle = np.stack([0.08 + 0 * a, -1 + np.cos(a), np.sin(a)], axis=1)
        path = lobe + 0.012 * circle
        ring = tube(path, np.array([0.0009, 0.0009]), np.array([1.0, 0, 0]), 6, closed=True)
    else:
        ring = ellipsoid(lobe + np.array([0.001, 0, 0]), np.full(3, 0.0028))
    left = rigid(ring, "ear_L")
    right = mirrored(left)
    both = np.zeros((len(left.positions) * 2, 2))
    both[: len(left.positions), 0] = 1
    both[len(left.positions) :, 1] = 1
    joined = merged([replace(left, joints=(), weights=both[:0]), replace(right, weights=both[:0])])
    return replace(joined, joints=("ear_L", "ear_R"), weights=both)


def mask() -> Piece:
    """A surgical mask from the bridge of the nose to below the chin, with loops."""
    x = np.linspace(-1, 1, 25)[None]
    t = np.linspace(0, 1, 19)[:, None]
    height = 0.018 - 0.006 * np.abs(x) ** 2 - 0.092 * t + 0.010 * t * x**2
    wide = 0.060 - 0.004 * t
    along = np.stack([wide * x, height, 0 * x * t], axis=-1)
    depth = _front_of(along)
    for _ in range(8):
        mean = depth.copy()
        mean[1:-1] = (depth[2:] + depth[:-2] + 2 * depth[1:-1]) / 4
        mean[:, 1:-1] = (mean[:, 2:] + mean[:, :-2] + 2 * mean[:, 1:-1]) / 4
        depth = np.maximum(mean, depth - 0.0004)
    along[..., 2] = depth + 0.0045
    pieces = [_surface(along), *(_loop(along, row, s) for row in (1, -2) for s in (-1, 1))]
    whole = merged(pieces)
    return replace(whole, anchors=np.arange(len(whole.positions)))  # goes with the skin behind it


def _front_of(points: FloatArray) -> FloatArray:
    """(...,) depth of the foremost skin near each (x, y) of points (..., 3)."""
    skin = skin_surface().points
    skin = skin[skin[:, 2] > 0]
    near = ((points[..., None, :2] - skin[:, :2]) ** 2).sum(-1) < 0.0065**2
    return np.asarray(np.where(near, skin[:, 2], 0.02).max(-1))


def _loop(along: FloatArray, row: int, side: int) -> Piece:
    """A mask's string from its edge to the ear."""
    start = along[row, 0 if side < 0 else -1]
    ear = np.array([side * 0.0785, 0.030 if row == 1 else -0.004, 0.004])
    t = np.linspace(0, 1, 8)[:, None]
    path = start * (1 - t) + ear * t + np.array([side * 0.010, 0, 0]) * np.sin(np.pi * t)
    return tube(path, np.array([0.0011, 0.0011]), _UP, 5, closed=False)


def hand() -> Piece:
    """A left hand that props the cheek: a palm and four fingers."""
    palm = ellipsoid(np.array([0.066, -0.052, 0.082]), np.array([0.024, 0.042, 0.016]), _tilt(0.5))
    parts = [palm]
    for i in range(4):
        base = np.array([0.052 + 0.011 * i, -0.018 + 0.004 * i, 0.092 - 0.007 * i])
        tip = base + np.array([0.006 + 0.008 * i, 0.058 - 0.004 * abs(i - 1), -0.010 - 0.010 * i])
        t = np.linspace(0, 1, 7)[:, None]
        path = base * (1 - t) + tip * t + [0, 0, 0.006] * np.sin(np.pi * t)
        thick = 0.0085 * np.array([1, 1, 0.97, 0.95, 0.9, 0.75, 0.2])
        round_ = np.stack([thick, thick], axis=1)
        parts.append(tube(path, round_, np.array([0.0, 0, 1]), 8, closed=False))
    wrist = np.array([(0.075, -0.085, 0.078), (0.095, -0.16, 0.070), (0.12, -0.25, 0.06)])
    parts.append(tube(wrist, np.array([0.026, 0.020]), np.array([0.0, 0, 1]), 12, closed=False))
    return rigid(merged(parts), "head")


def _tilt(angle: float) -> FloatArray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, s, 0], [-s, c, 0], [0, 0, 1.0]])


def phone() -> Piece:
    """A telephone held to the left ear."""
    corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]], dtype=float)
    slab = np.zeros((4, 5, 3))
    for ring, (depth, size) in zip(slab, ((-1, 0), (-1, 1), (1, 1), (1, 0)), strict=True):
        ring[:, 0] = 0.004 * depth
        ring[:, 1:] = size * corner[:, ::-1] * [0.074, 0.036]
    slab = slab @ np.array([[1, 0, 0], [0, 0.93, 0.36], [0, -0.36, 0.93]])
    return rigid(_surface(slab + np.array([0.096, -0.006, 0.030])), "head")


def cup() -> Piece:
    """A cup in front of the chin."""
    a = np.linspace(0, 2 * np.pi, 25)[None]
    outline = np.array(
        [(0.0, -0.05), (0.028, -0.05), (0.036, 0.035), (0.033, 0.035), (0.025, -0.04)]
    )
    r, y = outline[:, :1], outline[:, 1:]
    points = np.stack([r * np.cos(a), y + 0 * a, r * np.sin(a)], axis=-1)
    return rigid(_surface(points + np.array([0.012, -0.098, 0.145])), "neck")


def pieces() -> dict[str, Piece]:
    """All of them by name."""
    return {
        "hat.beanie": beanie(),
        "hat.cap": cap(),
        "hat.brimmed": hat(),
        "hat.hijab": hijab(),
        "extra.headphones": headphones(False),
        "extra.headset": headphones(True),
        "extra.hoops": earrings(True),
        "extra.studs": earrings(False),
        "extra.mask": mask(),
        "extra.hand": hand(),
        "extra.phone": phone(),
        "extra.cup": cup(),
    }
