# SPDX-License-Identifier: GPL-3.0-or-later
"""What the core's tests share: channels by name, the golden files and the rig's profiles."""

import json
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blender_addon.geface.core.layout_generated import CHANNELS as ROWS
from blender_addon.geface.core.messages import Channel
from blender_addon.geface.core.profile import read_profile

GOLDEN = Path(__file__).parents[2] / "contract" / "golden"
CHANNELS = tuple(Channel(*row) for row in ROWS)
NAMES = tuple(channel.name for channel in CHANNELS)
COUNT = len(CHANNELS)
PROFILES = ("arkit52", "geface", "makehuman", "rigify", "vrm")

faces = arrays(float, COUNT, elements=st.floats(0, 0.5))
"""Channels within every range."""


def face(**values):
    """(C,) channels, 0 but for those named."""
    out = np.zeros(COUNT)
    for name, value in values.items():
        out[NAMES.index(name)] = value
    return out


def golden(name):
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def profile_file(name):
    """Text of a profile of the rig."""
    return resources.files("rig").joinpath(f"profiles/{name}.json").read_text(encoding="utf-8")


@cache
def profile(name):
    return read_profile(profile_file(name))


@cache
def profiles():
    return {name: profile(name) for name in PROFILES}
