"""Folds that the skin shows when muscles pull: painted shading, by rest position.

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
    "nasolabial": (("AU12", 0.7), ("AU10", 0.7), ("AU09", 0.5), ("AU06", 0.2)),
    "nose_side": (("AU09", 1.0),),
    "mouth_corner": (("AU14", 0.9), ("AU12", 0.3), ("AU15", 0.5), ("AU20", 0.4)),
    "chin_boss": (("AU17", 0.9), ("AU15", 0.2)),
}


def _line(distance: FloatArray, width: float) -> FloatArray:
    return np.asarray(np.exp(-((distance / width) ** 2)), dtype=np.float32)


def _window(t: FloatArray, low: float, high: float, soft: float) -> FloatArray:
    rise = np.clip((t - low) / soft + 0.5, 0, 1)
    fall = np.clip((high - t) / soft + 0.5, 0, 1)
    return np.asarray(rise * fall, dtype=np.float32)


def _forehead(x: FloatArray, y: FloatArray, low: float, high: float) -> FloatArray:
    lines = sum(_line(y - h - 0.05 * np.abs(x - 0.02), 0.0014) for h in (0.066, 0.074, 0.083))
    return np.asarray(lines * _window(x, low, high, 0.012), dtype=np.float32)


def _glabella(x: FloatArray, y: FloatArray) -> FloatArray:
    fold = _line(x - 0.0055 - 0.08 * (y - 0.05), 0.0011) * _window(y, 0.038, 0.058, 0.008)
    return np.asarray(fold + 0.5 * _line(y - 0.036, 0.0012) * _window(x, 0, 0.006, 0.004))


def _crow_feet(x: FloatArray, y: FloatArray) -> FloatArray:
    away = np.hypot(x - 0.047, y - 0.0375)
    angle = np.arctan2(y - 0.0375, np.maximum(x - 0.047, 1e-4))
    rays = sum(_line(away * (angle - a), 0.0009) for a in (-0.55, -0.15, 0.3))
    return np.asarray(rays * _window(away, 0.005, 0.018, 0.006) * (x > 0.047), dtype=np.float32)


def _under_eye(x: FloatArray, y: FloatArray) -> FloatArray:
    curve = 0.0275 + 6.0 * (x - 0.030) ** 2
    return _line(y - curve, 0.0018) * _window(x, 0.014, 0.048, 0.008)


def _nasolabial(x: FloatArray, y: FloatArray) -> FloatArray:
    t = (0.006 - y) / 0.04
    curve = 0.0195 + 0.015 * np.clip(t, 0, 1) ** 1.2
    return _line(x - curve, 0.0032) * _window(t, 0.02, 0.95, 0.25)


def _nose_side(x: FloatArray, y: FloatArray) -> FloatArray:
    lines = sum(_line(y - h - 0.6 * x, 0.0009) for h in (0.022, 0.027, 0.032))
    return np.asarray(lines * _window(x, 0.002, 0.013, 0.004), dtype=np.float32)


def _mouth_corner(x: FloatArray, y: FloatArray) -> FloatArray:
    curve = 0.0265 + 8 * (y + 0.03) ** 2
    return _line(x - curve, 0.0022) * _window(y, -0.043, -0.018, 0.01)


def _chin_boss(x: FloatArray, y: FloatArray) -> FloatArray:
    fold = _line(y + 0.0425 - 2.0 * x**2, 0.0016) * _window(x, -0.02, 0.016, 0.01)
    dimples = np.sin(x * 1900) * np.sin(y * 1700) * _window(x, -0.02, 0.013, 0.01)
    return np.asarray(fold + 0.4 * np.maximum(dimples, 0) * _window(y, -0.06, -0.046, 0.006))


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
}


@lru_cache(maxsize=2)
def _masks(key: bytes, shape: tuple[int, ...]) -> dict[str, FloatArray]:
    position = np.frombuffer(key, np.float32).reshape(shape)
    x, y, z = np.moveaxis(position, -1, 0)
    out = {}
    for name, shape_of in _SHAPES.items():
        mask = np.minimum(shape_of(np.abs(x), y), 1) * (z > 0.045)
        for side, half in (("L", x >= 0), ("R", x < 0)):
            out[f"{name}_{side}"] = np.asarray(mask * half, dtype=np.float32)
    return out


def crease_masks(position: FloatArray) -> dict[str, FloatArray]:
    """Crease and side → (S, S) depth 0..1, for (S, S, 3) rest positions."""
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
