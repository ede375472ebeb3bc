"""The page's clock, run by Node as it is, follows a server whose clock drifts for hours."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "geface_bridge" / "viewer" / "page"
RUN = """
const { ServerClock } = await import(process.argv[1]);
const clock = new ServerClock();
const offsets = JSON.parse(process.argv[2]).map(([sent, at, arrived]) => {
  clock.pong({ client_time_s: sent, received_at_s: at, sent_at_s: at }, arrived);
  return clock.offsetS;
});
process.stdout.write(JSON.stringify({ before: new ServerClock().offsetS, offsets }));
"""

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="node is not installed: the page's script cannot run"
)


def offsets(exchanges):
    """The page's offset after each (sent, at the server, arrived), and the one before all."""
    url = (PAGE / "connection.js").as_uri()
    command = [shutil.which("node"), "--input-type=module", "--eval", RUN, url]
    done = subprocess.run(
        [*command, json.dumps(exchanges)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["before"], found["offsets"]


@pytest.mark.parametrize("drift", [200e-6, -200e-6])
def test_hours_of_drift_stay_within_the_trip_and_eight_pings(drift):
    """A ping every 4 s for two hours; the quickest of all would be 1.4 s off."""
    rng = np.random.default_rng(0)
    sent = 4.0 * np.arange(1800)
    there, back = rng.exponential(0.004, (2, 1800))
    arrived = sent + there + back
    at = (sent + there) * (1 + drift) + 100.0
    before, found = offsets(np.round(np.transpose([sent, at, arrived]), 6).tolist())
    assert before is None
    error = np.abs(found - (100.0 + drift * arrived))
    assert error.max() < 8 * 4 * abs(drift) + 0.012
    assert np.median(error) < 0.006


def test_a_quick_exchange_counts_for_eight_pings_and_no_longer():
    slow = [[step, step + 101.5, step + 1] for step in range(1, 9)]
    _, found = offsets([[0, 100, 0], *slow])
    assert found == [100.0] * 8 + [101.0]
