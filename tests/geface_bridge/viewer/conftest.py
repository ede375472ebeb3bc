"""A browser a module."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.geface_bridge.viewer.chromium import Page


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """browser(width, height): one tab of this size, the same for the whole module."""
    with ExitStack() as stack:
        tabs = {}

        def tab(width, height):
            if (width, height) not in tabs:
                page = Page(tmp_path_factory.mktemp("chromium"), width, height)
                tabs[width, height] = stack.enter_context(page)
            return tabs[width, height]

        yield tab
