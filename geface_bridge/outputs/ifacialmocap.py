"""iFacialMocap's text, version 2, over UDP: what its receivers get from a phone.

``name&value|…|=head#rx,ry,rz,px,py,pz|rightEye#rx,ry,rz|leftEye#rx,ry,rz|``: shapes as integers
0 to 100, rotations in degrees, places in metres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from geface_bridge.arkit import SHAPES, arkit_values
from geface_bridge.outputs.face import ShownFace
from geface_bridge.outputs.udp import Address, UdpSender
from geface_bridge.protocol import FaceFrame
from rig.layout import load_layout

PORT = 49983


def shape_name(arkit: str) -> str:
    """iFacialMocap's name of a Live Link Face shape: ``mouthSmile_L`` of ``MouthSmileLeft``."""
    name = arkit[0].lower() + arkit[1:]
    if name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight"):
        return name
    return name.replace("Left", "_L").replace("Right", "_R")


NAMES = tuple(shape_name(name) for name in SHAPES)


def encode_ifacialmocap(channels: ArrayLike) -> bytes:
    """One datagram for (C,) wire channels."""
    channels = np.asarray(channels, np.float64)
    percents = np.rint(100 * arkit_values(channels)).astype(int).tolist()
    shapes = "".join(f"{name}&{part}|" for name, part in zip(NAMES, percents, strict=False))
    index = load_layout().channel_index
    pitch, yaw, roll = (np.degrees(channels[index[f"head_{a}"]]) for a in ("pitch", "yaw", "roll"))
    place = [channels[index[f"head_{axis}"]] for axis in "xyz"]
    gaze = [np.degrees(channels[index[f"gaze_{axis}"]]) for axis in ("pitch", "yaw")]
    head = _numbers([pitch, yaw, roll, *place])
    eye = _numbers([*gaze, 0.0])
    return f"{shapes}=head#{head}|rightEye#{eye}|leftEye#{eye}|".encode()


def _numbers(values: list[float]) -> str:
    return ",".join(f"{value + 0.0:.5f}" for value in values)


class IFacialMocapOutput:
    """Sends one subject's face as iFacialMocap does.

    A lost face fades to rest and then nothing is sent: the format has no way to say it.

    Raises:
        ServerError: the address is unknown.
    """

    def __init__(self, address: Address, index: int = 0) -> None:
        self.name = f"iFacialMocap to {address}"
        self._sender = UdpSender(address)
        self._face = ShownFace(index)

    def publish(self, frame: FaceFrame) -> None:
        """Send a frame."""
        shown = self._face(frame)
        if shown is not None and (self._face.seen or shown.any()):
            self._sender.send(encode_ifacialmocap(shown))

    def close(self) -> None:
        """Free the socket."""
        self._sender.close()
