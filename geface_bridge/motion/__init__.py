"""Estimates over time: smoothing and neutral calibration. No clocks; times are handed in."""

from geface_bridge.motion.calibration import CalibrationState as CalibrationState
from geface_bridge.motion.calibration import NeutralCalibration as NeutralCalibration
from geface_bridge.motion.filter import MotionConfig as MotionConfig
from geface_bridge.motion.filter import MotionFilter as MotionFilter
from geface_bridge.motion.filter import Pace as Pace
from geface_bridge.motion.one_euro import OneEuro as OneEuro
