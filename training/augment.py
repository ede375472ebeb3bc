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
from geface_bridge.align.geometry import fit_similarity, transform_points
from geface_bridge.align.template import CROP_EYE_DISTANCE_PX, CROP_EYE_LINE_PX, load_template
from rig.layout import load_layout
from training.align_pairs import target_names
from training.face_mesh import LANDMARK_COUNT, mirror_permutation
from training.hands import Places, cover_face, places

Crop = NDArray[np.uint8]
Floats = NDArray[np.float32]
Rng = np.random.Generator

_FLIP_X = np.array([-1, 1], np.float32)
_RIGHT_EDGE = np.array([1, 0], np.float32)
_GAMMA = 2.2
# MediaPipe's numbers of the points by which a hand is placed
_HELD_BY = {
    "eye_centre_R": (33, 133, 159, 145), "eye_centre_L": (263, 362, 386, 374), "cheek_R": (50,),
    "cheek_L": (280,), "mouth_corner_R": (61,), "mouth_corner_L": (291,),
}  # fmt: skip
# upper and lower lid, from corner to corner, of the right eye and the left
_LIDS = np.array([
    (246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398),
    (7, 163, 144, 145, 153, 154, 155, 249, 390, 373, 374, 380, 381, 382),
])  # fmt: skip


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
    dark_p: float = 0.15
    landmark_noise: float = 0.003
    dark_landmark_noise: float = 0.3
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
    landmarks = _disturb_landmarks(landmarks, crop, rng, config)
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
        crop = _underexpose(crop, rng)
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
    """Something held before the face, and landmarks below it where a tracker guesses them.

    The targets stay: what is hidden can only be answered by a mean and a large sigma.
    ``training.align_pairs --hands`` does the same before a tracker, with its true answers.
    """
    size = crop.shape[0]
    painted, cover = cover_face(crop, _places(crop, landmarks), rng)
    at = np.clip((landmarks * size).astype(int), 0, size - 1)
    hidden = cover[at[:, 1], at[:, 0]][:, None]
    guess = _guessed(landmarks.astype(np.float64), rng, config)
    return painted, np.where(hidden, guess, landmarks).astype(np.float32)


def _places(crop: Crop, landmarks: Floats) -> Places:
    points = landmarks.astype(np.float64) * crop.shape[0]
    return places(crop, {name: points[list(rows)].mean(0) for name, rows in _HELD_BY.items()})


def _guessed(
    landmarks: NDArray[np.float64], rng: Rng, config: AugmentConfig
) -> NDArray[np.float64]:
    """Landmarks of a face that is not seen: a neutral one's, lids half shut.

    MediaPipe under painted hands (``--hands 1``, 256 renders): lids 0.24 of the eye's width apart
    over open eyes, 0.27 over shut ones; seen, it has 0.32 and 0.18.
    """
    neutral = neutral_landmarks().astype(np.float64)
    guess = transform_points(fit_similarity(neutral, landmarks).matrix, neutral)
    upper, lower = _LIDS
    guess[upper] += rng.uniform(0.0, 0.7) * (guess[lower] - guess[upper])
    guess = landmarks + rng.uniform(0.5, 1.0) * (guess - landmarks)
    return np.asarray(guess + rng.normal(0, config.hidden_landmark_shift, (1, 2)))


def _underexpose(crop: Crop, rng: Rng) -> Crop:
    """Too little light on a sensor, and what the camera makes of it.

    Noise grows relative to the signal: that of the light (its root) and that of the sensor. The
    camera turns the gain up part of the way, smooths noise, and adds what straylight there is.
    """
    exposure = np.exp(rng.uniform(np.log(0.03), np.log(0.4))) ** _GAMMA
    light = (crop.astype(np.float32) / 255) ** np.float32(_GAMMA) * np.float32(exposure)
    read, shot = np.exp(rng.uniform(np.log((3e-4, 3e-4)), np.log((4e-3, 4e-3))))
    read = min(read, 0.5 * exposure)  # else no tracker finds a face
    noise = rng.standard_normal(crop.shape, dtype=np.float32)
    light = light + noise * np.sqrt(read**2 + shot**2 * light / exposure).astype(np.float32)
    if rng.random() < 0.5:
        light = cv2.GaussianBlur(light, (0, 0), rng.uniform(0.4, 1.2))
    gain = exposure ** -rng.uniform(0.0, 0.8)
    straylight = rng.uniform(0, 0.04) * rng.random()
    return _to_bytes(255 * np.clip(light * gain + straylight, 0, 1) ** (1 / _GAMMA))


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


def _disturb_landmarks(landmarks: Floats, crop: Crop, rng: Rng, config: AugmentConfig) -> Floats:
    """Independent noise, a common shift, and in the dark neighbours astray together.

    Photographs made dark move MediaPipe's points about each other by some 40 pixels of the crop
    over its 95th percentile of grey: 0.2 pixels in good light, 1.1 at 45, 2.2 at 13.
    """
    sigma = rng.uniform(0, config.landmark_noise)
    noise = rng.standard_normal((LANDMARK_COUNT, 2), dtype=np.float32) * np.float32(sigma)
    shift = rng.uniform(-1, 1, (1, 2)) * config.landmark_shift
    bright = max(float(np.percentile(crop[::4, ::4], 95)), 8.0)
    astray = _smooth_noise(landmarks, rng) * (config.dark_landmark_noise / bright)
    return np.asarray(landmarks + noise + shift + astray, np.float32)


def _smooth_noise(landmarks: Floats, rng: Rng, centres: int = 40, reach: float = 0.08) -> Floats:
    """(478, 2) noise of deviation near 1 that neighbours within ``reach`` of the crop share."""
    about = landmarks[rng.integers(0, LANDMARK_COUNT, centres)]
    away2 = ((landmarks[:, None] - about[None]) ** 2).sum(axis=2)
    weights = np.exp(-away2 / (2 * reach**2))
    weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True)) + 1e-6
    return np.asarray(weights @ rng.standard_normal((centres, 2), dtype=np.float32))
