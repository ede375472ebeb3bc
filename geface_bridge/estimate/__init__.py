"""Aligned faces → AUs, gaze, head. See ``Estimator``."""

from geface_bridge.estimate.card import ModelCard as ModelCard
from geface_bridge.estimate.estimator import Estimate as Estimate
from geface_bridge.estimate.estimator import Estimator as Estimator
