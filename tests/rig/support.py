"""What the rig's tests share: the packaged head, and channels by name."""

from __future__ import annotations

from functools import cache

import numpy as np

from rig.head import load_head
from rig.layout import load_layout, mirror_name
from rig.skeleton import Skeleton
from rig.skinning import skin

LAYOUT = load_layout()
HEAD = load_head()
SKELETON = Skeleton()
MIRROR = np.array([-1.0, 1.0, 1.0])
TWIN = np.array([HEAD.joint_index(mirror_name(name)) for name in HEAD.joint_names])


def channels(**values):
    """(C,) wire channels, 0 but for those named."""
    out = np.zeros(len(LAYOUT.channels))
    for name, value in values.items():
        out[LAYOUT.channel_index[name]] = value
    return out


def random_channels(rng, most=0.6, turn=0.3):
    """(C,) channels with intensities up to ``most`` and angles up to ``turn``."""
    out = np.zeros(len(LAYOUT.channels))
    count = len(LAYOUT.au_channel_names)
    out[:count] = rng.uniform(0, most, count)
    for name in ("gaze_yaw", "gaze_pitch", "head_yaw", "head_pitch", "head_roll"):
        out[LAYOUT.channel_index[name]] = rng.uniform(-turn, turn)
    return out


def posed(values=None, identity=None):
    """Primitive → (V, 3) posed vertices."""
    values = channels() if values is None else values
    matrices = SKELETON.skin_matrices(values, identity)
    parts = HEAD.primitives.items()
    return {name: skin(p.positions, p.joints, p.weights, matrices) for name, p in parts}


def dense_weights(part):
    """(V, J) weights of a primitive."""
    out = np.zeros((len(part.positions), len(HEAD.joint_names)))
    np.add.at(out, (np.arange(len(out))[:, None], part.joints), part.weights)
    return out


@cache
def mirror_vertices(name):
    """(V,) the vertex of a primitive nearest to each vertex' mirror image."""
    points = HEAD.primitives[name].positions
    flipped = points * MIRROR
    return np.array([np.abs(points - point).max(1).argmin() for point in flipped])
