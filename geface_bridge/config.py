"""What a live stream is told to do, checked once and frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from geface_bridge.errors import ConfigError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
DEFAULT_VIEWER_PORT = 8766
DEFAULT_MAX_CLIENTS = 256
DEFAULT_RATE_HZ = 30.0  # of a source or take that does not state its own
MAX_FACES = 16  # geface.v1 has no more subjects
PHONE_PORTS = {"livelink": 11111, "ifacialmocap": 49983}


@dataclass(frozen=True)
class PhoneConfig:
    """Phones that measure faces themselves and send numbers here.

    Attributes:
        format: "livelink" or "ifacialmocap".
        host: address to listen on; only phones on this machine reach a loopback one.
        port: 0..65535; 0 for any.
        phone: host that is asked to send, as iFacialMocap wants; "" for none.

    Raises:
        ConfigError: a port that is none, or a format that is not asked.
    """

    format: str = "livelink"
    host: str = DEFAULT_HOST
    port: int = PHONE_PORTS["livelink"]
    phone: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"port of --from is {self.port}, expected 0 to 65535")
        if self.phone and self.format != "ifacialmocap":
            raise ConfigError(
                f"--phone is given with --from {self.format}, which needs no asking: leave it out, "
                "and enter this machine's address in the application"
            )

    @classmethod
    def parse(cls, text: str, host: str, phone: str = "") -> PhoneConfig:
        """``livelink``, ``ifacialmocap``, either with ``:PORT``.

        Raises:
            ConfigError: it is none of these.
        """
        format_, colon, port = text.partition(":")
        if format_ not in PHONE_PORTS or (colon and not (port.isascii() and port.isdecimal())):
            expected = " or ".join(f"{name}[:PORT]" for name in PHONE_PORTS)
            raise ConfigError(f"--from is {text!r}, expected {expected}")
        return cls(format_, host, int(port[:6]) if colon else PHONE_PORTS[format_], phone)


@dataclass(frozen=True)
class SourceConfig:
    """Where pictures come from; nothing chosen means camera 0, else the bundled clip.

    Attributes:
        camera: index of a camera.
        video: a file.
        url: an MJPEG or RTSP stream.
        phone: phones, instead of pictures.
        loop: start the file again at its end.
        realtime: play the file at the pace it was filmed; False: as fast as possible.

    Raises:
        ConfigError: more than one chosen, or an option that does not go with the choice.
    """

    camera: int | None = None
    video: Path | None = None
    url: str | None = None
    phone: PhoneConfig | None = None
    loop: bool = False
    realtime: bool = True

    def __post_init__(self) -> None:
        options: dict[str, object] = {
            "--camera": self.camera,
            "--video": self.video,
            "--url": self.url,
        }
        options["--from"] = self.phone
        chosen = [name for name, value in options.items() if value is not None]
        if len(chosen) > 1:
            raise ConfigError(
                f"{' and '.join(chosen)} are given, expected one of them: leave the others out"
            )
        if self.video is None and (self.loop or not self.realtime):
            option = "--loop" if self.loop else "--fast"
            raise ConfigError(f"{option} is given without --video FILE: add it, or leave it out")


@dataclass(frozen=True)
class ServingConfig:
    """How frames are served.

    Attributes:
        host, port: of the websocket server.
        token: clients must show it; beyond this machine one is made where none is given.
        tls_cert, tls_key: PEM files; both or none.
        max_clients: connected at once.
        origins: of browser pages that may connect, beside the pages of this machine.
        viewer: serve the page too, on viewer_port; browser: open it.

    Raises:
        ConfigError: one of the TLS files without the other.
    """

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    token: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    max_clients: int = DEFAULT_MAX_CLIENTS
    origins: tuple[str, ...] = ()
    viewer: bool = False
    viewer_port: int = DEFAULT_VIEWER_PORT
    browser: bool = True

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            given, missing = (
                ("--tls-key", "--tls-cert")
                if self.tls_cert is None
                else ("--tls-cert", "--tls-key")
            )
            raise ConfigError(f"{given} is given without {missing}: TLS needs both files")


@dataclass(frozen=True)
class OutputsConfig:
    """Other programs that frames are sent to: addresses as the user wrote them.

    Attributes:
        livelink, vmc, ifacialmocap, osc, vts: HOST or HOST:PORT, any number of each.
        livelink_subject: name in Unreal.
        vmc_names: "arkit" or "vrm".
    """

    livelink: tuple[str, ...] = ()
    vmc: tuple[str, ...] = ()
    ifacialmocap: tuple[str, ...] = ()
    osc: tuple[str, ...] = ()
    vts: tuple[str, ...] = ()
    livelink_subject: str = "geface"
    vmc_names: Literal["arkit", "vrm"] = "arkit"

    @property
    def any(self) -> bool:
        """Whether there is any."""
        return bool(self.livelink or self.vmc or self.ifacialmocap or self.osc or self.vts)


@dataclass(frozen=True)
class StreamConfig:
    """All of ``geface-bridge stream``.

    Attributes:
        source: where pictures come from.
        serving, outputs: where frames go.
        faces: 1..MAX_FACES, one subject each.
        seconds: end after so long, None for never.
        calibrate_s: take the first seconds of each face as neutral, None for not.
        smoothing: 0 for none, 1 as tuned, more is smoother and later; None for 1 of pictures and
            0 of phones, which smooth themselves.
        model: weights other than the packaged ones.
        record: a take file, or a folder for one; audio: name of the sound recorded beside it.
        performers: whose faces they are, in the subjects' order; calibrations are loaded and kept.
        rest_s: take the neutral of a face that rests so long; 0 for never.

    Raises:
        ConfigError: more performers than faces, sound beside no take, weights for a phone.
    """

    source: SourceConfig = field(default_factory=SourceConfig)
    serving: ServingConfig = field(default_factory=ServingConfig)
    outputs: OutputsConfig = field(default_factory=OutputsConfig)
    faces: int = 1
    seconds: float | None = None
    calibrate_s: float | None = None
    smoothing: float | None = None
    model: Path | None = None
    record: Path | None = None
    audio: str = ""
    performers: tuple[str, ...] = ()
    rest_s: float = 0.0

    def __post_init__(self) -> None:
        if len(self.performers) > self.faces:
            raise ConfigError(
                f"{len(self.performers)} performers are named for {self.faces} face(s): "
                f"add --faces {len(self.performers)}"
            )
        if self.audio and self.record is None:
            raise ConfigError("--audio is given without --record: a name needs a take to stand in")
        if self.model is not None and self.source.phone is not None:
            raise ConfigError("--model is given with --from: phones measure without one")

    @property
    def smoothing_used(self) -> float:
        """``smoothing``, with what None means."""
        if self.smoothing is None:
            return 1.0 if self.source.phone is None else 0.0
        return self.smoothing


@dataclass(frozen=True)
class PlayConfig:
    """All of ``geface-bridge play``.

    Attributes:
        take: the file.
        serving, outputs: where frames go.
        speed: 0.01..100 times the recorded.
        loop: begin again at the end.
        begin_s, end_s: play only this part, in the take's time; None for all.
        seconds: end after so long, None for when the take ends.
    """

    take: Path
    serving: ServingConfig = field(default_factory=ServingConfig)
    outputs: OutputsConfig = field(default_factory=OutputsConfig)
    speed: float = 1.0
    loop: bool = False
    begin_s: float | None = None
    end_s: float | None = None
    seconds: float | None = None
