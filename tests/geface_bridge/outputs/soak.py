"""Hours of traffic through every output at once, with a clock that runs as fast as the machine.

Frames come at 60 Hz of simulated time; each output sends to a real local socket, where every
datagram is taken and counted. Once a simulated second each format is decoded by a reader that is
not ours (the documented layout, python-osc, the texts as documented, a VTube Studio that keeps its
rules) and held against the very frame that was sent last: what is of another frame has drifted.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pythonosc.osc_bundle import OscBundle
from websockets.sync.server import serve

from geface_bridge.arkit import arkit_values
from geface_bridge.outputs import (
    Address,
    IFacialMocapOutput,
    LiveLinkOutput,
    OscOutput,
    VmcOutput,
    VtsOutput,
)
from geface_bridge.protocol import FaceFrame
from rig.layout import load_layout
from tests.geface_bridge.outputs.listening import Listener, listening
from tests.geface_bridge.outputs.livelink_reader import CURVES, read
from tests.geface_bridge.outputs.studio import Studio

RATE_HZ = 60
MINUTE = 60 * RATE_HZ
AWAY_S, BACK_S = 55.0, 57.0  # of every minute, between which the face is lost
SETTLED_S = 1.0  # after its return, when what is shown is what was measured
FORMATS = ("livelink", "vmc", "ifacialmocap", "osc", "vts")
LAYOUT = load_layout()
AT = LAYOUT.channel_index


@dataclass
class Report:
    """What a run has seen of one format.

    Attributes:
        sent, came: datagrams, or frames injected.
        checked: frames that were held against the one sent last.
        worst: greatest difference of a value, in the format's own unit.
        late_s: greatest difference of a time that the format carries, else 0.
    """

    sent: int = 0
    came: int = 0
    checked: int = 0
    worst: float = 0.0
    late_s: float = 0.0

    def note(self, difference: float, late_s: float = 0.0) -> None:
        """Of one check."""
        self.checked += 1
        self.worst, self.late_s = max(self.worst, difference), max(self.late_s, late_s)


@dataclass
class Soak:
    """All of a run: its reports by format, seconds it took, memory early and at the end (MiB)."""

    hours: float
    reports: dict[str, Report] = field(default_factory=dict)
    took_s: float = 0.0
    early_mib: float = 0.0
    end_mib: float = 0.0


class LatestStudio(Studio):
    """Forgets all but the newest injection; hours of them are no list."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def inject(self, data):
        """As VTube Studio does, and count."""
        taken = super().inject(data)
        self.count += taken
        del self.injected[:-1]
        return taken


class DatagramEnd:
    """An output and the socket it sends to."""

    def __init__(self, kind: str, ear: Listener, report: Report) -> None:
        makers = {
            "livelink": LiveLinkOutput,
            "vmc": VmcOutput,
            "ifacialmocap": IFacialMocapOutput,
            "osc": OscOutput,
        }
        self.output = makers[kind](ear.address)
        self._check = CHECKS[kind]
        self._ear, self._report = ear, report
        self._datagrams: list[bytes] = []

    def drain(self) -> None:
        """Take what has come; it is of the last frame alone."""
        self._datagrams = self._ear.waiting()
        self._report.came += len(self._datagrams)
        self._report.sent = self.output._sender.sent

    def check(self, frame: FaceFrame) -> None:
        """Hold it against the frame."""
        self._report.note(*self._check(self._datagrams, frame))


class StudioEnd:
    """VTube Studio's output, which gives the newest frame whenever it can."""

    def __init__(self, output: VtsOutput, studio: LatestStudio, report: Report) -> None:
        self.output, self._studio, self._report = output, studio, report

    def drain(self) -> None:
        """Every frame is a chance; how many were taken is counted."""
        self._report.sent += 1
        self._report.came = self._studio.count

    def check(self, frame: FaceFrame) -> None:
        """Wait for the newest frame, which has to come although none follows."""
        shapes = arkit_values(frame.channels)[:52]
        end_s, difference = time.monotonic() + 30, np.inf
        while difference > 1e-5 and time.monotonic() < end_s:
            found, values = self._studio.injected[-1] if self._studio.injected else (False, {})
            given = [values.get(f"Gf{name}", np.inf) for name in CURVES[:52]]
            difference = float(np.abs(np.array(given) - shapes).max()) if found else np.inf
            time.sleep(0)
        self._report.note(difference)


def _check_livelink(datagrams: list[bytes], frame: FaceFrame) -> tuple[float, float]:
    (data,) = datagrams
    packet = read(data)
    found = list(packet.curves.values()) if packet.curves else [np.inf] * 61
    return _apart(found, arkit_values(frame.channels)), abs(packet.time_s - frame.time_s)


def _check_vmc(datagrams: list[bytes], frame: FaceFrame) -> tuple[float, float]:
    messages = [(m.address, m.params) for data in datagrams for m in OscBundle(data)]
    (time_s,) = next(params for address, params in messages if address == "/VMC/Ext/T")
    blends = [params[1] for address, params in messages if address == "/VMC/Ext/Blend/Val"]
    return _apart(blends, arkit_values(frame.channels)[:52]), abs(time_s - frame.time_s)


def _check_ifacialmocap(datagrams: list[bytes], frame: FaceFrame) -> tuple[float, float]:
    (data,) = datagrams
    shapes = [int(part.split("&")[1]) for part in data.decode().split("=")[0].split("|") if part]
    return _apart(np.array(shapes) / 100, arkit_values(frame.channels)[:52]), 0.0


def _check_osc(datagrams: list[bytes], frame: FaceFrame) -> tuple[float, float]:
    messages = [message for data in datagrams for message in OscBundle(data)]
    return _apart([m.params[0] for m in messages], [1, *frame.channels.tolist()]), 0.0


def _apart(found, expected) -> float:
    return float(np.abs(np.asarray(found, float) - np.asarray(expected, float)).max())


CHECKS = {
    "livelink": _check_livelink,
    "vmc": _check_vmc,
    "ifacialmocap": _check_ifacialmocap,
    "osc": _check_osc,
}


def performance() -> Iterator[FaceFrame]:
    """A face without end: every channel swings by itself, and it goes once a minute."""
    count = len(LAYOUT.channels)
    turns_hz = 0.1 + 0.9 * np.modf(np.arange(count) * 0.618)[0]
    step = 0
    while True:
        time_s = step / RATE_HZ
        if AWAY_S <= time_s % 60 < BACK_S:
            yield FaceFrame.lost(step, 0, time_s, time_s)
        else:
            swing = 0.25 + 0.25 * np.sin(2 * np.pi * turns_hz * time_s)
            yield FaceFrame(step, 0, time_s, time_s, True, 1.0, swing)
        step += 1


def is_settled(time_s: float) -> bool:
    """Whether the face is shown as it was measured."""
    return SETTLED_S < (time_s - BACK_S) % 60 < 60 + AWAY_S - BACK_S


def soak(hours: float, formats: tuple[str, ...], token_file: Path) -> Soak:
    """Run so many simulated hours; memory counts from the first twentieth on."""
    result = Soak(hours, {kind: Report() for kind in formats})
    total = round(hours * 3600 * RATE_HZ)
    began_s = time.monotonic()
    with ExitStack() as stack:
        ends = [_end(kind, result.reports[kind], token_file, stack) for kind in formats]
        for step, frame in zip(range(total), performance(), strict=False):
            for end in ends:
                end.output.publish(frame)
            for end in ends:
                end.drain()
            if step % RATE_HZ == RATE_HZ - 1 and is_settled(frame.time_s):
                for end in ends:
                    end.check(frame)
            if step == total // 20:
                result.early_mib = memory_mib()
    result.end_mib, result.took_s = memory_mib(), time.monotonic() - began_s
    return result


def _end(kind: str, report: Report, token_file: Path, stack: ExitStack):
    if kind != "vts":
        end = DatagramEnd(kind, stack.enter_context(listening()), report)
        stack.enter_context(closing(end.output))
        return end
    studio = LatestStudio()
    address = stack.enter_context(_running(studio))
    output = stack.enter_context(closing(VtsOutput(address, token_file=token_file)))
    return StudioEnd(output, studio, report)


@contextmanager
def _running(studio: Studio) -> Iterator[Address]:
    with serve(studio.serve, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Address("127.0.0.1", server.socket.getsockname()[1])
        server.shutdown()
        thread.join()


def memory_mib() -> float:
    """Resident now where the system says so, else the most so far."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
