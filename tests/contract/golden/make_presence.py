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
LIVE: list[Step] = [(10.0, FACE), (10.25, FACE)]

CASES: dict[str, tuple[PresenceConfig, list[Step]]] = {
    "no_face_yet": (PresenceConfig(), [(5.0, None), (5.5, None), (9.0, None)]),
    "the_first_face_comes_from_rest": (
        PresenceConfig(),
        [(0.0, FACE), (0.05, FACE), (0.125, OTHER), (0.2, OTHER), (0.25, OTHER), (0.3, FACE)],
    ),
    "a_face_after_none": (
        PresenceConfig(),
        [(0.0, None), (0.1, FACE), (0.2, FACE), (0.35, FACE), (0.4, OTHER)],
    ),
    "a_short_loss_is_not_to_be_seen": (
        PresenceConfig(),
        [*LIVE, (10.3, None), (10.45, None), (10.6, None), (10.61, None), (10.62, None)]
        + [(10.625, OTHER)],
    ),
    "a_long_loss_and_the_way_back": (
        PresenceConfig(),
        [*LIVE, (11.0, None), (11.3, None), (11.4, None), (11.65, None), (11.9, None)]
        + [(12.0, None), (30.0, None), (30.1, FACE), (30.15, FACE), (30.225, OTHER)]
        + [(30.3, OTHER), (30.35, OTHER), (31.0, FACE)],
    ),
    "back_in_mid_fade": (
        PresenceConfig(),
        [*LIVE, (11.0, None), (11.65, None), (11.7, OTHER), (11.825, OTHER), (11.95, OTHER)],
    ),
    "a_way_back_that_is_interrupted_goes_on": (
        PresenceConfig(),
        [(0.0, FACE), (0.125, FACE), (0.15, None), (0.3, None), (0.4, FACE), (0.45, FACE)]
        + [(0.525, FACE), (0.6, OTHER)],
    ),
    "lost_again_on_the_way_back": (
        PresenceConfig(),
        [*LIVE, (11.0, None), (12.0, None), (12.1, FACE), (12.2, FACE), (12.25, None)]
        + [(12.5, None), (12.8, None), (13.0, OTHER), (13.1, OTHER), (13.3, OTHER)],
    ),
    "other_durations": (
        PresenceConfig(hold_s=0.1, fade_s=2.0, return_s=0.5),
        [*LIVE, (10.6, FACE), (11.0, None), (11.05, None), (11.6, None), (12.1, None)]
        + [(13.0, None), (13.2, OTHER), (13.4, OTHER), (13.8, FACE)],
    ),
    "at_once": (
        PresenceConfig(hold_s=0.0, fade_s=0.0, return_s=0.0),
        [(0.0, FACE), (0.1, FACE), (0.2, None), (0.3, None), (0.4, OTHER), (0.5, OTHER)],
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
