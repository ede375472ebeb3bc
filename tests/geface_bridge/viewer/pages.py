"""Pages in a tab that have to leave it without a problem."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from geface_bridge.server import FaceServer
from geface_bridge.viewer import ViewerServer
from geface_bridge.viewer.server import stream_address
from tests.geface_bridge.viewer.chromium import Page


@contextmanager
def opened(tab: Page, url: str, ready: str) -> Iterator[Page]:
    """The tab at an address, once an expression of the page is true."""
    tab.problems.clear()
    tab.open(url)
    tab.wait_for(ready)
    yield tab
    assert tab.problems == []
    tab.open("about:blank")


@contextmanager
def viewer_of(tab: Page, server: FaceServer) -> Iterator[Page]:
    """The viewer of a face server, once it shows a face."""
    with (
        ViewerServer(stream_address("127.0.0.1", server.port), 0) as viewer,
        opened(tab, viewer.url, "window.geface?.newest?.valid === true") as page,
    ):
        yield page
