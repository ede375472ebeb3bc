"""The latency benchmark really measures: its stages add up to what the client saw."""

from __future__ import annotations

import numpy as np

from geface_bridge.commands.bench import _table
from geface_bridge.live.bench import STAGES, ClipCamera, measure_latency


def test_stages_add_up_to_the_added_latency():
    run = measure_latency(None, rate_hz=10.0, seconds=2.0)
    assert set(run.stages) == {*STAGES, "wire"}
    assert len(run.added) >= 3
    np.testing.assert_allclose(sum(run.stages.values()), run.added)
    assert (run.added > 0).all()
    assert all((run.stages[name] >= 0).all() for name in STAGES)
    assert len(run.arrival) == len(run.added) - 1
    table = _table(run)
    assert table[0].startswith(f"10 Hz, {len(run.added)} frames")
    assert len(table) == len(run.stages) + 5


def test_a_clip_as_a_camera_goes_back_and_forth_until_released():
    pictures = [np.full((2, 2, 3), value, np.uint8) for value in range(4)]
    camera = ClipCamera(pictures, rate_hz=1000.0)
    seen = [int(camera.read()[1][0, 0, 0]) for _ in range(8)]
    assert seen == [1, 2, 3, 2, 1, 0, 1, 2]
    camera.release()
    assert camera.read()[0] is False
