"""Faces that nobody labelled: photographs and videos, aligned once, with the head's pose.

Any folder or file of the user's will do. Alignment runs MediaPipe, which takes longer than a
training step; so the crops are kept in one file, and made again when what they came from changed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from geface_bridge.align import CROP_SIZE, AlignedFace, FaceAligner, HeadPose
from geface_bridge.align.geometry import camera_from_sight
from geface_bridge.capture import open_video
from geface_bridge.capture.images import is_image_name, read_image
from geface_bridge.errors import SourceError
from rig.layout import load_layout, parameter_from_angle
from rig.rotations import euler_yxz_to_matrix, matrix_to_euler_yxz
from training.data.warps import warp_expression
from training.face_mesh import LANDMARK_COUNT, mirror_permutation
from training.loop import Arrays

FORMAT = 1  # of the cache; raise when what a face is cut out by changes
_FLIP_X, _RIGHT_EDGE = np.array([-1, 1], np.float32), np.array([1, 0], np.float32)
VIDEO_SUFFIXES = (".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v")


@dataclass(frozen=True)
class FaceSet:
    """N aligned faces.

    Attributes:
        crops: (N, 128, 128, 3) uint8, RGB.
        landmarks: (N, 478, 2) float32, crop coordinates over the crop's size.
        pose: (N, 2) float32, h_b: yaw and pitch as parameters 0..1, from landmarks alone.
        names: (N,) where each comes from: the file, and of a video the frame.
    """

    crops: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    pose: NDArray[np.float32]
    names: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.crops)


@dataclass(frozen=True)
class FaceVariation:
    """How a face is varied each time it is seen; chances."""

    mirror: float = 0.5
    expression: float = 0.5


class FaceSamples:
    """What R learns from: (3, 128, 128) float32 RGB 0..1 and (2,) pose h_b."""

    def __init__(self, faces: FaceSet, variation: FaceVariation | None = None) -> None:
        self.faces, self.variation = faces, variation or FaceVariation()

    def __len__(self) -> int:
        return len(self.faces)

    def sample(self, position: int, rng: np.random.Generator) -> Arrays:
        """See ``training.loop.Samples``."""
        crop, pose = self.faces.crops[position], self.faces.pose[position]
        landmarks = self.faces.landmarks[position]
        if rng.random() < self.variation.mirror:
            crop, landmarks, pose = mirror_face(crop, landmarks, pose)
        if rng.random() < self.variation.expression:
            crop, _ = warp_expression(crop, landmarks.astype(np.float64), rng)
        return picture_from_crop(crop), pose


def picture_from_crop(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(3, 128, 128) float32 0..1 of a crop (128, 128, 3)."""
    return np.ascontiguousarray(crop.transpose(2, 0, 1), np.float32) / np.float32(255)


def mirror_face(
    crop: NDArray[np.uint8], landmarks: NDArray[np.float32], pose: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """The mirror image of an aligned face: yaw turns about, pitch stays."""
    flipped = landmarks[mirror_permutation()] * _FLIP_X + _RIGHT_EDGE
    turned = np.array([1 - pose[0], pose[1]], np.float32)
    return np.ascontiguousarray(crop[:, ::-1]), flipped.astype(np.float32), turned


def pose_parameters(head: HeadPose) -> NDArray[np.float32]:
    """(2,) yaw and pitch, 0..1, of a head as its upright crop shows it.

    A crop takes out the tilt in the picture and knows nothing of the head's place in it, so the
    angles are those to the line of sight (``geface_bridge.align.head``).
    """
    sight = camera_from_sight(head.x_m, head.y_m, head.z_m)
    seen = sight.T @ euler_yxz_to_matrix(head.yaw_rad, head.pitch_rad, head.roll_rad)
    tilt = euler_yxz_to_matrix(0.0, 0.0, float(np.arctan2(seen[1, 0], seen[0, 0])))
    angles = matrix_to_euler_yxz(tilt.T @ seen)[:2]
    named = zip(angles, load_layout().raw["pose"], strict=True)
    values = [parameter_from_angle(np.array(angle), axis) for angle, axis in named]
    return np.clip(np.array(values, np.float32), 0, 1)


# Reading ---------------------------------------------------------------------------------------


def read_faces(paths: tuple[Path, ...], cache: Path | None = None, *, every: int = 10) -> FaceSet:
    """The largest face of every picture, from the cache if it holds them.

    Args:
        paths: photographs, videos, folders of them (their subfolders not).
        cache: where the crops are kept, an .npz file; None keeps nothing.
        every: of a video every so manieth frame is taken.

    Raises:
        SourceError: there is nothing to read, no face in it, or the cache is damaged.
        ImageError: a photograph cannot be read.
    """
    files = list_files(paths)
    made_from = _fingerprint(files, every)
    if cache and cache.exists():
        faces = _load(cache, made_from)
        if faces:
            return faces
    faces = _aligned(files, every)
    if cache:
        _store(cache, faces, made_from)
    return faces


def list_files(paths: tuple[Path, ...]) -> list[Path]:
    """Photographs and videos, by name within each folder.

    Raises:
        SourceError: a path does not exist, or holds neither.
    """
    out: list[Path] = []
    for path in paths:
        if not path.exists():
            raise SourceError(f"{path} does not exist, expected photographs or videos")
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found = [p for p in inside if p.is_file() and (is_image_name(p) or is_video_name(p))]
        if not found:
            raise SourceError(f"{path} holds no photograph and no video")
        out += found
    return out


def is_video_name(path: Path) -> bool:
    """Whether the name ends like a video's."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def _aligned(files: list[Path], every: int) -> FaceSet:
    found: list[tuple[str, AlignedFace]] = []
    with FaceAligner(tracking=False) as aligner:
        for path in tqdm(files, unit="file", desc="aligning", disable=None):
            for name, image in _pictures(path, every):
                found += [(name, face) for face in aligner.align(image)[:1]]
    if not found:
        raise SourceError(f"there is no face in {files[0]} and {len(files) - 1} other files")
    return FaceSet(
        crops=np.stack([face.crop_rgb for _, face in found]),
        landmarks=np.stack([face.landmarks_crop for _, face in found]).astype(np.float32),
        pose=np.stack([pose_parameters(face.head) for _, face in found]),
        names=np.array([name for name, _ in found]),
    )


def _pictures(path: Path, every: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    if not is_video_name(path):
        yield path.name, read_image(path)
        return
    video = open_video(path, realtime=False)
    try:
        for frame in video.frames():
            if frame.index % every == 0:
                yield f"{path.name}#{frame.index}", frame.image_rgb
    finally:
        video.close()


# The cache -------------------------------------------------------------------------------------


def _fingerprint(files: list[Path], every: int) -> str:
    """Changes when a file, its size or its date does, or how faces are cut out."""
    told = [[str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns] for p in files]
    text = json.dumps([FORMAT, CROP_SIZE, every, load_layout().raw["pose"], told])
    return hashlib.sha256(text.encode()).hexdigest()


def _load(cache: Path, made_from: str) -> FaceSet | None:
    """The faces of a cache; None if it was made from something else."""
    try:
        with np.load(cache, allow_pickle=False) as file:
            if str(file["made_from"]) != made_from:
                return None
            arrays: dict[str, Any] = {n: file[n] for n in FaceSet.__dataclass_fields__}
    except Exception as error:  # zipfile, zlib and numpy raise what they like
        raise SourceError(f"{cache} is no cache of aligned faces ({error}): remove it") from error
    count = len(arrays["crops"])
    expected = {
        "crops": (count, CROP_SIZE, CROP_SIZE, 3),
        "landmarks": (count, LANDMARK_COUNT, 2),
        "pose": (count, 2),
        "names": (count,),
    }
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            found = arrays[name].shape
            raise SourceError(f"{cache} has {name} of shape {found}, expected {shape}: remove it")
    return FaceSet(**arrays)


def _store(cache: Path, faces: FaceSet, made_from: str) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = cache.with_suffix(f".{os.getpid()}.part")
    arrays = {name: getattr(faces, name) for name in FaceSet.__dataclass_fields__}
    with part.open("wb") as file:
        np.savez(file, **arrays, made_from=np.array(made_from))
    os.replace(part, cache)
