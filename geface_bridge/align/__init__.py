"""Faces in an image → upright crops, landmarks, head poses. See ``FaceAligner``."""

from geface_bridge.align.aligner import FaceAligner as FaceAligner
from geface_bridge.align.aligner import as_rgb as as_rgb
from geface_bridge.align.aligner import check_size as check_size
from geface_bridge.align.faces import CROP_SIZE as CROP_SIZE
from geface_bridge.align.faces import AlignedFace as AlignedFace
from geface_bridge.align.faces import HeadPose as HeadPose
from geface_bridge.align.geometry import (
    openface_angles_from_head_angles as openface_angles_from_head_angles,
)
from geface_bridge.align.subjects import Subjects as Subjects
