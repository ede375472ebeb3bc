"""How far the estimator follows what OpenFace says of real clips.

    python -m training.compare_clips CLIPS_DIR --json scores.json

Reads ``CLIPS_DIR/*.mp4`` that have a ``reference/CLIP.csv`` (OpenFace's columns, one row a
frame). The reference is a second opinion, not the truth: what counts is Pearson's correlation,
where the reference varies at all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from geface_bridge.align import FaceAligner, openface_angles_from_head_angles
from geface_bridge.capture import Frame, open_video
from geface_bridge.errors import SourceError
from geface_bridge.estimate import Estimator
from rig.layout import load_layout
from training.console import TrainingCommand
from training.metrics import pearson
from training.shards import write_json

MIN_DEVIATION_AU = 0.2
MIN_DEVIATION_POSE_RAD = 0.02
OUR_AU = {"AU45": "AU43"}  # OpenFace's blink is the layout's closing of the lids
POSE_COLUMNS = ("pose_Rx", "pose_Ry", "pose_Rz")

FloatArray = NDArray[np.float64]
Series = dict[str, FloatArray]


def compare_clip(clip: Path, reference: Path, estimator: Estimator) -> dict[str, float]:
    """Correlation per column of the reference that varies; face_found is a share of frames."""
    truth, ours = read_reference(reference), estimate_clip(clip, estimator)
    count = min(len(truth["success"]), len(ours["success"]))
    valid = (truth["success"][:count] > 0) & (ours["success"][:count] > 0)
    scores = {"face_found": float(ours["success"].mean())}
    for column in ours:
        if column not in truth or column == "success":
            continue
        a, b = ours[column][:count][valid], truth[column][:count][valid]
        least = MIN_DEVIATION_POSE_RAD if column in POSE_COLUMNS else MIN_DEVIATION_AU
        if len(b) and b.std() > least:
            scores[column] = pearson(a, b)
    return scores


def read_reference(path: Path) -> Series:
    """Columns of an OpenFace CSV, spaces around names removed."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [{k.strip(): float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    if not rows:
        raise SourceError(f"{path} holds no rows, expected one per frame of the clip")
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def estimate_clip(clip: Path, estimator: Estimator) -> Series:
    """Our answer in the reference's columns, 0 where there is no face."""
    rows = []
    with FaceAligner() as aligner:
        for frame in tqdm(_frames(clip), desc=clip.stem, unit="frame", leave=False, disable=None):
            faces = aligner.align(frame.image_rgb)[:1]
            estimates = estimator.estimate(faces)
            rows.append(as_columns(estimates[0].channels) if estimates else {"success": 0.0})
    columns = sorted({name for row in rows for name in row})
    return {name: np.array([row.get(name, 0.0) for row in rows]) for name in columns}


def as_columns(channels: NDArray[np.float32]) -> dict[str, float]:
    """OpenFace's columns of (C,) channels: mean of the sides times 5, radians in its axes."""
    index, out = load_layout().channel_index, {"success": 1.0}
    for column, name in _au_columns().items():
        sides = [f"{name}_L", f"{name}_R"] if f"{name}_L" in index else [name]
        out[column] = 5 * float(np.mean([channels[index[side]] for side in sides]))
    angles = (float(channels[index[f"head_{a}"]]) for a in ("yaw", "pitch", "roll"))
    out |= dict(zip(POSE_COLUMNS, openface_angles_from_head_angles(*angles), strict=True))
    return out


def median_scores(clips: dict[str, dict[str, float]]) -> dict[str, float]:
    """Median over clips of each column, NaN left out."""
    columns = sorted({column for scores in clips.values() for column in scores})
    values = {c: [s[c] for s in clips.values() if np.isfinite(s.get(c, np.nan))] for c in columns}
    return {column: float(np.median(found)) for column, found in values.items() if found}


def format_comparison(clips: dict[str, dict[str, float]]) -> str:
    """A table: a row per column of the reference, a column per clip and the median."""
    medians = median_scores(clips)
    lines = [" ".join([f"{'r':12}", *(f"{name[:14]:>14}" for name in [*clips, "median"])])]
    for column in medians:
        values = [scores.get(column) for scores in clips.values()] + [medians[column]]
        cells = [f"{v:14.2f}" if v is not None else f"{'.':>14}" for v in values]
        lines.append(" ".join([f"{column:12}", *cells]))
    return "\n".join(lines)


def _au_columns() -> dict[str, str]:
    """Column of the reference -> our AU."""
    theirs = {ours: reference for reference, ours in OUR_AU.items()}
    return {f"{theirs.get(au.name, au.name)}_r": au.name for au in load_layout().all_aus}


def _frames(clip: Path) -> Iterator[Frame]:
    source = open_video(clip, realtime=False)
    try:
        yield from source.frames()
    finally:
        source.close()


@click.command(cls=TrainingCommand)
@click.argument("clips_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), default=None)
def main(clips_dir: Path, model: Path | None, json_path: Path | None) -> None:
    """Correlate the estimator with OpenFace's opinion of the clips in CLIPS_DIR."""
    estimator = Estimator.load(model)
    clips = {}
    for clip in sorted(clips_dir.glob("*.mp4")):
        reference = clips_dir / "reference" / f"{clip.stem}.csv"
        if reference.exists():
            clips[clip.stem] = compare_clip(clip, reference, estimator)
    if not clips:
        raise SourceError(f"{clips_dir} holds no *.mp4 with a reference/CLIP.csv beside it")
    click.echo(format_comparison(clips))
    if json_path:
        write_json(json_path, {"clips": clips, "median": median_scores(clips)})


if __name__ == "__main__":
    main()
