"""``make train`` as README has it, from the first render to a model that answers, in small."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geface_bridge.align import FaceAligner
from geface_bridge.capture import open_video
from geface_bridge.estimate import Estimator

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "geface_bridge" / "capture" / "performance.mp4"
SMALL = {"COUNT": 48, "PEOPLE": 16, "STEPS": 2, "TUNING": 1, "MORE_TUNING": 2}

pytest.importorskip("tflite")
pytest.importorskip("pyrender")


@pytest.mark.skipif(not shutil.which("make"), reason="make is not here")
def test_it_ends_in_a_model_that_answers(tmp_path):
    model = tmp_path / "estimator.onnx"
    words = [f"{name}={value}" for name, value in SMALL.items()]
    words += [f"RUN={tmp_path}", f"MODEL={model}", f"FACES={CLIP}", "COPIES=1", "WORKERS=1"]
    words += [f"BIN={Path(sys.executable).parent}", "--old-file=test-env"]
    done = subprocess.run(
        ["make", "train", *words], cwd=ROOT, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-4000:]
    card = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
    assert "COUNT=48" in card["command"]
    source = open_video(CLIP, realtime=False)
    try:
        faces = FaceAligner(tracking=False).align(next(source.frames()).image_rgb)
    finally:
        source.close()
    (answer,) = Estimator.load(model).estimate(faces[:1])
    assert np.isfinite(answer.channels).all()
