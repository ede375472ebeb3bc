"""Several estimators as one: the mean of their answers.

Lakshminarayanan et al. 2017, "Simple and Scalable Predictive Uncertainty Estimation using Deep
Ensembles". Networks that look at different things (pixels, MediaPipe's features, landmarks) err
differently: their mean errs less, and where they disagree, nothing sure is known.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses are too.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from geface_bridge.errors import ConfigError
from training.estimator import EstimatorNet, narrowed

REST = 0.01
"""What an AU's zero is answered as, at most: a twentieth of an intensity of the 0..5 scale."""


class Ensemble(nn.Module):
    """The mean of networks with the same channels.

    Raises:
        ConfigError: there is no network, or their channels differ.
    """

    def __init__(self, nets: Sequence[EstimatorNet]) -> None:
        super().__init__()
        if len({net.channel_names for net in nets}) != 1:
            raise ConfigError(
                f"{len(nets)} networks with different channels cannot be averaged: train them "
                "with one version of this program"
            )
        self.channel_names = nets[0].channel_names
        self.nets = nn.ModuleList(nets)
        self.register_buffer("is_intensity", nets[0].scale == 1)
        self.register_buffer("gain", torch.ones(len(self.channel_names)))
        self.register_buffer("zero", torch.zeros(len(self.channel_names)))

    def calibrate(self, gain: Tensor, zero: Tensor) -> None:
        """Answer intensities as ``calibrated`` does from now on, by gain and zero, both (K,)."""
        self.gain.copy_(gain)
        self.zero.copy_(zero)

    def forward(self, crop: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
        """Channels and their standard deviation, of the mixture of the networks' answers.

        Args:
            crop, landmarks: as of ``EstimatorNet``.

        Returns:
            (N, K) channels; (N, K) sigma: root of the mean variance and that of the means, before
            calibration.
        """
        answers = [net(crop, landmarks) for net in self.nets]
        means = torch.stack([channels for channels, _ in answers])
        mean = means.mean(0)
        channels = torch.where(self.is_intensity, calibrated(mean, self.gain, self.zero), mean)
        variance = torch.stack([sigma for _, sigma in answers]).square().mean(0)
        return channels, (variance + (means - mean).square().mean(0)).sqrt()


def calibrated(mean: Tensor, gain: Tensor, zero: Tensor) -> Tensor:
    """Intensities 0..1: above its zero an AU is stretched, below it is pressed into ``REST``.

    Cut off at the zero, half of what a face at rest does would be lost, and a small AU, whose
    zero is high for what it ever reaches, would hardly move at all.

    Args:
        mean: (N, K) answers, 0..1.
        gain, zero: (K,).
    """
    below = torch.minimum(mean, zero) * (zero.clamp(max=REST) / zero.clamp(min=REST))
    return (below + gain * (mean - zero).clamp(min=0)).clamp(0, 1)


def without(ensemble: Ensemble, channels: tuple[str, ...]) -> Ensemble:
    """A copy that does not answer ``channels``.

    Raises:
        ConfigError: the networks have no such channel.
    """
    out = Ensemble([narrowed(net, channels) for net in ensemble.nets])
    keep = [ensemble.channel_names.index(name) for name in out.channel_names]
    out.calibrate(ensemble.gain[keep], ensemble.zero[keep])
    return out
