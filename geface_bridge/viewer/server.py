"""Serves the pages, the head and the profile over HTTP, to this machine only.

Two pages share the server: the viewer, on which the head follows a stream, and the rig's own,
on which sliders move it (``geface-bridge rig``).
"""

from __future__ import annotations

import errno
import json
import os
import threading
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from geface_bridge.config import DEFAULT_VIEWER_PORT
from geface_bridge.errors import ServerError
from geface_bridge.protocol import SUBPROTOCOL
from geface_bridge.viewer import rig_page
from rig.head import rig_file
from rig.layout import Layout, load_layout

HOST = "127.0.0.1"
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".glb": "model/gltf-binary",
}


@dataclass(frozen=True)
class Asset:
    """One thing a page may fetch: what makes its bytes of the query, and what they are.

    ``read`` raises ValueError for a query that it does not understand.
    """

    read: Callable[[Mapping[str, str]], bytes]
    kind: str


def page_assets(page: str = "index.html") -> dict[str, Asset]:
    """Path → asset of everything that ships with the package, ``page`` first."""
    folder = resources.files("geface_bridge.viewer").joinpath("page")
    files = {f"/{item.name}": item.read_bytes for item in folder.iterdir() if _kind(item.name)}
    files["/"] = folder.joinpath(page).read_bytes
    assets = {path: Asset(_whatever_is_asked(read), _kind(path)) for path, read in files.items()}
    assets["/"] = Asset(assets["/"].read, _KINDS[".html"])
    for path, name in (("head.glb", "assets/head.glb"), ("profile.json", "profiles/geface.json")):
        read = rig_file(name).read_bytes
        assets[f"/rig/{path}"] = Asset(_whatever_is_asked(read), _kind(path))
    return assets


def rig_assets() -> dict[str, Asset]:
    """Path → asset of what the page of ``geface-bridge rig`` asks for besides."""
    rig = rig_page.rig_json()
    made = {"rig.json": lambda _: rig, "person.json": rig_page.person_json}
    made["props.json"] = rig_page.props_json
    made |= {f"{name}.png": partial(rig_page.picture_png, name) for name in rig_page.PICTURES}
    return {f"/rig/{name}": Asset(read, _kind(name)) for name, read in made.items()}


def _whatever_is_asked(read: Callable[[], bytes]) -> Callable[[Mapping[str, str]], bytes]:
    return lambda _: read()


def session_json(stream_url: str, layout: Layout) -> bytes:
    """What the page has to know before it connects: where to, and what the channels are."""
    session = {"url": stream_url, "subprotocol": SUBPROTOCOL}
    units, channels = rig_page.unit_list(layout), rig_page.channel_list(layout)
    return json.dumps(session | {"units": units, "channels": channels}).encode()


def stream_address(host: str, port: int, token: str | None = None, tls: bool = False) -> str:
    """The websocket address at which this machine's browser reaches a server on ``host``."""
    if host in ("", "0.0.0.0"):
        host = "127.0.0.1"
    elif host == "::":
        host = "::1"
    name = f"[{host}]" if ":" in host else host
    query = f"/?token={quote(token, safe='')}" if token else ""
    return f"{'wss' if tls else 'ws'}://{name}:{port}{query}"


class ViewerServer:
    """Serves a page on loopback, whatever address the stream has, from a thread.

    Attributes:
        port: port it listens on; after ``start``, the real one if 0 was asked for.

    Args:
        stream_url: of the ``FaceServer`` the viewer connects to, with the token if it needs
            one; None for the rig's page, which needs no stream.
        port: 0..65535, 0 lets the system choose.
    """

    def __init__(self, stream_url: str | None, port: int = DEFAULT_VIEWER_PORT) -> None:
        self.port = port
        self._assets = _assets(stream_url)
        self._policy = content_policy(stream_url)
        self._server: _PageServer | None = None

    def __enter__(self) -> ViewerServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://{HOST}:{self.port}/"

    def start(self) -> None:
        """Listen; returns when the page can be opened.

        Raises:
            ServerError: the port is busy.
        """
        try:
            self._server = _PageServer(self.port, self._assets, self._policy)
        except (OSError, OverflowError) as error:
            raise _listen_error(self.port, error) from error
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="geface-viewer", daemon=True
        ).start()

    def stop(self) -> None:
        """Close the port; safe to call twice."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()


def _assets(stream_url: str | None) -> dict[str, Asset]:
    if stream_url is None:
        return page_assets("rig.html") | rig_assets()
    session = session_json(stream_url, load_layout())
    return page_assets() | {
        "/session.json": Asset(lambda _: session, _KINDS[".json"]),
        "/rig/surface.png": Asset(lambda _: rig_page.picture_png("surface", {}), _KINDS[".png"]),
    }


def content_policy(stream_url: str | None) -> str:
    """The page may run its own scripts, show its own images and talk to the one stream."""
    origin = "" if stream_url is None else " {0.scheme}://{0.netloc}".format(urlsplit(stream_url))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        f"connect-src 'self'{origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def open_browser(url: str) -> bool:
    """Open a page in the user's browser; False where there is none."""
    with suppress(webbrowser.Error, OSError):
        return webbrowser.open(url)
    return False


class _PageServer(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # on Windows it would let two servers share a port
    block_on_close = False  # a browser that keeps a connection open does not keep us

    def __init__(self, port: int, assets: Mapping[str, Asset], policy: str) -> None:
        self.assets = assets
        self.policy = policy
        super().__init__((HOST, port), _PageHandler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in mid-answer is nothing to report."""


class _PageHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "geface-bridge"
    sys_version = ""
    timeout = 30
    server: _PageServer

    def do_GET(self) -> None:
        """Send an asset."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Send an asset's headers."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Requests stay off the terminal."""

    def _answer(self, with_body: bool) -> None:
        status, kind, body = self._content()
        headers = self._headers(kind, len(body))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _content(self) -> tuple[HTTPStatus, str, bytes]:
        # A foreign name that resolves to this machine (DNS rebinding) must not read the token.
        if not _is_local_name(self.headers.get("Host", "")):
            return HTTPStatus.MISDIRECTED_REQUEST, "text/plain", b"open 127.0.0.1 or localhost\n"
        address = urlsplit(self.path)
        asset = self.server.assets.get(address.path)
        if asset is None:
            return HTTPStatus.NOT_FOUND, "text/plain", b"there is nothing here\n"
        try:
            return HTTPStatus.OK, asset.kind, asset.read(dict(parse_qsl(address.query)))
        except ValueError as error:
            return HTTPStatus.BAD_REQUEST, "text/plain", f"{error}\n".encode()
        except OSError:
            text = b"this file is missing from the installation: install geface-bridge again\n"
            return HTTPStatus.NOT_FOUND, "text/plain", text

    def _headers(self, kind: str, length: int) -> Mapping[str, str]:
        return {
            "Content-Type": kind,
            "Content-Length": str(length),
            "Cache-Control": "no-cache",
            "Content-Security-Policy": self.server.policy,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }


def _kind(name: str) -> str:
    return _KINDS.get(name[name.rfind(".") :], "")


def _is_local_name(host: str) -> bool:
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name in _LOCAL_NAMES


def _listen_error(port: int, error: Exception) -> ServerError:
    if getattr(error, "errno", None) in (errno.EADDRINUSE, 10048, 10013):
        return ServerError(
            f"viewer port {port} is already in use, expected a free one: stop the program that "
            "holds it, or choose another with --viewer-port (0 takes any free one)"
        )
    reason = getattr(error, "strerror", None) or str(error)
    return ServerError(f"the viewer cannot listen on {HOST}:{port} ({reason})")
