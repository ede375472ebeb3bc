"""How far one estimator follows what OpenFace says of real clips: ``--clips`` of ``evaluate``.

    python -m training.compare_clips CLIPS_DIR --json scores.json

Reads films of CLIPS_DIR that have a ``reference/CLIP.csv`` (OpenFace's columns, one row a frame).
The reference is a second opinion, not the truth: what counts is Pearson's correlation, where the
reference varies at all.
"""

from __future__ import annotations

from pathlib import Path

import click

from training import reports
from training.console import TrainingCommand
from training.data.judged import clips_set, faces_of
from training.evaluate import evaluate
from training.predictors import OwnPredictor, read_predictor
from training.shards import write_json

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(cls=TrainingCommand)
@click.argument("clips_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", type=FILE, default=None, help="Other weights.")
@click.option("--json", "json_path", type=FILE, default=None)
def main(clips_dir: Path, model: Path | None, json_path: Path | None) -> None:
    """Correlate an estimator with OpenFace's opinion of the clips in CLIPS_DIR."""
    judged = clips_set("clips", clips_dir)
    predictor = read_predictor(None, model) if model else OwnPredictor()
    (result,) = evaluate([predictor], faces_of(judged), films=True)
    found = result.as_json()
    click.echo(reports.report(judged.name, {predictor.name: found}))
    if json_path:
        write_json(json_path, found)


if __name__ == "__main__":
    main()
