"""Estimates over time: outliers, smoothing, calibration, loss. No clocks; times are handed in."""

from geface_bridge.motion.calibration import Calibration as Calibration
from geface_bridge.motion.calibration import CalibrationState as CalibrationState
from geface_bridge.motion.calibration import Performer as Performer
from geface_bridge.motion.filter import MotionConfig as MotionConfig
from geface_bridge.motion.filter import MotionFilter as MotionFilter
from geface_bridge.motion.filter import Pace as Pace
from geface_bridge.motion.one_euro import OneEuro as OneEuro
from geface_bridge.motion.plausible import Plausible as Plausible
from geface_bridge.motion.plausible import PlausibleConfig as PlausibleConfig
from geface_bridge.motion.presence import Presence as Presence
from geface_bridge.motion.presence import PresenceConfig as PresenceConfig
from geface_bridge.motion.stillness import Stillness as Stillness
