"""numpy's files of arrays, read so that a damaged one is one kind of error.

Numpy hands on what its parsers raise: of zipfile, zlib, ast and tokenize, and the list is not
written down anywhere.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def array_of(data: bytes) -> NDArray[Any]:
    """The array of an .npy file's bytes; nothing is unpickled.

    Raises:
        ValueError: it holds none.
    """
    try:
        found = np.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:
        raise ValueError(f"no array: {error}") from error
    if not isinstance(found, np.ndarray):
        raise ValueError("no array, but an archive of several")
    return found


def arrays_of(path: Path) -> dict[str, NDArray[Any]]:
    """Name → array of an .npz file; nothing is unpickled.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is no such file, or is damaged.
    """
    with path.open("rb") as file:
        try:
            return dict(np.load(file, allow_pickle=False))
        except Exception as error:
            raise ValueError(f"no archive of arrays: {error}") from error
