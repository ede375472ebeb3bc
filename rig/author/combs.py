"""Where hair grows on the head and which way it is combed: fields over the rest head.

Points are (N, 3) metres in the rig's frame (x left, y up, z forward).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rig.appearance import hairline_height

FloatArray = NDArray[np.float64]
Field = Callable[[FloatArray], FloatArray]

CROWN = np.array([0.006, 0.128, -0.055])
KNOT = np.array([0.0, 0.085, -0.118])


def _vectors(x: FloatArray | float, y: FloatArray | float, z: FloatArray | float) -> FloatArray:
    """(N, 3) from columns and numbers."""
    return np.asarray(np.stack(np.broadcast_arrays(x, y, z), axis=1), dtype=float)


def from_crown(p: FloatArray) -> FloatArray:
    """Away from the whorl at the crown, as hair falls by itself."""
    return np.asarray(p - CROWN)


def to_knot(p: FloatArray) -> FloatArray:
    """Towards a knot at the back of the head."""
    return np.asarray(KNOT - p)


def brushed_up(p: FloatArray) -> FloatArray:
    """Forward and up on top of the head, from the crown elsewhere."""
    top = np.clip((p[:, 1:2] - 0.085) / 0.03, 0, 1)
    return np.asarray(_vectors(4.3 * p[:, 0], 0.6, 0.9) * top + from_crown(p) / 0.08 * (1 - top))


def swept_back(p: FloatArray) -> FloatArray:
    """Backwards, and down at the sides."""
    return _vectors(3 * p[:, 0], 0.1 - 6 * np.clip(0.09 - p[:, 1], 0, 0.1), -1.0)


def parted(p: FloatArray, line: float, back: float) -> FloatArray:
    """Away from a parting at x = ``line``, which ends at the crown; hanging below the temples."""
    x, y, z = p.T
    side = _vectors(np.tanh((x - line) / 0.004), -np.abs(x) * 6, -back)
    behind = np.clip((-0.03 - z) / 0.03, 0, 1)[:, None]
    high = side * (1 - behind) + from_crown(p) / 0.05 * behind
    low = np.clip((0.055 - y) / 0.04, 0, 1)[:, None]
    return np.asarray(high * (1 - low) + _vectors(-2.0 * x, -1.0, -0.35) * low)


def with_fringe(p: FloatArray) -> FloatArray:
    """Forward and down over the forehead, parted in the middle elsewhere."""
    x, _, z = p.T
    front = np.clip((z - 0.035) / 0.02, 0, 1) * np.clip((0.062 - np.abs(x)) / 0.012, 0, 1)
    mix = front[:, None]
    return np.asarray(_vectors(2 * x, -0.5, 1.0) * mix + parted(p, 0.0, 0.2) * (1 - mix))


def of_beard(p: FloatArray) -> FloatArray:
    """Down and forward on jaw and chin, to the sides below the nose."""
    x, y, _ = p.T
    lip = np.clip((0.030 - np.abs(x)) / 0.004, 0, 1) * np.clip((y + 0.026) / 0.004, 0, 1)
    beside = _vectors(np.tanh(x / 0.006), -0.9, 0.2) * lip[:, None]
    return np.asarray(beside + _vectors(4 * x, -1.0, 0.25) * (1 - lip[:, None]))


def moustache(points: FloatArray) -> FloatArray:
    """(N,) 0..1 where a moustache grows."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    low = -0.0190 - 0.45 * np.maximum(x - 0.010, 0)
    high = -0.0085 - 0.40 * np.maximum(x - 0.006, 0)
    inside = np.minimum((y - low) / 0.0015, (high - y) / 0.003)
    return np.asarray(np.clip(np.minimum(inside, (0.031 - x) / 0.004), 0, 1) * (z > 0.08))


def goatee(points: FloatArray) -> FloatArray:
    """(N,) 0..1 where a goatee grows: the chin and a ring round the mouth."""
    x, y = np.abs(points[:, 0]), points[:, 1]
    chin = np.clip(np.minimum((0.026 - x) / 0.005, (-0.0425 - y) / 0.003), 0, 1)
    ring = np.clip((0.0065 - np.abs(x - 0.031)) / 0.003, 0, 1) * (y < -0.022)
    tuft = np.clip((0.006 - x) / 0.003, 0, 1) * (y < -0.0405)
    grown = np.maximum(np.maximum(chin, ring), tuft) * (points[:, 2] > 0.055) * (y > -0.080)
    return np.asarray(grown)


def full_beard(points: FloatArray) -> FloatArray:
    """(N,) 0..1 where a full beard grows: whiskers, jaw, chin and the ring round the mouth."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    cheek = np.interp(
        x, [0.0, 0.030, 0.040, 0.055, 0.064, 0.075], [-0.042, -0.030, -0.026, -0.008, 0.03, 0.03]
    )
    lips = (x / 0.029) ** 2 + ((y + 0.0290) / 0.0125) ** 2
    whiskers = (z > 0.017 - 0.35 * np.clip(-0.01 - y, 0, 0.06)) & (x < 0.0745)
    neck = np.clip((y + 0.083) / 0.012, 0, 1) * (z > -0.01)
    grown = np.clip((cheek - y) / 0.005, 0, 1) * neck * whiskers * np.clip((lips - 1) / 0.2, 0, 1)
    return np.asarray(np.maximum(grown, goatee(points) * (lips > 1)))


COMBS: dict[str, Field] = {
    "crown": from_crown,
    "beard": of_beard,
    "knot": to_knot,
    "up": brushed_up,
    "back": swept_back,
    "fringe": with_fringe,
    "side": partial(parted, line=0.034, back=0.15),
    "part": partial(parted, line=0.030, back=0.25),
    "centre": partial(parted, line=0.0, back=0.3),
}


def scalp_height(points: FloatArray, recession: float) -> FloatArray:
    """(N,) metres above the hairline; negative where no hair grows.

    Args:
        recession: 0 full, .5 bare temples, above .8 a wreath of hair about a bald top.
    """
    above = points[:, 1] - hairline_height(points)
    angle = np.degrees(np.abs(np.arctan2(points[:, 0], points[:, 2] - 0.01)))
    temples = np.exp(-(((angle - 38) / 17) ** 2))
    forehead = np.clip((105 - angle) / 60, 0, 1)
    above = above - recession * (0.022 * temples + 0.016 * forehead)
    if recession > 0.8:
        above = np.minimum(above, 0.088 - points[:, 1])
    ear = (np.abs(points[:, 0]) > 0.0715) & (points[:, 1] < 0.046) & (points[:, 2] > -0.025)
    return np.where(ear, -0.05, above)


def before_face(points: FloatArray) -> NDArray[np.bool_]:
    """(...,) where points (..., 3) stand before the eyes, the nose or the cheeks."""
    x, y, z = np.moveaxis(points, -1, 0)
    half = np.where(y > 0.0, 0.054, 0.054 + 0.12 * np.clip(y, -0.1, 0))
    return np.asarray((np.abs(x) < half) & (y < 0.058) & (y > -0.10) & (z > 0.04))


def keep_off_face(points: FloatArray, fringe: bool) -> FloatArray:
    """Points moved up to 6 mm sideways out of the face's oval, as seen from the front."""
    x, y, z = points.T
    top = 0.064 if fringe else 0.094
    inside = (z > 0.03) & (y < top) & (y > -0.10)
    half = 0.063 * np.sqrt(np.clip(1 - ((np.minimum(y, 0.045) - 0.03) / 0.145) ** 2, 0, 1))
    half = half * np.clip((top - y) / 0.02, 0, 1) ** 0.5
    push = np.minimum(np.where(inside & (np.abs(x) < half), half - np.abs(x), 0), 0.006)
    return np.asarray(points + _vectors(np.where(x >= 0, push, -push), 0.0, -1.2 * push))
