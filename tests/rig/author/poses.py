"""What the animations of head.glb and head.fbx should do, by numpy."""

from dataclasses import replace

import numpy as np

from rig.author.glb_poses import full_weight
from rig.skeleton import Skeleton
from rig.skinning import skin
from tests.rig.support import HEAD, LAYOUT, SKELETON

DRIVERS = SKELETON.profile.drivers


def pose_job():
    """The arrays that ``pose_worker`` reads."""
    points = {f"points_{name}": part.positions for name, part in HEAD.primitives.items()}
    return {"poses": np.array([driver.pose for driver in DRIVERS]), **points}


def posed_alone(driver):
    """Primitive → (V, 3) vertices with this driver's pose alone, its channels at full."""
    channels = np.zeros(len(LAYOUT.channels))
    for factor in driver.factors:
        channel = LAYOUT.channels[LAYOUT.channel_index[factor.channel]]
        channels[LAYOUT.channel_index[factor.channel]] = (
            channel.high if factor.gain > 0 else channel.low
        )
    alone = Skeleton(HEAD, replace(SKELETON.profile, drivers=(driver,)), LAYOUT)
    np.testing.assert_allclose(alone.profile.weights(channels), [full_weight(driver)])
    matrices = alone.skin_matrices(channels)
    parts = HEAD.primitives.items()
    return {name: skin(p.positions, p.joints, p.weights, matrices) for name, p in parts}


def largest_error_m(found):
    """Farthest that any vertex in any pose is from where numpy has it."""
    expected = [posed_alone(driver) for driver in DRIVERS]
    return max(
        np.abs(found[f"posed_{name}"] - [pose[name] for pose in expected]).max()
        for name in HEAD.primitives
    )
