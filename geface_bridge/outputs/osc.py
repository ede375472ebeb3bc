"""Plain OSC over UDP: one message a channel, for everything that reads OSC.

``/geface/SUBJECT/valid i``, then ``/geface/SUBJECT/CHANNEL f`` in the layout's units, in bundles of
at most 1,400 bytes, so that none is split on its way.
"""

from __future__ import annotations

from collections.abc import Iterable

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from geface_bridge.outputs.face import ShownFace
from geface_bridge.outputs.udp import Address, UdpSender
from geface_bridge.protocol import FaceFrame
from rig.layout import load_layout

PORT = 9000
MAX_BUNDLE_BYTES = 1400
BUNDLE_HEAD_BYTES = 16

Arguments = tuple[str | int | float, ...]


def bundles(messages: Iterable[tuple[str, Arguments]]) -> list[bytes]:
    """OSC bundles with these (address, arguments) in order, each at most MAX_BUNDLE_BYTES."""
    out: list[bytes] = []
    builder, size = OscBundleBuilder(IMMEDIATELY), BUNDLE_HEAD_BYTES
    for address, arguments in messages:
        message = OscMessageBuilder(address)
        for argument in arguments:
            message.add_arg(argument)
        built = message.build()
        if size + 4 + built.size > MAX_BUNDLE_BYTES:
            out.append(builder.build().dgram)
            builder, size = OscBundleBuilder(IMMEDIATELY), BUNDLE_HEAD_BYTES
        builder.add_content(built)
        size += 4 + built.size
    out.append(builder.build().dgram)
    return out


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
