"""A take as BVH of the packaged head: joint offsets, positions and angles, in centimetres.

BVH has no scale, so the little that poses scale (lids, lips) is left out; glTF keeps it.

Source: Meredith and Maddock 2001, "Motion Capture File Formats Explained", section 3.
"""

from __future__ import annotations

import numpy as np

from geface_bridge.config import DEFAULT_RATE_HZ
from geface_bridge.protocol import FaceFrame
from geface_bridge.takes.rig_motion import RigMotion, rig_motion
from geface_bridge.takes.take import Take
from rig.head import Head
from rig.rotations import matrix_to_euler_yxz
from rig.skeleton import Skeleton

CENTIMETRES = 100.0
CHANNELS = "CHANNELS 6 Xposition Yposition Zposition Yrotation Xrotation Zrotation"
END_M = 0.01  # length of a bone without children, which BVH wants to know


def bvh_bytes(take: Take, frames: tuple[FaceFrame, ...]) -> bytes:
    """The file, at the take's rate; frames are resampled to it by nearest time.

    Args:
        take: whence the rate.
        frames: of one subject, at least one with a face.
    """
    skeleton = Skeleton()
    rate_hz = take.rate_hz or take.hello.rate_hz or DEFAULT_RATE_HZ
    motion = rig_motion(frames, skeleton)
    count = round(motion.times_s[-1] * rate_hz) + 1
    nearest = [int(np.abs(motion.times_s - k / rate_hz).argmin()) for k in range(count)]
    order: list[int] = []
    lines = ["HIERARCHY"]
    root = skeleton.head.joint_parents.index(-1)
    _joint(skeleton.head, root, 0, lines, order)
    lines += ["MOTION", f"Frames: {count}", f"Frame Time: {1 / rate_hz:.7f}"]
    lines += [_line(motion, row, order) for row in nearest]
    return ("\n".join(lines) + "\n").encode()


def _joint(head: Head, joint: int, depth: int, lines: list[str], order: list[int]) -> None:
    """Append a joint and all below it; ``order`` is how the motion lists them."""
    order.append(joint)
    indent = "  " * depth
    kind = "ROOT" if depth == 0 else "JOINT"
    offset = head.rest_translations[joint] * CENTIMETRES
    lines += [f"{indent}{kind} {head.joint_names[joint]}", f"{indent}{{"]
    lines += [f"{indent}  OFFSET {_numbers(offset)}", f"{indent}  {CHANNELS}"]
    children = [child for child, parent in enumerate(head.joint_parents) if parent == joint]
    for child in children:
        _joint(head, child, depth + 1, lines, order)
    if not children:
        end = _numbers(np.array([0.0, END_M, 0.0]) * CENTIMETRES)
        lines += [f"{indent}  End Site", f"{indent}  {{", f"{indent}    OFFSET {end}"]
        lines += [f"{indent}  }}"]
    lines.append(f"{indent}}}")


def _line(motion: RigMotion, row: int, order: list[int]) -> str:
    cells = []
    for joint in order:
        place = motion.translations[row, joint] * CENTIMETRES
        angles = np.degrees(matrix_to_euler_yxz(motion.rotations[row, joint]))
        cells.append(f"{_numbers(place)} {_numbers(angles)}")
    return " ".join(cells)


def _numbers(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return " ".join(f"{value + 0.0:.5f}" for value in values)
