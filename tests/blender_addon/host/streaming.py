# SPDX-License-Identifier: GPL-3.0-or-later
"""A real server whose frames are known: channels on waves, at the pace of a camera."""

import threading
import time
from contextlib import contextmanager

import numpy as np

from geface_bridge.protocol import FaceFrame, Hello
from geface_bridge.server import FaceServer
from tests.blender_addon.host.made import LAYOUT, curves


@contextmanager
def streaming(rate_hz=30.0, subjects=("face",), lost=(), away=None):
    """Address of a server that streams from its first client on until the end.

    Args:
        lost: numbers of the frames without a face.
        away: (frame, seconds): at this frame the server ends, and after the seconds another
            begins at source time 0 on the same port.
    """
    hello = Hello.from_layout(LAYOUT, subjects=subjects, source="made", rate_hz=rate_hz)
    server = FaceServer(hello, port=0)
    server.start()
    port, ended = server.port, threading.Event()
    servers = [server]

    def run():
        while not (server.stats().clients or ended.wait(0.02)):
            pass
        last = away[0] if away else 10**9
        _publish(servers[0], range(last), rate_hz, len(subjects), lost, ended)
        if away and not ended.is_set():
            servers[0].stop()
            time.sleep(away[1])
            servers.append(FaceServer(hello, port=port))
            servers[1].start()
            _publish(servers[1], range(10**9), rate_hz, len(subjects), (), ended)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{port}/"
    finally:
        ended.set()
        thread.join()
        for each in servers:
            each.stop()


def _publish(server, numbers, rate_hz, subjects, lost, ended):
    began_s = time.monotonic()
    for i in numbers:
        if ended.wait(max(0.0, began_s + i / rate_hz - time.monotonic())):
            return
        row = np.zeros(0) if i in lost else curves([i / rate_hz])[0]
        now_s = time.monotonic()
        for subject in range(subjects):
            server.publish(FaceFrame(i, subject, i / rate_hz, now_s, i not in lost, 1.0, row))
