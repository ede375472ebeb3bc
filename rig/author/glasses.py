"""Spectacle frames and lenses that rest on the nose and the ears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rig.author.shapes import Piece, grid_triangles, merged, tube

FloatArray = NDArray[np.float64]

_BONES = ("head", "nose_bridge", "ear_L", "ear_R")
# The arm from the hinge over the ear: x, y, z in metres on the rest head.
_ARM = np.array(
    [
        (0.0655, 0.0405, 0.0930), (0.0715, 0.0410, 0.0820), (0.0745, 0.0415, 0.0550),
        (0.0765, 0.0425, 0.0250), (0.0775, 0.0425, 0.0060), (0.0775, 0.0350, -0.0060),
        (0.0765, 0.0220, -0.0130),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """One kind of spectacles; metres.

    Attributes:
        width, height: of a lens; power: 2 is an ellipse, more is squarer.
        rim: radii of the rim across the lens and along z; drop: how much the lower outer corner
            is drawn in, 0..1 (aviators).
        brow: True thickens the upper half of the rim.
    """

    width: float
    height: float
    power: float
    rim: tuple[float, float]
    drop: float = 0.0
    brow: bool = False


FRAMES = {
    "thin": Frame(0.050, 0.034, 3.0, (0.0007, 0.0008)),
    "round": Frame(0.045, 0.044, 2.0, (0.0009, 0.0010)),
    "thick": Frame(0.051, 0.037, 3.6, (0.0021, 0.0018)),
    "square": Frame(0.053, 0.041, 4.5, (0.0014, 0.0014)),
    "browline": Frame(0.050, 0.038, 2.8, (0.0010, 0.0011), brow=True),
    "rimless": Frame(0.050, 0.032, 3.4, (0.00028, 0.0006)),
    "aviator": Frame(0.056, 0.047, 2.6, (0.0008, 0.0009), drop=0.35),
}
_CENTRE = np.array([0.0335, 0.0345])


def _front(x: FloatArray, y: FloatArray) -> FloatArray:
    """Depth of the spectacles' plane: bent round the face and leaning in towards the cheeks."""
    return 0.1052 - 2.6 * np.maximum(np.abs(x) - 0.008, 0) ** 2 + 0.08 * (y - 0.0345)


def outline(frame: Frame, count: int = 36) -> FloatArray:
    """(count, 3) left lens' edge, a superellipse."""
    angle = 2 * np.pi * np.arange(count) / count
    c, s = np.cos(angle), np.sin(angle)
    x = np.sign(c) * np.abs(c) ** (2 / frame.power) * frame.width / 2
    y = np.sign(s) * np.abs(s) ** (2 / frame.power) * frame.height / 2
    low = np.clip(-y / (frame.height / 2), 0, 1)
    x = x - frame.drop * low * np.clip(-x, 0, None) * 0.5
    y = y - 0.12 * frame.drop * frame.height * np.clip(x / frame.width, -1, 1)
    x, y = x + _CENTRE[0], y + _CENTRE[1]
    return np.stack([x, y, _front(x, y)], axis=1)


def _weights(positions: FloatArray) -> FloatArray:
    """(V, 4) for ``_BONES``: the front sits on the nose, the arms' ends on the ears."""
    back = np.clip((0.092 - positions[:, 2]) / 0.080, 0, 1)
    left = positions[:, 0] > 0
    nose = 0.7 * (1 - back)
    ear = back
    return np.stack([1 - nose - ear, nose, ear * left, ear * ~left], axis=1)


def _carried(piece: Piece) -> Piece:
    weights = _weights(piece.positions)
    return Piece(piece.positions, piece.uvs, piece.triangles, None, None, _BONES, weights)


def _both(piece: Piece) -> list[Piece]:
    flip = np.array([-1.0, 1, 1])
    return [piece, Piece(piece.positions * flip, piece.uvs, piece.triangles[:, ::-1])]


def frame_piece(frame: Frame) -> Piece:
    """Rims, bridge and arms."""
    edge = outline(frame)
    radii = np.tile(frame.rim, (len(edge), 1))
    if frame.brow:
        high = np.clip((edge[:, 1] - _CENTRE[1]) / (frame.height / 2), 0, 1)
        radii = radii * (1 + 1.6 * high[:, None] ** 0.5)
    parts = _both(tube(edge, radii, np.array([0.0, 0, 1]), 6, closed=True))
    thick = max(frame.rim[0], 0.0007)
    inner = edge[:, 0].min()
    x = np.linspace(-inner, inner, 9)
    y = _CENTRE[1] + 0.16 * frame.height + 0.0028 * (1 - (x / inner) ** 2)
    bridge = np.stack([x, y, _front(x, y) + 0.0015 * (1 - (x / inner) ** 2)], axis=1)
    parts.append(tube(bridge, np.array([thick, thick]), np.array([0.0, 0, 1]), 6, closed=False))
    outer = edge[np.argmax(edge[:, 0] + 0.35 * edge[:, 1])]
    arm = np.concatenate([outer[None], _smooth(_ARM)])
    tall = np.array([max(0.6 * thick, 0.0006), max(1.3 * thick, 0.0008)])
    parts += _both(tube(arm, tall, np.array([0.0, 1, 0.2]), 6, closed=False))
    return _carried(merged(parts))


def _smooth(points: FloatArray, times: int = 2) -> FloatArray:
    """Corners cut (Chaikin 1974), ends kept."""
    for _ in range(times):
        near, far = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        inner = np.stack([near, far], axis=1).reshape(-1, 3)
        points = np.concatenate([points[:1], inner[1:-1], points[-1:]])
    return points


def lens_piece(frame: Frame) -> Piece:
    """Both lenses, slightly bulging; u and v span each lens."""
    edge = outline(frame)
    middle = edge.mean(0)
    rings = []
    for scale in (0.0, 0.5, 1.0):
        ring = middle + (edge - middle) * scale
        ring[:, 2] = _front(ring[:, 0], ring[:, 1]) + 0.0012 * (1 - scale**2)
        rings.append(ring)
    positions = np.concatenate(rings)
    low, high = edge[:, :2].min(0), edge[:, :2].max(0)
    uvs = (positions[:, :2] - low) / (high - low)
    uvs[:, 1] = 1 - uvs[:, 1]
    lens = Piece(positions, uvs, grid_triangles(3, len(edge), closed=True)[:, ::-1])
    return _carried(merged(_both(lens)))


def pieces() -> dict[str, Piece]:
    """All frames and lenses by name."""
    out = {}
    for name, frame in FRAMES.items():
        out[f"glasses.{name}"] = frame_piece(frame)
        out[f"lens.{name}"] = lens_piece(frame)
    return out
