from __future__ import annotations

import dataclasses

import numpy as np

from geface_bridge.estimate import Estimate
from geface_bridge.motion import MotionConfig, MotionFilter, Pace
from geface_bridge.motion.groups import GROUPS, groups_of
from rig.layout import load_layout

LAYOUT = load_layout()


def estimate_of(value: float) -> Estimate:
    return Estimate(np.full(len(LAYOUT.channels), value, np.float32), 0.8)


def test_config_has_a_pace_for_every_group():
    assert {field.name for field in dataclasses.fields(MotionConfig)} == set(GROUPS)


def test_each_group_moves_at_its_own_pace():
    still, quick = Pace(0.01, 0.0), Pace(1e6, 0.0)
    paces = dict.fromkeys(GROUPS, still) | {"lids": quick}
    smooth = MotionFilter(MotionConfig(**paces))
    smooth(estimate_of(0.0), 0.0)
    channels = smooth(estimate_of(0.5), 1 / 30).channels
    lids = np.array([group == "lids" for group in groups_of(LAYOUT)])
    assert channels[lids].min() > 0.499
    assert channels[~lids].max() < 0.01


def test_by_default_a_blink_passes_and_a_resting_brow_is_stiller_than_a_resting_lid():
    smooth, closure = MotionFilter(), LAYOUT.channel_index["AU43_L"]
    blink = [0, 0, 0, 0.5, 1, 1, 0.5, 0, 0]  # 30 frames a second
    peak = 0.0
    for step, value in enumerate(blink):
        peak = max(peak, float(smooth(estimate_of(value), step / 30).channels[closure]))
    assert peak > 0.85
    noisy, rng, seen = MotionFilter(), np.random.default_rng(0), []
    for step in range(200):
        seen.append(noisy(estimate_of(float(rng.normal(0.3, 0.02))), step / 30).channels)
    spread = dict(zip(LAYOUT.channel_names, np.std(seen[20:], axis=0), strict=True))
    assert spread["AU04_L"] < 0.01 < 0.02
    assert spread["AU04_L"] < spread["AU43_L"] < 0.02


def test_confidence_passes_and_reset_forgets():
    smooth = MotionFilter()
    smooth(estimate_of(0.0), 0.0)
    smooth.reset()
    found = smooth(estimate_of(0.4), 0.01)
    assert found.confidence == 0.8
    np.testing.assert_allclose(found.channels, 0.4, atol=1e-6)
    assert found.channels.dtype == np.float32
