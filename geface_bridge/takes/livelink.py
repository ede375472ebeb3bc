"""A take as the CSV that Apple devices export with Live Link Face.

Columns: Timecode, BlendShapeCount, 52 ARKit shapes, then yaw, pitch and roll of head and eyes.
The application writes JawRight before JawLeft and MouthRight before MouthLeft here, other than in
its packets; readers go by the names.
"""

from __future__ import annotations

import csv
import io

from geface_bridge.arkit import ROTATIONS, SHAPES, arkit_values
from geface_bridge.protocol import FaceFrame
from geface_bridge.takes.take import Take

_SWAPPED = {"JawLeft": "JawRight", "JawRight": "JawLeft"} | {
    "MouthLeft": "MouthRight",
    "MouthRight": "MouthLeft",
}
COLUMNS = tuple(_SWAPPED.get(name, name) for name in SHAPES) + ROTATIONS
TIMECODE_HZ = 60


def livelink_csv(take: Take, frames: tuple[FaceFrame, ...]) -> bytes:
    """The file; frames without a face are left out, as the application does.

    Args:
        take: whence the time of the first frame.
        frames: of one subject.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["Timecode", "BlendShapeCount", *COLUMNS])
    for frame in frames:
        if frame.valid:
            values = dict(zip(SHAPES + ROTATIONS, arkit_values(frame.channels), strict=True))
            cells = [f"{values[name]:.6f}" for name in COLUMNS]
            writer.writerow([timecode(frame.time_s - take.begin_s), str(len(cells)), *cells])
    return stream.getvalue().encode()


def timecode(time_s: float) -> str:
    """HH:MM:SS:FF.mmm, FF counting 60ths and mmm thousandths of one."""
    ticks = round(time_s * TIMECODE_HZ * 1000)
    frames, thousandths = divmod(ticks, 1000)
    seconds, frame = divmod(frames, TIMECODE_HZ)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}:{frame:02}.{thousandths:03}"
