"""How well estimators, or other tools, score faces whose scores are known.

    python -m training.evaluate --pairs renders=runs/held_out --pictures other=runs/other \\
        --clips clips=runs/clips --disfa DISFA --cache runs/aligned \\
        --model ships= --model new=runs/new/checkpoint.safetensors --json scores.json
    python -m training.evaluate --pairs renders=runs/held_out --every 8 --model ships= --model fit

Sets: renders of the rig as ``training.render_pairs`` writes them; pictures with a table, as
``rig.author.other_faces`` makes them by another renderer and another deformation; films with
another tool's opinion of each frame; DISFA and BP4D (their test people), for those who have a
licence. Every picture is judged by itself: nothing is smoothed or calibrated. All models are
shown the same aligned faces, side by side; ``--every`` and ``--limit`` choose fewer of them, for
all models alike, where one is as slow as the model ``fit``: GE-Net's search (``training.fit``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from geface_bridge.errors import ConfigError, SourceError
from rig.layout import load_layout
from training import reports
from training.console import TrainingCommand
from training.data.judged import (
    Faces,
    FaceSample,
    JudgedSet,
    bp4d_set,
    chunks,
    clips_set,
    disfa_set,
    faces_of,
    pairs_set,
    pictures_set,
)
from training.data.predictions import Prediction, read_figures
from training.predictors import (
    CsvPredictor,
    OwnPredictor,
    Predictor,
    fit_predictor,
    read_predictor,
)
from training.scores import (
    Score,
    averages,
    film_averages,
    film_correlations,
    median_scores,
    score_aus,
)
from training.shards import write_json

FloatArray = NDArray[np.float64]
ANGLES = ("yaw", "pitch", "roll")
_FIT = re.compile(r"((?P<name>[^=]+)=)?fit(:(?P<steps>\d+))?")


@dataclass(frozen=True)
class Result:
    """Of one predictor on one set of scored pictures.

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


@dataclass(frozen=True)
class FilmResult:
    """Of one predictor on films that another tool has an opinion of.

    Attributes:
        films: film → AU or angle → Pearson's r.
        found: share of the frames in which a face was found.
    """

    films: dict[str, dict[str, float]]
    found: float

    def as_json(self) -> dict[str, Any]:
        """For ``write_json``."""
        medians = median_scores(self.films)
        tables = {"films": self.films, "medians": medians, "averages": film_averages(medians)}
        return {**tables, "found": self.found}


Answers = list[tuple[FaceSample, Prediction | None]]


def evaluate(
    predictors: Sequence[Predictor], faces: Faces, films: bool = False
) -> list[Result | FilmResult]:
    """Run predictors over a set, side by side.

    Args:
        predictors: who answers.
        faces: of the set.
        films: whether the truth is an opinion of films' frames, see ``JudgedSet``.

    Raises:
        SourceError: the set is empty, or a predictor found a face nowhere in it.
    """
    answers: list[Answers] = [[] for _ in predictors]
    with tqdm(unit="picture", leave=False, disable=None) as bar:
        for chunk in chunks(faces):
            for predictor, kept in zip(predictors, answers, strict=True):
                bare = (FaceSample(s.sequence, s.number, s.truth, None) for s in chunk)
                kept += zip(bare, predictor.predict(chunk), strict=True)
            bar.update(len(chunk))
    for predictor, kept in zip(predictors, answers, strict=True):
        if not any(answer for _, answer in kept):
            raise SourceError(f"{predictor.name} found a face in none of {len(kept)} pictures")
    return [judge_films(kept) if films else judge(kept) for kept in answers]


def judge(answers: Answers) -> Result:
    """Scores of answers about pictures whose intensities are known."""
    seen = [(sample.truth, answer) for sample, answer in answers if answer is not None]
    truths, found = zip(*seen, strict=True)
    names = known_aus(truths)
    scores = score_aus(intensities(found, names), intensities(truths, names), names)
    errors = np.abs(angles(found) - angles(truths))[:, :2]
    return Result(scores, len(seen) / len(answers), float(errors.mean()))


def judge_films(answers: Answers) -> FilmResult:
    """Correlations of answers with another tool's opinion, film by film."""
    names = known_aus([sample.truth for sample, _ in answers])
    films = {}
    for film in dict.fromkeys(sample.sequence for sample, _ in answers):
        seen = [(s.truth, a) for s, a in answers if s.sequence == film and a is not None]
        if seen:
            opinion, said = (
                np.concatenate([intensities(side, names), angles(side)], axis=1)
                for side in zip(*seen, strict=True)
            )
            films[film] = film_correlations(said, opinion, (*names, *ANGLES))
    found = sum(answer is not None for _, answer in answers)
    return FilmResult(films, found / len(answers))


def known_aus(truths: Sequence[Prediction]) -> tuple[str, ...]:
    """The layout's AUs of which any truth tells, in its order."""
    known = {name for truth in truths for name in truth.aus}
    return tuple(au.name for au in load_layout().all_aus if au.name in known)


def intensities(predictions: Sequence[Prediction], names: tuple[str, ...]) -> FloatArray:
    """(N, K) intensities, NaN where one is silent."""
    rows = [[prediction.aus.get(name, np.nan) for name in names] for prediction in predictions]
    return np.array(rows, np.float64)


def angles(predictions: Sequence[Prediction]) -> FloatArray:
    """(N, 3) yaw, pitch and roll, radians, NaN where one is silent."""
    return np.array([[p.yaw_rad, p.pitch_rad, p.roll_rad] for p in predictions], np.float64)


# The command -----------------------------------------------------------------------------------


def _named(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise ConfigError(f"{text!r} is no NAME=PATH")
    return name, Path(path)


def _predictors(
    models: tuple[str, ...],
    tools: tuple[str, ...],
    renderer: Path | None,
    parsing: Path | None,
) -> list[Predictor]:
    found = [_fit(text, renderer, parsing) or _model(text) for text in models]
    found += [CsvPredictor(*_named(text)) for text in tools]
    found = found or [OwnPredictor()]
    names = [predictor.name for predictor in found]
    if len(set(names)) < len(names):
        raise ConfigError(f"two models have one name ({', '.join(names)}): give NAME=PATH")
    return found


def _model(text: str) -> Predictor:
    """NAME=PATH or PATH; NAME= is the packaged one."""
    name, separator, path = text.rpartition("=")
    if not path:
        return OwnPredictor(None, name or None)
    return read_predictor(name if separator else None, Path(path))


def _fit(text: str, renderer: Path | None, parsing: Path | None) -> Predictor | None:
    """[NAME=]fit[:STEPS]; None of any other text."""
    asked = _FIT.fullmatch(text)
    if not asked:
        return None
    from training.fit import FitConfig, load_networks
    from training.shipped import PARSING, RENDERER

    steps = int(asked["steps"] or FitConfig.steps)
    networks = load_networks(renderer or RENDERER, parsing or PARSING)
    return fit_predictor(asked["name"] or "fit", networks, FitConfig(steps=steps))


def _sets(options: dict[str, Any]) -> list[JudgedSet]:
    kinds = {"pairs": pairs_set, "pictures": pictures_set, "clips": clips_set}
    sets = [kinds[kind](*_named(text)) for kind in kinds for text in options[kind]]
    licensed = {"disfa": disfa_set, "bp4d": bp4d_set}
    sets += [licensed[kind](options[kind]) for kind in licensed if options[kind]]
    if not sets:
        raise ConfigError(
            "nothing to evaluate on; give --pairs NAME=FOLDER, --pictures NAME=FOLDER, --clips "
            "NAME=FOLDER, --disfa or --bp4d"
        )
    if len({judged.name for judged in sets}) < len(sets):
        raise ConfigError("two sets have one name; give each its own NAME=FOLDER")
    return sets


def _as_reported(medians: dict[str, float]) -> dict[str, Any]:
    """What somebody reports of films, in the form of our own results."""
    averages = film_averages(medians)
    return {"films": {}, "medians": medians, "averages": averages, "found": math.nan}


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=TrainingCommand)
@click.option("--pairs", multiple=True, metavar="NAME=FOLDER", help="Rendered pairs; repeatable.")
@click.option(
    "--pictures", multiple=True, metavar="NAME=FOLDER", help="Pictures with labels.csv; repeatable."
)
@click.option(
    "--clips", multiple=True, metavar="NAME=FOLDER", help="Films with reference/CLIP.csv."
)
@click.option("--disfa", type=FOLDER, help="DISFA as it is unpacked.")
@click.option("--bp4d", type=FOLDER, help="BP4D as it is unpacked.")
@click.option(
    "--model",
    multiple=True,
    metavar="[NAME=]PATH",
    help="An exported model or a checkpoint; repeatable. NAME= is the packaged model; "
    "fit, or fit:STEPS, GE-Net's search, seconds a picture (a file of that name is ./fit).",
)
@click.option("--renderer", type=FILE, help="G of fit; ours if not told.")
@click.option("--parsing", type=FILE, help="F_seg of fit; ours if not told.")
@click.option(
    "--csv", multiple=True, metavar="NAME=FOLDER", help="Another tool by its SEQUENCE.csv files."
)
@click.option(
    "--figures",
    multiple=True,
    metavar="NAME=FILE",
    help="Correlations on films that somebody reports, to print beside: JSON of AU and number.",
)
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep aligned faces here: the next model is judged in seconds.",
)
@click.option("--limit", type=click.IntRange(1), help="Only so many pictures of each set.")
@click.option(
    "--every",
    type=click.IntRange(1),
    default=1,
    help="Only each so manieth picture of each set, the first among them; --limit counts these.",
)
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--markdown", is_flag=True, help="Print tables for a RESULTS.md.")
@click.option("--brief", is_flag=True, help="Averages alone.")
def main(
    model: tuple[str, ...],
    renderer: Path | None,
    parsing: Path | None,
    csv: tuple[str, ...],
    figures: tuple[str, ...],
    cache: Path | None,
    limit: int | None,
    every: int,
    json_path: Path | None,
    markdown: bool,
    brief: bool,
    **options: Any,
) -> None:
    """Print ICC(3,1), MAE, Pearson's r and F1 per AU and averaged; of films, correlations."""
    predictors, found = _predictors(model, csv, renderer, parsing), {}
    reported = {name: read_figures(path) for name, path in map(_named, figures)}
    style = reports.MARKDOWN if markdown else reports.PLAIN
    for judged in _sets(options):
        faces = faces_of(judged, cache, limit, every)
        results = evaluate(predictors, faces, judged.films)
        named = {p.name: r.as_json() for p, r in zip(predictors, results, strict=True)}
        if judged.films:
            named |= {name: _as_reported(medians) for name, medians in reported.items()}
        found[judged.name] = named
        click.echo(reports.report(judged.name, named, style, brief=brief) + "\n")
    if json_path:
        write_json(json_path, {"limit": limit, "every": every, "sets": found})


if __name__ == "__main__":
    main()
