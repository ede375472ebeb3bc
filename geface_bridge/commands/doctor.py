"""``geface-bridge doctor``: looks whether this machine can stream, and says what to do if not."""

from __future__ import annotations

import importlib
import platform
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata

import click

from geface_bridge.config import PHONE_PORTS, PhoneConfig
from geface_bridge.errors import GefaceError

DISTRIBUTION = "geface-bridge"
PORT = 8765
CAMERAS_TRIED = 3
RENDER_TIMEOUT_S = 60
# In a process of its own: a broken GL driver may take the whole process down.
RENDER_PROBE = """
from rig.render import Renderer
from rig.sampling import sample_face
print(Renderer(64).render(sample_face(0, 0)).image_rgb.shape)
"""


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        topic: what was looked at.
        good: whether it serves.
        needed: whether streaming a video depends on it.
        text: what was found.
        advice: what to do, when it does not serve.
    """

    topic: str
    good: bool
    needed: bool
    text: str
    advice: str = ""

    def line(self) -> str:
        """One line for the terminal."""
        mark = "ok" if self.good else "PROBLEM" if self.needed else "missing"
        advice = "" if self.good else f" -> {self.advice}"
        return f"{mark:8}{self.topic:10}{self.text}{advice}"


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
@click.option("--no-camera", is_flag=True, help="Do not open cameras.")
def doctor(port: int, no_camera: bool) -> None:
    """Check this machine and say, line by line, what to do.

    Exits with 0 if streaming a video would work, else with 1.
    """
    streams = True
    for finding in findings(port, with_camera=not no_camera):
        click.echo(finding.line())
        streams = streams and (finding.good or not finding.needed)
    works = "geface-bridge stream --video FILE works here"
    click.echo(works if streams else f"not yet: mend the lines marked PROBLEM, then {works}")
    sys.exit(0 if streams else 1)


def findings(port: int, with_camera: bool) -> Iterator[Finding]:
    """Every check's finding, as soon as it is known."""
    yield python()
    yield packages()
    yield tracker()
    yield model()
    yield clip()
    yield port_free(port)
    yield phones()
    if with_camera:
        yield cameras()
    yield rendering()


def python() -> Finding:
    """The interpreter, against what the distribution asks for."""
    version = platform.python_version()
    text = f"{version} on {platform.system()} {platform.machine()}, {sys.executable}"
    good = (3, 10) <= sys.version_info < (3, 13)
    return Finding("python", good, True, text, "use Python 3.10, 3.11 or 3.12")


def packages() -> Finding:
    """Every package that the distribution requires: present, importable, of a fitting version."""
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        advice = "pip install -e . in the repository"
        return Finding("packages", False, True, f"{DISTRIBUTION} is not installed", advice)
    names = [re.split(r"[^\w.-]", line)[0] for line in required if "extra ==" not in line]
    lacking = [name for name in names if _version(name) is None]
    if lacking:
        advice = f"pip install {' '.join(lacking)}"
        return Finding("packages", False, True, f"missing {', '.join(lacking)}", advice)
    if not (_version("numpy") or "").startswith("1."):
        text = f"numpy {_version('numpy')}, MediaPipe 0.10.21 needs 1.x"
        return Finding("packages", False, True, text, "pip install 'numpy<2'")
    return _importable(names)


def tracker() -> Finding:
    """The face tracker, built and run on a blank image."""

    def probe() -> str:
        import numpy as np

        from geface_bridge.align import FaceAligner

        with FaceAligner() as aligner:
            aligner.align(np.zeros((120, 160, 3), np.uint8))
        return f"MediaPipe {_version('mediapipe')}"

    advice = "pip install --force-reinstall mediapipe==0.10.21 'numpy<2'"
    return _probed("tracker", probe, advice)


def model() -> Finding:
    """The packaged weights: hash, layout, and that they load."""

    def probe() -> str:
        from geface_bridge.estimate import Estimator

        with closing(Estimator.load()) as estimator:
            card = estimator.card
        return f"{card.name}, layout {card.layout_id}, sha256 {card.sha256[:12]}… as on its card"

    return _probed("model", probe, "install geface-bridge again")


def clip() -> Finding:
    """The bundled clip that plays when there is no camera."""

    def probe() -> str:
        from geface_bridge.capture import open_performance

        with closing(open_performance()) as source:
            return f"bundled clip, {source.rate_hz:g} frames a second"

    return _probed("clip", probe, "install geface-bridge again", needed=False)


def port_free(port: int) -> Finding:
    """Whether the server could listen."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        if sys.platform != "win32":  # as asyncio does; on Windows it would share a busy port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            advice = f"end the program that has it, or stream with --port {port + 1}"
            return Finding("port", False, True, f"{port} is taken ({error.strerror})", advice)
    return Finding("port", True, True, f"127.0.0.1:{port} is free")


def phones(port: int = PHONE_PORTS["livelink"]) -> Finding:
    """Whether phones could be listened to; another program, Unreal say, may have the port."""
    from geface_bridge.inputs import open_phones

    try:
        open_phones(PhoneConfig(host="0.0.0.0", port=port), 1, lambda *_: None).close()
    except GefaceError as error:
        text, _, advice = str(error).partition(": ")
        return Finding("phones", False, False, text, advice)
    text = f"UDP {port} is free for stream --from livelink --from-host 0.0.0.0"
    return Finding("phones", True, False, text)


def cameras() -> Finding:
    """The first few cameras."""
    from geface_bridge.capture import open_camera

    seen, advice = [], ""
    for index in range(CAMERAS_TRIED):
        try:
            with closing(open_camera(index)) as source:
                height, width = next(source.frames()).image_rgb.shape[:2]
            seen.append(f"camera {index} {width}x{height}")
        except GefaceError as error:
            advice = advice or str(error).partition("; ")[2]
    return Finding("camera", bool(seen), False, ", ".join(seen) or "none", advice)


def rendering() -> Finding:
    """Whether the rig can be rendered off screen, for training and the bundled clip's maker."""
    if _version("pyrender") is None:
        advice = "only training needs it: pip install 'geface-bridge[render]'"
        return Finding("rendering", False, False, "pyrender is not installed", advice)
    try:
        probe = subprocess.run(
            [sys.executable, "-c", RENDER_PROBE],
            capture_output=True,
            text=True,
            timeout=RENDER_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        text = f"no picture within {RENDER_TIMEOUT_S} s"
    else:
        if probe.returncode == 0:
            return Finding("rendering", True, False, "the rig renders off screen")
        text = (probe.stderr.strip().splitlines() or [f"exit code {probe.returncode}"])[-1]
    advice = "only training needs it: on Debian and Ubuntu apt install libegl1 libgl1-mesa-dri"
    return Finding("rendering", False, False, text, advice)


def _probed(topic: str, probe: Callable[[], str], advice: str, needed: bool = True) -> Finding:
    """A finding from a function that returns what it found or raises."""
    try:
        return Finding(topic, True, needed, probe())
    except GefaceError as error:
        text, _, own_advice = str(error).rpartition("; ")
        return Finding(topic, False, needed, text or str(error), own_advice if text else advice)
    except Exception as error:  # a doctor reports what it meets, whatever it is
        text = (str(error) or type(error).__name__).splitlines()[0]
        return Finding(topic, False, needed, text, advice)


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _importable(names: list[str]) -> Finding:
    """Import what has native parts; a missing system library shows only then."""
    for name in ("cv2", "onnxruntime"):
        try:
            importlib.import_module(name)
        except Exception as error:  # ImportError, OSError, and what loaders make of them
            text = f"{name} does not load: {str(error).splitlines()[0]}"
            advice = "install the system library it names (Debian and Ubuntu: libgl1 libglib2.0-0)"
            return Finding("packages", False, True, text, advice)
    text = ", ".join(f"{name} {_version(name)}" for name in names)
    return Finding("packages", True, True, text)
