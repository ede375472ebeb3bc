"""Correctives of the rig: what bones need where several channels work on the same skin.

Three kinds, all listed in ``anatomy``: *damped* ones take back a share of a pose on some bones
while another channel works there too; *sculpted* ones were solved for a shape of their own; and
the blink's *late* part grows with the fourth power of its channel. Left ones are mirrored.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rig.author import anatomy
from rig.author.fit import BonePose
from rig.author.own_profile import Corrective
from rig.author.solve import SolvedRig, mirrored_pose
from rig.layout import mirror_name

Factors = tuple[tuple[str, float], ...]


def scaled(pose: BonePose, share: float, bones: NDArray[np.bool_] | None = None) -> BonePose:
    """A pose times a factor, on ``bones`` (B,) only."""
    chosen = np.ones(len(pose.scale)) if bones is None else bones.astype(float)
    on = share * chosen[:, None]
    scale = np.asarray(1 + (pose.scale - 1) * on, dtype=np.float64)
    return BonePose(pose.rotvec * on, pose.translation * on, scale)


def all_correctives(solved: SolvedRig) -> tuple[Corrective, ...]:
    """Every corrective of the rig, sided ones for both sides."""
    sided = [_damped(solved, damping) for damping in anatomy.DAMPINGS]
    late = (("AU43_L", 1.0),) * 4
    sided.append(Corrective("AU43_late_L", late, solved.late_blink))
    twin = solved.skeleton.mirror()
    pairs = [(left, _mirrored(left, twin)) for left in sided]
    middle = [
        Corrective(f"{first}_{second}", ((first, 1.0), (second, 1.0)), pose)
        for (first, second), pose in solved.together.items()
    ]
    return tuple(corrective for pair in pairs for corrective in pair) + tuple(middle)


def _damped(solved: SolvedRig, damping: anatomy.Damping) -> Corrective:
    names = solved.skeleton.names
    chosen = [n.startswith(damping.bones) and not n.endswith("_R") for n in names]
    pose = scaled(solved.poses[damping.pose], -damping.share, np.array(chosen))
    label = "_".join(_label(channel, gain) for channel, gain in damping.factors)
    return Corrective(f"{label}_L", damping.factors, pose)


def _label(channel: str, gain: float) -> str:
    """AU05_L → AU05; gaze_pitch → gaze_down or gaze_up."""
    if channel == "gaze_pitch":
        return "gaze_down" if gain > 0 else "gaze_up"
    return channel.removesuffix("_L")


def _mirrored(left: Corrective, twin: NDArray[np.int64]) -> Corrective:
    factors = tuple((mirror_name(channel), gain) for channel, gain in left.factors)
    return Corrective(mirror_name(left.name), factors, mirrored_pose(left.pose, twin))
