"""Leaving a process in which Rigify has run.

Blender's module then has threads that wait on a condition variable which one of its static
destructors destroys: ``exit`` waits for them for ever (bpy 4.5, seen in a debugger). Such a
process has to end without its exit handlers.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def leave(status: int = 0) -> NoReturn:
    """End this process at once with ``status``; what was printed is written out first."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
