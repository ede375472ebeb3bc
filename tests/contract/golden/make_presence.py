"""Makes ``presence_v1.json``: what every receiver shows while a face comes and goes.

    python tests/contract/golden/make_presence.py          # writes the file
    python tests/contract/golden/make_presence.py --check  # exit 1 if it is not current

Each case is one subject from its beginning: ``config`` in seconds, and ``steps`` of time, channels
(null while the face is lost) and what is shown at that time. Channels are float32 exactly, as on
the wire. Agree to ``tolerance`` in every number.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from geface_bridge.motion import Presence, PresenceConfig

PATH = Path(__file__).with_name("presence_v1.json")
DIGITS = 12

FACE, OTHER = (0.75, -0.5, 0.125), (0.25, 1.0, -0.375)
Step = tuple[float, tuple[float, ...] | None]


def seen(face: tuple[float, ...], *times_s: float) -> list[Step]:
    """A face at these times."""
    return [(time_s, face) for time_s in times_s]


def lost(*times_s: float) -> list[Step]:
    """No face at these times."""
    return [(time_s, None) for time_s in times_s]


LIVE = seen(FACE, 10.0, 10.25)
CASES: dict[str, tuple[PresenceConfig, list[Step]]] = {
    "no_face_yet": (PresenceConfig(), lost(5.0, 5.5, 9.0)),
    "the_first_face_comes_from_rest": (
        PresenceConfig(),
        [*seen(FACE, 0.0, 0.05), *seen(OTHER, 0.125, 0.2, 0.25), *seen(FACE, 0.3)],
    ),
    "a_face_after_none": (
        PresenceConfig(),
        [*lost(0.0), *seen(FACE, 0.1, 0.2, 0.35), *seen(OTHER, 0.4)],
    ),
    "a_short_loss_is_not_to_be_seen": (
        PresenceConfig(),
        [*LIVE, *lost(10.35, 10.45, 10.6, 10.61, 10.62), *seen(OTHER, 10.625)],
    ),
    "a_long_loss_and_the_way_back": (
        PresenceConfig(),
        [
            *LIVE,
            *lost(11.0, 11.3, 11.4, 11.65, 11.9, 12.0, 30.0),
            *seen(FACE, 30.1, 30.15),
            *seen(OTHER, 30.225, 30.3, 30.35),
            *seen(FACE, 31.0),
        ],
    ),
    "back_in_mid_fade": (
        PresenceConfig(),
        [*LIVE, *lost(11.0, 11.65), *seen(OTHER, 11.7, 11.825, 11.95)],
    ),
    "a_way_back_that_is_interrupted_goes_on": (
        PresenceConfig(),
        [
            *seen(FACE, 0.0, 0.125),
            *lost(0.15, 0.3),
            *seen(FACE, 0.4, 0.45, 0.525),
            *seen(OTHER, 0.6),
        ],
    ),
    "lost_again_on_the_way_back": (
        PresenceConfig(),
        [
            *LIVE,
            *lost(11.0, 12.0),
            *seen(FACE, 12.1, 12.2),
            *lost(12.25, 12.5, 12.8),
            *seen(OTHER, 13.0, 13.1, 13.3),
        ],
    ),
    "other_durations": (
        PresenceConfig(hold_s=0.1, fade_s=2.0, return_s=0.5),
        [
            *LIVE,
            *seen(FACE, 10.6),
            *lost(11.0, 11.05, 11.6, 12.1, 13.0),
            *seen(OTHER, 13.2, 13.4),
            *seen(FACE, 13.8),
        ],
    ),
    "at_once": (
        PresenceConfig(hold_s=0.0, fade_s=0.0, return_s=0.0),
        [*seen(FACE, 0.0, 0.1), *lost(0.2, 0.3), *seen(OTHER, 0.4, 0.5)],
    ),
}


def played(config: PresenceConfig, steps: list[Step]) -> dict[str, Any]:
    """A case with what is shown at each step."""
    presence = Presence(len(FACE), config)
    out = []
    for time_s, channels in steps:
        shown = presence(None if channels is None else np.array(channels), time_s)
        shown = (np.round(shown, DIGITS) + 0.0).tolist()
        out.append({"time_s": time_s, "channels": channels, "shown": shown})
    return {"config": asdict(config), "steps": out}


def text() -> str:
    """The file, a step a line."""
    golden = {
        "format": "geface-presence-vectors",
        "format_version": 1,
        "tolerance": 1e-6,
        "cases": {name: played(*case) for name, case in CASES.items()},
    }
    return json.dumps(golden).replace('{"time_s"', '\n{"time_s"') + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or compare it."""
    if "--check" not in arguments:
        PATH.write_text(text(), encoding="utf-8")
        return 0
    if PATH.exists() and PATH.read_text(encoding="utf-8") == text():
        return 0
    print(f"{PATH.name} is not current: run python tests/contract/golden/make_presence.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
