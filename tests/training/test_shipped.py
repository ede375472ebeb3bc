"""What comes with the program is what its card says, and is read as a checkpoint is."""

import hashlib
import json

import pytest
import torch
from click.testing import CliRunner

from geface_bridge.errors import ModelError
from rig.layout import load_layout
from tests.training.toy import Fit, Lines, config
from training.loop import CHECKPOINT, load_averaged, read_averaged, run_loop
from training.parsing import CLASSES, load_parsing
from training.renderer import load_renderer
from training.shipped import (
    ESTIMATOR,
    FOLDER,
    LANDMARK_ESTIMATOR,
    PARSING,
    RENDERER,
    SECOND_ESTIMATOR,
    main,
    ship,
)

LIMIT_BYTES = 16 * 2**20
WEIGHTS = sorted(FOLDER.glob("*.safetensors"))


def test_all_networks_come():
    assert {ESTIMATOR, SECOND_ESTIMATOR, LANDMARK_ESTIMATOR, PARSING, RENDERER} <= set(WEIGHTS)


@pytest.mark.parametrize("path", WEIGHTS, ids=lambda path: path.stem)
def test_the_card_is_that_files(path):
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card["file"] == path.name
    assert card["layout_id"] == load_layout().layout_id
    assert card["licence"] == "Apache-2.0"
    assert all(command.startswith("python -m training.") for command in card["commands"])
    assert path.stat().st_size < LIMIT_BYTES
    weights = read_averaged(path, card["name"])[1]
    learned = (v.numel() for k, v in weights.items() if "running" not in k and "num_" not in k)
    assert sum(learned) == pytest.approx(card["parameters"], rel=0.01)


def test_they_draw_and_parse_a_face():
    y = torch.from_numpy(load_layout().neutral_parameters()).float()[None]
    with torch.no_grad():
        parts = load_parsing(PARSING)(load_renderer(RENDERER)(y)).logits.argmax(1)[0]
    middle = [CLASSES[int(parts[row, 64])] for row in range(128)]
    assert middle.index("nose") < middle.index("upper_lip") < middle.index("lower_lip")
    assert "eyes" in {CLASSES[int(k)] for k in parts.unique()}


def test_what_is_shipped_is_the_average_in_half_precision(tmp_path):
    run = run_loop(Fit, Lines(), config(), tmp_path)
    out = tmp_path / "deep" / "toy.safetensors"
    result = CliRunner().invoke(main, [str(tmp_path / CHECKPOINT), str(out)])
    assert result.exit_code == 0, result.output
    net = load_averaged(Fit().net, read_averaged(out, "toy")[1], out)
    x = torch.from_numpy(Lines().x)
    torch.testing.assert_close(net(x), run.averaged()(x), atol=2e-3, rtol=2e-3)
    assert out.stat().st_size < (tmp_path / CHECKPOINT).stat().st_size / 2


def test_what_is_no_checkpoint_is_named_and_nothing_is_written(tmp_path):
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(ModelError, match="junk is no checkpoint"):
        ship(tmp_path / "junk", tmp_path / "out")
    assert not (tmp_path / "out").exists()
