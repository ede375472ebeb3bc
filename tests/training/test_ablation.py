"""The ablation by configuration: what is trained, that it goes on, and its table."""

import json
from dataclasses import replace

import pytest

from geface_bridge.errors import ConfigError, SourceError
from tests.training.paper_toy import config, frozen, samples
from training import ablation
from training.ablation import Variant, papers_variants, read_variants, train_variant
from training.loop import World, read_checkpoint
from training.regressor import Weights
from training.running import Running


def test_the_papers_table_leaves_out_one_loss_a_row():
    whole, *rows = papers_variants()
    assert whole == Variant("all losses")
    assert [row.weights for row in rows] == [
        replace(Weights(), **{name: 0.0})
        for name in ("content", "identity", "parameter", "loopback", "disentangling")
    ]


def test_variants_are_read(tmp_path):
    path = tmp_path / "variants.json"
    rows = {
        "bare": {"without": ["identity", "loopback"], "weights": {"base_au": 0.5}},
        "warm": {"start": "warm.safetensors", "paper_inputs": True},
    }
    path.write_text(json.dumps(rows))
    bare, warm = read_variants(path)
    assert bare == Variant("bare", Weights(identity=0, loopback=0, base_au=0.5))
    assert warm == Variant("warm", Weights(), tmp_path / "warm.safetensors", True)


@pytest.mark.parametrize(
    ("text", "error", "complaint"),
    [
        ("{", SourceError, "cannot be read as JSON"),
        ("[1]", SourceError, "holds no variants"),
        ('{"a": {"losses": []}}', ConfigError, r"'a' has \['losses'\]"),
        ('{"../a": {}}', ConfigError, "cannot be a folder's name"),
        ('{"a": {"without": ["beard"]}}', ConfigError, "no weight"),
        ('{"a": {"weights": {"identity": "much"}}}', ConfigError, "no NAME=NUMBER"),
    ],
)
def test_what_cannot_be_tried_is_told(tmp_path, text, error, complaint):
    path = tmp_path / "variants.json"
    path.write_text(text)
    with pytest.raises(error, match=complaint):
        read_variants(path)


def test_a_variant_that_is_done_is_not_trained_again(tmp_path, monkeypatch):
    nets = frozen()
    monkeypatch.setattr(ablation, "RegressorConfig", small)
    variant = Variant("without identity", Weights(identity=0))
    arguments = (nets, samples(), Running(config(2), tmp_path), World())
    path = train_variant(variant, *arguments)
    assert path.parent.name == "without identity"
    before = path.stat().st_mtime_ns
    told = json.loads(read_checkpoint(path)[0]["described"])
    assert told["weights"]["identity"] == 0
    assert train_variant(variant, *arguments) == path
    assert path.stat().st_mtime_ns == before


def small(channels, **changes):
    from training.regressor import RegressorConfig

    return RegressorConfig(channels, size=4, width=8, hidden=16, **changes)


def test_results_are_shown_side_by_side(tmp_path, capsys):
    score = {"icc31": 0.61, "mae": 0.4, "pearson": 0.7, "f1": 0.5, "count": 12}
    result = {"aus": {}, "averages": {"DISFA": score}, "found": 1.0, "pose_error_rad": 0.1}
    ablation._tell([("renders", {"all losses": result, "without content": result})], tmp_path)
    shown = capsys.readouterr().out
    assert "all losses" in shown
    assert "without content" in shown
    assert ".61" in shown
    kept = json.loads((tmp_path / "ablation.json").read_text())
    assert set(kept["renders"]) == {"all losses", "without content"}
