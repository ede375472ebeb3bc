# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel in the 3-D view's sidebar, its operators and what it stores."""

from . import properties


def register() -> None:
    """Register everything of the panel."""
    properties.register()


def unregister() -> None:
    """Undo ``register`` in reverse."""
    properties.unregister()
