"""What neutral calibration does to real faces at rest: ``… bench_calibration.py VIDEO [VIDEO …]``.

Of each clip the frames in which the face moves least (``--share`` of all) count as rest. Every
second of them is calibrated with, the others are measured: mean and 95th percentile of the
intensities, 0 to 5, without and with calibration, and what is left of the clip's strongest
expression (the 99th percentile over all frames of its strongest AU).
"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import FaceAligner
from geface_bridge.capture import open_video
from geface_bridge.estimate import Estimator
from geface_bridge.live import FaceChain
from geface_bridge.motion import Calibration
from rig.layout import load_layout

FloatArray = NDArray[np.float64]


def channels_of(video: Path, limit: int) -> FloatArray:
    """(F, C) channels of the frames with a face, uncalibrated."""
    with (
        closing(open_video(video, realtime=False)) as source,
        FaceAligner() as aligner,
        closing(Estimator.load()) as estimator,
    ):
        chain, rows = FaceChain(aligner, estimator), []
        for frame in source.frames():
            (estimate,) = chain(frame.image_rgb, frame.time_s)
            rows += [estimate.channels] if estimate is not None else []
            if frame.index >= limit:
                break
    return np.array(rows, np.float64)


def resting(intensities: FloatArray, share: float) -> NDArray[np.int64]:
    """Rows in which the face moves least and shows least, in order."""
    speed = np.abs(np.gradient(intensities, axis=0)).sum(1)
    restless = np.convolve(speed, np.ones(9) / 9, "same") + 0.05 * intensities.sum(1)
    return np.sort(np.argsort(restless)[: max(20, int(share * len(restless)))])


def main() -> None:
    """Measure and print a row a clip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--frames", type=int, default=600)
    options = parser.parse_args()
    layout = load_layout()
    columns = [i for i, c in enumerate(layout.channels) if c.unit == "intensity"]
    print(f"{'clip':<28}{'rest mean':>16}{'rest p95':>16}{'strongest':>16}   before → after")
    for video in options.videos:
        raw = channels_of(video, options.frames)
        rest = resting(raw[:, columns], options.share)
        calibration = Calibration(layout)
        calibration.start(len(rest) / 2 / 30)
        for step, row in enumerate(rest[::2]):
            calibration.feed(raw[row].astype(np.float32), 1.01 * step / 30)
        calibration.feed(raw[rest[0]].astype(np.float32), 1e6)
        after = np.array([calibration.apply(row.astype(np.float32)) for row in raw])
        strongest = columns[int(np.percentile(raw[:, columns], 99, axis=0).argmax())]
        pairs = [
            (5 * v[rest[1::2]][:, columns].mean(), 5 * np.percentile(v[rest[1::2]][:, columns], 95))
            for v in (raw, after)
        ]
        peak = [5 * np.percentile(v[:, strongest], 99) for v in (raw, after)]
        cells = [*zip(*pairs, strict=True), peak]
        text = "".join(f"{a:8.2f} → {b:5.2f}" for a, b in cells)
        print(f"{video.stem[:27]:<28}{text}  {layout.channel_names[strongest]}")


if __name__ == "__main__":
    main()
