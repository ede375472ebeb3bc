"""The page's law of loss and return, run by Node as it is, shows the golden numbers."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "geface_bridge" / "viewer" / "page" / "presence.js"
GOLDEN = ROOT / "tests" / "contract" / "golden" / "presence_v1.json"
RUN = """
import { readFileSync } from "node:fs";
const { cases } = JSON.parse(readFileSync(process.argv[1], "utf8"));
const shown = ({ config, steps }) => {
  const presence = new Presence(3, config);
  return steps.map((step) => Array.from(presence.show(step.channels, step.time_s)));
};
const all = Object.entries(cases).map(([name, test]) => [name, shown(test)]);
process.stdout.write(JSON.stringify({ all: Object.fromEntries(all), standard: PRESENCE }));
"""

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="node is not installed: the page's script cannot run"
)


@pytest.fixture(scope="module")
def golden():
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def done():
    program = SCRIPT.read_text(encoding="utf-8") + RUN  # one module, so that it needs no package
    command = [shutil.which("node"), "--input-type=module", "--eval", program, str(GOLDEN)]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_it_shows_the_golden_numbers(done, golden):
    assert done["all"].keys() == golden["cases"].keys()
    for name, case in golden["cases"].items():
        expected = [step["shown"] for step in case["steps"]]
        np.testing.assert_allclose(
            done["all"][name], expected, atol=golden["tolerance"], rtol=0, err_msg=name
        )


def test_its_durations_are_the_standard_ones(done, golden):
    assert done["standard"] == golden["cases"]["no_face_yet"]["config"]
