"""Real photographs and clips, where the development machine has them."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[4] / "shared"
PHOTO = SHARED / "faces" / "congress_0000.jpg"
CLIPS = SHARED / "clips"

needs_faces = pytest.mark.skipif(not PHOTO.is_file(), reason="needs ../shared/faces")
needs_clips = pytest.mark.skipif(not CLIPS.is_dir(), reason="needs ../shared/clips")
