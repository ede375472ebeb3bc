"""Other expressions for a photograph: the picture is warped along its landmarks.

The paper (5) warps along 68 landmarks so that few photographs show more expressions than people
made for them. What a warp cannot make (teeth behind lips that part, creases) it does not make;
nobody takes the warped picture for a labelled one. The paper's multi-pose augmentation (HPEN)
needs a 3D face model with its texture and is left out.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import CROP_SIZE
from geface_bridge.align.crop import crop_transform
from geface_bridge.align.geometry import transform_points

FloatArray = NDArray[np.float64]
Crop = NDArray[np.uint8]

# The 68 points of iBUG's scheme (the paper's) among MediaPipe's 478, in iBUG's order.
JAW = (127, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 356)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
NOSE = (168, 197, 5, 4, 75, 97, 2, 326, 305)
EYES = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
OUTER_LIPS = (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181)
INNER_LIPS = (78, 82, 13, 312, 308, 317, 14, 87)
IBUG_68 = JAW + BROWS + NOSE + EYES + OUTER_LIPS + INNER_LIPS

# What moves, by iBUG's numbers, on the person's right and on the left, and where it moves at
# full strength: outwards (away from the midline) and down, in distances between the eyes.
Move = tuple[dict[int, float], dict[int, float], tuple[float, float]]
MOVES: dict[str, Move] = {
    "smile": ({48: 1, 60: 1, 49: 0.5, 59: 0.5}, {54: 1, 64: 1, 53: 0.5, 55: 0.5}, (0.09, -0.10)),
    "mouth corner down": ({48: 1, 60: 1, 59: 0.3}, {54: 1, 64: 1, 55: 0.3}, (0.0, 0.08)),
    "pout": ({48: 1, 60: 1, 49: 0.6, 59: 0.6}, {54: 1, 64: 1, 53: 0.6, 55: 0.6}, (-0.10, 0.0)),
    "jaw drop": (
        {5: 0.5, 6: 0.8, 7: 1, 8: 0.5, 59: 0.7, 58: 1, 57: 0.5, 67: 1, 66: 0.5, 48: 0.2, 60: 0.3},
        {11: 0.5, 10: 0.8, 9: 1, 8: 0.5, 55: 0.7, 56: 1, 57: 0.5, 65: 1, 66: 0.5, 54: 0.2, 64: 0.3},
        (0.0, 0.22),
    ),
    "upper lip up": (
        {49: 0.6, 50: 1, 51: 0.5, 61: 1, 62: 0.5, 31: 0.5},
        {53: 0.6, 52: 1, 51: 0.5, 63: 1, 62: 0.5, 35: 0.5},
        (0.0, -0.06),
    ),
    "chin up": (
        {58: 1, 57: 0.5, 59: 0.6, 7: 0.6, 8: 0.3},
        {56: 1, 57: 0.5, 55: 0.6, 9: 0.6, 8: 0.3},
        (0.0, -0.06),
    ),
    "inner brow up": ({21: 1, 20: 0.7, 19: 0.2}, {22: 1, 23: 0.7, 24: 0.2}, (0.0, -0.12)),
    "outer brow up": ({17: 0.7, 18: 1, 19: 0.6}, {26: 0.7, 25: 1, 24: 0.6}, (0.0, -0.12)),
    "frown": ({21: 1, 20: 0.8, 19: 0.5}, {22: 1, 23: 0.8, 24: 0.5}, (-0.05, 0.07)),
    "lids down": ({37: 1, 38: 1}, {43: 1, 44: 1}, (0.0, 0.10)),
    "lids up": ({37: 1, 38: 1}, {43: 1, 44: 1}, (0.0, -0.03)),
    "lower lids up": ({40: 1, 41: 1}, {46: 1, 47: 1}, (0.0, -0.03)),
}
LID_PAIRS = ((37, 41), (38, 40), (43, 47), (44, 46))
"""Upper lid's and lower lid's points one below the other: two of the right eye, two of the left."""
LEAST_GAP_PX = 0.8
MOVE_CHANCE = 0.25
ONE_SIDED_CHANCE = 0.25
_STEP = 4  # pixels between the places where the warp is reckoned; between them it is straight


def warp_expression(
    crop: Crop,
    landmarks: FloatArray,
    rng: np.random.Generator,
    shut: tuple[float, float] = (0.0, 0.0),
) -> tuple[Crop, FloatArray]:
    """A crop with another expression, aligned anew; and its landmarks.

    Args:
        crop: (128, 128, 3).
        landmarks: (478, 2), crop coordinates over the crop's size.
        rng: decides which moves, how strong and on which side.
        shut: share of the way, 0..1, that the upper lids of the person's right and left eye then
            go towards the lower ones.
    """
    points = landmarks.astype(np.float64) * CROP_SIZE
    start = points[list(IBUG_68)]
    targets = start + random_moves(points, rng)
    return warp_along(crop, points, _lids_shut(start, targets, shut))


def _lids_shut(start: FloatArray, targets: FloatArray, shut: tuple[float, float]) -> FloatArray:
    """Targets (68, 2) with the lids shut by a share; they stay ``LEAST_GAP_PX`` apart.

    Lids that met or changed places would fold the picture, nose and brow with it.
    """
    out = targets.copy()
    for (upper, lower), share in zip(LID_PAIRS, np.repeat(shut, 2), strict=True):
        down = start[lower] - start[upper]
        down = down / max(float(np.hypot(*down)), 1e-6)
        gap = float((targets[lower] - targets[upper]) @ down)
        left_open = max((1 - share) * gap, LEAST_GAP_PX)
        out[upper] += (gap - left_open) * down
    return out


def random_moves(points: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(68, 2) pixels by which the 68 points of (478, 2) points move."""
    out = np.zeros((len(IBUG_68), 2))
    for name in MOVES:
        if rng.random() < MOVE_CHANCE:
            strength = rng.uniform(0.2, 1)
            sides = (1.0, 1.0)
            if rng.random() < ONE_SIDED_CHANCE:
                sides = (1.0, rng.uniform()) if rng.random() < 0.5 else (rng.uniform(), 1.0)
            out += moved(name, points, strength * sides[0], strength * sides[1])
    return out


def moved(name: str, points: FloatArray, right: float, left: float) -> FloatArray:
    """(68, 2) pixels of one move at its strengths on the person's right and left.

    Lids never move further than to each other.
    """
    out = np.zeros((len(IBUG_68), 2))
    outer = [points[i] for i in (EYES[0], EYES[9])]
    across = (outer[1] - outer[0]) / 1.5  # about one distance between the eyes' centres
    down = np.array([-across[1], across[0]])
    weights_right, weights_left, (outwards, downwards) = MOVES[name]
    for weights, strength, side in ((weights_right, right, -1.0), (weights_left, left, 1.0)):
        for index, weight in weights.items():
            out[index] += strength * weight * (side * outwards * across + downwards * down)
    return _within_eyes(out, points) if name.startswith("lids") else out


def _within_eyes(moves: FloatArray, points: FloatArray) -> FloatArray:
    """Moves of the upper lids, cut to nine tenths of the way to the lower ones."""
    out = moves.copy()
    for upper, lower in LID_PAIRS:
        gap = points[IBUG_68[lower]] - points[IBUG_68[upper]]
        length = float(np.hypot(*moves[upper]))
        if moves[upper] @ gap > 0:
            out[upper] *= min(1.0, 0.9 * float(np.hypot(*gap)) / max(length, 1e-6))
    return out


def warp_along(crop: Crop, points: FloatArray, targets: FloatArray) -> tuple[Crop, FloatArray]:
    """Move a crop's 68 points to (68, 2) targets, pixels; the crop's border stays.

    A thin-plate spline (Bookstein 1989) between them; then the crop is aligned again by the
    moved points, as a photograph of that expression would be.

    Returns:
        The crop, and all landmarks (478, 2) over the crop's size.
    """
    border = _border()
    start = np.concatenate([points[list(IBUG_68)], border])
    end = np.concatenate([targets, border])
    moved_points = _spline(start, end, points)
    crop_from_warped = crop_transform(moved_points)
    inverse = cv2.invertAffineTransform(crop_from_warped)
    ticks = np.arange(0, CROP_SIZE + 1, _STEP, dtype=np.float64)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    sources = _spline(end, start, transform_points(inverse, grid.reshape(-1, 2)))
    landmarks = transform_points(crop_from_warped, moved_points) / CROP_SIZE
    return _sampled(crop, sources.reshape(grid.shape)), landmarks


def _sampled(crop: Crop, sources: FloatArray) -> Crop:
    """The crop read at sources (K, K, 2), given every ``_STEP`` pixels, straight between."""
    share = (np.arange(CROP_SIZE) + 0.5) / _STEP
    columns, rows = np.meshgrid(share.astype(np.float32), share.astype(np.float32))
    dense = cv2.remap(sources.astype(np.float32), columns, rows, cv2.INTER_LINEAR)
    # OpenCV counts from pixel centres, we count from pixel corners
    x, y = dense[..., 0] - 0.5, dense[..., 1] - 0.5
    return np.asarray(
        cv2.remap(crop, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


@lru_cache(maxsize=1)
def _border() -> FloatArray:
    """(16, 2) points around the crop that stay where they are."""
    ticks = np.linspace(0, CROP_SIZE, 5)
    every = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    return np.asarray(every[((every == 0) | (every == CROP_SIZE)).any(axis=1)])


def _spline(start: FloatArray, end: FloatArray, places: FloatArray) -> FloatArray:
    """Where (M, 2) places go under the thin-plate spline that takes start (N, 2) to end."""
    count = len(start)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(start, start) + 1e-6 * np.eye(count)
    system[:count, count:] = np.column_stack([np.ones(count), start])
    system[count:, :count] = system[:count, count:].T
    shift = np.concatenate([end - start, np.zeros((3, 2))])
    weights = np.linalg.solve(system, shift)
    straight = np.column_stack([np.ones(len(places)), places])
    moved_by = _kernel(places, start) @ weights[:count] + straight @ weights[count:]
    return np.asarray(places + moved_by, np.float64)


def _kernel(a: FloatArray, b: FloatArray) -> FloatArray:
    """r² log r² of all distances."""
    square = ((a[:, None] - b[None]) ** 2).sum(axis=-1)
    return np.asarray(square * np.log(np.maximum(square, 1e-12)))
