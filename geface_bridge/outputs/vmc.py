"""VMC protocol 3.1 over OSC: VSeeFace, Warudo, VNyan, Unity, and whatever shows a VRM avatar.

Blend shapes by name, either ARKit's 52 ("Perfect Sync") or VRM 1.0's presets, and the rotation of
head and eyes in Unity's left-handed frame (x to the avatar's right, y up, z forward).
Source: sh-akira/VirtualMotionCaptureProtocol, marionette specification.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geface_bridge.arkit import SHAPES, arkit_values
from geface_bridge.outputs.face import ShownFace
from geface_bridge.outputs.osc import Arguments, bundles
from geface_bridge.outputs.udp import Address, UdpSender
from geface_bridge.protocol import FaceFrame
from rig.layout import load_layout
from rig.profile import load_profile

PORT = 39539
Names = Literal["arkit", "vrm"]
_ARKIT_NAMES = tuple(name[0].lower() + name[1:] for name in SHAPES)
FloatArray = NDArray[np.float64]


def unity_quaternion(yaw_rad: float, pitch_rad: float, roll_rad: float) -> tuple[float, ...]:
    """(x, y, z, w) in Unity's frame of R_y(yaw) R_x(pitch) R_z(roll) in ours.

    Our x points to the person's left, Unity's to the right: mirrored, an axis keeps its x and
    turns y and z over.
    """
    cy, cx, cz = (math.cos(angle / 2) for angle in (yaw_rad, pitch_rad, roll_rad))
    sy, sx, sz = (math.sin(angle / 2) for angle in (yaw_rad, pitch_rad, roll_rad))
    x, y = cy * sx * cz + sy * cx * sz, sy * cx * cz - cy * sx * sz
    z, w = cy * cx * sz - sy * sx * cz, cy * cx * cz + sy * sx * sz
    return x, -y, -z, w


def blend_values(channels: FloatArray, names: Names) -> dict[str, float]:
    """Blend shape name → value of (C,) channels."""
    if names == "arkit":
        return dict(zip(_ARKIT_NAMES, arkit_values(channels).tolist(), strict=False))
    profile = load_profile("vrm")
    curves = profile.evaluate(channels).curves
    return dict(zip(profile.curve_names, curves.tolist(), strict=True))


class VmcOutput:
    """Sends one subject's face to a VMC marionette.

    A lost face fades to rest; the messages go on, with a tracking status of 0, since receivers
    let an avatar fall into its bind pose when nothing comes.

    Raises:
        ServerError: the address is unknown.
    """

    def __init__(self, address: Address, names: Names = "arkit", index: int = 0) -> None:
        self.name = f"VMC to {address} ({names} names)"
        self._sender = UdpSender(address)
        self._names, self._face = names, ShownFace(index)

    def publish(self, frame: FaceFrame) -> None:
        """Send a frame."""
        shown = self._face(frame)
        if shown is None:
            return
        for data in bundles(self._messages(frame, shown)):
            self._sender.send(data)

    def close(self) -> None:
        """Free the socket."""
        self._sender.close()

    def _messages(self, frame: FaceFrame, shown: FloatArray) -> list[tuple[str, Arguments]]:
        index = load_layout().channel_index
        yaw, pitch, roll = (float(shown[index[f"head_{a}"]]) for a in ("yaw", "pitch", "roll"))
        gaze_yaw, gaze_pitch = (float(shown[index[f"gaze_{a}"]]) for a in ("yaw", "pitch"))
        gaze = unity_quaternion(gaze_yaw, gaze_pitch, 0.0)
        bones = {"Head": unity_quaternion(yaw, pitch, roll), "LeftEye": gaze, "RightEye": gaze}
        messages: list[tuple[str, Arguments]] = [
            ("/VMC/Ext/OK", (1, 3, 0, int(frame.valid))),
            ("/VMC/Ext/T", (float(frame.time_s),)),
        ]
        messages += [("/VMC/Ext/Bone/Pos", (n, 0.0, 0.0, 0.0, *turn)) for n, turn in bones.items()]
        blends = blend_values(shown, self._names)
        messages += [("/VMC/Ext/Blend/Val", pair) for pair in blends.items()]
        return [*messages, ("/VMC/Ext/Blend/Apply", ())]
