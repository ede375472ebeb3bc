"""Makes ``skeleton_v1.json``, the numbers every evaluator of the rig has to agree on.

    python tests/contract/golden/make_skeleton.py          # writes the file
    python tests/contract/golden/make_skeleton.py --check  # exit 1 if it is not current

Each case gives the channels that are not 0 and the identity parameters that are not 0.5, and
expects for some joints the upper three rows of ``rig_from_joint`` (row by row, metres) and for
some vertices the posed place. A vertex comes with its rest place, joints and weights, so that
skinning can be checked without reading the GLB. Agree to 1e-6 in every number.

The numbers belong to the profile and head named by their SHA-256; after ``make rig`` run this
again. What is frozen is the form: a reader of version 1 reads every later file.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from rig.head import load_head
from rig.layout import load_layout
from rig.skeleton import Skeleton
from rig.skinning import skin

PATH = Path(__file__).with_name("skeleton_v1.json")
ASSETS = ("profiles/geface.json", "assets/head.glb")
JOINTS = (
    "root", "head", "jaw", "chin_point", "lip_corner_L", "lip_corner_R", "lid_upper_2_L",
    "brow_1_R", "eyeball_L", "nose_point", "lip_lower_1_R", "tongue_3",
)  # fmt: skip
VERTICES = {"skin": (0, 545, 1574, 2261, 3500, 4200), "eyes": (3,), "teeth": (7, 100)}
DIGITS = 9

CASES: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "rest": ({}, {}),
    "one_action_unit": ({"AU26": 1.0}, {}),
    "half_an_action_unit": ({"AU12_L": 0.5}, {}),
    "gaze_left_and_up": ({"gaze_yaw": 0.4, "gaze_pitch": -0.2}, {}),
    "gaze_right_and_down": ({"gaze_yaw": -0.4, "gaze_pitch": 0.2}, {}),
    "head_turned_about_three_axes": (
        {"head_yaw": 0.5, "head_pitch": -0.3, "head_roll": 0.2, "head_x": 0.1},
        {},
    ),
    "identity_alone": (
        {},
        {"nose_tip.ty": 1.0, "eye.tx": 0.0, "mouth_corner.rz": 0.9, "chin.sx": 0.2},
    ),
    "negative_intensity_is_no_pose": ({"AU26": -0.5}, {}),
    "above_one_goes_on": ({"AU12_R": 1.5}, {}),
    "everything_together": (
        {
            "AU01_L": 0.7, "AU04_R": 0.4, "AU06_L": 0.5, "AU12_L": 0.8, "AU12_R": 0.3, "AU25": 0.6,
            "AU26": 0.5, "AU30R": 0.25, "AU43_R": 0.9, "AU19": 0.3, "gaze_yaw": 0.2,
            "head_yaw": -0.3, "head_pitch": 0.15, "head_roll": -0.1,
        },
        {"jaw_angle.tx": 0.8, "lip_lower.sz": 0.1, "cranium.sy": 0.7, "brow_outer.ry": 0.3},
    ),
}  # fmt: skip


def asset_hashes() -> dict[str, str]:
    """SHA-256 of the files that the numbers come from."""
    root = resources.files("rig")
    return {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in ASSETS}


def rounded(values: Any) -> Any:
    """Nested lists of numbers with 9 digits and without negative zeros."""
    return (np.round(values, DIGITS) + 0.0).tolist()


def vertex_list() -> list[dict[str, Any]]:
    """The vertices that cases pose, with all that skinning needs."""
    head, out = load_head(), []
    for name, rows in VERTICES.items():
        part = head.primitives[name]
        for row in rows:
            used = part.weights[row] > 0
            joints = [head.joint_names[i] for i in part.joints[row][used]]
            rest, weights = rounded(part.positions[row]), rounded(part.weights[row][used])
            vertex = {"primitive": name, "index": row, "rest": rest}
            out.append({**vertex, "joints": joints, "weights": weights})
    return out


def vectors_of(values: dict[str, float], identity: dict[str, float]) -> tuple[Any, Any]:
    """(C,) channels and (208,) identity of one case."""
    layout = load_layout()
    channels, shape = np.zeros(len(layout.channels)), np.full(len(layout.identity_names), 0.5)
    for name, value in values.items():
        channels[layout.channel_index[name]] = value
    for name, value in identity.items():
        shape[layout.identity_names.index(name)] = value
    return channels, shape


def case(name: str, skeleton: Skeleton) -> dict[str, Any]:
    """One case with what it expects."""
    channels, identity = vectors_of(*CASES[name])
    joints = skeleton.joint_matrices(channels, identity)[:, :3]
    matrices = skeleton.skin_matrices(channels, identity)
    places = []
    for part_name, rows in VERTICES.items():
        part, pick = skeleton.head.primitives[part_name], list(rows)
        found = skin(part.positions[pick], part.joints[pick], part.weights[pick], matrices)
        places += rounded(found)
    index = skeleton.head.joint_index
    return {
        "name": name,
        "channels": CASES[name][0],
        "identity": CASES[name][1],
        "joints": {joint: rounded(joints[index(joint)]) for joint in JOINTS},
        "vertices": places,
    }


def golden() -> dict[str, Any]:
    """Everything the file holds."""
    skeleton = Skeleton()
    return {
        "format": "geface-skeleton-vectors",
        "format_version": 1,
        "layout_id": load_layout().layout_id,
        "sha256": asset_hashes(),
        "tolerance": 1e-6,
        "vertices": vertex_list(),
        "cases": [case(name, skeleton) for name in CASES],
    }


def main(arguments: list[str]) -> int:
    """Write the file, or compare the assets it was made from."""
    if "--check" not in arguments:
        text = (
            json.dumps(golden()).replace('}, {"', '},\n{"').replace('"vertices":', '\n"vertices":')
        )
        PATH.write_text(text + "\n", encoding="utf-8")
        return 0
    if json.loads(PATH.read_text(encoding="utf-8"))["sha256"] == asset_hashes():
        return 0
    print(f"{PATH.name} is of other assets: run python tests/contract/golden/make_skeleton.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
