"""Folds that the skin shows when muscles pull: depth by rest position.

Bones move the skin but do not wrinkle it, and wrinkles are half of what tells a raised
brow or a squeezed cheek in a picture. Each crease has a curve on the rest face and the
channels that deepen it; how strongly a face shows them is a matter of looks, not of AUs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rig.layout import load_layout

FloatArray = NDArray[np.float32]

# crease → ((AU, gain), …); sided AUs deepen their own side.
CREASE_AUS: dict[str, tuple[tuple[str, float], ...]] = {
    "forehead_inner": (("AU01", 1.0),),
    "forehead_outer": (("AU02", 1.0),),
    "glabella": (("AU04", 1.0), ("AU09", 0.4)),
    "crow_feet": (("AU06", 1.0), ("AU12", 0.25)),
    "under_eye": (("AU06", 0.8), ("AU07", 0.6)),
    "nasolabial": (("AU12", 0.7), ("AU10", 0.8), ("AU09", 0.5), ("AU06", 0.2)),
    "nose_side": (("AU09", 1.0),),
    "mouth_corner": (("AU14", 0.9), ("AU12", 0.35), ("AU15", 0.5), ("AU20", 0.4)),
    "chin_boss": (("AU17", 0.9), ("AU15", 0.2), ("AU24", 0.4), ("AU28", 0.4)),
    "lip_lines": (("AU18", 0.9), ("AU23", 0.7), ("AU28", 0.4)),
}


def _line(distance: FloatArray, width: float) -> FloatArray:
    """A fold's cross section: a sharp valley of depth 1, then shoulders that rise a little."""
    d = np.abs(distance) / width
    valley = np.exp(-1.5 * (np.sqrt(d * d + 0.04) - 0.2))
    shoulder = 0.14 * np.exp(-(((d - 2.7) / 1.2) ** 2))
    return np.asarray(valley - shoulder, dtype=np.float32)


def _window(t: FloatArray, low: float, high: float, soft: float) -> FloatArray:
    """1 between ``low`` and ``high``, with soft ends."""
    rise = np.clip((t - low) / soft + 0.5, 0, 1)
    fall = np.clip((high - t) / soft + 0.5, 0, 1)
    return np.asarray(rise * fall, dtype=np.float32)


def _forehead(x: FloatArray, y: FloatArray, low: float, high: float) -> FloatArray:
    lines = np.zeros_like(x)
    for height, slope, wave in ((0.0645, 0.06, 0.5), (0.0725, 0.05, 1.9), (0.0815, 0.03, 3.1)):
        bend = slope * np.abs(x - 0.02) + 0.0007 * np.sin(190 * x + wave)
        lines = lines + _line(y - height - bend, 0.0011)
    return np.asarray(lines * _window(x, low, high, 0.012), dtype=np.float32)


def _glabella(x: FloatArray, y: FloatArray) -> FloatArray:
    fold = _line(x - 0.0055 - 0.10 * (y - 0.05), 0.0010) * _window(y, 0.038, 0.058, 0.008)
    second = _line(x - 0.0105 - 0.25 * (y - 0.05), 0.0009) * _window(y, 0.046, 0.057, 0.006)
    across = _line(y - 0.0365 + 8 * x * x, 0.0011) * _window(x, 0, 0.007, 0.004)
    return np.asarray(fold + 0.45 * second + 0.5 * across)


def _crow_feet(x: FloatArray, y: FloatArray) -> FloatArray:
    away = np.hypot(x - 0.047, y - 0.0375)
    angle = np.arctan2(y - 0.0375, np.maximum(x - 0.047, 1e-4))
    rays = np.zeros_like(x)
    for start, curl in ((-0.70, 6.0), (-0.32, 4.0), (0.02, -3.0), (0.36, -8.0)):
        turned = np.asarray(angle - start - curl * (away - 0.010), dtype=np.float32)
        rays = rays + _line(away * turned, 0.0008)
    return np.asarray(rays * _window(away, 0.005, 0.020, 0.007) * (x > 0.047), dtype=np.float32)


def _under_eye(x: FloatArray, y: FloatArray) -> FloatArray:
    curve = 0.0275 + 6.0 * (x - 0.030) ** 2
    upper = _line(y - curve, 0.0012) * _window(x, 0.016, 0.046, 0.008)
    lower = _line(y - curve + 0.0036, 0.0010) * _window(x, 0.014, 0.034, 0.010)
    return np.asarray(upper + 0.5 * lower)


def _nasolabial(x: FloatArray, y: FloatArray) -> FloatArray:
    t = (0.008 - y) / 0.042
    curve = 0.0195 + 0.0155 * np.clip(t, 0, 1) ** 1.2
    return _line(x - curve, 0.0019) * _window(t, 0.02, 0.95, 0.25)


def _nose_side(x: FloatArray, y: FloatArray) -> FloatArray:
    lines = np.zeros_like(x)
    for height, slope in ((0.0205, 0.75), (0.0255, 0.6), (0.0305, 0.45)):
        lines = lines + _line(y - height - slope * x, 0.0008)
    return np.asarray(lines * _window(x, 0.002, 0.013, 0.004), dtype=np.float32)


def _mouth_corner(x: FloatArray, y: FloatArray) -> FloatArray:
    curve = 0.0265 + 8 * (y + 0.03) ** 2
    return _line(x - curve, 0.0014) * _window(y, -0.043, -0.018, 0.01)


def _chin_boss(x: FloatArray, y: FloatArray) -> FloatArray:
    fold = _line(y + 0.0425 - 2.0 * x**2, 0.0013) * _window(x, -0.02, 0.016, 0.01)
    pits = np.sin(1900 * x + 1.4 * np.sin(730 * y)) * np.sin(1700 * y + 1.2 * np.sin(910 * x))
    boss = _window(x, -0.02, 0.013, 0.01) * _window(y, -0.06, -0.046, 0.006)
    return np.asarray(fold + 0.4 * np.maximum(pits, 0) * boss)


def _lip_lines(x: FloatArray, y: FloatArray) -> FloatArray:
    """Upright lines in the skin above and below the red, that gather to the mouth's middle."""
    lines = 0.5 + 0.5 * np.cos(1750 * x / (1 + 12 * np.abs(y + 0.0287)))
    above = _window(y, -0.0185, -0.0125, 0.004)
    below = _window(y, -0.0475, -0.0425, 0.004)
    return np.asarray(0.55 * lines**6 * (above + below) * _window(x, -0.02, 0.017, 0.006))


_SHAPES: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "forehead_inner": lambda x, y: _forehead(x, y, 0.0, 0.026),
    "forehead_outer": lambda x, y: _forehead(x, y, 0.024, 0.056),
    "glabella": _glabella,
    "crow_feet": _crow_feet,
    "under_eye": _under_eye,
    "nasolabial": _nasolabial,
    "nose_side": _nose_side,
    "mouth_corner": _mouth_corner,
    "chin_boss": _chin_boss,
    "lip_lines": _lip_lines,
}


@lru_cache(maxsize=2)
def _masks(key: bytes, shape: tuple[int, ...]) -> dict[str, FloatArray]:
    position = np.frombuffer(key, np.float32).reshape(shape)
    x, y, z = np.moveaxis(position, -1, 0)
    out = {}
    for name, shape_of in _SHAPES.items():
        mask = np.clip(shape_of(np.abs(x), y), -0.2, 1) * (z > 0.045)
        for side, half in (("L", x >= 0), ("R", x < 0)):
            out[f"{name}_{side}"] = np.asarray(mask * half, dtype=np.float32)
    return out


def crease_masks(position: FloatArray) -> dict[str, FloatArray]:
    """Crease and side → (S, S) relative depth, for (S, S, 3) rest positions.

    1 is the bottom of a fold; shoulders beside it rise, down to -0.2.
    """
    position = np.ascontiguousarray(position, dtype=np.float32)
    return _masks(position.tobytes(), position.shape)


def crease_depths(channels: NDArray[np.float64]) -> dict[str, float]:
    """Crease and side → 0..1 for (C,) wire channels."""
    layout = load_layout()
    names = {au.name: au.channels for au in layout.all_aus}
    out = {}
    for crease, sources in CREASE_AUS.items():
        for row, side in enumerate("LR"):
            total = 0.0
            for au, gain in sources:
                channel = names[au][row] if len(names[au]) == 2 else names[au][0]
                total += gain * float(channels[layout.channel_index[channel]])
            out[f"{crease}_{side}"] = min(total, 1.0)
    return out
