"""Aligned faces in, wire channels out, by onnxruntime."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geface_bridge import models
from geface_bridge.align.faces import AlignedFace
from geface_bridge.align.head import head_angles_with
from geface_bridge.errors import ModelError
from geface_bridge.estimate.card import ModelCard, card_path, read_card, verify_model
from geface_bridge.estimate.sight import sight_of
from rig.layout import Layout, load_layout

INPUTS = ("crop", "landmarks")
OUTPUTS = ("channels", "sigma")
HEAD_ANGLES = ("head_yaw", "head_pitch")
UNIFORM_SIGMA = 1.0 / math.sqrt(12.0)
"""Standard deviation of a value of which only 0..1 is known."""


@dataclass(frozen=True)
class Estimate:
    """What one face does.

    Attributes:
        channels: (C,) in the layout's order, units and ranges.
        confidence: 0..1, see ``confidence_of``.
    """

    channels: NDArray[np.float32]
    confidence: float


class Estimator:
    """The network. Build it with ``Estimator.load``; not thread-safe."""

    def __init__(self, session: Any, card: ModelCard, layout: Layout) -> None:
        self.card = card
        self._session = session
        self._layout = layout
        self._columns = [layout.channel_index[name] for name in card.channel_names]
        intensities = set(layout.au_channel_names)
        self._intensities = [i for i, n in enumerate(card.channel_names) if n in intensities]
        self._low = np.array([channel.low for channel in layout.channels], np.float32)
        self._high = np.array([channel.high for channel in layout.channels], np.float32)

    @classmethod
    def load(cls, path: Path | None = None, threads: int = 1) -> Estimator:
        """Check the weights against their card and the layout, and load them.

        Args:
            path: ONNX file with its card (``.json``) beside it; the packaged one if None.
            threads: for one inference; one is enough for a stream.

        Raises:
            ModelError: missing, corrupt, of another layout, or not an estimator.
        """
        path = path or models.ESTIMATOR
        layout = load_layout()
        if not path.is_file():
            raise ModelError(
                f"model {path} does not exist; give another with --model PATH, or install "
                "geface-bridge again"
            )
        card = read_card(card_path(path))
        verify_model(path, card, layout)
        session = _open_session(path, threads)
        _check_interface(path, session, card)
        return cls(session, card, layout)

    def estimate(self, faces: Sequence[AlignedFace]) -> list[Estimate]:
        """One estimate per face; [] for no face.

        Head position comes from alignment, and so does rotation unless the network gives yaw
        and pitch; these are as seen in the upright crop, tilt and place in the picture are
        added (``align.head.head_angles_with``).
        """
        return [self._estimate(face, *self._answer(face)) for face in faces]

    def close(self) -> None:
        """Free the network; the estimator is of no use afterwards."""
        self._session = None

    def _answer(self, face: AlignedFace) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Channels and sigma of one face. Large layers quantise over the range of what they are
        given (``training.compact``), so faces that ran together would touch each other.
        """
        crop = np.ascontiguousarray(face.crop_rgb)[None]
        inputs = dict(zip(INPUTS, (crop, face.landmarks_crop[None]), strict=True))
        values, sigma = self._session.run(list(OUTPUTS), inputs)
        return values[0], sigma[0]

    def _estimate(
        self, face: AlignedFace, values: NDArray[np.float32], sigma: NDArray[np.float32]
    ) -> Estimate:
        channels = np.zeros(len(self._layout.channels), np.float32)
        channels[self._columns] = np.nan_to_num(values)
        for name, value in self._head_channels(face, channels).items():
            channels[self._layout.channel_index[name]] = value
        channels = np.clip(channels, self._low, self._high)
        mean_sigma = float(sigma[self._intensities].mean())
        confidence = confidence_of(mean_sigma, face.in_frame, sight_of(face))
        return Estimate(channels.astype(np.float32), confidence)

    def _head_channels(self, face: AlignedFace, channels: NDArray[np.float32]) -> dict[str, float]:
        """The six head channels, radians and metres."""
        head = face.head
        yaw, pitch, roll = head.yaw_rad, head.pitch_rad, head.roll_rad
        if set(HEAD_ANGLES) <= set(self.card.channel_names):
            seen = (float(channels[self._layout.channel_index[n]]) for n in HEAD_ANGLES)
            yaw, pitch, roll = head_angles_with(head, *seen)
        angles = {"head_yaw": yaw, "head_pitch": pitch, "head_roll": roll}
        return {**angles, "head_x": head.x_m, "head_y": head.y_m, "head_z": head.z_m}


def confidence_of(mean_sigma: float, in_frame: float, sight: float = 1.0) -> float:
    """How far an estimate is to be trusted, 0..1.

    ``in_frame * sight * (1 - mean_sigma / UNIFORM_SIGMA)``, not below 0: 1 for a network that is
    sure of a face wholly in the picture and well to be seen; 0 for one that knows no more than
    that an intensity lies between 0 and 1, for a face out of the picture, or in the dark.

    A network cannot be asked alone: it answers a dark or a covered face by what it believes most
    likely, and is as sure of it. ``sight`` is what the picture says by itself: light, noise,
    whether the eyes are there (``estimate.sight``). Not a probability.

    Args:
        mean_sigma: mean standard deviation the network predicts for its intensities.
        in_frame: 0..1, share of the landmarks inside the picture.
        sight: 0..1, how well the face can be seen there.
    """
    if not math.isfinite(mean_sigma):
        return 0.0
    return in_frame * sight * min(1.0, max(0.0, 1.0 - mean_sigma / UNIFORM_SIGMA))


def _open_session(path: Path, threads: int) -> Any:
    import onnxruntime  # 0.2 s: not before it is needed

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # fatal only; failures arrive as exceptions
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no public base
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"model {path} cannot be loaded ({reason}); install it again or export it with an "
            "ONNX opset that this onnxruntime knows"
        ) from None


def _check_interface(path: Path, session: Any, card: ModelCard) -> None:
    found_inputs = tuple(node.name for node in session.get_inputs())
    found_outputs = tuple(node.name for node in session.get_outputs())
    if set(found_inputs) != set(INPUTS) or not set(OUTPUTS) <= set(found_outputs):
        raise ModelError(
            f"model {path} maps {found_inputs} to {found_outputs}, expected {INPUTS} to "
            f"{OUTPUTS}; it is not an estimator, give another with --model PATH"
        )
    notes = session.get_modelmeta().custom_metadata_map
    if notes.get("layout_id") != card.layout_id or _names(notes) != card.channel_names:
        raise ModelError(
            f"model {path} and its card disagree (layout {notes.get('layout_id')} and "
            f"{card.layout_id}, {len(_names(notes))} and {len(card.channel_names)} channels); "
            "export model and card together"
        )


def _names(notes: dict[str, str]) -> tuple[str, ...]:
    try:
        return tuple(json.loads(notes.get("channel_names", "[]")))
    except ValueError:
        return ()
