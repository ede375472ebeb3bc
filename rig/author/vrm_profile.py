"""Writes ``rig/profiles/vrm.json``: ``python -m rig.author.vrm_profile [FOLDER]``.

VRM 1.0's preset expressions are whole faces, not muscles; which AUs make them is EMFACS' (Ekman and
Friesen 1983): happy 6 + 12, sad 1 + 4 + 15, angry 4 + 5 + 7 + 23, surprised 1 + 2 + 5 + 26. Each is
a sum of products, so that a raised brow alone is no surprise, and what speaks against an expression
takes it back: presets are made to stand alone. The five vowels likewise share one mouth: round lips
take ``aa`` back. ``blink`` is left to blinkLeft and blinkRight, which would add up with it;
``relaxed`` and ``neutral`` have no AUs of their own. They stand in the file at 0.

Eyes are given twice, as bones and as look expressions: a host uses those that the model's
``lookAt.type`` names.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rig.author.arkit_profile import PROFILES, written
from rig.author.own_profile import CONVENTION, driver_json
from rig.layout import load_layout
from rig.profile import VERSION

PRESETS = (
    "happy", "angry", "sad", "relaxed", "surprised", "aa", "ih", "ou", "ee", "oh", "blink",
    "blinkLeft", "blinkRight", "lookUp", "lookDown", "lookLeft", "lookRight", "neutral",
)  # fmt: skip

# Expression → (what it weighs, AUs whose product drives it). An AU of two sides stands for the
# mean of both: left with left and right with right.
EXPRESSIONS: dict[str, tuple[tuple[float, tuple[str, ...]], ...]] = {
    "happy": ((0.5, ("AU12",)), (0.5, ("AU06", "AU12")), (-1.0, ("AU12", "AU15"))),
    "sad": (
        (0.5, ("AU15",)),
        (0.5, ("AU01", "AU15")),
        (0.5, ("AU01", "AU04")),
        (-1.0, ("AU12", "AU15")),
    ),
    "angry": (
        (0.4, ("AU04",)),
        (0.3, ("AU04", "AU05")),
        (0.3, ("AU04", "AU07")),
        (0.3, ("AU04", "AU23")),
        (-1.0, ("AU01", "AU04")),
        (-0.5, ("AU04", "AU12")),
    ),
    "surprised": (
        (0.5, ("AU01", "AU02")),
        (0.3, ("AU05", "AU02")),
        (0.4, ("AU02", "AU26")),
        (-1.0, ("AU02", "AU04")),
    ),
    "aa": ((1.0, ("AU26",)), (-1.0, ("AU26", "AU18")), (-1.0, ("AU26", "AU22"))),
    "ou": ((0.8, ("AU18",)),),
    "oh": ((0.8, ("AU22",)), (0.4, ("AU26", "AU18")), (-0.4, ("AU18", "AU22"))),
    "ee": ((0.5, ("AU20",)), (0.3, ("AU20", "AU25"))),
    "ih": ((0.5, ("AU25",)), (-0.5, ("AU25", "AU26")), (-0.5, ("AU25", "AU20"))),
}
# fmt: off
UNUSED = (
    "AU09", "AU10", "AU14", "AU16", "AU17", "AU24", "AU30L", "AU30R",
    "AU19", "AU28", "AU29", "AU34",
)
# fmt: on


def sided(name: str, side: str) -> str:
    """Channel of an AU on one side, or its only one."""
    return f"{name}_{side}" if f"{name}_{side}" in load_layout().channel_index else name


def drivers_of(pose: str, value: float, aus: tuple[str, ...]) -> list[dict[str, Any]]:
    """One driver if no AU has sides, else one a side with half the weight."""
    sides = {tuple(sided(au, side) for au in aus) for side in "LR"}
    first = abs(value) / len(sides)
    return [
        driver_json(pose, ((channels[0], round(first, 4)), *((c, 1.0) for c in channels[1:])))
        for channels in sorted(sides)
    ]


def eye_pose(axis: tuple[float, float, float], curve: str, reach_rad: float) -> dict[str, Any]:
    """Both eyeballs turned by one radian, and the look expression that is 1 at ``reach_rad``."""
    still = {"translation": [0.0, 0.0, 0.0], "rotvec": list(axis), "scale": [1.0, 1.0, 1.0]}
    return {
        "bones": {"leftEye": still, "rightEye": still},
        "curves": {curve: round(1 / reach_rad, 4)},
    }


def eye_poses() -> dict[str, dict[str, Any]]:
    """Gaze in the four directions; look expressions reach 1 at the end of the channel's range."""
    high = {channel.name: channel.high for channel in load_layout().channels}
    yaw, pitch = high["gaze_yaw"], high["gaze_pitch"]
    return {
        "lookLeft": eye_pose((0.0, 1.0, 0.0), "lookLeft", yaw),
        "lookRight": eye_pose((0.0, -1.0, 0.0), "lookRight", yaw),
        "lookDown": eye_pose((1.0, 0.0, 0.0), "lookDown", pitch),
        "lookUp": eye_pose((-1.0, 0.0, 0.0), "lookUp", pitch),
    }


def profile_json() -> dict[str, Any]:
    """The whole file. Its first pose has no driver: it names all presets, in VRM's order."""
    poses: dict[str, dict[str, Any]] = {
        "names": {"bones": {}, "curves": dict.fromkeys(PRESETS, 0.0)},
        **eye_poses(),
    }
    drivers = []
    for name, parts in EXPRESSIONS.items():
        for value, aus in parts:
            pose = name if value > 0 else f"less {name}"
            poses[pose] = {"bones": {}, "curves": {name: 1.0 if value > 0 else -1.0}}
            drivers += drivers_of(pose, value, aus)
    for side, curve in (("L", "blinkLeft"), ("R", "blinkRight")):
        poses[curve] = {"bones": {}, "curves": {curve: 1.0}}
        drivers.append(driver_json(curve, ((f"AU43_{side}", 1.0),)))
    for name, channel, sign in (
        ("lookLeft", "gaze_yaw", 1.0),
        ("lookRight", "gaze_yaw", -1.0),
        ("lookDown", "gaze_pitch", 1.0),
        ("lookUp", "gaze_pitch", -1.0),
    ):
        drivers.append(driver_json(name, ((channel, sign),)))
    unused = sorted({sided(au, side) for au in UNUSED for side in "LR"})
    return {
        "format": "geface-profile",
        "format_version": VERSION,
        "target": "VRM 1.0, preset expressions and humanoid bones",
        "layout_id": load_layout().layout_id,
        "convention": CONVENTION,
        "head_bone": "head",
        "unused": unused,
        "drivers": drivers,
        "poses": poses,
    }


def main(arguments: list[str]) -> None:
    """Write vrm.json into the given folder (default: rig/profiles)."""
    folder = Path(arguments[0]) if arguments else PROFILES
    (folder / "vrm.json").write_text(written(profile_json()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
