"""What comes back through ARKit's 52 shapes, and what the way back costs.

    python tests/benchmarks/bench_phones.py [VIDEO]

Follows the bundled performance (or VIDEO), sends every face to ARKit's table and back, as
``stream --livelink`` into ``stream --from livelink`` does; prints for each action unit the most
that ARKit carries, root mean square and greatest error on 0..1, and the milliseconds of one face.
"""

from __future__ import annotations

import argparse
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import geface_bridge.capture
from geface_bridge.align import FaceAligner
from geface_bridge.arkit import arkit_channels, arkit_values
from geface_bridge.capture import open_video
from geface_bridge.capture.video import PERFORMANCE
from geface_bridge.estimate import Estimator
from geface_bridge.live import FaceChain
from rig.layout import load_layout
from rig.profile import load_profile

FloatArray = NDArray[np.float64]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    bundled = Path(geface_bridge.capture.__file__).parent / PERFORMANCE
    parser.add_argument("video", type=Path, nargs="?", default=bundled)
    given = performed(parser.parse_args().video)
    values = [arkit_values(face) for face in given]
    began_s = time.process_time()
    found = np.array([arkit_channels(each) for each in values])
    spent_ms = 1000 * (time.process_time() - began_s) / len(given)
    print(f"{len(given)} faces, {spent_ms:.2f} ms of processor time each on the way back")
    print_errors(found - given)


def performed(video: Path) -> FloatArray:
    """(F, C) channels of the faces in a video."""
    with closing(Estimator.load()) as estimator, FaceAligner() as aligner:
        chain = FaceChain(aligner, estimator)
        frames = open_video(video, realtime=False).frames()
        each = [chain(frame.image_rgb, frame.time_s)[0] for frame in frames]
    return np.array([estimate.channels for estimate in each if estimate is not None], np.float64)


def print_errors(error: FloatArray) -> None:
    """A line for each intensity."""
    layout, poses = load_layout(), load_profile("arkit52").poses
    print("          carried    rms   most")
    for name in layout.au_channel_names:
        column = np.abs(error[:, layout.channel_index[name]])
        carried = min(1.0, 1 / max(poses[name].curves.values()))
        rms = np.sqrt((column**2).mean())
        print(f"{name:8} to {carried:5.2f} {rms:6.3f} {column.max():6.3f}")


if __name__ == "__main__":
    main()
