"""What a camera, a room and a hand do to a crop, done to a render.

Every augmentation of sample ``i`` in epoch ``e`` comes from a generator seeded by (seed, e, i):
nothing about randomness needs to be stored to resume a run, and the number of loader processes
does not change the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import CROP_SIZE
from geface_bridge.align.template import CROP_EYE_DISTANCE_PX, CROP_EYE_LINE_PX, load_template
from rig.layout import load_layout
from training.align_pairs import target_names
from training.face_mesh import LANDMARK_COUNT, mirror_permutation

Crop = NDArray[np.uint8]
Floats = NDArray[np.float32]
Rng = np.random.Generator

_FLIP_X = np.array([-1, 1], np.float32)
_RIGHT_EDGE = np.array([1, 0], np.float32)


@dataclass(frozen=True)
class AugmentConfig:
    """Strengths; probabilities are per sample, pixels of a 128-pixel crop."""

    rotation_deg: float = 4.0
    log_scale: float = 0.05
    shift_px: float = 3.0
    brightness: float = 0.35
    log_contrast: float = 0.45
    log_gamma: float = 0.45
    colour_cast: float = 0.18
    shading: float = 0.35
    grey_p: float = 0.15
    blur_p: float = 0.3
    blur_sigma_px: float = 2.6
    downscale_p: float = 0.3
    downscale_min: float = 0.3
    jpeg_p: float = 0.25
    noise_p: float = 0.5
    noise_sigma: float = 12.0
    occlusion_p: float = 0.15
    hand_p: float = 0.15
    hidden_landmark_shift: float = 0.025
    dark_p: float = 0.1
    landmark_noise: float = 0.003
    landmark_shift: float = 0.01
    landmark_drop_p: float = 0.12
    crop_drop_p: float = 0.03


def augment(
    crop: Crop, landmarks: Floats, targets: Floats, rng: Rng, config: AugmentConfig
) -> tuple[Crop, Floats, Floats]:
    """One random variant of an aligned sample.

    Args:
        crop: (128, 128, 3) uint8.
        landmarks: (478, 2) crop coordinates over the crop's size.
        targets: (K,) channels in the order of ``target_names``.
        rng: decides everything.
        config: strengths.

    Returns:
        crop, landmarks and targets of the same shapes; the targets change by mirroring only.
    """
    if rng.random() < 0.5:
        crop, landmarks, targets = mirror(crop, landmarks, targets)
    crop, landmarks = _jitter(crop, landmarks, rng, config)
    if rng.random() < config.hand_p:
        crop, landmarks = _hold_hand(crop, landmarks, rng, config)
    crop = photograph(crop, rng, config)
    landmarks = _disturb_landmarks(landmarks, rng, config)
    modality = rng.random()
    if modality < config.landmark_drop_p:
        landmarks = neutral_landmarks()
    elif modality < config.landmark_drop_p + config.crop_drop_p:
        crop = np.full_like(crop, 127)
    return crop, landmarks, targets


def mirror(crop: Crop, landmarks: Floats, targets: Floats) -> tuple[Crop, Floats, Floats]:
    """The mirror image of a sample: left becomes right, in pixels, points and targets."""
    order, signs = _target_mirror()
    flipped = landmarks[mirror_permutation()] * _FLIP_X + _RIGHT_EDGE
    return np.ascontiguousarray(crop[:, ::-1]), flipped, targets[order] * signs


@lru_cache(maxsize=1)
def neutral_landmarks() -> Floats:
    """(478, 2) landmarks_crop of a neutral, frontal face: what says nothing about this one."""
    template = load_template()
    scale = CROP_EYE_DISTANCE_PX / template.eye_distance_m
    points = template.positions_m[:, :2] * (scale, -scale) + (CROP_SIZE / 2, CROP_EYE_LINE_PX)
    return np.asarray(points / CROP_SIZE, np.float32)


@lru_cache(maxsize=1)
def _target_mirror() -> tuple[NDArray[np.int64], Floats]:
    layout, names = load_layout(), target_names()
    order, signs = layout.mirror_channels
    columns = [layout.channel_index[name] for name in names]
    position = {column: k for k, column in enumerate(columns)}
    permutation = np.array([position[order[column]] for column in columns])
    return permutation, np.array([signs[column] for column in columns], np.float32)


def _jitter(crop: Crop, landmarks: Floats, rng: Rng, config: AugmentConfig) -> tuple[Crop, Floats]:
    """The same small similarity on pixels and points, as an aligner's own error would be."""
    size = crop.shape[0]
    angle = rng.uniform(-1, 1) * config.rotation_deg
    scale = float(np.exp(rng.uniform(-1, 1) * config.log_scale))
    to_from = cv2.getRotationMatrix2D((size / 2, size / 2), angle, scale)
    to_from[:, 2] += rng.uniform(-1, 1, 2) * config.shift_px
    points = landmarks.astype(np.float64) * size @ to_from[:, :2].T + to_from[:, 2]
    to_from[:, 2] += to_from[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV's origin is a pixel's centre
    moved = cv2.warpAffine(crop, to_from, (size, size), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8), np.asarray(points / size, np.float32)


def photograph(crop: Crop, rng: Rng, config: AugmentConfig) -> Crop:
    """(S, S, 3) under another light, sensor, lens and codec, in the order in which they happen."""
    if rng.random() < config.occlusion_p:
        crop = _occlude(crop, rng)
    crop = _light(crop, rng, config)
    if rng.random() < config.dark_p:
        crop = _noise(_to_bytes(crop * rng.uniform(0.08, 0.4)), rng, config)
    if rng.random() < config.grey_p:
        crop = np.repeat(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if rng.random() < config.blur_p:
        sigma = rng.uniform(0.3, config.blur_sigma_px)
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma), np.uint8)
    if rng.random() < config.downscale_p:
        crop = _downscale(crop, rng.uniform(config.downscale_min, 1))
    if rng.random() < config.noise_p:
        crop = _noise(crop, rng, config)
    if rng.random() < config.jpeg_p:
        crop = _compress(crop, int(rng.integers(20, 90)))
    return crop


def _hold_hand(
    crop: Crop, landmarks: Floats, rng: Rng, config: AugmentConfig
) -> tuple[Crop, Floats]:
    """One to four fingers over the face, and landmarks below them where a tracker guesses them.

    The targets stay: what is hidden can only be answered by a mean and a large sigma.
    """
    size = crop.shape[0]
    cover = np.zeros((size, size), np.uint8)
    start, angle = rng.uniform(0.1, 0.9, 2) * size, rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(angle), np.sin(angle)])
    width = int(rng.integers(size // 14, size // 6))
    for finger in range(int(rng.integers(1, 5))):
        tip = start + finger * 1.1 * width * along[::-1] * (1, -1)
        end = tip + along * size * rng.uniform(0.3, 1.0)
        cv2.line(cover, _pixel(tip), _pixel(end), 255, width, cv2.LINE_AA)
    skin = np.array([224, 172, 140]) * rng.uniform(0.3, 1.1) + rng.normal(0, 12, 3)
    shade = cv2.GaussianBlur(cover, (0, 0), width / 4).astype(np.float32)[..., None] / 255
    alpha = cover.astype(np.float32)[..., None] / 255
    painted = _to_bytes(crop * (1 - alpha) + skin * (0.55 + 0.45 * shade) * alpha)
    places = np.clip((landmarks * size).astype(int), 0, size - 1)
    hidden = cover[places[:, 1], places[:, 0]] > 127
    drift = rng.normal(0, config.hidden_landmark_shift, (1, 2)) * hidden[:, None]
    return painted, np.asarray(landmarks + drift, np.float32)


def _pixel(point: NDArray[np.float64]) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def _light(crop: Crop, rng: Rng, config: AugmentConfig) -> Crop:
    """Gamma, contrast, brightness and colour cast, under a linear gradient of light."""
    gamma = np.exp(rng.uniform(-1, 1) * config.log_gamma)
    contrast = np.exp(rng.uniform(-1, 1) * config.log_contrast)
    offset = rng.uniform(-1, 1) * config.brightness
    cast = 1 + rng.uniform(-1, 1, 3) * config.colour_cast
    level = np.linspace(0, 1, 256)[:, None] ** gamma
    table = ((level - 0.5) * contrast + 0.5 + offset) * cast * 255
    lit = cv2.LUT(crop, table[None].astype(np.float32))
    ramp = np.linspace(-1, 1, crop.shape[0], dtype=np.float32)
    slope_x, slope_y = rng.uniform(-1, 1, 2) * config.shading
    shade = 1 + np.float32(slope_x) * ramp[None, :] + np.float32(slope_y) * ramp[:, None]
    return _to_bytes(lit * shade[..., None])


def _to_bytes(values: NDArray[Any]) -> Crop:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def _occlude(crop: Crop, rng: Rng) -> Crop:
    """One or two rectangles of noise around a colour: a hand, a cup, a microphone."""
    crop, size = crop.copy(), crop.shape[0]
    for _ in range(int(rng.integers(1, 3))):
        height, width = rng.integers(size // 10, size // 3, 2)
        y, x = rng.integers(0, size - height), rng.integers(0, size - width)
        colour = rng.integers(0, 256, 3) + rng.normal(0, rng.uniform(0, 30), (height, width, 3))
        crop[y : y + height, x : x + width] = np.clip(colour, 0, 255)
    return crop


def _downscale(crop: Crop, factor: float) -> Crop:
    size = crop.shape[0]
    small = max(int(size * factor), 8)
    down = cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(down, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)


def _noise(crop: Crop, rng: Rng, config: AugmentConfig) -> Crop:
    sigma = np.float32(rng.uniform(0, config.noise_sigma))
    noise = rng.standard_normal(crop.shape, dtype=np.float32) * sigma
    return _to_bytes(crop + noise)


def _compress(crop: Crop, quality: int) -> Crop:
    data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _disturb_landmarks(landmarks: Floats, rng: Rng, config: AugmentConfig) -> Floats:
    """Independent noise, and a common shift, as trackers have them."""
    sigma = rng.uniform(0, config.landmark_noise)
    noise = rng.standard_normal((LANDMARK_COUNT, 2), dtype=np.float32) * np.float32(sigma)
    shift = rng.uniform(-1, 1, (1, 2)) * config.landmark_shift
    return np.asarray(landmarks + noise + shift, np.float32)
