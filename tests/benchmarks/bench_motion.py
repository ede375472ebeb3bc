"""Stillness and lag of the motion filter: ``python tests/benchmarks/bench_motion.py``.

Two signals, both measured by the shipped estimator on pictures of the bundled performance:

* a still face: one picture, shifted by up to half a pixel and with a camera's noise, anew in every
  frame (``--seed``). Jitter is the standard deviation over time, the mean over a group's channels;
* blinks: the performance itself. Lag is the shift at which the filtered lids fit the raw ones best
  (to a tenth of a frame), height how much of each blink's peak is left.

Side by side: no filter, moving averages of 5 and 9 frames, One Euro as shipped.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import geface_bridge.capture
from geface_bridge.align import FaceAligner
from geface_bridge.capture import open_video
from geface_bridge.capture.video import PERFORMANCE
from geface_bridge.estimate import Estimate, Estimator
from geface_bridge.live import FaceChain
from geface_bridge.motion import MotionFilter
from geface_bridge.motion.groups import GROUPS, groups_of
from rig.layout import load_layout

FloatArray = NDArray[np.float64]
Filter = Callable[[FloatArray, FloatArray], FloatArray]
RATE_HZ = 30.0
BLINK = 0.35  # closure that counts as a blink


def none(values: FloatArray, times_s: FloatArray) -> FloatArray:
    """(F, C) as they are."""
    return values


def moving_average(width: int) -> Filter:
    """The mean of the last ``width`` frames, as a live filter has them."""

    def run(values: FloatArray, times_s: FloatArray) -> FloatArray:
        rows = [values[max(0, i - width + 1) : i + 1].mean(0) for i in range(len(values))]
        return np.array(rows)

    return run


def one_euro(values: FloatArray, times_s: FloatArray) -> FloatArray:
    """As shipped."""
    motion = MotionFilter()
    pairs = zip(values, times_s, strict=True)
    return np.array([motion(Estimate(v.astype(np.float32), 1.0), t).channels for v, t in pairs])


FILTERS: dict[str, Filter] = {
    "none": none,
    "mean of 5": moving_average(5),
    "mean of 9": moving_average(9),
    "One Euro": one_euro,
}


def channels_of(pictures: list[NDArray[np.uint8]]) -> FloatArray:
    """(F, C) unfiltered channels of pictures that all show a face."""
    with FaceAligner() as aligner, closing(Estimator.load()) as estimator:
        chain = FaceChain(aligner, estimator, smoothing=0)
        found = [chain(image, i / RATE_HZ)[0] for i, image in enumerate(pictures)]
    return np.array([each.channels for each in found if each is not None], np.float64)


def still_pictures(image: NDArray[np.uint8], count: int, seed: int) -> list[NDArray[np.uint8]]:
    """One picture again and again, as a camera sees a face that holds still."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        shift = np.float32([[1, 0, rng.uniform(-0.5, 0.5)], [0, 1, rng.uniform(-0.5, 0.5)]])
        moved = cv2.warpAffine(image, shift, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
        noisy = moved + rng.normal(0, 4.0, image.shape)
        out.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return out


def lag_frames(raw: FloatArray, filtered: FloatArray) -> float:
    """Shift in frames at which ``filtered`` fits ``raw`` best."""
    grid = np.arange(len(raw), dtype=float)
    shifts = np.arange(0.0, 10.0, 0.1)
    errors = [np.square(np.interp(grid + s, grid, filtered) - raw)[:-10].sum() for s in shifts]
    return float(shifts[int(np.argmin(errors))])


def peaks(lids: FloatArray) -> list[slice]:
    """Where the lids are beyond BLINK, with a few frames after."""
    closed = np.flatnonzero(lids > BLINK)
    groups = np.split(closed, np.flatnonzero(np.diff(closed) > 3) + 1)
    return [slice(g[0], g[-1] + 6) for g in groups if len(g)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=120, help="of the still face")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    clip = Path(geface_bridge.capture.__file__).parent / PERFORMANCE
    with closing(open_video(clip, realtime=False)) as source:
        pictures = [frame.image_rgb for frame in source.frames()]
    layout = load_layout()
    still = channels_of(still_pictures(pictures[0], options.frames, options.seed))
    acted = channels_of(pictures)
    report_jitter(still, np.array(groups_of(layout)))
    names = [i for i, name in enumerate(layout.channel_names) if name.startswith("AU43")]
    report_lag(acted[:, names].mean(1))


def report_jitter(still: FloatArray, groups: NDArray[np.str_]) -> None:
    """A row a filter, a column a group; intensities on 0..5, angles in degrees, places in mm."""
    scale = {"gaze": np.degrees(1), "head_rotation": np.degrees(1), "head_position": 1000.0}
    print("jitter of a still face (intensity 0-5, degrees, mm)")
    print(" " * 12 + "".join(f"{group:>15}" for group in GROUPS))
    times_s = np.arange(len(still)) / RATE_HZ
    for name, run in FILTERS.items():
        spread = run(still, times_s)[15:].std(0)
        cells = [spread[groups == g].mean() * scale.get(g, 5.0) for g in GROUPS]
        print(f"{name:<12}" + "".join(f"{cell:15.3f}" for cell in cells))


def report_lag(lids: FloatArray) -> None:
    """A row a filter: lag of the lids, height left of the blinks."""
    times_s = np.arange(len(lids)) / RATE_HZ
    blinks = peaks(lids)
    print(f"\nlids over the performance, {len(blinks)} blinks\n{'':12}{'lag ms':>10}{'height':>10}")
    for name, run in FILTERS.items():
        filtered = run(lids_as_channels(lids), times_s)[:, lid_column()]
        left = [filtered[blink].max() / lids[blink].max() for blink in blinks]
        lag_ms = 1000 * lag_frames(lids, filtered) / RATE_HZ
        print(f"{name:<12}{lag_ms:10.0f}{np.mean(left):10.2f}")


def lid_column() -> int:
    """Of the left lid."""
    return load_layout().channel_index["AU43_L"]


def lids_as_channels(lids: FloatArray) -> FloatArray:
    """(F, C) with only the left lid moving."""
    out = np.zeros((len(lids), len(load_layout().channels)))
    out[:, lid_column()] = lids
    return out


if __name__ == "__main__":
    main()
