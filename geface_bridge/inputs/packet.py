"""What all formats come down to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
MAX_DATAGRAM_BYTES = 4096  # of any format here; what is longer is none


@dataclass(frozen=True, eq=False)
class FacePacket:
    """One datagram of one device.

    Attributes:
        device: tells devices apart.
        name: what its user calls it.
        time_s: by the device's timecode, of unknown zero; None where it has none.
        values: (61,) as ``arkit_values``; None while the device sees no face.
        place_m: (3,) of the head, where the format has it.
        tells_loss: whether the format can say that there is no face; else it repeats itself.
    """

    device: str
    name: str
    time_s: float | None
    values: FloatArray | None
    place_m: FloatArray | None = None
    tells_loss: bool = True
