"""A face that rests is noticed once; one that moves, turns or grimaces is not."""

from __future__ import annotations

import numpy as np
import pytest

from geface_bridge.motion import Stillness
from rig.layout import load_layout

LAYOUT = load_layout()


def seen(**values):
    out = np.zeros(len(LAYOUT.channels), np.float32)
    for name, value in values.items():
        out[LAYOUT.channel_index[name]] = value
    return out


def first_rest_s(stillness, channels_at, until_s=5.0):
    """When it first says so at 30 Hz; None if it does not."""
    times = np.arange(0.0, until_s, 1 / 30)
    return next((t for t in times if stillness(channels_at(t), t)), None)


def test_a_resting_face_is_noticed_when_the_time_is_up():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, (200, len(LAYOUT.channels))).astype(np.float32)
    at = first_rest_s(Stillness(2.0), lambda t: seen(AU04_L=0.2) + noise[int(t * 30)])
    assert at == pytest.approx(2.0, abs=0.15)


def test_it_is_said_once_until_reset():
    stillness = Stillness(1.0)
    assert first_rest_s(stillness, lambda t: seen()) is not None
    assert first_rest_s(stillness, lambda t: seen()) is None
    stillness.reset()
    assert first_rest_s(stillness, lambda t: seen()) is not None


def test_blinks_do_not_matter():
    blinking = Stillness(1.0)
    assert first_rest_s(blinking, lambda t: seen(AU43_L=float(t % 0.5 < 0.1))) is not None


@pytest.mark.parametrize(
    "channels_at",
    [
        lambda t: seen(AU12_L=0.3 + 0.2 * np.sin(6 * t)),
        lambda t: seen(head_yaw=0.1 * np.sin(2 * t)),
        lambda t: seen(head_yaw=0.6),
        lambda t: seen(AU12_L=0.8),
    ],
    ids=["talks", "nods", "looks away", "grins"],
)
def test_this_is_no_rest(channels_at):
    assert first_rest_s(Stillness(2.0), channels_at) is None


def test_a_loss_starts_the_time_anew():
    stillness = Stillness(2.0)
    assert first_rest_s(stillness, lambda t: seen(), until_s=1.8) is None
    stillness.lost()
    assert first_rest_s(stillness, lambda t: seen(), until_s=1.8) is None
