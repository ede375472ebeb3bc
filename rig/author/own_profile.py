"""Writes the rig's own profile, ``rig/profiles/geface.json``.

Every pose has one driver; a *corrective* has a product of factors. To add one, hand
``profile_json`` a ``Corrective``: its pose is what the bones need *beside* the sum of the poses
that its channels drive already, in the parent's frame like all poses, and its mirror image is a
corrective of its own::

    Corrective("AU06_AU12_L", (("AU06_L", 1.0), ("AU12_L", 1.0)), pose)

weighs max(0, AU06_L) · max(0, AU12_L), so at half of both it has a quarter of its pose.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rig.author import anatomy
from rig.author.fit import BonePose
from rig.author.solve import SolvedRig, all_poses
from rig.layout import load_layout
from rig.profile import VERSION

CONVENTION = (
    "pose of a bone in its parent: translation (m) from rest, rotation vector (rad), scale; axes "
    "x left, y up, z forward; gaze poses are per radian; curves add up and are clipped to 0..1"
)


class Corrective(NamedTuple):
    """A pose driven by a product of channels.

    Attributes:
        name: of the pose.
        factors: (channel, gain) each; the weight is Π max(0, gain · channel).
        pose: transforms of all bones of the skeleton, in the parent's frame.
    """

    name: str
    factors: tuple[tuple[str, float], ...]
    pose: BonePose


def profile_json(solved: SolvedRig, correctives: tuple[Corrective, ...] = ()) -> dict[str, Any]:
    """The rig's own retarget profile as JSON; drivers in wire order, correctives last."""
    poses, names = all_poses(solved), solved.skeleton.names
    plain = _drivers(list(poses))
    return {
        "format": "geface-profile",
        "format_version": VERSION,
        "target": "geface-bridge head, rig/assets/head.blend and head.glb",
        "layout_id": load_layout().layout_id,
        "convention": CONVENTION,
        "head_bone": "head",
        "drivers": plain + [driver_json(c.name, c.factors) for c in correctives],
        "poses": {d["pose"]: pose_json(poses[d["pose"]], names) for d in plain}
        | {c.name: pose_json(c.pose, names) for c in correctives},
    }


def _drivers(poses: list[str]) -> list[dict[str, Any]]:
    """One driver a pose, in wire order."""
    drivers = [driver_json(n, ((n, 1.0),)) for n in poses if not n.startswith("gaze")]
    for name, (channel, sign, _) in anatomy.GAZE_UNITS.items():
        drivers.append(driver_json(name, ((channel, sign),)))
    drivers.append(driver_json("gaze_right", (("gaze_yaw", -1.0),)))
    order = load_layout().channel_index
    return sorted(drivers, key=lambda d: (order[d["channel"]], -d["gain"]))


def driver_json(pose: str, factors: tuple[tuple[str, float], ...]) -> dict[str, Any]:
    """A driver as JSON; the first factor is its own channel and gain, the others are its times."""
    first, *times = ({"channel": channel, "gain": gain} for channel, gain in factors)
    return {"pose": pose, **first, **({"times": times} if times else {})}


def pose_json(pose: BonePose, names: tuple[str, ...]) -> dict[str, Any]:
    """A pose as JSON: the bones that move by more than 5 µm or 0.2 mrad, no curves."""
    bones = {}
    for i, name in enumerate(names):
        size = np.abs(pose.translation[i]).max() / 5e-6
        turn = max(np.abs(pose.rotvec[i]).max(), np.abs(pose.scale[i] - 1).max()) / 2e-4
        if max(size, turn) < 1:
            continue
        bones[name] = {
            "translation": [round(float(x), 7) for x in pose.translation[i]],
            "rotvec": [round(float(x), 6) for x in pose.rotvec[i]],
            "scale": [round(float(x), 6) for x in pose.scale[i]],
        }
    return {"bones": bones, "curves": {}}
