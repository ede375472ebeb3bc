"""``geface-bridge play``: serve a recorded take as if it happened now."""

from __future__ import annotations

import queue
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geface_bridge import config as c
from geface_bridge.commands.outputs import open_outputs, output_options, take_outputs
from geface_bridge.commands.serving import Teller, serving_options, start_serving, take_serving

if TYPE_CHECKING:
    from geface_bridge.protocol import Command
    from geface_bridge.server import FaceServer
    from geface_bridge.takes import Playhead, Take


@click.command("play")
@click.argument("take", type=click.Path(path_type=Path))
@click.option(
    "--speed",
    type=click.FloatRange(0.01, 100),
    default=1.0,
    show_default=True,
    help="Times the recorded.",
)
@click.option("--loop", is_flag=True, help="Begin again at the end.")
@click.option("--from", "begin_s", type=float, metavar="S", help="Begin at this time of the take.")
@click.option("--to", "end_s", type=float, metavar="S", help="End at this time of the take.")
@click.option("--seconds", type=click.FloatRange(min=0), help="End after this many seconds.")
@serving_options
@output_options
def play(take: Path, **options: Any) -> None:
    """Serve a recorded TAKE to the same clients, as if it happened now.

    Clients may pause, seek and change the speed. Ctrl-C ends it.
    """
    serving, outputs = take_serving(options), take_outputs(options)
    run(c.PlayConfig(take, serving, outputs, **options))


def run(config: c.PlayConfig) -> None:
    """Do the command.

    Raises:
        GefaceError: the take cannot be read, or a port cannot be used.
    """
    from geface_bridge.live import FanOut, StatusLine
    from geface_bridge.live.player import TakePlayer
    from geface_bridge.takes import Playhead

    take = _part(config)
    line = StatusLine(sys.stdout)
    teller = Teller(line)
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    with ExitStack() as stack:
        hello = replace(take.hello, source=f"take {config.take.name}", rate_hz=take.rate_hz)
        server = start_serving(config.serving, hello, commands.put, line, stack)
        teller.server = server
        head = Playhead(take, time.monotonic(), config.speed, config.loop)
        others = open_outputs(config.outputs, len(hello.subjects), line, stack)
        player = TakePlayer(head, FanOut([server, *others], teller), teller, commands)
        stack.callback(line.end)
        player.run(config.seconds, lambda: line.show_text(lambda: _status(head, take, server)))


def _part(config: c.PlayConfig) -> Take:
    from geface_bridge.errors import TakeError
    from geface_bridge.takes import read_take

    take = read_take(config.take)
    if not take.frames:
        raise TakeError(f"{config.take} holds no frames: nothing to play")
    if config.begin_s is None and config.end_s is None:
        return take
    begin_s = take.begin_s if config.begin_s is None else config.begin_s
    return take.between(begin_s, float("inf") if config.end_s is None else config.end_s)


def _status(head: Playhead, take: Take, server: FaceServer) -> str:
    count = server.stats().clients
    clients = "1 client" if count == 1 else f"{count} clients"
    state = "paused" if head.paused else f"{head.speed:g}x"
    position_s = head.position_s(time.monotonic()) - take.begin_s
    return f"{position_s:.1f} of {take.end_s - take.begin_s:.1f} s  {state}  {clients}"
