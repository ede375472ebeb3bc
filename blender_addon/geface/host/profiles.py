# SPDX-License-Identifier: GPL-3.0-or-later
"""Where profiles are: those that come with the add-on, and texts in the user's file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from ..core.errors import ProfileError
from ..core.profile import Profile, read_profile

FOLDER = Path(__file__).resolve().parents[1] / "profiles"


@lru_cache(maxsize=1)
def packaged() -> dict[str, Profile]:
    """Name → profile, of all that came with the add-on.

    Raises:
        ProfileError: one cannot be read, or none is there.
    """
    paths = sorted(FOLDER.glob("*.json"))
    if not paths:
        raise ProfileError(f"no profiles in {FOLDER}; install the add-on's zip again")
    return {path.stem: read_profile(path.read_text(encoding="utf-8")) for path in paths}


def profile_in(text: Any) -> Profile:
    """The profile in a text data-block.

    Raises:
        ProfileError: none is chosen, or it holds no profile.
    """
    if text is None:
        raise ProfileError("no text with a profile is chosen; import one, or learn one")
    return _read(text.as_string())


@lru_cache(maxsize=8)
def _read(text: str) -> Profile:
    return read_profile(text)
