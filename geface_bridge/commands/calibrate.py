"""``geface-bridge calibrate``: guide a performer through the calibration of a running stream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

import click

from geface_bridge.config import DEFAULT_HOST, DEFAULT_PORT

if TYPE_CHECKING:
    from geface_bridge.server import FaceClient

PATIENCE_S = 15.0  # beyond the time itself: a face may be out of view at first


@click.command("calibrate")
@click.argument("kind", type=click.Choice(["neutral", "range", "clear"]), default="neutral")
@click.option(
    "--url", default=f"ws://{DEFAULT_HOST}:{DEFAULT_PORT}", show_default=True, help="The stream."
)
@click.option("--token", envvar="GEFACE_TOKEN", help="As the stream asks for.")
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 60),
    help="How long to look; default 2 for neutral, 8 for range.",
)
@click.option("--subject", type=click.IntRange(0), help="Which face; default every one.")
@click.option(
    "--channel", "channels", multiple=True, help="Of range: this one only, AU12_L. Repeatable."
)
@click.option("--countdown", type=click.IntRange(0, 30), default=3, show_default=True)
def calibrate(
    kind: Literal["neutral", "range", "clear"],
    url: str,
    token: str | None,
    seconds: float | None,
    subject: int | None,
    channels: tuple[str, ...],
    countdown: int,
) -> None:
    """Calibrate the face of a running stream.

    neutral takes the resting face as zero; range takes the strongest expressions as one; clear
    forgets both. A stream with --performer NAME keeps what it learns.
    """
    from geface_bridge.protocol import Calibrate
    from geface_bridge.server import FaceClient

    duration_s = 0.0 if kind == "clear" else seconds or (2.0 if kind == "neutral" else 8.0)
    with FaceClient(url, token=token) as client:
        _count_down(kind, countdown, channels)
        client.send(Calibrate(duration_s, subject, kind, channels))
        _follow(client, duration_s)


def _count_down(kind: str, seconds: int, channels: tuple[str, ...]) -> None:
    if kind == "clear":
        return
    what = ", ".join(channels) or "brows, eyes, cheeks, nose, mouth, jaw in turn"
    guide = {
        "neutral": "Relax your face, mouth closed, and look at the camera.",
        "range": f"When it begins, go as far as you can: {what}.",
    }
    click.echo(guide[kind])
    for left in range(seconds, 0, -1):
        click.echo(f"{left} …")
        time.sleep(1.0)


def _follow(client: FaceClient, duration_s: float) -> None:
    """Repeat what the server says until it is done.

    Raises:
        ServerError: it refused, or saw no face.
    """
    from geface_bridge.errors import ServerError
    from geface_bridge.live.loop import CLEARED, LEARNED
    from geface_bridge.protocol import Status

    end_s = time.monotonic() + duration_s + PATIENCE_S
    while time.monotonic() < end_s:
        message = client.receive(0.5)
        if not isinstance(message, Status):
            continue
        if message.level == "error":
            raise ServerError(message.text)
        click.echo(message.text)
        if message.text in (LEARNED, CLEARED):
            return
    raise ServerError(
        f"nothing was learned within {duration_s + PATIENCE_S:g} s: is the face in view?"
    )
