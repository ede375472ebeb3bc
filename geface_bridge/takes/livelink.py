"""A take as the CSV that Apple devices export with Live Link Face.

Columns: Timecode, BlendShapeCount, 52 ARKit shapes, then yaw, pitch and roll of head and eyes.
The application writes JawRight before JawLeft and MouthRight before MouthLeft here, other than in
its packets; readers go by the names.
"""

from __future__ import annotations

import csv
import io

import numpy as np

from geface_bridge.protocol import FaceFrame
from geface_bridge.takes.take import Take
from rig.layout import load_layout
from rig.profile import load_profile

# Live Link Face's own order of the shapes, with CSV's two swaps.
SHAPES = (
    "EyeBlinkLeft", "EyeLookDownLeft", "EyeLookInLeft", "EyeLookOutLeft", "EyeLookUpLeft",
    "EyeSquintLeft", "EyeWideLeft", "EyeBlinkRight", "EyeLookDownRight", "EyeLookInRight",
    "EyeLookOutRight", "EyeLookUpRight", "EyeSquintRight", "EyeWideRight", "JawForward",
    "JawRight", "JawLeft", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthRight",
    "MouthLeft", "MouthSmileLeft", "MouthSmileRight", "MouthFrownLeft", "MouthFrownRight",
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
TIMECODE_HZ = 60


def livelink_csv(take: Take, frames: tuple[FaceFrame, ...]) -> bytes:
    """The file; frames without a face are left out, as the application does.

    Args:
        take: whence the time of the first frame.
        frames: of one subject.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["Timecode", "BlendShapeCount", *SHAPES, *ROTATIONS])
    for frame in frames:
        if frame.valid:
            code = timecode(frame.time_s - take.begin_s)
            values = [f"{value:.6f}" for value in livelink_values(frame.channels)]
            writer.writerow([code, str(len(values)), *values])
    return stream.getvalue().encode()


def livelink_values(channels: np.ndarray[tuple[int], np.dtype[np.float32]]) -> list[float]:
    """Values of ``SHAPES`` and ``ROTATIONS`` for (C,) channels."""
    profile, index = load_profile("arkit52"), load_layout().channel_index
    curves = profile.evaluate(np.asarray(channels, np.float64)).curves
    of_name = {name.lower(): float(v) for name, v in zip(profile.curve_names, curves, strict=True)}
    turn = {
        name: float(channels[index[name]]) for name in index if name.startswith(("head", "gaz"))
    }
    head = [turn["head_yaw"], turn["head_pitch"], turn["head_roll"]]
    eye = [turn["gaze_yaw"], turn["gaze_pitch"], 0.0]
    return [of_name.get(name.lower(), 0.0) for name in SHAPES] + head + eye + eye


def timecode(time_s: float) -> str:
    """HH:MM:SS:FF.mmm, FF counting 60ths and mmm thousandths of one."""
    ticks = round(time_s * TIMECODE_HZ * 1000)
    frames, thousandths = divmod(ticks, 1000)
    seconds, frame = divmod(frames, TIMECODE_HZ)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}:{frame:02}.{thousandths:03}"
