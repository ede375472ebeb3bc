"""Hours of simulated traffic through the outputs: ``bench_outputs.py soak``.

``--hours`` (8) of 60 Hz through Live Link Face, VMC, iFacialMocap, OSC and VTube Studio, with an
accelerated clock, real local sockets and readers that are not ours (tests/geface_bridge/outputs/
soak.py). Printed are datagrams sent and received, the greatest difference between what a receiver
holds and the frame that was sent last, that of the times it carries, and memory.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.geface_bridge.outputs.soak import FORMATS, soak


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["soak"])
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(options.hours, tuple(options.formats), Path(folder) / "token")
    print(f"{result.hours:g} h at 60 Hz in {result.took_s:.0f} s")
    print(f"memory {result.early_mib:.1f} MiB after a twentieth, {result.end_mib:.1f} at the end")
    for kind, report in result.reports.items():
        print(
            f"{kind:13}sent {report.sent}, came {report.came}; {report.checked} frames checked, "
            f"worst value {report.worst:.2g}, worst time {1000 * report.late_s:.2f} ms"
        )


if __name__ == "__main__":
    main()
