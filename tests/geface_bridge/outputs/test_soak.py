"""Two minutes of the soak; ``tests/benchmarks/bench_outputs.py soak`` is its long form."""

from __future__ import annotations

import pytest

from tests.geface_bridge.outputs.soak import FORMATS, RATE_HZ, soak


def test_two_minutes_of_traffic_through_every_output_lose_and_drift_nothing(tmp_path):
    result = soak(2 / 60, FORMATS, tmp_path / "token")
    for kind, report in result.reports.items():
        assert report.checked > 100, kind
        assert report.worst < (0.00501 if kind == "ifacialmocap" else 1e-5), kind
        assert report.late_s < 1 / RATE_HZ, kind
        assert report.came == report.sent or kind == "vts", kind
    assert result.reports["livelink"].came == 2 * 60 * RATE_HZ
    assert result.end_mib == pytest.approx(result.early_mib, abs=20)
