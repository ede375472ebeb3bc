"""``geface-bridge estimate``: AUs of videos, images and folders, into a CSV or JSON file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geface_bridge.errors import GefaceError, SourceError

if TYPE_CHECKING:
    from geface_bridge.align import AlignedFace, FaceAligner
    from geface_bridge.capture import Source
    from geface_bridge.estimate import Estimate
    from geface_bridge.motion import MotionFilter
    from geface_bridge.takes import CsvWriter, JsonWriter, Row

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".wmv", ".mts")

Progress = Callable[[float], None]
"""Takes 0..1, the part of an input that is done."""


@dataclass(frozen=True)
class Options:
    """What was asked for, apart from inputs and output."""

    as_json: bool = False
    faces: int = 1
    model: Path | None = None
    smooth: bool = False


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="FILE_OR_FOLDER...")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, allow_dash=True),
    default=Path("-"),
    help="File to write; - is standard output, the default.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of CSV.")
@click.option(
    "--faces", type=click.IntRange(1, 20), default=1, show_default=True, help="Faces per frame."
)
@click.option("--model", type=click.Path(path_type=Path), help="Other weights (ONNX with card).")
@click.option("--filter", "smooth", is_flag=True, help="Smooth videos over time, as a stream is.")
def estimate(
    inputs: tuple[str, ...],
    output: Path,
    as_json: bool,
    faces: int,
    model: Path | None,
    smooth: bool,
) -> None:
    """Estimate action units, head pose and gaze of videos, images and folders of them.

    CSV columns follow OpenFace: frame, timestamp, success, confidence, pose_Rx, pose_Ry,
    pose_Rz (radians), pose_Tx.. (mm), AU01_r.. (0 to 5), AU01_L_r, AU01_R_r.. (the person's
    left and right), gaze_yaw, gaze_pitch (radians, relative to the head). Several inputs get a
    leading column file, several faces a column face.
    """
    failures = run(inputs, output, Options(as_json, faces, model, smooth))
    if failures:
        sys.exit(GefaceError.exit_code)


def run(inputs: tuple[str, ...], output: Path, options: Options) -> int:
    """Do the command; returns how many inputs failed, each reported on stderr.

    Raises:
        GefaceError: the model, the output, the only input or every input is unusable; no file
            is written then.
    """
    from geface_bridge.takes import CsvWriter, JsonWriter, atomic_text

    paths = [path for name in inputs for path in _expand(Path(name))]
    several = len(paths) > 1 or Path(inputs[0]).is_dir()
    with closing(Pipeline(options)) as pipeline, atomic_text(output) as stream:
        writer: CsvWriter | JsonWriter = (
            JsonWriter(stream)
            if options.as_json
            else CsvWriter(stream, with_file=several, with_face=options.faces > 1)
        )
        errors = _estimate_all(paths, pipeline, writer)
        if len(errors) == len(paths):
            raise errors[0] if len(errors) == 1 else _none_usable(errors)
    for error in errors:
        click.echo(f"geface-bridge: error: {error}", err=True)
    return len(errors)


class Pipeline:
    """From a file to rows; the network and the aligner of stills are built once.

    Raises:
        ModelError: the weights cannot be used.
    """

    def __init__(self, options: Options) -> None:
        from geface_bridge.estimate import Estimator

        self._options = options
        self._estimator = Estimator.load(options.model)
        self._still_aligner: FaceAligner | None = None

    def rows(self, path: Path, progress: Progress) -> Iterator[Row]:
        """The rows of one video or image, in order of frames and faces.

        Raises:
            SourceError: the video cannot be read, or a folder holds nothing to read.
            ImageError: the image cannot be read.
        """
        from geface_bridge.align import FaceAligner
        from geface_bridge.capture import open_video, read_images
        from geface_bridge.capture.images import is_image_name

        if path.is_dir():
            raise SourceError(f"folder {path} holds no image and no video; expected at least one")
        faces = self._options.faces
        if is_image_name(path):
            self._still_aligner = self._still_aligner or FaceAligner(faces, tracking=False)
            yield from self._rows(str(path), read_images(path), self._still_aligner, progress)
            return
        with closing(open_video(path, realtime=False)) as source, FaceAligner(faces) as aligner:
            yield from self._rows(str(path), source, aligner, progress)

    def close(self) -> None:
        """Free network and aligner."""
        self._estimator.close()
        if self._still_aligner:
            self._still_aligner.close()

    def _rows(
        self, file: str, source: Source, aligner: FaceAligner, progress: Progress
    ) -> Iterator[Row]:
        from geface_bridge.align import Subjects
        from geface_bridge.motion import MotionFilter
        from geface_bridge.takes import Row

        subjects = Subjects(self._options.faces)
        smooth = [MotionFilter() for _ in range(self._options.faces * self._options.smooth)]
        for frame in source.frames():
            estimates = self._estimates(subjects.assign(aligner.align(frame.image_rgb)))
            for slot, motion_filter in enumerate(smooth):
                estimates[slot] = _smoothed(motion_filter, estimates[slot], frame.time_s)
            for slot, estimate in enumerate(estimates):
                # A face beyond the first gets a row only where it is seen.
                if slot == 0 or estimate is not None:
                    yield Row(file, slot, frame.index + 1, frame.time_s, estimate)
            progress((frame.index + 1) / (source.frame_count or frame.index + 2))

    def _estimates(self, slots: list[AlignedFace | None]) -> list[Estimate | None]:
        found = iter(self._estimator.estimate([face for face in slots if face is not None]))
        return [None if face is None else next(found) for face in slots]


def _smoothed(
    motion_filter: MotionFilter, estimate: Estimate | None, time_s: float
) -> Estimate | None:
    if estimate is None:
        motion_filter.reset()
        return None
    return motion_filter(estimate, time_s)


def _estimate_all(
    paths: list[Path], pipeline: Pipeline, writer: CsvWriter | JsonWriter
) -> list[GefaceError]:
    """Write the rows of every input; returns the errors of those that failed."""
    errors: list[GefaceError] = []
    with click.progressbar(
        length=1000 * len(paths), label="estimate", file=sys.stderr, show_pos=False
    ) as bar:
        for number, path in enumerate(paths):

            def progress(part: float, done: int = 1000 * number) -> None:
                bar.update(max(0, round(done + 1000 * min(1.0, part)) - bar.pos))

            try:
                for row in pipeline.rows(path, progress):
                    writer.write(row)
            except GefaceError as error:
                errors.append(error)
            progress(1.0)
    return errors


def _expand(path: Path) -> list[Path]:
    """Of a folder its images and videos by name; anything else, and an empty folder, itself."""
    from geface_bridge.capture.images import is_image_name

    if not path.is_dir():
        return [path]
    inside = sorted(path.iterdir())
    wanted = [p for p in inside if is_image_name(p) or p.suffix.lower() in VIDEO_SUFFIXES]
    return wanted or [path]


def _none_usable(errors: list[GefaceError]) -> GefaceError:
    return SourceError(f"none of {len(errors)} inputs can be read; the first: {errors[0]}")
