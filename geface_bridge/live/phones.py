"""What phones measured as estimates: ARKit's values to channels, then what ``Motions`` does."""

from __future__ import annotations

import numpy as np

from geface_bridge.arkit import arkit_channels
from geface_bridge.estimate import Estimate
from geface_bridge.inputs import PhoneFrame
from geface_bridge.live.motions import Motions
from rig.layout import load_layout


class PhoneChain(Motions):
    """Everything between a phone's numbers and the wire. Phones tell no confidence: it is 1."""

    def updates(self, frame: PhoneFrame) -> dict[int, Estimate | None]:
        """Subject → estimate of the one subject that a frame is about."""
        with self.meter.stage("estimate"):
            estimate = _estimate(frame)
        with self.meter.stage("motion"):
            return {frame.subject: self.settle(frame.subject, estimate, frame.time_s)}


def _estimate(frame: PhoneFrame) -> Estimate | None:
    if frame.values is None:
        return None
    channels = arkit_channels(frame.values)
    if frame.place_m is not None:
        index = load_layout().channel_index
        channels[[index[f"head_{axis}"] for axis in "xyz"]] = frame.place_m
    return Estimate(channels.astype(np.float32), 1.0)
