"""Calibrations kept by the performer's name, one JSON file each in the user's own folder."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from geface_bridge.errors import ConfigError
from geface_bridge.motion import Performer
from rig.layout import Layout, load_layout

FORMAT = "geface-performer"
VERSION = 1
_NAME = re.compile(r"[\w][\w .-]{0,62}", re.UNICODE)


def settings_folder() -> Path:
    """Where the program keeps things: $GEFACE_CONFIG_DIR, else the system's folder for settings."""
    given = os.environ.get("GEFACE_CONFIG_DIR")
    if given:
        return Path(given)
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", Path.home()))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "geface-bridge"


def performer_path(name: str) -> Path:
    """File of a performer.

    Raises:
        ConfigError: the name cannot be a file's.
    """
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise ConfigError(
            f"performer {name[:80]!r} cannot be a name, "
            "expected up to 63 letters, digits, spaces, dots or dashes"
        )
    return settings_folder() / "performers" / f"{name}.json"


def load_performer(name: str, layout: Layout | None = None) -> Performer | None:
    """The saved calibration of a performer; None if there is none yet.

    Channels go by their names: those that a file of another version lacks are unknown.

    Raises:
        ConfigError: the name cannot be one, or the file is not what it should be.
    """
    path = performer_path(name)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _bad(path, str(error)) from None
    return _parse(raw, path, layout or load_layout())


def save_performer(name: str, performer: Performer, layout: Layout | None = None) -> Path:
    """Write a calibration, whole or not at all.

    Raises:
        ConfigError: the name cannot be one, or the folder cannot be written to.
    """
    from geface_bridge.takes.atomic import atomic_text

    path = performer_path(name)
    names = (layout or load_layout()).channel_names
    body = {
        "format": FORMAT,
        "format_version": VERSION,
        "name": name,
        "neutral": _named(names, performer.neutral, 0.0),
        "maximum": _named(names, performer.maximum, 1.0),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"folder {path.parent} cannot be made ({error.strerror})") from None
    with atomic_text(path) as stream:
        json.dump(body, stream, indent=1, ensure_ascii=False)
    return path


def _named(names: tuple[str, ...], values: Any, unknown: float) -> dict[str, float]:
    pairs = zip(names, values.tolist(), strict=True)
    return {name: round(value, 5) for name, value in pairs if value != unknown}


def _parse(raw: Any, path: Path, layout: Layout) -> Performer:
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise _bad(path, f"it is no {FORMAT}")
    if raw.get("format_version") != VERSION:
        raise _bad(path, f"its version is {raw.get('format_version')!r}, expected {VERSION}")
    performer = Performer.unknown(layout)
    for key, vector in (("neutral", performer.neutral), ("maximum", performer.maximum)):
        values = raw.get(key)
        if not isinstance(values, dict) or not all(_is_number(v) for v in values.values()):
            raise _bad(path, f"{key} is not a map of numbers")
        for name, value in values.items():
            if name in layout.channel_index:
                vector[layout.channel_index[name]] = value
    intensity = np.array([channel.unit == "intensity" for channel in layout.channels])
    if (performer.maximum - performer.neutral)[intensity].min() <= 0.0:
        raise _bad(path, "a maximum is not above its neutral")
    return performer


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _bad(path: Path, reason: str) -> ConfigError:
    return ConfigError(f"performer file {path} cannot be used ({reason}): delete it and calibrate")
