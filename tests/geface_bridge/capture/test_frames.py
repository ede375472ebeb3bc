from __future__ import annotations

import math

import pytest

from geface_bridge.capture.frames import plausible_rate


@pytest.mark.parametrize("stated", [0.0, -1.0, math.nan, math.inf, 90000.0])
def test_impossible_rates_become_thirty(stated):
    assert plausible_rate(stated) == 30.0


@pytest.mark.parametrize("stated", [0.5, 23.976, 30.0, 240.0])
def test_possible_rates_stay(stated):
    assert plausible_rate(stated) == stated
