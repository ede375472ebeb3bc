"""The golden numbers of loss and return are current, and bind ``Presence``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geface_bridge.motion import Presence, PresenceConfig

HERE = Path(__file__).parent / "golden"
GOLDEN = json.loads((HERE / "presence_v1.json").read_text(encoding="utf-8"))


def test_the_file_is_what_the_maker_makes():
    command = [sys.executable, str(HERE / "make_presence.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", GOLDEN["cases"])
def test_presence_shows_the_golden_numbers(name):
    case = GOLDEN["cases"][name]
    presence = Presence(3, PresenceConfig(**case["config"]))
    for step in case["steps"]:
        channels = None if step["channels"] is None else np.array(step["channels"])
        shown = presence(channels, step["time_s"])
        np.testing.assert_allclose(
            shown, step["shown"], atol=GOLDEN["tolerance"], rtol=0, err_msg=str(step)
        )
