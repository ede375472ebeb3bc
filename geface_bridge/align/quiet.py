"""Keeps what C++ libraries write to stderr off the terminal."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LOCK = threading.RLock()


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send file descriptor 2 of the whole process to nowhere inside the block.

    For the few moments at which a library greets or warns (graph creation, first inference);
    MediaPipe has no switch for these lines. Does nothing where there is no descriptor 2.
    """
    with _LOCK:
        try:
            saved = os.dup(2)
        except OSError:  # a windowed process on Windows has no stderr
            yield
            return
        _flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        try:
            yield
        finally:
            _flush()
            os.dup2(saved, 2)
            os.close(saved)


def _flush() -> None:
    with suppress(AttributeError, OSError, ValueError):
        sys.stderr.flush()
