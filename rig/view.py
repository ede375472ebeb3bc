"""Camera and light of one picture, and their random draws.

A random room is one of a few kinds (``_SCENES``): where its key light stands, how broad, warm and
strong against the room's own light it is. The room's light is nine spherical harmonics of ceiling,
walls, floor and bright patches.
"""

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


# From straight ahead in even light.
EVEN_VIEW = View(
    distance_m=0.8,
    span_m=0.215,
    centre_m=(0.0, 0.012),
    roll_rad=0.0,
    ambient=(0.5, 0.5, 0.5),
    lights=(
        Light((-0.5, 0.5, 0.7), (1.0, 0.97, 0.93), 3.2),
        Light((0.8, 0.1, 0.6), (0.9, 0.95, 1.0), 1.4),
    ),
)


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


# Random draws ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scene:
    """Ranges of a kind of light; angles in degrees, colours as kelvin.

    ``key_share`` is the key's part of all light on a face that looks at it.
    """

    chance: float
    azimuth: tuple[float, float]
    elevation: tuple[float, float]
    breadth: tuple[float, float]
    key_share: tuple[float, float]
    key_kelvin: tuple[float, float]
    room_kelvin: tuple[float, float]


_SCENES = (
    # window
    _Scene(0.28, (15, 95), (-5, 40), (0.4, 0.9), (0.55, 0.92), (5200, 8000), (3800, 6500)),
    # ceiling
    _Scene(0.20, (0, 70), (45, 75), (0.3, 0.7), (0.35, 0.7), (3000, 5500), (3500, 5500)),
    _Scene(
        0.16, (0, 25), (-15, 25), (0.25, 0.6), (0.4, 0.85), (4500, 8500), (3000, 5500)
    ),  # screen
    _Scene(0.14, (0, 90), (20, 60), (0.8, 1.0), (0.2, 0.5), (5500, 7500), (5000, 7500)),  # overcast
    # sun
    _Scene(0.08, (10, 110), (15, 60), (0.0, 0.05), (0.6, 0.85), (4800, 5800), (6500, 9500)),
    # lamp
    _Scene(0.09, (20, 100), (-10, 40), (0.1, 0.3), (0.5, 0.85), (2500, 3400), (2800, 4500)),
    # any
    _Scene(0.05, (0, 170), (-50, 80), (0.0, 1.0), (0.0, 0.95), (1800, 12000), (2200, 12000)),
)


def sample_view(rng: np.random.Generator) -> View:
    """Random camera and light."""
    scene = _SCENES[rng.choice(len(_SCENES), p=[s.chance for s in _SCENES])]
    share = float(rng.uniform(*scene.key_share))
    key = _key(scene, share, rng)
    fills = [_fill(share, rng) for _ in range(int(rng.integers(0, 3)))]
    ambient = kelvin_colour(rng.uniform(*scene.room_kelvin), rng) * (1 - share)
    wide = rng.random() < 0.2  # a face that fills little of the picture
    span_m = float(rng.uniform(0.30, 0.36) if wide else rng.uniform(0.21, 0.30))
    distance_m = float(np.exp(rng.uniform(np.log(0.35), np.log(1.7))))
    off = rng.normal(0, (0.06, 0.07) if rng.random() < 0.5 else (0.01, 0.01)) * distance_m
    centre = rng.normal((0, 0.022), 0.05 * span_m)
    return View(
        distance_m=distance_m,
        span_m=span_m,
        centre_m=(float(centre[0]), float(centre[1])),
        roll_rad=float(rng.normal(0, 0.1)),
        ambient=_rgb(ambient),
        lights=(key, *fills),
        room=sample_room(rng),
        axis_m=(float(off[0]), float(off[1])),
    )


def kelvin_colour(kelvin: float, rng: np.random.Generator) -> FloatArray:
    """(3,) linear RGB of about unit mean: a black body against a camera balanced for 5200 K.

    Cameras take out half of a cast; lamps lie off the curve a little. Fitted to the black-body
    colours of Mitchell Charity's table (1500 to 15000 K) within a few percent.
    """
    t = np.log(kelvin / 5200) / 2
    colour = np.exp([-0.62 * t, 0.08 * t - 0.16 * abs(t) * t, 0.95 * t])
    return np.asarray(colour / colour.mean() * np.exp(rng.normal(0, 0.02, 3)))


def _key(scene: _Scene, share: float, rng: np.random.Generator) -> Light:
    side = rng.choice([-1.0, 1.0])
    azimuth, elevation = np.deg2rad([rng.uniform(*scene.azimuth), rng.uniform(*scene.elevation)])
    colour = kelvin_colour(rng.uniform(*scene.key_kelvin), rng)
    strength = share * np.pi * float(np.exp(rng.normal(0, 0.15)))
    towards = direction(side * azimuth, elevation)
    return Light(towards, _rgb(colour), strength, float(rng.uniform(*scene.breadth)))


def _fill(share: float, rng: np.random.Generator) -> Light:
    """A weaker light from anywhere, seldom coloured."""
    towards = direction(rng.normal(0, 1.2), rng.normal(0.3, 0.5))
    colour = kelvin_colour(np.exp(rng.uniform(np.log(2800), np.log(9000))), rng)
    if rng.random() < 0.05:
        colour = colour * np.exp(rng.normal(0, 0.4, 3))
    strength = (1.1 - share) * np.pi * float(rng.beta(1, 3))
    return Light(towards, _rgb(colour), strength, float(rng.uniform(0.1, 0.9)))


def direction(azimuth_rad: float, elevation_rad: float) -> tuple[float, float, float]:
    """Unit vector, rig axes; azimuth from straight ahead to the person's left."""
    flat = np.cos(elevation_rad)
    x, z = np.sin(azimuth_rad) * flat, np.cos(azimuth_rad) * flat
    return float(x), float(np.sin(elevation_rad)), float(z)


def _rgb(values: FloatArray) -> Colour:
    r, g, b = np.clip(values, 0.0, 4.0)
    return float(r), float(g), float(b)


# Squared norms of the harmonics y z x xy yz 3z²-1 xz x²-y² over the sphere, in 4 pi.
_NORMS = np.array([1 / 3] * 3 + [1 / 15, 1 / 15, 4 / 5, 1 / 15, 4 / 15])


def harmonics(x: float, y: float, z: float) -> FloatArray:
    """(8,) real spherical harmonics past the first, as ``rig/shaders/surface.frag`` has them."""
    return np.array([y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y])


def sample_room(rng: np.random.Generator) -> tuple[Colour, ...]:
    """Eight harmonics of a random room: lighter above, a tinted floor and walls, bright patches."""
    tint = np.exp(rng.normal(0, 0.08, (3, 3)))
    upwards, across, ahead = rng.normal((0.5, 0.0, 0.0), (0.2, 0.25, 0.25))
    out = np.zeros((8, 3))
    out[:3] = np.array([[upwards], [ahead], [across]]) * tint
    for _ in range(int(rng.integers(0, 4))):
        patch = harmonics(*direction(rng.uniform(-np.pi, np.pi), rng.normal(0.2, 0.4)))
        power = rng.uniform(0.05, 0.45) * np.exp(rng.normal(0, 0.1, 3))
        out += (patch / _NORMS)[:, None] * power
    top = np.sqrt((out**2 * _NORMS[:, None]).sum(0)).max()  # keep light from going negative
    out *= min(1.0, 0.6 / max(top, 1e-9))
    return tuple(_triple(row) for row in out)


def _triple(values: FloatArray) -> Colour:
    r, g, b = (float(v) for v in values)
    return r, g, b
