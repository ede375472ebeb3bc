"""What a live stream is told to do, checked once and frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from geface_bridge.errors import ConfigError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
DEFAULT_VIEWER_PORT = 8766
MAX_FACES = 20


@dataclass(frozen=True)
class SourceConfig:
    """Where pictures come from; nothing chosen means camera 0, else the bundled clip.

    Attributes:
        camera: index of a camera.
        video: a file.
        url: an MJPEG or RTSP stream.
        loop: start the file again at its end.
        realtime: play the file at the pace it was filmed; False: as fast as possible.

    Raises:
        ConfigError: more than one chosen, or an option that does not go with the choice.
    """

    camera: int | None = None
    video: Path | None = None
    url: str | None = None
    loop: bool = False
    realtime: bool = True

    def __post_init__(self) -> None:
        options = {"--camera": self.camera, "--video": self.video, "--url": self.url}
        chosen = [name for name, value in options.items() if value is not None]
        if len(chosen) > 1:
            raise ConfigError(
                f"{' and '.join(chosen)} are given, expected one of them: leave the others out"
            )
        if self.video is None and (self.loop or not self.realtime):
            option = "--loop" if self.loop else "--fast"
            raise ConfigError(f"{option} is given without --video FILE: add it, or leave it out")


@dataclass(frozen=True)
class StreamConfig:
    """All of ``geface-bridge stream``.

    Attributes:
        source: where pictures come from.
        host, port, token: of the websocket server.
        faces: 1..MAX_FACES, one subject each.
        seconds: end after so long, None for never.
        viewer: serve the page too, on viewer_port; browser: open it.
        calibrate_s: take the first seconds of each face as neutral, None for not.
        smoothing: 0 for none, 1 as tuned, more is smoother and later.
        model: weights other than the packaged ones.
    """

    source: SourceConfig = field(default_factory=SourceConfig)
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    token: str | None = None
    faces: int = 1
    seconds: float | None = None
    viewer: bool = False
    viewer_port: int = DEFAULT_VIEWER_PORT
    browser: bool = True
    calibrate_s: float | None = None
    smoothing: float = 1.0
    model: Path | None = None
