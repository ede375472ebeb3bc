"""Camera and light of one picture, and their random draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rig.rotations import rotvec_to_matrix

FloatArray = NDArray[np.float64]
Colour = tuple[float, float, float]

FACE_Z_M = 0.09  # the plane of the face, which distances and spans are measured at


@dataclass(frozen=True)
class Light:
    """A far light.

    Attributes:
        towards: unit vector to it, rig axes.
        colour: linear RGB; intensity: a white surface that faces it shines with intensity / pi.
        breadth: 0 a point, 1 about as wide as it is far: softens shading and shadow.
    """

    towards: tuple[float, float, float]
    colour: Colour
    intensity: float
    breadth: float = 0.2


@dataclass(frozen=True)
class View:
    """Camera and light.

    Attributes:
        distance_m: from the face; span_m: height of the picture at the face.
        centre_m: (x, y) of the picture's middle on the face plane.
        roll_rad: of the camera.
        ambient: linear RGB, mean light of the room; lights: up to three others, the key first:
            it casts the shadow.
        room: eight more spherical harmonics of the room's light as RGB, in parts of ``ambient``
            (``rig/shaders/surface.frag`` has their order); () for the same light all round.
        axis_m: (x, y) where the camera's axis meets the face plane, from the picture's middle: a
            face beside the middle of a wide picture is seen from the side.
    """

    distance_m: float
    span_m: float
    centre_m: tuple[float, float]
    roll_rad: float
    ambient: Colour
    lights: tuple[Light, ...]
    room: tuple[Colour, ...] = ()
    axis_m: tuple[float, float] = (0.0, 0.0)


def rig_from_camera(view: View) -> FloatArray:
    """(4, 4) pose of the camera: in front of the face, looking along -z, rolled."""
    out = np.eye(4)
    out[:3, :3] = rotvec_to_matrix(np.array([0.0, 0.0, view.roll_rad]))
    place = np.array([*view.axis_m, 0.0])
    out[:3, 3] = (*view.centre_m, view.distance_m + FACE_Z_M)
    out[:3, 3] += out[:3, :3] @ place
    return out


def field_of_view_rad(view: View) -> float:
    """Vertical angle that spans ``span_m`` at the face."""
    return float(2 * np.arctan(view.span_m / 2 / view.distance_m))


def clip_from_rig(view: View, near_m: float = 0.05, far_m: float = 10.0) -> FloatArray:
    """(4, 4) OpenGL projection of the view (row-major, column vectors)."""
    scale = 2 * view.distance_m / view.span_m
    out = np.zeros((4, 4))
    out[0, 0] = out[1, 1] = scale
    out[0, 2], out[1, 2] = (-2 * shift / view.span_m for shift in view.axis_m)
    out[2, 2] = -(far_m + near_m) / (far_m - near_m)
    out[2, 3] = -2 * far_m * near_m / (far_m - near_m)
    out[3, 2] = -1
    return np.asarray(out @ np.linalg.inv(rig_from_camera(view)))


def project(points: FloatArray, view: View, size: int) -> FloatArray:
    """(N, 3) pixels x, y (centres at .5, y down) and distance along the axis, metres, of (N, 3)
    points of the rig's frame."""
    clip = points @ clip_from_rig(view)[:, :3].T + clip_from_rig(view)[:, 3]
    x, y = clip[:, 0] / clip[:, 3], clip[:, 1] / clip[:, 3]
    return np.stack([size / 2 * (1 + x), size / 2 * (1 - y), clip[:, 3]], axis=1)


def _rgb(values: FloatArray) -> Colour:
    r, g, b = np.clip(values, 0.01, 0.98)
    return float(r), float(g), float(b)


def _direction(rng: np.random.Generator, yaw: float, pitch: float) -> tuple[float, float, float]:
    a, b = rng.normal(0, yaw), rng.normal(0.35, pitch)
    vector = np.array([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)])
    return float(vector[0]), float(vector[1]), float(vector[2])


def _warmth(rng: np.random.Generator) -> Colour:
    """Colour of a light, from warm to cool."""
    t = rng.normal(0, 0.07)
    return _rgb(np.array([0.93 + t, 0.93, 0.93 - 1.3 * t]))


def sample_view(rng: np.random.Generator) -> View:
    """Random camera and light."""
    key = Light(_direction(rng, 0.8, 0.4), _warmth(rng), float(rng.uniform(1.5, 5.0)))
    fill = Light(_direction(rng, 1.2, 0.5), _warmth(rng), float(rng.uniform(0.0, 3.0)))
    ambient = np.array(_warmth(rng)) * rng.uniform(0.25, 0.9)
    return View(
        distance_m=float(rng.uniform(0.35, 1.6)),
        span_m=float(rng.uniform(0.21, 0.29)),
        centre_m=(float(rng.normal(0, 0.012)), float(rng.normal(0.022, 0.012))),
        roll_rad=float(rng.normal(0, 0.12)),
        ambient=_rgb(ambient),
        lights=(key, fill),
    )
