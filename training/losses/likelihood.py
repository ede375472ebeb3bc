"""Likelihood: an answer with its own standard deviation; not one of the paper's.

Seitzer et al. 2022, "On the Pitfalls of Heteroscedastic Uncertainty Estimation".
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import torch
from torch import Tensor


def censored_error(mean: Tensor, target: Tensor, intensity: Tensor) -> Tensor:
    """Error that does not pull on what the output's clamp hides.

    Where the target is 0 and the mean below it (or 1 and above), the clamped answer is right.
    Everywhere else the error is the plain difference, so no gradient dies at the clamp.

    Args:
        mean, target: (N, K).
        intensity: (K,) bool, which outputs are clamped to 0..1.
    """
    hidden = intensity & (((target <= 0) & (mean < 0)) | ((target >= 1) & (mean > 1)))
    return torch.where(hidden, torch.zeros_like(mean), mean - target)


def beta_nll(error: Tensor, sigma: Tensor, beta: float) -> Tensor:
    """Gaussian negative log likelihood, weighted by sigma^(2 beta), averaged.

    beta 0 is the plain likelihood, which gives up on hard samples; beta 1 has the mean's
    gradient of a squared error.
    """
    likelihood = 0.5 * (error / sigma).square() + sigma.log()
    return (likelihood * sigma.detach().pow(2 * beta)).mean()
