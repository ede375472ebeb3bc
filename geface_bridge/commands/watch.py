"""``geface-bridge watch``: the live action units of a stream, as bars or as JSON lines."""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import click

from geface_bridge.errors import ServerError
from geface_bridge.protocol import ClientSession, Dropped, FaceFrame, Hello, ServerMessage, Status
from geface_bridge.server.client import FaceStream, Waiting
from rig.layout import Channel

BAR_WIDTH = 8
CELL_WIDTH = 39  # "name L bar value R bar value" and a gap
REDRAW_S = 1 / 15
PLAIN_LINE_S = 1.0
TOP_COUNT = 5
_HOME_AND_CLEAR = "\x1b[H\x1b[J"


@click.command("watch")
@click.argument("url", default="ws://127.0.0.1:8765")
@click.option("--token", envvar="GEFACE_TOKEN", help="Token of a server on another machine.")
@click.option("--seconds", type=click.FloatRange(min=0), help="End after this many seconds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, every frame.")
@click.option("--all", "every", is_flag=True, help="Ask for every frame, not the newest.")
@click.option("--subject", type=click.IntRange(min=0), default=0, help="Which face to draw.")
def watch(
    url: str, token: str | None, seconds: float | None, as_json: bool, every: bool, subject: int
) -> None:
    """Print the live action units of the stream at URL.

    Waits for the server, and for its return, until Ctrl-C or --seconds.
    """
    stream = FaceStream(url, token=token, mode="all" if every else "newest")
    printer = JsonLines() if as_json else Bars(subject, is_tty=sys.stdout.isatty())
    reason, frames = "", 0
    try:
        for event in stream.events(seconds):
            reason = event.reason if isinstance(event, Waiting) else reason
            frames += isinstance(event, FaceFrame)
            printer.show(event, stream.client.session if stream.client else None)
    except KeyboardInterrupt:
        return
    if not frames:
        raise ServerError(reason or f"{url} sent no frame in {seconds:g} s, expected at least one")


class JsonLines:
    """Every frame as one JSON object on stdout; events as one line on stderr."""

    def __init__(self) -> None:
        self._hello: Hello | None = None

    def show(self, event: ServerMessage | Waiting, session: ClientSession | None) -> None:
        """Print one event."""
        if isinstance(event, Hello):
            self._hello = event
        if isinstance(event, FaceFrame) and self._hello is not None:
            latency_s = session.latency_s(event, time.monotonic()) if session else None
            click.echo(json.dumps(frame_as_json(event, self._hello, latency_s)))
        elif text := describe(event):
            click.echo(text, err=True)


@dataclass
class Bars:
    """Bars that are redrawn in place; where stdout is no terminal, one line a second."""

    subject: int
    is_tty: bool
    _hello: Hello | None = None
    _note: str = ""
    _due_s: float = 0.0
    _rate: Rate = field(default_factory=lambda: Rate())

    def show(self, event: ServerMessage | Waiting, session: ClientSession | None) -> None:
        """Print one event, if its turn has come."""
        if isinstance(event, Hello):
            self._hello = event
        if isinstance(event, FaceFrame):
            self._show_frame(event, session)
        elif text := describe(event):
            self._note = text
            click.echo(text)

    def _show_frame(self, frame: FaceFrame, session: ClientSession | None) -> None:
        if frame.subject != self.subject or self._hello is None:
            return
        now_s = time.monotonic()
        self._rate.add(now_s)
        if now_s < self._due_s:
            return
        self._due_s = now_s + (REDRAW_S if self.is_tty else PLAIN_LINE_S)
        latency_s = session.latency_s(frame, now_s) if session else None
        missed = session.missed if session else 0
        head = header(self._hello, frame, self._rate.per_second, latency_s, missed)
        if not self.is_tty:
            click.echo(f"{head} | {strongest(self._hello, frame)}")
            return
        size = shutil.get_terminal_size()
        block = "█" if _can_print("█") else "#"
        lines = [head, *bar_lines(self._hello, frame, size.columns, size.lines - 4, block)]
        click.echo(_HOME_AND_CLEAR + "\n".join([*lines, self._note]))


class Rate:
    """Events per second, averaged over about the last twenty."""

    def __init__(self) -> None:
        self.per_second = 0.0
        self._interval_s: float | None = None
        self._last_s: float | None = None

    def add(self, time_s: float) -> None:
        """Count one event."""
        if self._last_s is not None:
            step_s = time_s - self._last_s
            old_s = step_s if self._interval_s is None else self._interval_s
            self._interval_s = old_s + (step_s - old_s) / 20
            self.per_second = 1 / self._interval_s if self._interval_s > 0 else 0.0
        self._last_s = time_s


def describe(event: ServerMessage | Waiting) -> str:
    """One line for events that are not frames; empty for those nobody needs to read."""
    match event:
        case Hello():
            what = f"{len(event.channels)} channels of layout {event.layout_id}"
            return f"{event.server} {event.server_version}: {event.source or 'stream'}, {what}"
        case Status(level, text):
            return f"{level}: {text}"
        case Dropped(subject, first, count):
            return f"warning: {count} frames of subject {subject} dropped from {first} on"
        case Waiting(reason, retry_in_s):
            return f"{reason}; trying again in {retry_in_s:g} s"
    return ""


def frame_as_json(frame: FaceFrame, hello: Hello, latency_s: float | None) -> dict[str, object]:
    """A frame as JSON's types, channels by name (empty while the face is lost)."""
    names = (channel.name for channel in hello.channels)
    return {
        "sequence": frame.sequence,
        "subject": frame.subject,
        "time_s": frame.time_s,
        "captured_at_s": frame.captured_at_s,
        "latency_s": latency_s,
        "valid": frame.valid,
        "confidence": frame.confidence,
        "channels": dict(zip(names, frame.channels.tolist(), strict=False)) if frame.valid else {},
    }


def header(
    hello: Hello, frame: FaceFrame, rate_hz: float, latency_s: float | None, missed: int
) -> str:
    """The line above the bars."""
    name = hello.subjects[frame.subject]
    state = f"confidence {frame.confidence:.2f}" if frame.valid else "FACE LOST"
    latency = "" if latency_s is None else f"  latency {1000 * latency_s:.0f} ms"
    return f"{name} #{frame.sequence}  {state}  {rate_hz:.0f} fps{latency}  missed {missed}"


def strongest(hello: Hello, frame: FaceFrame) -> str:
    """The largest intensities above 0.1, as "AU12_L 0.63 …"."""
    if not frame.valid:
        return "-"
    pairs = zip(hello.channels, frame.channels.tolist(), strict=True)
    units = [(value, channel.name) for channel, value in pairs if channel.unit == "intensity"]
    top = sorted((pair for pair in units if pair[0] > 0.1), reverse=True)[:TOP_COUNT]
    return "  ".join(f"{name} {value:.2f}" for value, name in top) or "neutral"


def bar_lines(hello: Hello, frame: FaceFrame, width: int, height: int, block: str) -> list[str]:
    """The bars in as many columns as ``width`` holds, at most ``height`` lines."""
    values: list[float] = (
        frame.channels.tolist() if frame.valid else [math.nan] * len(hello.channels)
    )
    cells = list(_cells(hello.channels, values, block))
    columns = max(1, width // CELL_WIDTH)
    rows = math.ceil(len(cells) / columns)
    lines = ["".join(f"{cell:<{CELL_WIDTH}}" for cell in cells[row::rows]) for row in range(rows)]
    return [line.rstrip()[:width] for line in lines[: max(0, height)]]


def _cells(channels: tuple[Channel, ...], values: list[float], block: str) -> Iterator[str]:
    """One cell a channel, left and right of a pair side by side."""
    by_name = {c.name: _bar(c, v, block) for c, v in zip(channels, values, strict=True)}
    for name, bar in by_name.items():
        stem = name.removesuffix("_L")
        right = by_name.get(f"{stem}_R")
        if name.endswith("_L") and right:
            yield f"{stem:<11}{bar} {right}"
        elif not (name.endswith("_R") and f"{name.removesuffix('_R')}_L" in by_name):
            yield f"{name:<11}{bar}"


def _bar(channel: Channel, value: float, block: str) -> str:
    """Bar and number; angles in degrees; a lost face's NaN draws dots."""
    if math.isnan(value):
        return "·" * BAR_WIDTH + "   - " if block == "█" else "." * BAR_WIDTH + "   - "
    share = min(1.0, max(0.0, (value - channel.low) / (channel.high - channel.low)))
    bar = f"{block * round(share * BAR_WIDTH):<{BAR_WIDTH}}"
    if channel.unit == "rad":
        return (
            f"{bar}{math.degrees(value):+4.0f}°"
            if block == "█"
            else f"{bar}{math.degrees(value):+5.0f}"
        )
    return f"{bar}{value:5.2f}"


def _can_print(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
