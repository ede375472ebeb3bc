"""``geface-bridge stream``: follow a face live and serve it to characters."""

from __future__ import annotations

import queue
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geface_bridge import config as c

if TYPE_CHECKING:
    from geface_bridge.live import FaceChain, LiveLoop, PersistentSource, Snapshot, StatusLine
    from geface_bridge.protocol import Command, Level
    from geface_bridge.server import FaceServer


@click.command("stream")
@click.option("--camera", type=int, metavar="N", help="Camera by number; the first is 0.")
@click.option("--video", type=click.Path(path_type=Path), metavar="FILE", help="Video file.")
@click.option("--url", metavar="URL", help="MJPEG or RTSP stream.")
@click.option("--loop", is_flag=True, help="Start the video again at its end.")
@click.option(
    "--realtime/--fast",
    default=True,
    help="Video at the pace it was filmed, or as fast as it goes.",
)
@click.option("--host", default=c.DEFAULT_HOST, show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=c.DEFAULT_PORT, show_default=True, help="Its port.")
@click.option("--token", envvar="GEFACE_TOKEN", help="Clients must show it; beyond this machine.")
@click.option(
    "--faces",
    type=click.IntRange(1, c.MAX_FACES),
    default=1,
    show_default=True,
    help="Faces to follow, one subject each.",
)
@click.option("--seconds", type=click.FloatRange(min=0), help="End after this many seconds.")
@click.option("--viewer/--no-viewer", help="Serve a page on which a head follows the face.")
@click.option("--viewer-port", type=int, default=c.DEFAULT_VIEWER_PORT, show_default=True)
@click.option("--no-browser", is_flag=True, help="Do not open the viewer's page.")
@click.option(
    "--calibrate",
    type=click.FloatRange(0, 60),
    metavar="SECONDS",
    help="Take the face of the first seconds as neutral.",
)
@click.option(
    "--smoothing",
    type=click.FloatRange(0, 10),
    default=1.0,
    show_default=True,
    help="0 for none; 2 is twice as smooth and as late.",
)
@click.option("--model", type=click.Path(path_type=Path), help="Other weights (ONNX with card).")
def stream(
    camera: int | None,
    video: Path | None,
    url: str | None,
    loop: bool,
    realtime: bool,
    host: str,
    port: int,
    token: str | None,
    faces: int,
    seconds: float | None,
    viewer: bool,
    viewer_port: int,
    no_browser: bool,
    calibrate: float | None,
    smoothing: float,
    model: Path | None,
) -> None:
    """Follow a face live and serve it to characters.

    Without --camera, --video or --url it takes camera 0, or the bundled clip where there is no
    camera. Ctrl-C ends it.
    """
    source = c.SourceConfig(camera, video, url, loop, realtime)
    run(
        c.StreamConfig(
            source=source,
            host=host,
            port=port,
            token=token,
            faces=faces,
            seconds=seconds,
            viewer=viewer,
            viewer_port=viewer_port,
            browser=not no_browser,
            calibrate_s=calibrate,
            smoothing=smoothing,
            model=model,
        )
    )


def run(config: c.StreamConfig) -> None:
    """Do the command.

    Raises:
        GefaceError: source, model, port or viewer port cannot be used.
    """
    from geface_bridge.live import LiveLoop, StatusLine, open_source

    began_s = time.monotonic()
    line = StatusLine(sys.stdout)
    teller = _Teller(line)
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    with ExitStack() as stack:
        source = stack.enter_context(closing(open_source(config.source, teller)))
        server = stack.enter_context(_server(config, source, commands))
        teller.server = server
        line.say(f"stream: {shown_address(server)} from {source.name}")
        _start_viewer(config, server, line, stack)
        chain = _chain(config, stack)
        live = LiveLoop(source, chain, server, config.faces, teller, commands)
        stack.callback(line.end)
        live.run(config.seconds, _Display(line, live, server, source, began_s))


def shown_address(server: FaceServer) -> str:
    """The stream's address for people to copy, without the token."""
    from geface_bridge.viewer.server import stream_address

    beyond = "" if server.host not in ("", "0.0.0.0", "::") else " (and this machine's others)"
    return stream_address(server.host, server.port) + beyond


class _Teller:
    """Sends an event to the terminal and, once there is one, to the clients."""

    def __init__(self, line: StatusLine) -> None:
        self.server: FaceServer | None = None
        self._line = line

    def __call__(self, level: Level, text: str) -> None:
        self._line.say(text if level == "info" else f"{level}: {text}")
        if self.server is not None:
            self.server.status(level, text)


class _Display:
    """Keeps the status line up to date after each frame."""

    def __init__(
        self,
        line: StatusLine,
        live: LiveLoop,
        server: FaceServer,
        source: PersistentSource,
        began_s: float,
    ) -> None:
        self._line, self._live, self._server, self._source = line, live, server, source
        self._began_s: float | None = began_s

    def __call__(self) -> None:
        if self._began_s is not None:
            self._line.say(f"first frame after {time.monotonic() - self._began_s:.1f} s")
            self._began_s = None
        if self._line.due:  # counting is not for every frame
            self._line.show(self._snapshot())

    def _snapshot(self) -> Snapshot:
        from geface_bridge.live import Snapshot

        stats, meter = self._server.stats(), self._live.meter
        return Snapshot(
            rate_hz=meter.rate_hz,
            stage_ms=meter.milliseconds,
            clients=stats.clients,
            skipped=self._source.dropped,
            dropped=stats.dropped,
            faces=self._live.faces,
        )


def _server(
    config: c.StreamConfig, source: PersistentSource, commands: queue.SimpleQueue[Command]
) -> FaceServer:
    from geface_bridge.protocol import Hello
    from geface_bridge.server import FaceServer
    from rig.layout import load_layout

    several = tuple(f"face {number}" for number in range(1, config.faces + 1))
    hello = Hello.from_layout(
        load_layout(),
        subjects=several if config.faces > 1 else ("face",),
        source=source.name,
        rate_hz=source.rate_hz,
    )
    return FaceServer(hello, config.host, config.port, commands.put, token=config.token)


def _start_viewer(
    config: c.StreamConfig, server: FaceServer, line: StatusLine, stack: ExitStack
) -> None:
    if not config.viewer:
        return
    from geface_bridge.viewer import ViewerServer, open_browser
    from geface_bridge.viewer.server import stream_address

    address = stream_address(server.host, server.port, config.token)
    page = stack.enter_context(ViewerServer(address, config.viewer_port))
    line.say(f"viewer: {page.url}")
    if config.browser:
        open_browser(page.url)


def _chain(config: c.StreamConfig, stack: ExitStack) -> FaceChain:
    from geface_bridge.align import FaceAligner
    from geface_bridge.estimate import Estimator
    from geface_bridge.live import FaceChain

    estimator = stack.enter_context(closing(Estimator.load(config.model)))
    aligner = stack.enter_context(FaceAligner(config.faces))
    chain = FaceChain(aligner, estimator, config.faces, config.smoothing)
    if config.calibrate_s is not None:
        chain.calibrate(config.calibrate_s)
    return chain
