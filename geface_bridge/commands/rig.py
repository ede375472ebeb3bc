"""``geface-bridge rig``: the rig's head in the browser, with a slider for everything it does."""

from __future__ import annotations

import math
import time
from contextlib import suppress

import click

from geface_bridge.config import DEFAULT_VIEWER_PORT


@click.command("rig")
@click.option("--viewer-port", type=int, default=DEFAULT_VIEWER_PORT, show_default=True)
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
@click.option("--seconds", type=click.FloatRange(min=0), help="End after this many seconds.")
def rig(viewer_port: int, no_browser: bool, seconds: float | None) -> None:
    """Move the rig's head by hand: action units, gaze, head and identity.

    Serves a page with a slider for everything the head does, to this machine only, until Ctrl-C.
    """
    from geface_bridge.viewer import ViewerServer, open_browser

    with ViewerServer(None, viewer_port) as page:
        click.echo(f"rig: {page.url} (Ctrl-C ends it)")
        if not no_browser:
            open_browser(page.url)
        with suppress(KeyboardInterrupt):
            _wait(seconds)


def _wait(seconds: float | None) -> None:
    """Sleep in short turns: on Windows Ctrl-C waits for the end of one."""
    end_s = math.inf if seconds is None else time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        time.sleep(min(left_s, 0.5))
