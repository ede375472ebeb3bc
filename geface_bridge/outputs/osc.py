"""Plain OSC over UDP: one message a channel, for everything that reads OSC.

``/geface/SUBJECT/valid i``, then ``/geface/SUBJECT/CHANNEL f`` in the layout's units, in bundles of
at most 1,400 bytes, so that none is split on its way.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache

from geface_bridge.outputs.face import ShownFace
from geface_bridge.outputs.udp import Address, UdpSender
from geface_bridge.protocol import FaceFrame
from rig.layout import load_layout

PORT = 9000
MAX_BUNDLE_BYTES = 1400
_HEAD = b"#bundle\0" + struct.pack(">Q", 1)  # time tag 1: at once
_INTEGER, _FLOAT = struct.Struct(">i"), struct.Struct(">f")

Arguments = tuple[str | int | float, ...]


def bundles(messages: Iterable[tuple[str, Arguments]]) -> list[bytes]:
    """OSC bundles with these (address, arguments) in order, each at most MAX_BUNDLE_BYTES."""
    out, parts, size = [], [_HEAD], len(_HEAD)
    for address, arguments in messages:
        built = message(address, arguments)
        if size + 4 + len(built) > MAX_BUNDLE_BYTES:
            out.append(b"".join(parts))
            parts, size = [_HEAD], len(_HEAD)
        parts += [_INTEGER.pack(len(built)), built]
        size += 4 + len(built)
    return [*out, b"".join(parts)]


def message(address: str, arguments: Arguments) -> bytes:
    """One OSC 1.0 message of strings, int32 and float32."""
    tags, parts = ",", []
    for argument in arguments:
        if isinstance(argument, str):
            tags += "s"
            parts.append(_text(argument))
        elif isinstance(argument, int):
            tags += "i"
            parts.append(_INTEGER.pack(argument))
        else:
            tags += "f"
            parts.append(_FLOAT.pack(argument))
    return b"".join([_text(address), _text(tags), *parts])


@lru_cache(maxsize=4096)
def _text(text: str) -> bytes:
    """Padded with one to four zeros to a multiple of four; the same few come with every frame."""
    raw = text.encode()
    return raw + bytes(4 - len(raw) % 4)


class OscOutput:
    """Sends every subject's channels as they are.

    Raises:
        ServerError: the address is unknown.
    """

    def __init__(self, address: Address, subjects: int = 1) -> None:
        self.name = f"OSC to {address}"
        self._sender = UdpSender(address)
        self._faces = [ShownFace(index) for index in range(subjects)]
        self._names = load_layout().channel_names

    def publish(self, frame: FaceFrame) -> None:
        """Send a frame."""
        shown = self._faces[frame.subject](frame)
        if shown is None:
            return
        root = f"/geface/{frame.subject}"
        values: list[tuple[str, Arguments]] = [(f"{root}/valid", (int(frame.valid),))]
        values += [(f"{root}/{n}", (float(v),)) for n, v in zip(self._names, shown, strict=True)]
        for data in bundles(values):
            self._sender.send(data)

    def close(self) -> None:
        """Free the socket."""
        self._sender.close()
