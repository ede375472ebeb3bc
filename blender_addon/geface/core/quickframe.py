# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames in the one form that geface-bridge writes, read without looking at every byte.

An hour of a take is 216,000 frames. ``quick_frame`` knows where everything stands in the
canonical form; whatever is written otherwise, or holds what it may not, is left to
``messages.decode``, which takes it or says what is wrong.
"""

from __future__ import annotations

import math
import struct

import numpy as np

from .messages import MAX_SAFE_INTEGER, MAX_SUBJECTS, Frame

_BEGIN = b"\x88\xa4type\xa5frame\xa8sequence"
_NUMBERS = {0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q"}
_SEQUENCES = {tag: struct.Struct(form) for tag, form in _NUMBERS.items()}
_BODY = struct.Struct(">8sB8sd15sd6sB12sd9sBB")
_KEYS = (
    b"\xa7subject",
    b"\xa6time_s\xcb",
    b"\xadcaptured_at_s\xcb",
    b"\xa5valid",
    b"\xaaconfidence\xcb",
    b"\xa8channels",
)
_FALSE, _TRUE, _BIN8 = 0xC2, 0xC3, 0xC4


def quick_frame(data: bytes) -> Frame | None:
    """What ``messages.decode`` makes of a frame in canonical form; None for anything else."""
    place = len(_BEGIN)
    if len(data) < place + 2 or not data.startswith(_BEGIN):
        return None
    sequence, begin = _sequence_at(data, place)
    if len(data) < begin + _BODY.size:
        return None
    keys_and_values = _BODY.unpack_from(data, begin)
    subject, time_s, captured_at_s, valid, confidence = keys_and_values[1:10:2]
    tag, size = keys_and_values[11:]
    if keys_and_values[:11:2] != _KEYS:
        return None
    is_allowed = (
        tag == _BIN8
        and sequence <= MAX_SAFE_INTEGER
        and subject < MAX_SUBJECTS
        and math.isfinite(time_s)
        and math.isfinite(captured_at_s)
        and 0 <= confidence <= 1
        and valid in (_FALSE, _TRUE)
        and size % 4 == 0
        and len(data) == begin + _BODY.size + size
    )
    if not is_allowed:
        return None
    channels = np.frombuffer(data, "<f4", size // 4, begin + _BODY.size).astype(np.float64)
    if not np.isfinite(channels).all():
        return None
    channels.flags.writeable = False
    return Frame(sequence, subject, time_s, captured_at_s, valid == _TRUE, confidence, channels)


def _sequence_at(data: bytes, place: int) -> tuple[int, int]:
    """The integer at ``place`` and where it ends; one too large to be allowed if none is whole."""
    tag = data[place]
    if tag < 0x80:
        return tag, place + 1
    form = _SEQUENCES.get(tag)
    if form is None or len(data) < place + 1 + form.size:
        return MAX_SAFE_INTEGER + 1, place
    return form.unpack_from(data, place + 1)[0], place + 1 + form.size
