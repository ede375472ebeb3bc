"""A real socket that keeps what it is sent."""

from __future__ import annotations

import socket
from contextlib import contextmanager

import numpy as np

from geface_bridge.outputs import Address
from geface_bridge.protocol import FaceFrame
from rig.layout import load_layout

LAYOUT = load_layout()


class Listener:
    """Datagrams on a free port of loopback."""

    def __init__(self, sock):
        self._socket = sock
        self.address = Address(*sock.getsockname()[:2])

    def take(self):
        """The next datagram."""
        return self._socket.recv(65536)

    def waiting(self):
        """All datagrams that have come."""
        found = []
        self._socket.setblocking(False)
        try:
            while True:
                found.append(self._socket.recv(65536))
        except BlockingIOError:
            return found
        finally:
            self._socket.settimeout(20)


@contextmanager
def listening(host="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        sock.settimeout(20)
        yield Listener(sock)


def channels(**values):
    """(C,) channels, 0 but for these."""
    out = np.zeros(len(LAYOUT.channels), np.float32)
    for name, value in values.items():
        out[LAYOUT.channel_index[name]] = value
    return out


def frame(time_s=0.0, subject=0, sequence=0, **values):
    """A frame with a face, captured at its own source time."""
    return FaceFrame(sequence, subject, time_s, time_s, True, 1.0, channels(**values))


def lost(time_s, subject=0):
    """A frame without a face."""
    return FaceFrame.lost(0, subject, time_s, time_s)


def settled(output, time_s=1.0, **values):
    """Publish a face until it has come back from rest whole."""
    output.publish(frame(0.0, **values))
    output.publish(frame(time_s, **values))
