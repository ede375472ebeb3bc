# SPDX-License-Identifier: GPL-3.0-or-later
"""What every Blender makes of characters of many makes, without a server; see ``apply_worker``."""

import json
from pathlib import Path

import numpy as np
import pytest

from rig.head import asset_path
from rig.layout import load_layout
from rig.profile import load_profile
from tests.rig.support import LAYOUT, random_channels

WORKER = Path(__file__).with_name("apply_worker.py")
EYE_DISTANCE_M = 0.06  # of the worker's rigs


def part(translation=(0.0, 0.0, 0.0), rotvec=(0.0, 0.0, 0.0), scale=(1.0, 1.0, 1.0)):
    return {"translation": list(translation), "rotvec": list(rotvec), "scale": list(scale)}


def jaw_profile():
    """The jaw shifts and turns by AU26, the eyes turn by gaze; measured on a face of half size."""
    eyes = {"eye.L": part(rotvec=(0.0, 1.0, 0.0)), "eye.R": part(rotvec=(0.0, 1.0, 0.0))}
    jaw = {"jaw": part((0.001, -0.01, 0.002), (0.4, 0.1, -0.05))}
    return {
        "format": "geface-profile",
        "format_version": 2,
        "target": "a jaw and two eyes",
        "layout_id": load_layout().layout_id,
        "head_bone": None,
        "reference_eye_distance_m": EYE_DISTANCE_M / 2,
        "drivers": [
            {"pose": "jaw", "channel": "AU26", "gain": 1.0},
            {"pose": "look", "channel": "gaze_yaw", "gain": 1.0},
        ],
        "poses": {"jaw": {"bones": jaw, "curves": {}}, "look": {"bones": eyes, "curves": {}}},
    }


@pytest.fixture(scope="session")
def job():
    """Channels that move everything, along a smooth way so that tracks have no cause to jump."""
    rng = np.random.default_rng(5)
    ends = [random_channels(rng, most=0.9, turn=0.5) for _ in range(2)]
    for end in ends:
        end[LAYOUT.channel_index["gaze_yaw"]] = 0.4
        end[LAYOUT.channel_index["gaze_pitch"]] = -0.2
    steps = np.linspace(0, 1, 20)[:, None]
    channels = (1 - steps) * ends[0] + steps * ends[1]
    return {
        "channels": channels,
        "profile": json.dumps(jaw_profile()),
        "keys": load_profile("arkit52").curve_names,
    }


@pytest.fixture(scope="session")
def applied(blender, job, tmp_path_factory):
    folder = tmp_path_factory.mktemp("applied")
    np.savez(folder / "job.npz", **job)
    arguments = (folder / "job.npz", asset_path("head.blend"))
    return blender.run(WORKER, folder / "result.npz", *arguments)
