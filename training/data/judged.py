"""Sets that an evaluation judges, their faces aligned once and kept.

A set is read and aligned a chunk at a time, so that DISFA's films fit as well as a folder of
pictures. With a cache the aligned faces stay on disk, and the next model is judged in seconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import CROP_SIZE, AlignedFace, FaceAligner, HeadPose
from geface_bridge.capture import open_video
from geface_bridge.errors import SourceError
from rig.layout import channels_from_parameters
from training.arrays import arrays_of
from training.data.bp4d import read_bp4d
from training.data.disfa import read_disfa
from training.data.labelled import LabelledSequence
from training.data.pairs import PairSet
from training.data.pictures import LABELS, read_pictures
from training.data.predictions import Prediction, prediction_from_channels, read_predictions

CHUNK = 256
FORMAT = 1
LANDMARKS = 478
CLIPS = (".mp4", ".mkv", ".avi", ".mov")


@dataclass(frozen=True)
class Sample:
    """One picture, and what is known of it."""

    sequence: str
    number: int
    image_rgb: NDArray[np.uint8]
    truth: Prediction


@dataclass(frozen=True)
class FaceSample:
    """One picture's face, None where none was found, and what is known of it."""

    sequence: str
    number: int
    truth: Prediction
    face: AlignedFace | None


Faces = Iterator[FaceSample]


@dataclass(frozen=True)
class JudgedSet:
    """Pictures to judge by.

    Attributes:
        name: what it is called.
        samples: reads it from the start.
        files: whatever it is read from; they tell whether a cache is of the same set.
        films: its sequences are films, in which the aligner follows a face as live; and the
            truth is a second opinion, of which only the correlation within a film counts.
    """

    name: str
    samples: Callable[[], Iterator[Sample]]
    files: tuple[Path, ...]
    films: bool = False


# The kinds of sets -----------------------------------------------------------------------------


def pairs_set(name: str, folder: Path) -> JudgedSet:
    """Renders with their exact intensities.

    Raises:
        SourceError: there are none, or they are of another layout.
    """
    pairs = PairSet(folder)

    def samples() -> Iterator[Sample]:
        for position, place in enumerate(pairs.places):
            channels = channels_from_parameters(pairs.parameters(position).astype(np.float64))
            truth = prediction_from_channels(channels.astype(np.float32))
            yield Sample(folder.name, place.index, pairs.image(position), truth)

    return JudgedSet(name, samples, tuple(sorted(folder.glob("shard-*.tar"))))


def pictures_set(name: str, folder: Path) -> JudgedSet:
    """Pictures with a table of what they show.

    Raises:
        SourceError: the table is missing or broken.
    """
    pictures = read_pictures(folder)

    def samples() -> Iterator[Sample]:
        for number, picture in enumerate(pictures):
            truth = Prediction(picture.aus, picture.yaw_rad, picture.pitch_rad)
            yield Sample(folder.name, number, picture.read(), truth)

    return JudgedSet(name, samples, (folder / LABELS, *(picture.path for picture in pictures)))


def disfa_set(root: Path) -> JudgedSet:
    """DISFA's test people."""
    return _sequences_set("DISFA", read_disfa(root))


def bp4d_set(root: Path) -> JudgedSet:
    """BP4D's test people."""
    return _sequences_set("BP4D", read_bp4d(root))


def _sequences_set(name: str, sequences: list[LabelledSequence]) -> JudgedSet:
    judged = [sequence for sequence in sequences if sequence.split == "test"]
    files = tuple(path for sequence in judged for path in (sequence.pictures, *sequence.labels))
    return JudgedSet(name, lambda: sequence_samples(judged), files)


def sequence_samples(sequences: list[LabelledSequence]) -> Iterator[Sample]:
    """The scored frames of films."""
    for sequence in sequences:
        for row, image_rgb in sequence.scored_pictures():
            scores = map(float, sequence.intensities[row])
            aus = dict(zip(sequence.au_names, scores, strict=True))
            number = int(sequence.frame_numbers[row])
            yield Sample(sequence.name, number, image_rgb, Prediction(aus))


def clips_set(name: str, folder: Path) -> JudgedSet:
    """Films with another tool's opinion of each frame, ``reference/CLIP.csv`` beside them.

    Raises:
        SourceError: there are none.
    """
    films = sorted(path for path in folder.glob("*") if path.suffix.lower() in CLIPS)
    judged = {film: folder / "reference" / f"{film.stem}.csv" for film in films}
    judged = {film: opinion for film, opinion in judged.items() if opinion.is_file()}
    if not judged:
        raise SourceError(f"{folder} holds no *.mp4 with a reference/CLIP.csv beside it")
    opinions = {film: read_predictions(path) for film, path in judged.items()}

    def samples() -> Iterator[Sample]:
        for film, opinion in opinions.items():
            for number, image_rgb in film_frames(film):
                yield Sample(film.stem, number, image_rgb, opinion.get(number, Prediction()))

    files = tuple(path for pair in judged.items() for path in pair)
    return JudgedSet(name, samples, files, films=True)


def film_frames(film: Path) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Number, from 1, and picture of every frame of a film."""
    source = open_video(film, realtime=False)
    try:
        for frame in source.frames():
            yield frame.index + 1, frame.image_rgb
    finally:
        source.close()


# Alignment -------------------------------------------------------------------------------------


def faces_of(
    judged: JudgedSet, cache: Path | None = None, limit: int | None = None, every: int = 1
) -> Faces:
    """The faces of a set, each aligned as the program aligns it.

    Args:
        judged: the set.
        cache: folder in which aligned faces are kept and looked for; None keeps nothing.
        limit: only so many pictures; these are not kept.
        every: only each so manieth picture, the first among them; ``limit`` counts these.

    Raises:
        SourceError: a picture or a file of the cache cannot be read; the message names it.
    """
    kept = cache / f"{judged.name}-{fingerprint(judged)}" if cache else None
    if kept and limit is None and not kept.is_dir():
        _keep(_aligned(judged), kept)
    faces = _kept(kept) if kept and kept.is_dir() else _aligned(judged)
    # chosen after alignment, which in films follows a face from frame to frame
    return islice(faces, 0, None if limit is None else limit * every, every)


def fingerprint(judged: JudgedSet) -> str:
    """12 hex digits that change with the set's files."""
    digest = hashlib.sha256(f"{FORMAT} {judged.films}".encode())
    for path in judged.files:
        if not path.exists():
            raise SourceError(f"{path} does not exist, though the set {judged.name} names it")
        found = path.stat()
        digest.update(f"{path.resolve()} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:12]


def _aligned(judged: JudgedSet) -> Faces:
    for _, samples in groupby(judged.samples(), key=lambda sample: sample.sequence):
        with FaceAligner(tracking=judged.films) as aligner:
            for sample in samples:
                faces = aligner.align(sample.image_rgb)
                face = faces[0] if faces else None
                yield FaceSample(sample.sequence, sample.number, sample.truth, face)


def chunks(faces: Faces, size: int = CHUNK) -> Iterator[list[FaceSample]]:
    """Runs of at most ``size`` faces."""
    while chunk := list(islice(faces, size)):
        yield chunk


# The cache -------------------------------------------------------------------------------------


def _keep(faces: Faces, folder: Path) -> None:
    """Write the faces into a folder that is there when all are, and else not at all."""
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    part.mkdir(parents=True)
    try:
        for number, chunk in enumerate(chunks(faces)):
            with (part / f"faces-{number:05d}.npz").open("wb") as file:
                np.savez(file, **_packed(chunk))
        if not folder.exists():  # another process may have been quicker
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _kept(folder: Path) -> Faces:
    for path in sorted(folder.glob("faces-*.npz")):
        try:
            yield from _unpacked(arrays_of(path))
        except (OSError, ValueError, KeyError) as error:
            raise SourceError(
                f"{path} is no file of aligned faces ({error}): remove {folder}"
            ) from error


def _packed(chunk: list[FaceSample]) -> dict[str, NDArray[Any]]:
    faces = [sample.face or _nothing() for sample in chunk]
    return {
        "sequence": np.array([sample.sequence for sample in chunk]),
        "number": np.array([sample.number for sample in chunk], np.int64),
        "truth": np.array([json.dumps(astuple(sample.truth)) for sample in chunk]),
        "found": np.array([sample.face is not None for sample in chunk]),
        "landmarks_px": np.stack([face.landmarks_px for face in faces]),
        "crop_rgb": np.stack([face.crop_rgb for face in faces]),
        "crop_from_image": np.stack([face.crop_from_image for face in faces]),
        "landmarks_crop": np.stack([face.landmarks_crop for face in faces]),
        "head": np.array([astuple(face.head) for face in faces], np.float64),
        "in_frame": np.array([face.in_frame for face in faces], np.float64),
    }


def _unpacked(arrays: dict[str, NDArray[Any]]) -> Faces:
    for row, found in enumerate(arrays["found"]):
        truth = Prediction(*json.loads(str(arrays["truth"][row])))
        sequence, number = str(arrays["sequence"][row]), int(arrays["number"][row])
        yield FaceSample(sequence, number, truth, _face(arrays, row) if found else None)


def _face(arrays: dict[str, NDArray[Any]], row: int) -> AlignedFace:
    return AlignedFace(
        landmarks_px=arrays["landmarks_px"][row],
        crop_rgb=arrays["crop_rgb"][row],
        crop_from_image=arrays["crop_from_image"][row],
        landmarks_crop=arrays["landmarks_crop"][row],
        head=HeadPose(*map(float, arrays["head"][row])),
        in_frame=float(arrays["in_frame"][row]),
    )


def _nothing() -> AlignedFace:
    """What stands in a file where no face was found."""
    return AlignedFace(
        landmarks_px=np.zeros((LANDMARKS, 3), np.float32),
        crop_rgb=np.zeros((CROP_SIZE, CROP_SIZE, 3), np.uint8),
        crop_from_image=np.zeros((2, 3)),
        landmarks_crop=np.zeros((LANDMARKS, 2), np.float32),
        head=HeadPose(0, 0, 0, 0, 0, 0),
        in_frame=0.0,
    )
