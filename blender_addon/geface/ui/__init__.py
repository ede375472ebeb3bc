# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel in the 3-D view's sidebar, its operators and what it stores."""

import bpy

from . import (
    levels,
    operators,
    operators_calibrate,
    operators_learn,
    operators_record,
    panels,
    preferences,
    properties,
    pulse,
)

CLASSES = (
    *preferences.CLASSES,
    *operators.CLASSES,
    *operators_calibrate.CLASSES,
    *operators_learn.CLASSES,
    *operators_record.CLASSES,
    *panels.CLASSES,
)


def register() -> None:
    """Register everything of the panel, and begin to look whether it has to be redrawn."""
    properties.register()
    levels.register()
    for each in CLASSES:
        bpy.utils.register_class(each)
    pulse.register()


def unregister() -> None:
    """Undo ``register`` in reverse."""
    pulse.unregister()
    for each in reversed(CLASSES):
        bpy.utils.unregister_class(each)
    levels.unregister()
    properties.unregister()
