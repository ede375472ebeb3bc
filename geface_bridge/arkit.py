"""A face as ARKit's 52 shapes and the rotations that Live Link Face sends with them.

The shapes come from ``rig/profiles/arkit52.json``. Rotations are radians; Apple and Epic document
no signs, these are what receivers of Live Link Face in the field assume: head yaw positive to the
person's left, pitch positive up, roll positive to the person's right; eye yaw positive to the
person's right, pitch positive down. Gaze is in the EyeLook shapes too.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rig.inverse import CurveInverse, load_inverse
from rig.layout import load_layout
from rig.profile import load_profile

# In the order of Live Link Face's packets.
SHAPES = (
    "EyeBlinkLeft", "EyeLookDownLeft", "EyeLookInLeft", "EyeLookOutLeft", "EyeLookUpLeft",
    "EyeSquintLeft", "EyeWideLeft", "EyeBlinkRight", "EyeLookDownRight", "EyeLookInRight",
    "EyeLookOutRight", "EyeLookUpRight", "EyeSquintRight", "EyeWideRight", "JawForward",
    "JawLeft", "JawRight", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthLeft",
    "MouthRight", "MouthSmileLeft", "MouthSmileRight", "MouthFrownLeft", "MouthFrownRight",
    "MouthDimpleLeft", "MouthDimpleRight", "MouthStretchLeft", "MouthStretchRight",
    "MouthRollLower", "MouthRollUpper", "MouthShrugLower", "MouthShrugUpper", "MouthPressLeft",
    "MouthPressRight", "MouthLowerDownLeft", "MouthLowerDownRight", "MouthUpperUpLeft",
    "MouthUpperUpRight", "BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft",
    "BrowOuterUpRight", "CheekPuff", "CheekSquintLeft", "CheekSquintRight", "NoseSneerLeft",
    "NoseSneerRight", "TongueOut",
)  # fmt: skip
ROTATIONS = (
    "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll",
    "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip
# value = sign · channel; eyes turn alike, and never roll
_ROTATION_OF = (
    ("head_yaw", 1.0), ("head_pitch", -1.0), ("head_roll", 1.0),
    ("gaze_yaw", -1.0), ("gaze_pitch", 1.0), ("gaze_yaw", 0.0),
    ("gaze_yaw", -1.0), ("gaze_pitch", 1.0), ("gaze_yaw", 0.0),
)  # fmt: skip


@lru_cache(maxsize=1)
def _places() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Column of each shape among the profile's curves, of each rotation among the channels."""
    curves = {name.lower(): i for i, name in enumerate(load_profile("arkit52").curve_names)}
    index = load_layout().channel_index
    shapes = np.array([curves.get(name.lower(), len(curves)) for name in SHAPES])
    rotations = np.array([index[name] for name, _ in _ROTATION_OF])
    return shapes, rotations, np.array([sign for _, sign in _ROTATION_OF])


def arkit_values(channels: ArrayLike) -> NDArray[np.float64]:
    """(61,) values of SHAPES, 0..1, and of ROTATIONS for (C,) wire channels."""
    channels = np.asarray(channels, np.float64)
    shapes, rotations, signs = _places()
    curves = np.append(load_profile("arkit52").evaluate(channels).curves, 0.0)
    return np.concatenate([curves[shapes], signs * channels[rotations]])


@lru_cache(maxsize=1)
def _inverse() -> CurveInverse:
    return load_inverse("arkit52")


def arkit_channels(values: ArrayLike) -> NDArray[np.float64]:
    """(C,) wire channels behind the (61,) values of ``arkit_values``; the way back.

    Shapes outside 0..1 are clipped. Gaze is read from the EyeLook shapes, whose directions are
    documented, other than the eyes' rotations. The head's place, which is not among the values,
    is 0. What the shapes cannot tell apart comes back as the smallest set of action units that
    makes them: AU25 as AU10 and AU16 (``rig.inverse``).
    """
    values = np.asarray(values, np.float64)
    shapes, rotations, signs = _places()
    curves = np.zeros(len(SHAPES))
    curves[shapes] = np.clip(values[: len(SHAPES)], 0.0, 1.0)
    out = _inverse().channels(curves)
    head = slice(0, 3)
    out[rotations[head]] = signs[head] * values[len(SHAPES) :][head]
    return out
