"""Files that appear whole or not at all."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

from geface_bridge.errors import ConfigError


@contextmanager
def atomic_text(path: Path) -> Iterator[TextIO]:
    """Write a text file; it takes its name when the block ends well, else nothing is left.

    Args:
        path: the file, replaced if it exists; ``-`` is standard output.

    Raises:
        ConfigError: its folder does not exist or cannot be written to.
    """
    if str(path) == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    with atomic_bytes(path) as raw:
        stream = io.TextIOWrapper(raw, encoding="utf-8", newline="")
        yield stream
        stream.flush()
        stream.detach()


@contextmanager
def atomic_bytes(path: Path) -> Iterator[BinaryIO]:
    """``atomic_text`` for bytes; there is no ``-``."""
    handle, part = _temporary_beside(path)
    try:
        with open(handle, "wb") as stream:
            yield stream
        os.replace(part, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part)
        raise


def _temporary_beside(path: Path) -> tuple[int, str]:
    if path.is_dir():
        raise ConfigError(f"output {path} is a folder, expected a file; add a file's name")
    try:
        handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise ConfigError(
            f"output {path} cannot be written ({error.strerror}); create its folder or choose "
            "another --output"
        ) from None
    if os.name == "posix":  # mkstemp makes it private; give it what open() would
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(part, 0o666 & ~mask)
    return handle, part
