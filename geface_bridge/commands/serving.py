"""What ``stream`` and ``play`` share: the options of the server, the server, the viewer."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from geface_bridge import config as c

if TYPE_CHECKING:
    import ssl

    from geface_bridge.live import StatusLine
    from geface_bridge.protocol import Command, Hello, Level
    from geface_bridge.server import FaceServer

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--host", default=c.DEFAULT_HOST, show_default=True, help="Address to listen on."),
    click.option("--port", type=int, default=c.DEFAULT_PORT, show_default=True, help="Its port."),
    click.option(
        "--token",
        envvar="GEFACE_TOKEN",
        help="Clients must show it. Beyond this machine one is made if none is given.",
    ),
    click.option(
        "--tls-cert",
        type=click.Path(path_type=Path),
        metavar="PEM",
        help="Serve wss:// with this certificate (chain).",
    ),
    click.option(
        "--tls-key", type=click.Path(path_type=Path), metavar="PEM", help="The certificate's key."
    ),
    click.option(
        "--max-clients",
        type=click.IntRange(1, 10_000),
        default=c.DEFAULT_MAX_CLIENTS,
        show_default=True,
        help="Connected at once.",
    ),
    click.option(
        "--origin",
        "origins",
        multiple=True,
        metavar="ORIGIN",
        help="Let browser pages of https://… connect; this machine's may. Repeatable.",
    ),
    click.option("--viewer/--no-viewer", help="Serve a page on which a head follows the face."),
    click.option("--viewer-port", type=int, default=c.DEFAULT_VIEWER_PORT, show_default=True),
    click.option("--no-browser", is_flag=True, help="Do not open the viewer's page."),
)


def serving_options(command: Decorated) -> Decorated:
    """Add the server's options to a command; ``take_serving`` turns them into a config."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_serving(options: dict[str, Any]) -> c.ServingConfig:
    """The server's configuration, taken out of a command's keyword arguments."""
    names = ("host", "port", "token", "tls_cert", "tls_key", "max_clients", "origins")
    values = {name: options.pop(name) for name in (*names, "viewer", "viewer_port")}
    return c.ServingConfig(**values, browser=not options.pop("no_browser"))


class Teller:
    """Sends an event to the terminal and, once there is one, to the clients."""

    def __init__(self, line: StatusLine) -> None:
        self.server: FaceServer | None = None
        self._line = line

    def __call__(self, level: Level, text: str) -> None:
        """Tell of an event."""
        self._line.say(text if level == "info" else f"{level}: {text}")
        if self.server is not None:
            self.server.status(level, text)


def start_serving(
    config: c.ServingConfig,
    hello: Hello,
    on_command: Callable[[Command], None],
    line: StatusLine,
    stack: ExitStack,
) -> FaceServer:
    """Start server and viewer, tell the user where they are, stop them with the stack.

    Raises:
        GefaceError: a port, a certificate or the token cannot be used.
    """
    from geface_bridge.server import FaceServer
    from geface_bridge.server.access import is_loopback

    token = config.token
    if token is None and not is_loopback(config.host):
        token = secrets.token_urlsafe(16)
        line.say(f"token: {token}   (other machines can reach {config.host}; clients must show it)")
    server = stack.enter_context(
        FaceServer(
            hello,
            config.host,
            config.port,
            on_command,
            token=token,
            allowed_origins=config.origins,
            max_clients=config.max_clients,
            tls=_tls(config),
        )
    )
    line.say(f"stream: {shown_address(server)} from {hello.source}")
    _start_viewer(config, server, token, line, stack)
    return server


def shown_address(server: FaceServer) -> str:
    """The stream's address for people to copy, without the token."""
    from geface_bridge.viewer.server import stream_address

    beyond = "" if server.host not in ("", "0.0.0.0", "::") else " (and this machine's others)"
    return stream_address(server.host, server.port, tls=server.is_tls) + beyond


def _tls(config: c.ServingConfig) -> ssl.SSLContext | None:
    if config.tls_cert is None or config.tls_key is None:
        return None
    from geface_bridge.server.access import tls_context

    return tls_context(config.tls_cert, config.tls_key)


def _start_viewer(
    config: c.ServingConfig,
    server: FaceServer,
    token: str | None,
    line: StatusLine,
    stack: ExitStack,
) -> None:
    if not config.viewer:
        return
    from geface_bridge.viewer import ViewerServer, open_browser
    from geface_bridge.viewer.server import stream_address

    address = stream_address(server.host, server.port, token, tls=server.is_tls)
    page = stack.enter_context(ViewerServer(address, config.viewer_port))
    line.say(f"viewer: {page.url}")
    if config.browser:
        open_browser(page.url)
