"""Live Link Face over UDP, packet version 6: stock Unreal and MetaHumans listen to it.

Everything is big-endian. After the header come 61 floats; a packet that ends after the header says
that there is no face. Source: Epic's AppleARKitLiveLinkSource, which reads version 6.
"""

from __future__ import annotations

import math
import struct
import uuid

import numpy as np
from numpy.typing import ArrayLike

from geface_bridge.arkit import ROTATIONS, SHAPES, arkit_values
from geface_bridge.outputs.face import ShownFace
from geface_bridge.outputs.udp import Address, UdpSender
from geface_bridge.protocol import FaceFrame

PORT = 11111
VERSION = 6
COUNT = len(SHAPES) + len(ROTATIONS)
RATE_HZ = 60
MAX_NAME_BYTES = 200  # the listener refuses packets over 774 bytes


def encode_livelink(device_id: str, subject: str, time_s: float, values: ArrayLike | None) -> bytes:
    """One packet.

    Args:
        device_id: 36 characters, as a UUID is written; some receivers count on it.
        subject: name the character listens to; cut to MAX_NAME_BYTES of UTF-8.
        time_s: of the frame, >= 0; sent as a frame number at 60 Hz and a part of one.
        values: (61,) of ``arkit_values``; None if there is no face.
    """
    name = subject.encode()[:MAX_NAME_BYTES].decode(errors="ignore").encode()
    device = device_id.encode()
    whole = math.floor(time_s * RATE_HZ)
    part = min(time_s * RATE_HZ - whole, 0.999999)
    header = struct.pack(">Bi", VERSION, len(device)) + device
    header += struct.pack(">i", len(name)) + name
    header += struct.pack(">ifii", whole % 2**31, part, RATE_HZ, 1)
    if values is None:
        return header
    return header + struct.pack(f">B{COUNT}f", COUNT, *np.asarray(values, np.float64))


class LiveLinkOutput:
    """Sends one subject's face as Live Link Face does.

    Args:
        address: of Unreal.
        subject: name shown in the Live Link window.
        index: which subject of the stream.

    Raises:
        ServerError: the address is unknown.
    """

    def __init__(self, address: Address, subject: str = "geface", index: int = 0) -> None:
        self.name = f"Live Link Face to {address} as {subject}"
        self._sender = UdpSender(address)
        self._subject, self._face = subject, ShownFace(index)
        # The same device every time, or receivers list a new one after each start.
        self._device = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"geface-bridge.{subject}")).upper()

    def publish(self, frame: FaceFrame) -> None:
        """Send a frame; while the face fades it is still a face, then a header says it is gone."""
        shown = self._face(frame)
        if shown is None:
            return
        gone = not self._face.seen and not shown.any()
        values = None if gone else arkit_values(shown)
        self._sender.send(encode_livelink(self._device, self._subject, frame.time_s, values))

    def close(self) -> None:
        """Free the socket."""
        self._sender.close()
