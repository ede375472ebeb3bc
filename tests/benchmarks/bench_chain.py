"""The whole chain offline on one core: decode, align, estimate, motion, encode.

    python tests/benchmarks/bench_chain.py [VIDEO] [--model PATH] [--frames N]

Without VIDEO it reads the bundled performance. Videos of another size are first written anew at
640x480, with bars, so that decoding is measured at that size too. Prints frames a second and
milliseconds a stage; the aim is 60 a second. On a busy machine only the processor time says much:
stages are timed by the clock on the wall.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

import geface_bridge.capture
from geface_bridge.align import FaceAligner
from geface_bridge.capture import open_video
from geface_bridge.capture.video import PERFORMANCE
from geface_bridge.estimate import Estimate, Estimator
from geface_bridge.live import FaceChain
from geface_bridge.protocol import FaceFrame, encode

WIDTH, HEIGHT = 640, 480
WARM_UP = 10
STAGES = ("decode", "align", "estimate", "motion", "encode")


def main() -> None:
    """Measure and print."""
    options = parse_arguments()
    core = bind_to_one_core()
    with tempfile.TemporaryDirectory() as folder:
        video = at_size(options.video, Path(folder), options.frames + WARM_UP)
        run(video, options.model, core)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    bundled = Path(geface_bridge.capture.__file__).parent / PERFORMANCE
    parser.add_argument("video", type=Path, nargs="?", default=bundled)
    parser.add_argument("--model", type=Path, help="weights other than the packaged ones")
    parser.add_argument("--frames", type=int, default=300)
    return parser.parse_args()


def bind_to_one_core() -> str:
    """Bind the process to one core where the system can; says what was done."""
    cv2.setNumThreads(1)
    if not hasattr(os, "sched_setaffinity"):
        return "threads limited to one; this system cannot bind to a core"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"core {core}"


def at_size(video: Path, folder: Path, count: int) -> Path:
    """A file with the first ``count`` frames at 640x480, the video over again if it is short."""
    path = folder / "bench.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 30.0, (WIDTH, HEIGHT))
    source = open_video(video, loop=True, realtime=False)
    for frame in itertools.islice(source.frames(), count):
        writer.write(cv2.cvtColor(fitted(frame.image_rgb), cv2.COLOR_RGB2BGR))
    source.close()
    writer.release()
    return path


def fitted(image: np.ndarray) -> np.ndarray:
    """(480, 640, 3): the whole picture, with black bars where its shape differs."""
    height, width = image.shape[:2]
    scale = min(WIDTH / width, HEIGHT / height)
    size = round(width * scale), round(height * scale)
    out = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    left, top = (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    out[top : top + size[1], left : left + size[0]] = small
    return out


def run(video: Path, model: Path | None, core: str) -> None:
    """Drive the chain over the video and print what it took."""
    chain = FaceChain(FaceAligner(), Estimator.load(model))
    frames = open_video(video, realtime=False).frames()
    for frame in itertools.islice(frames, WARM_UP):
        chain(frame.image_rgb, frame.time_s)
    spent_s = dict.fromkeys(STAGES, 0.0)
    count = faces = 0
    began_s, worked_s = time.perf_counter(), time.process_time()
    while True:
        at_s = time.perf_counter()
        frame = next(frames, None)
        spent_s["decode"] += time.perf_counter() - at_s
        if frame is None:
            break
        (estimate,) = chain(frame.image_rgb, frame.time_s)
        for stage, passes in chain.meter.latest_s.items():
            spent_s[stage] += passes
        at_s = time.perf_counter()
        encoded(estimate, count, frame.time_s)
        spent_s["encode"] += time.perf_counter() - at_s
        count, faces = count + 1, faces + (estimate is not None)
    whole_s, worked_s = time.perf_counter() - began_s, time.process_time() - worked_s
    print(f"{WIDTH}x{HEIGHT}, {count} frames, a face in {faces}, {core}")
    print("  ".join(f"{stage} {1000 * spent_s[stage] / count:.2f}" for stage in STAGES), "ms")
    print(f"{count / whole_s:.1f} frames per second")
    print(f"{1000 * worked_s / count:.2f} ms of processor time a frame, all threads")


def encoded(estimate: Estimate | None, sequence: int, time_s: float) -> bytes:
    """What goes on the wire for this frame."""
    if estimate is None:
        return encode(FaceFrame.lost(sequence, 0, time_s, time_s))
    channels, confidence = estimate.channels, estimate.confidence
    return encode(FaceFrame(sequence, 0, time_s, time_s, True, confidence, channels))


if __name__ == "__main__":
    main()
