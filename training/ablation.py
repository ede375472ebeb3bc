"""The ablation of R's losses: trained with all of them and with each left out, one table.

    python -m training.ablation --data photographs --cache runs/faces.npz \\
        --renderer G --parsing F_SEG --identity F_REG --out runs/ablation --steps 2000 \\
        --pairs renders=runs/held_out --pictures other=runs/other --clips clips=runs/clips

What is tried is a JSON file (``--variants``), a name for each and what differs: ``without`` (a
list of losses), ``weights`` (name → number), ``start`` (a checkpoint), ``paper_inputs``. Without
one it is the paper's table. Every variant has the same seed, faces and steps. Stopped anywhere
and started again, it goes on; a variant that is done is not trained again.
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return, untyped-decorator"

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from geface_bridge.errors import ConfigError, SourceError
from training import reports
from training.console import TrainingCommand
from training.data.faces import FaceSamples, read_faces
from training.data.judged import JudgedSet, clips_set, faces_of, pairs_set, pictures_set
from training.evaluate import evaluate
from training.loop import CHECKPOINT, Samples, World
from training.predictors import read_predictor
from training.regressor import (
    DEFAULTS,
    PAPERS,
    Frozen,
    NetPaths,
    RegressorConfig,
    RegressorSamples,
    Weights,
    channels_of,
    make_task,
    weights_from,
)
from training.running import Running, running
from training.shards import write_json


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes:
        name: of the row and of its folder.
        weights: of the losses.
        start: checkpoint of R whose weights it starts from.
        paper_inputs: no T_b for the AUs, as in the paper.
    """

    name: str
    weights: Weights = field(default_factory=Weights)
    start: Path | None = None
    paper_inputs: bool = False


def papers_variants(start: Path | None = None) -> tuple[Variant, ...]:
    """All five losses; and each left out."""
    each = [Variant(f"without {n}", weights_from((), (n,)), start) for n in PAPERS]
    return Variant("all losses", start=start), *each


def read_variants(path: Path) -> tuple[Variant, ...]:
    """The variants of a JSON file; paths in it are relative to it.

    Raises:
        SourceError: it is no such file.
        ConfigError: it asks for what there is not.
    """
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as JSON ({error})") from error
    if not isinstance(told, dict) or not all(isinstance(row, dict) for row in told.values()):
        raise SourceError(f"{path} holds no variants, expected name → what differs")
    return tuple(_variant(name, row, path) for name, row in told.items())


def _variant(name: str, row: Mapping[str, Any], path: Path) -> Variant:
    known = {"without", "weights", "start", "paper_inputs"}
    if unknown := set(row) - known:
        raise ConfigError(f"{path}: {name!r} has {sorted(unknown)}, expected {sorted(known)}")
    if not name or Path(name).name != name:
        raise ConfigError(f"{path}: {name!r} cannot be a folder's name")
    changes = tuple(f"{key}={value}" for key, value in row.get("weights", {}).items())
    start = path.parent / row["start"] if row.get("start") else None
    weights = weights_from(changes, tuple(row.get("without", ())))
    return Variant(name, weights, start, bool(row.get("paper_inputs")))


def train_variant(
    variant: Variant, frozen: Frozen, samples: Samples, running: Running, world: World
) -> Path:
    """Train one to the end, from where it was; returns its checkpoint."""
    sees_brows = not variant.paper_inputs
    config = RegressorConfig(channels_of(frozen.parsing), expression_sees_brows=sees_brows)
    make = partial(make_task, frozen, config, variant.weights, variant.start)
    own = replace(running, out=running.out / variant.name)
    own.run(make, samples, world)
    return own.out / CHECKPOINT


def compare(
    checkpoints: Mapping[str, Path], judged: JudgedSet, cache: Path | None
) -> dict[str, Any]:
    """Variant → its result on a set as JSON, all variants side by side."""
    predictors = [read_predictor(name, path) for name, path in checkpoints.items()]
    results = evaluate(predictors, faces_of(judged, cache), judged.films)
    return {p.name: r.as_json() for p, r in zip(predictors, results, strict=True)}


def _sets(options: Mapping[str, tuple[str, ...]]) -> list[JudgedSet]:
    kinds = {"pairs": pairs_set, "pictures": pictures_set, "clips": clips_set}
    sets = []
    for kind, make in kinds.items():
        for text in options[kind]:
            name, _, folder = text.partition("=")
            if not (name and folder):
                raise ConfigError(f"{text!r} is no NAME=FOLDER")
            sets.append(make(name, Path(folder)))
    return sets


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NAMED: dict[str, Any] = {"multiple": True, "metavar": "NAME=FOLDER"}


@click.command(cls=TrainingCommand)
@click.option("--data", multiple=True, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--cache", type=click.Path(dir_okay=False, path_type=Path), help="Aligned crops.")
@click.option("--variants", type=FILE, help="JSON; by default all losses and each left out.")
@click.option("--start", type=FILE, help="Checkpoint of R that the default variants start from.")
@click.option("--renderer", type=FILE, required=True, help="G's checkpoint.")
@click.option("--parsing", type=FILE, required=True, help="F_seg's checkpoint.")
@click.option("--identity", type=FILE, required=True, help="F_reg's checkpoint.")
@click.option("--pairs", **NAMED, help="Rendered pairs to judge by; repeatable.")
@click.option("--pictures", **NAMED, help="Pictures with labels.csv; repeatable.")
@click.option("--clips", **NAMED, help="Films with reference/CLIP.csv; repeatable.")
@click.option("--judged-cache", type=click.Path(file_okay=False, path_type=Path))
@running(DEFAULTS, least_batch=2)
def main(
    running: Running,
    data: tuple[Path, ...],
    cache: Path | None,
    variants: Path | None,
    start: Path | None,
    renderer: Path,
    parsing: Path,
    identity: Path,
    judged_cache: Path | None,
    **sets: tuple[str, ...],
) -> None:
    """Train every variant, judge them side by side, print the table and keep it as JSON."""
    rows = read_variants(variants) if variants else papers_variants(start)
    judged = _sets(sets)
    with running.world() as world:
        frozen = NetPaths(renderer, parsing, identity).load()
        samples = RegressorSamples(FaceSamples(read_faces(data, cache)))
        done = {v.name: train_variant(v, frozen, samples, running, world) for v in rows}
    if world.leads:
        results = ((one.name, compare(done, one, judged_cache)) for one in judged)
        _tell(results, running.out)


def _tell(results: Iterable[tuple[str, Mapping[str, Any]]], out: Path) -> None:
    """Print each set's table as soon as it is there; keep all that are."""
    found = {}
    for name, found[name] in results:
        click.echo(reports.report(name, found[name], brief=True) + "\n")
        write_json(out / "ablation.json", found)


if __name__ == "__main__":
    main()
