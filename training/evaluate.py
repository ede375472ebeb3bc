"""How well an estimator, or another tool, scores faces whose scores are known.

    python -m training.evaluate --pairs held_out=runs/held_out --pictures other=runs/other \\
        --disfa DISFA --json scores.json

Sets: renders of the rig as ``training.render_pairs`` writes them; pictures with a table, as
``rig.author.other_faces`` makes them by another renderer and another deformation; DISFA and BP4D
(their test people), for those who have a licence. Every picture is judged by itself: nothing is
smoothed, tracked or calibrated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from geface_bridge.errors import ConfigError, SourceError
from rig.layout import channels_from_parameters, load_layout
from training.console import TrainingCommand
from training.data.bp4d import read_bp4d
from training.data.disfa import read_disfa
from training.data.labelled import LabelledSequence
from training.data.pictures import read_pictures
from training.predictors import CsvPredictor, OwnPredictor, Prediction, Predictor
from training.predictors import prediction_from_channels as truth_from_channels
from training.scores import Score, averages, format_scores, score_aus
from training.shards import read_shard, write_json

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """One picture and what is known of it; ``truth`` holds NaN and leaves out what is not."""

    sequence: str
    number: int
    image_rgb: NDArray[np.uint8]
    truth: Prediction


@dataclass(frozen=True)
class Result:
    """Of one predictor on one set.

    Attributes:
        scores: AU → score, over the pictures in which a face was found.
        found: share of the pictures in which it was.
        pose_error_rad: mean absolute error of yaw and pitch; NaN if either side is silent.
    """

    scores: dict[str, Score]
    found: float
    pose_error_rad: float

    def as_json(self) -> dict[str, Any]:
        """For ``write_json``."""
        tables = {"aus": self.scores, "averages": averages(self.scores)}
        rows = {t: {n: asdict(s) for n, s in scores.items()} for t, scores in tables.items()}
        return {**rows, "found": self.found, "pose_error_rad": self.pose_error_rad}


def pairs_samples(folder: Path) -> Iterator[Sample]:
    """Renders with their exact intensities.

    Raises:
        SourceError: there are none, or they are of another layout.
    """
    shards = sorted(folder.glob("shard-*.tar"))
    if not shards:
        raise SourceError(f"{folder} holds no shard-*.tar: run python -m training.render_pairs")
    size = len(load_layout().parameter_names)
    for shard in shards:
        for pair in read_shard(shard):
            if pair.parameters.shape != (size,):
                found = pair.parameters.shape
                raise SourceError(f"{shard} has parameters of shape {found}, expected ({size},)")
            channels = channels_from_parameters(pair.parameters.astype(np.float64))
            truth = truth_from_channels(channels.astype(np.float32))
            yield Sample(folder.name, pair.index, pair.image_rgb, truth)


def picture_samples(folder: Path) -> Iterator[Sample]:
    """Pictures with a table."""
    for number, picture in enumerate(read_pictures(folder)):
        truth = Prediction(picture.aus, picture.yaw_rad, picture.pitch_rad)
        yield Sample(folder.name, number, picture.read(), truth)


def sequence_samples(sequences: list[LabelledSequence]) -> Iterator[Sample]:
    """The scored frames of films of test people."""
    for sequence in sequences:
        if sequence.split != "test":
            continue
        for row, image_rgb in sequence.scored_pictures():
            aus = dict(zip(sequence.au_names, map(float, sequence.intensities[row]), strict=True))
            number = int(sequence.frame_numbers[row])
            yield Sample(sequence.name, number, image_rgb, Prediction(aus))


def evaluate(predictor: Predictor, samples: Iterator[Sample]) -> Result:
    """Run a predictor over a set.

    Raises:
        SourceError: the set is empty, or no face was found in it.
    """
    answers = []
    for sample in tqdm(samples, unit="picture", desc=predictor.name, leave=False, disable=None):
        answer = predictor.predict(sample.sequence, sample.number, sample.image_rgb)
        answers.append((sample.truth, answer))
    seen = [(truth, answer) for truth, answer in answers if answer is not None]
    if not seen:
        raise SourceError(f"{predictor.name} found a face in none of {len(answers)} pictures")
    truths, found = zip(*seen, strict=True)
    known = {name for truth in truths for name in truth.aus}
    names = tuple(au.name for au in load_layout().all_aus if au.name in known)
    scores = score_aus(intensities(found, names), intensities(truths, names), names)
    return Result(scores, len(seen) / len(answers), _pose_error_rad(found, truths))


def intensities(predictions: tuple[Prediction, ...], names: tuple[str, ...]) -> FloatArray:
    """(N, K) intensities, NaN where one is silent."""
    rows = [[prediction.aus.get(name, np.nan) for name in names] for prediction in predictions]
    return np.array(rows, np.float64)


def _pose_error_rad(found: tuple[Prediction, ...], truths: tuple[Prediction, ...]) -> float:
    angles = [
        np.array([[p.yaw_rad, p.pitch_rad] for p in predictions]) for predictions in (found, truths)
    ]
    return float(np.abs(angles[0] - angles[1]).mean())


def _named(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise ConfigError(f"{text!r} is no NAME=FOLDER")
    return name, Path(path)


def _sets(
    pairs: tuple[str, ...], pictures: tuple[str, ...], disfa: Path | None, bp4d: Path | None
) -> dict[str, Iterator[Sample]]:
    sets = {name: pairs_samples(folder) for name, folder in map(_named, pairs)}
    sets |= {name: picture_samples(folder) for name, folder in map(_named, pictures)}
    if disfa:
        sets["DISFA"] = sequence_samples(read_disfa(disfa))
    if bp4d:
        sets["BP4D"] = sequence_samples(read_bp4d(bp4d))
    if not sets:
        raise ConfigError(
            "nothing to evaluate on; give --pairs NAME=FOLDER, --pictures NAME=FOLDER, --disfa or "
            "--bp4d"
        )
    return sets


def report(title: str, result: Result) -> str:
    """What a person reads of a result."""
    lines = [format_scores(title, result.scores), f"face found in {100 * result.found:.1f} %"]
    if np.isfinite(result.pose_error_rad):
        lines.append(f"yaw and pitch off by {np.degrees(result.pose_error_rad):.1f} degrees")
    return "\n".join(lines)


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(cls=TrainingCommand)
@click.option("--pairs", multiple=True, metavar="NAME=FOLDER", help="Rendered pairs; repeatable.")
@click.option(
    "--pictures", multiple=True, metavar="NAME=FOLDER", help="Pictures with labels.csv; repeatable."
)
@click.option("--disfa", type=FOLDER, help="DISFA as it is unpacked.")
@click.option("--bp4d", type=FOLDER, help="BP4D as it is unpacked.")
@click.option("--model", type=click.Path(dir_okay=False, path_type=Path), help="Other weights.")
@click.option(
    "--csv", "tool", metavar="NAME=FOLDER", help="Judge another tool by its SEQUENCE.csv files."
)
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path))
def main(
    pairs: tuple[str, ...],
    pictures: tuple[str, ...],
    disfa: Path | None,
    bp4d: Path | None,
    model: Path | None,
    tool: str | None,
    json_path: Path | None,
) -> None:
    """Print ICC(3,1), MAE, Pearson's r and F1 per AU and averaged."""
    predictor = CsvPredictor(*_named(tool)) if tool else OwnPredictor(model)
    results = {}
    for name, samples in _sets(pairs, pictures, disfa, bp4d).items():
        results[name] = evaluate(predictor, samples)
        click.echo(report(name, results[name]) + "\n")
    if json_path:
        found = {name: result.as_json() for name, result in results.items()}
        write_json(json_path, {"predictor": predictor.name, "sets": found})


if __name__ == "__main__":
    main()
