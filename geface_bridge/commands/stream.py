"""``geface-bridge stream``: follow a face live and serve it to characters."""

from __future__ import annotations

import queue
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geface_bridge import config as c
from geface_bridge.commands.outputs import open_outputs, output_options, take_outputs
from geface_bridge.commands.serving import Teller, serving_options, start_serving, take_serving
from geface_bridge.errors import ConfigError

if TYPE_CHECKING:
    from geface_bridge.inputs import PhoneSource
    from geface_bridge.live import (
        FaceChain,
        LiveLoop,
        PersistentSource,
        PhoneChain,
        Snapshot,
        StatusLine,
    )
    from geface_bridge.protocol import Command, Hello
    from geface_bridge.server import FaceServer
    from geface_bridge.server.metrics import Metric
    from geface_bridge.takes import TakeRecorder


@click.command("stream")
@click.option("--camera", type=int, metavar="N", help="Camera by number; the first is 0.")
@click.option("--video", type=click.Path(path_type=Path), metavar="FILE", help="Video file.")
@click.option("--url", metavar="URL", help="MJPEG or RTSP stream.")
@click.option(
    "--from",
    "sender",
    metavar="livelink[:PORT]",
    help="No pictures: phones that run Live Link Face send here (port 11111); or ifacialmocap "
    "(port 49983).",
)
@click.option(
    "--from-host",
    default=c.DEFAULT_HOST,
    show_default=True,
    metavar="HOST",
    help="Where --from listens; 0.0.0.0 for every address, so that phones reach it.",
)
@click.option("--phone", default="", metavar="HOST", help="A phone that ifacialmocap has to ask.")
@click.option("--loop", is_flag=True, help="Start the video again at its end.")
@click.option(
    "--realtime/--fast",
    default=True,
    help="Video at the pace it was filmed, or as fast as it goes.",
)
@serving_options
@output_options
@click.option(
    "--faces",
    type=click.IntRange(1, c.MAX_FACES),
    default=1,
    show_default=True,
    help="Faces to follow, one subject each.",
)
@click.option("--seconds", type=click.FloatRange(min=0), help="End after this many seconds.")
@click.option(
    "--calibrate",
    type=click.FloatRange(0, 60),
    metavar="SECONDS",
    help="Take the face of the first seconds as neutral.",
)
@click.option(
    "--smoothing",
    type=click.FloatRange(0, 10),
    help="0 for none, 1 as tuned, 2 twice as smooth and as late; unless given 1, of phones 0.",
)
@click.option("--model", type=click.Path(path_type=Path), help="Other weights (ONNX with card).")
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Record a take; a folder gets one named after the time.",
)
@click.option(
    "--audio",
    default="",
    metavar="NAME",
    help="Name in the take the sound file that is recorded beside it.",
)
@click.option(
    "--performer",
    "performers",
    multiple=True,
    metavar="NAME",
    help="Whose face it is: their calibration is loaded and kept. Once for each of --faces.",
)
@click.option(
    "--auto-neutral",
    "rest_s",
    type=click.FloatRange(0, 30),
    default=0.0,
    metavar="SECONDS",
    help="Take the neutral face by itself once it has rested so long.",
)
def stream(
    camera: int | None,
    video: Path | None,
    url: str | None,
    sender: str | None,
    from_host: str,
    phone: str,
    loop: bool,
    realtime: bool,
    calibrate: float | None,
    **options: Any,
) -> None:
    """Follow a face live and serve it to characters.

    Without --camera, --video, --url or --from it takes camera 0, or the bundled clip where there is
    no camera. Ctrl-C ends it.
    """
    if sender is None and (phone or from_host != c.DEFAULT_HOST):
        raise ConfigError("--phone and --from-host say where --from listens: add --from livelink")
    phones = None if sender is None else c.PhoneConfig.parse(sender, from_host, phone)
    source = c.SourceConfig(camera, video, url, phones, loop, realtime)
    serving, outputs = take_serving(options), take_outputs(options)
    run(c.StreamConfig(source, serving, outputs, calibrate_s=calibrate, **options))


def run(config: c.StreamConfig) -> None:
    """Do the command.

    Raises:
        GefaceError: source, model, take, port or viewer port cannot be used.
    """
    from geface_bridge.live import FanOut, LiveLoop, Outlet, StatusLine

    began_s = time.monotonic()
    line = StatusLine(sys.stdout)
    teller = Teller(line)
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    with ExitStack() as stack:
        source = stack.enter_context(closing(_source(config, teller)))
        hello = _hello(config, source)
        server = start_serving(config.serving, hello, commands.put, line, stack)
        teller.server = server
        recorder = _recorder(config, hello, teller, stack)
        outlets: list[Outlet] = [server] if recorder is None else [server, recorder]
        outlets += open_outputs(config.outputs, config.faces, line, stack)
        chain = _chain(config, teller, stack)
        out = FanOut(outlets, teller)
        live: LiveLoop[Any] = LiveLoop(source, chain, out, config.faces, teller, commands)
        live.recorder = recorder
        live.on_calibrated = lambda: _keep(config, chain, teller)
        server.more_metrics = lambda: _metrics(live, source)
        stack.callback(line.end)
        live.run(config.seconds, _Display(line, live, server, source, began_s))


def _source(config: c.StreamConfig, teller: Teller) -> PersistentSource | PhoneSource:
    if config.source.phone is None:
        from geface_bridge.live import open_source

        return open_source(config.source, teller)
    from geface_bridge.inputs import open_phones

    _refuse_circle(config.source.phone, config.outputs)
    return open_phones(config.source.phone, config.faces, teller)


def _refuse_circle(phone: c.PhoneConfig, outputs: c.OutputsConfig) -> None:
    """Raise ConfigError where an output sends to the very port that is listened on."""
    from geface_bridge.outputs import parse_address
    from geface_bridge.server.access import is_loopback

    for text in getattr(outputs, phone.format):
        address = parse_address(text, c.PHONE_PORTS[phone.format])
        if address.port == phone.port and is_loopback(address.host):
            raise ConfigError(
                f"--{phone.format} {text} sends what --from {phone.format} takes in, "
                f"both at port {phone.port}: give one of them another port"
            )


def _metrics(live: LiveLoop[Any], source: PersistentSource | PhoneSource) -> list[Metric]:
    from geface_bridge.server.metrics import Metric, counter, gauge

    stages = tuple((name, spent / 1000) for name, spent in live.meter.milliseconds.items())
    return [
        gauge("frame_rate_hz", "Frames a second, over the last two seconds.", live.meter.rate_hz),
        gauge("faces", "Faces in view.", live.faces),
        counter("source_frames_skipped_total", "Frames that came too fast.", source.dropped),
        counter("source_ignored_total", "Datagrams that no phone sent.", source.ignored),
        Metric("stage_seconds", "Mean time of a stage.", "gauge", stages, "stage"),
    ]


def _hello(config: c.StreamConfig, source: PersistentSource | PhoneSource) -> Hello:
    from geface_bridge.protocol import Hello
    from rig.layout import load_layout

    several = tuple(f"face {number}" for number in range(1, config.faces + 1))
    return Hello.from_layout(
        load_layout(),
        subjects=several if config.faces > 1 else ("face",),
        source=source.name,
        rate_hz=source.rate_hz,
    )


def _recorder(
    config: c.StreamConfig, hello: Hello, teller: Teller, stack: ExitStack
) -> TakeRecorder | None:
    if config.record is None:
        return None
    from geface_bridge.takes import TakeFacts, TakeRecorder

    facts = TakeFacts(performer=", ".join(config.performers), audio=config.audio)
    recorder = stack.enter_context(TakeRecorder(config.record, hello, facts, teller))
    teller("info", f"take: {recorder.path}")
    return recorder


class _Display:
    """Keeps the status line up to date after each frame."""

    def __init__(
        self,
        line: StatusLine,
        live: LiveLoop[Any],
        server: FaceServer,
        source: PersistentSource | PhoneSource,
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


def _chain(config: c.StreamConfig, teller: Teller, stack: ExitStack) -> FaceChain | PhoneChain:
    from geface_bridge.performers import load_performer, performer_path
    from geface_bridge.protocol import Calibrate

    chain = _picture_chain(config, stack) if config.source.phone is None else _phone_chain(config)
    for subject, name in enumerate(config.performers):
        performer = load_performer(name)
        if performer is not None:
            chain.set_performer(subject, performer)
            teller("info", f"{name}: calibration of {performer_path(name)}")
        else:
            teller("info", f"{name}: no calibration yet; run geface-bridge calibrate")
    if config.calibrate_s is not None:
        chain.calibrate(Calibrate(config.calibrate_s))
    return chain


def _picture_chain(config: c.StreamConfig, stack: ExitStack) -> FaceChain:
    from geface_bridge.align import FaceAligner
    from geface_bridge.estimate import Estimator
    from geface_bridge.live import FaceChain

    estimator = stack.enter_context(closing(Estimator.load(config.model)))
    aligner = stack.enter_context(FaceAligner(config.faces))
    smoothing = config.smoothing_used
    return FaceChain(aligner, estimator, config.faces, smoothing, rest_s=config.rest_s)


def _phone_chain(config: c.StreamConfig) -> PhoneChain:
    from geface_bridge.live import PhoneChain

    return PhoneChain(config.faces, config.smoothing_used, rest_s=config.rest_s)


def _keep(config: c.StreamConfig, chain: FaceChain | PhoneChain, teller: Teller) -> None:
    from geface_bridge.performers import save_performer

    for name, performer in zip(config.performers, chain.performers, strict=False):
        try:
            teller("info", f"{name}: kept in {save_performer(name, performer)}")
        except ConfigError as error:  # a full disk must not end the stream
            teller("error", str(error))
