"""What an output shows: one subject, with holding, fading and coming back as Presence does it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geface_bridge.motion import Presence, PresenceConfig
from geface_bridge.protocol import FaceFrame
from rig.layout import load_layout


class ShownFace:
    """Channels of one subject's frames as a character should show them.

    Attributes:
        seen: whether the newest frame had a face.
    """

    def __init__(self, subject: int = 0, config: PresenceConfig | None = None) -> None:
        self.seen = False
        self._subject = subject
        self._presence = Presence(len(load_layout().channels), config)

    def __call__(self, frame: FaceFrame) -> NDArray[np.float64] | None:
        """(C,) channels to show; None if the frame is another subject's."""
        if frame.subject != self._subject:
            return None
        self.seen = frame.valid
        channels = frame.channels.astype(np.float64) if frame.valid else None
        return self._presence(channels, frame.captured_at_s)
