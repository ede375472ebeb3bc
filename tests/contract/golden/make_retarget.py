"""Makes ``retarget_v2.json``: what every evaluator has to make of every profile.

    python tests/contract/golden/make_retarget.py          # writes the file
    python tests/contract/golden/make_retarget.py --check  # exit 1 if it is not current

``profiles`` holds, for each file in ``rig/profiles``, its SHA-256 and for each case of channels
(those that are not 0) the bones' translation, rotvec and scale − 1 (nine numbers in the character's
axes, the head's turn not included) and the curves; what is not named is 0. ``worked`` is a profile
given whole, with products, gains below zero and curves that have to be clipped, and its cases.
``bases`` is what one bone's nine numbers become in a bone with the rest rotation
``character_from_bone`` (3 × 3, row by row): the upper three rows of Blender's ``matrix_basis``.
Agree to 1e-6 in every number.

The numbers belong to the profiles named by their SHA-256; when a profile changes run this again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from rig.layout import load_layout
from rig.profile import Profile, basis_matrix, load_profile, parse_profile, profile_names
from rig.rotations import rotvec_to_matrix

PATH = Path(__file__).with_name("retarget_v2.json")
DIGITS = 9

CASES: dict[str, dict[str, float]] = {
    "rest": {},
    "open_smile": {"AU06_L": 0.6, "AU06_R": 0.5, "AU12_L": 0.8, "AU12_R": 0.7, "AU26": 0.5},
    "fear": {"AU01_L": 1, "AU01_R": 1, "AU02_L": 0.7, "AU04_R": 0.6, "AU05_L": 1, "AU20_R": 0.8},
    "wink_looking_right_and_up": {"AU43_L": 1.0, "gaze_yaw": -0.4, "gaze_pitch": -0.2},
    "looking_left_and_down": {"gaze_yaw": 0.3, "gaze_pitch": 0.25, "AU43_R": 0.5},
    "negative_intensity_is_no_pose": {"AU26": -0.5, "AU12_L": -1.0},
    "above_one_goes_on": {"AU12_R": 1.5, "AU30L": 1.2},
    "head": {"head_yaw": 0.5, "head_pitch": -0.3, "head_roll": 0.2, "head_x": 0.1},
    "everything": {name: 0.1 + 0.015 * i for i, name in enumerate(load_layout().au_channel_names)},
}  # fmt: skip

WORKED: dict[str, Any] = {
    "format": "geface-profile",
    "format_version": 2,
    "target": "a worked example",
    "layout_id": load_layout().layout_id,
    "head_bone": None,
    "drivers": [
        {"pose": "open", "channel": "AU26", "gain": 2.0},
        {"pose": "smile", "channel": "AU12_L", "gain": 1.0},
        {
            "pose": "open_smile",
            "channel": "AU26",
            "gain": 1.0,
            "times": [{"channel": "AU12_L", "gain": 3.0}, {"channel": "gaze_yaw", "gain": -2.5}],
        },
        {"pose": "open", "channel": "AU25", "gain": 0.25},
    ],
    "poses": {
        "open": {
            "bones": {
                "jaw": {"translation": [0, -0.01, 0], "rotvec": [0.3, 0, 0], "scale": [1, 1, 1]},
                "lip": {"translation": [0, 0, 0.002], "rotvec": [0, 0, 0], "scale": [0.9, 1, 1]},
            },
            "curves": {"jawOpen": 0.4, "mouthClose": -0.2},
        },
        "smile": {
            "bones": {
                "lip": {"translation": [0.005, 0, 0], "rotvec": [0, 0, 0.2], "scale": [1.5, 1, 0.5]}
            },
            "curves": {"mouthSmileLeft": 0.9, "mouthClose": 0.3},
        },
        "open_smile": {
            "bones": {"lip": {"translation": [0, 0, 0], "rotvec": [0, 0.1, 0], "scale": [1, 1, 1]}},
            "curves": {"jawOpen": 0.7},
        },
    },
}
WORKED_CASES: dict[str, dict[str, float]] = {
    "rest": {},
    "a_product_lacks_a_factor": {"AU26": 0.5, "AU12_L": 0.5},
    "a_product_of_three": {"AU26": 0.5, "AU12_L": 0.5, "gaze_yaw": -0.4},
    "two_negatives_make_no_pose": {"AU26": -0.5, "AU12_L": -0.5, "gaze_yaw": -0.4},
    "curves_clip_after_the_sum": {"AU26": 1.0, "AU12_L": 1.0, "gaze_yaw": -0.6, "AU25": 1.0},
}
BASES = (
    ([0.0, 0, 0], [0.01, 0.02, -0.03, 0.1, 0.2, -0.3, 0.1, -0.2, 0.3]),
    ([0.0, 0, 1.5707963267948966], [0, 0.01, 0, 0, 0.5, 0, 0.2, 0, 0]),
    ([-1.2, 0.7, 0.4], [0.004, -0.006, 0.01, -0.4, 0.3, 0.25, 0, 0.15, -0.05]),
)


def profile_hashes() -> dict[str, str]:
    """SHA-256 of every packaged profile."""
    folder = resources.files("rig").joinpath("profiles")
    return {
        name: hashlib.sha256(folder.joinpath(f"{name}.json").read_bytes()).hexdigest()
        for name in profile_names()
    }


def vector_of(values: dict[str, float]) -> Any:
    """(C,) channels of one case."""
    layout = load_layout()
    channels = np.zeros(len(layout.channels))
    for name, value in values.items():
        channels[layout.channel_index[name]] = value
    return channels


def rounded(values: Any) -> Any:
    """Nested lists of numbers with 9 digits and without negative zeros."""
    return (np.round(values, DIGITS) + 0.0).tolist()


def expectation(profile: Profile, values: dict[str, float]) -> dict[str, Any]:
    """Channels of a case and what the profile makes of them; zeros are left out."""
    found = profile.evaluate(vector_of(values))
    bones = dict(zip(profile.bone_names, rounded(found.bones), strict=True))
    curves = dict(zip(profile.curve_names, rounded(found.curves), strict=True))
    return {
        "channels": values,
        "bones": {name: row for name, row in bones.items() if any(row)},
        "curves": {name: value for name, value in curves.items() if value},
    }


def basis_case(rest_rotvec: list[float], offset: list[float]) -> dict[str, Any]:
    """One bone at an angle."""
    character_from_bone = rotvec_to_matrix(np.array(rest_rotvec))
    basis = basis_matrix(np.array(offset), character_from_bone)
    return {
        "character_from_bone": rounded(character_from_bone),
        "offset": offset,
        "basis": rounded(basis[:3]),
    }


def golden() -> dict[str, Any]:
    """Everything the file holds."""
    worked, hashes = parse_profile(WORKED), profile_hashes()
    return {
        "format": "geface-retarget-vectors",
        "format_version": 2,
        "layout_id": load_layout().layout_id,
        "tolerance": 1e-6,
        "bases": [basis_case(*case) for case in BASES],
        "worked": {
            "profile": WORKED,
            "cases": {name: expectation(worked, v) for name, v in WORKED_CASES.items()},
        },
        "profiles": {
            name: {
                "sha256": hashes[name],
                "cases": {case: expectation(load_profile(name), v) for case, v in CASES.items()},
            }
            for name in hashes
        },
    }


def main(arguments: list[str]) -> int:
    """Write the file, or compare the profiles it was made from."""
    if "--check" not in arguments:
        text = json.dumps(golden()).replace(', "bones": {', ',\n"bones": {')
        PATH.write_text(text + "\n", encoding="utf-8")
        return 0
    found = json.loads(PATH.read_text(encoding="utf-8"))["profiles"]
    if {name: part["sha256"] for name, part in found.items()} == profile_hashes():
        return 0
    print(f"{PATH.name} is of other profiles: run python tests/contract/golden/make_retarget.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
