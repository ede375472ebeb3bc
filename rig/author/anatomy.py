"""The facial skeleton and what each action unit is made of.

Bones stand at places given as (x, y) in the frontal view of the average adult
(decimetres, MakeHuman's frame); the build drops them onto the skin. All rest
frames are parallel to the head, so a bone's rest is a translation and its pose
numbers mean the same thing in Blender, glTF and numpy.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bone:
    """One expression bone.

    Attributes:
        name: ends in _L for a pair; the right twin is made by mirroring.
        parent: a component bone of the layout's identity block, or "head", "jaw".
        x, y: where it acts, decimetres in MakeHuman's frame.
        radius: spread of its influence in decimetres, the prior of the weights.
        pivot: "skin" (where it acts), "eye" (centre of the eyeball), or "inside".
        z: depth for "inside" bones.
    """

    name: str
    parent: str
    x: float
    y: float
    radius: float
    pivot: str = "skin"
    z: float = 0.0


EXPRESSION_BONES = (
    Bone("eyeball_L", "eye_L", 0.289, 7.355, 0.0, "eye"),
    Bone("jaw", "jaw_shape", 0.0, 7.02, 0.0, "inside", 0.55),
    Bone("brow_1_L", "brow_inner_L", 0.10, 7.45, 0.07),
    Bone("brow_2_L", "brow_inner_L", 0.22, 7.49, 0.07),
    Bone("brow_3_L", "brow_outer_L", 0.36, 7.50, 0.07),
    Bone("brow_4_L", "brow_outer_L", 0.48, 7.45, 0.07),
    Bone("forehead_side_L", "forehead", 0.25, 7.68, 0.13),
    Bone("glabella", "nose_root", 0.0, 7.42, 0.06),
    Bone("lid_upper_1_L", "lid_upper_L", 0.205, 7.385, 0.035, "eye"),
    Bone("lid_upper_2_L", "lid_upper_L", 0.29, 7.405, 0.035, "eye"),
    Bone("lid_upper_3_L", "lid_upper_L", 0.38, 7.385, 0.035, "eye"),
    Bone("lid_fold_L", "eye_L", 0.30, 7.435, 0.05),
    Bone("lid_lower_1_L", "lid_lower_L", 0.205, 7.315, 0.035, "eye"),
    Bone("lid_lower_2_L", "lid_lower_L", 0.29, 7.29, 0.035, "eye"),
    Bone("lid_lower_3_L", "lid_lower_L", 0.38, 7.305, 0.035, "eye"),
    Bone("eye_corner_L", "eye_corner_outer_L", 0.45, 7.34, 0.045),
    Bone("tear_duct_L", "eye_corner_inner_L", 0.155, 7.335, 0.04),
    Bone("infraorbital_L", "cheekbone_L", 0.28, 7.21, 0.06),
    Bone("crow_foot_L", "cheekbone_L", 0.53, 7.27, 0.07),
    Bone("cheek_upper_L", "cheekbone_L", 0.42, 7.13, 0.09),
    Bone("nose_side_L", "nose_bridge", 0.13, 7.17, 0.06),
    Bone("nose_ridge", "nose_bridge", 0.0, 7.22, 0.08),
    Bone("nose_point", "nose_tip", 0.0, 6.99, 0.07),
    Bone("nostril_L", "nose_wing_L", 0.15, 6.97, 0.05),
    Bone("nasolabial_L", "cheek_L", 0.24, 6.91, 0.07),
    Bone("cheek_mid_L", "cheek_L", 0.42, 6.92, 0.10),
    Bone("cheek_low_L", "cheek_L", 0.40, 6.70, 0.10),
    Bone("risorius_L", "cheek_L", 0.31, 6.72, 0.06),
    Bone("philtrum", "lip_upper", 0.0, 6.83, 0.05),
    Bone("lip_above_L", "lip_upper_side_L", 0.13, 6.81, 0.05),
    Bone("lip_upper_mid", "lip_upper", 0.0, 6.735, 0.035),
    Bone("lip_upper_1_L", "lip_upper_side_L", 0.08, 6.73, 0.035),
    Bone("lip_upper_2_L", "lip_upper_side_L", 0.155, 6.705, 0.035),
    Bone("lip_corner_L", "mouth_corner_L", 0.225, 6.68, 0.045),
    Bone("lip_lower_mid", "lip_lower", 0.0, 6.635, 0.035),
    Bone("lip_lower_1_L", "lip_lower_side_L", 0.08, 6.635, 0.035),
    Bone("lip_lower_2_L", "lip_lower_side_L", 0.155, 6.655, 0.035),
    Bone("lip_below", "chin", 0.0, 6.55, 0.05),
    Bone("lip_below_L", "lip_lower_side_L", 0.15, 6.56, 0.055),
    Bone("chin_point", "chin", 0.0, 6.43, 0.09),
    Bone("chin_side_L", "chin", 0.17, 6.45, 0.07),
    Bone("jaw_side_L", "jaw_angle_L", 0.36, 6.52, 0.10),
    Bone("under_chin", "jaw", 0.0, 6.30, 0.14),
    Bone("inner_upper", "mouth_upper", 0.0, 6.79, 0.09, "inside", 1.35),
    Bone("inner_lower", "jaw", 0.0, 6.58, 0.09, "inside", 1.33),
    Bone("throat", "jaw", 0.0, 6.70, 0.20, "inside", 0.8),
    Bone("tongue_1", "jaw", 0.0, 6.68, 0.12, "inside", 0.80),
    Bone("tongue_2", "tongue_1", 0.0, 6.67, 0.12, "inside", 1.05),
    Bone("tongue_3", "tongue_2", 0.0, 6.65, 0.12, "inside", 1.28),
)

# Identity component -> (parent, where it pivots, spread of its own skin weights or 0).
# Pairs are given for the left. "mouth" has two bones, one on each jaw, moved alike.
COMPONENT_BONES: dict[str, tuple[str, tuple[float, float], float]] = {
    "brow_inner_L": ("head", (0.16, 7.47), 0.0),
    "brow_outer_L": ("head", (0.42, 7.48), 0.0),
    "eye_L": ("head", (0.289, 7.355), 0.0),
    "lid_upper_L": ("eye_L", (0.289, 7.355), 0.0),
    "lid_lower_L": ("eye_L", (0.289, 7.355), 0.0),
    "eye_corner_inner_L": ("eye_L", (0.155, 7.335), 0.0),
    "eye_corner_outer_L": ("eye_L", (0.45, 7.34), 0.0),
    "nose_root": ("head", (0.0, 7.40), 0.06),
    "nose_bridge": ("head", (0.0, 7.20), 0.0),
    "nose_tip": ("head", (0.0, 7.00), 0.0),
    "nose_wing_L": ("nose_tip", (0.14, 6.98), 0.0),
    "cheekbone_L": ("head", (0.45, 7.18), 0.10),
    "cheek_L": ("head", (0.42, 6.88), 0.0),
    "mouth_upper": ("head", (0.0, 6.68), 0.0),
    "lip_upper": ("mouth_upper", (0.0, 6.74), 0.0),
    "lip_upper_side_L": ("mouth_upper", (0.12, 6.72), 0.0),
    "mouth_corner_L": ("mouth_upper", (0.22, 6.68), 0.0),
    "jaw_shape": ("head", (0.0, 6.60), 0.0),
    "mouth_lower": ("jaw", (0.0, 6.68), 0.0),
    "lip_lower": ("mouth_lower", (0.0, 6.62), 0.0),
    "lip_lower_side_L": ("mouth_lower", (0.12, 6.63), 0.0),
    "chin": ("jaw", (0.0, 6.43), 0.0),
    "jaw_angle_L": ("jaw", (0.55, 6.72), 0.13),
    "forehead": ("head", (0.0, 7.75), 0.16),
    "cranium": ("head", (0.0, 8.15), 0.35),
    "temple_L": ("head", (0.62, 7.55), 0.14),
    "ear_L": ("head", (0.70, 7.12), 0.12),
}

ROOT_BONES = ("root", "neck", "head")

# Which mesh displacements make an AU at intensity 1: (face unit, gain). "Left" units only;
# the right side is the mirror image. Gains bring the units, which are calibrated to
# ARKit's coefficient 1, to FACS level E.
AU_UNITS: dict[str, tuple[tuple[str, float], ...]] = {
    "AU01_L": (("browInnerUp", 1.7),),
    "AU02_L": (("browOuterUpLeft", 1.4),),
    "AU04_L": (("browDownLeft", 1.2),),
    "AU05_L": (("eyeWideLeft", 1.3),),
    "AU06_L": (("cheekSquintLeft", 1.0),),
    "AU07_L": (("eyeSquintLeft", 1.3),),
    "AU09_L": (("noseSneerLeft", 1.7),),
    "AU10_L": (("mouthUpperUpLeft", 1.4),),
    "AU12_L": (("mouthSmileLeft", 0.8),),
    "AU14_L": (("mouthDimpleLeft", 1.2),),
    "AU15_L": (("mouthFrownLeft", 1.4),),
    "AU16_L": (("mouthLowerDownLeft", 1.6),),
    "AU17": (("mouthShrugLower", 1.3), ("mouthShrugUpper", 0.5)),
    "AU18": (("mouthPucker", 1.3),),
    "AU20_L": (("mouthStretchLeft", 1.3),),
    "AU22": (("mouthFunnel", 1.3),),
    "AU23": (("mouthPucker", 0.5), ("mouthRollLower", 0.4), ("mouthRollUpper", 0.4)),
    "AU24": (
        ("mouthPressLeft", 0.35),
        ("mouthPressRight", 0.35),
        ("mouthRollLower", 0.55),
        ("mouthRollUpper", 0.45),
        ("mouthShrugLower", 0.3),
    ),
    "AU25": (
        ("mouthLowerDownLeft", 0.8),
        ("mouthLowerDownRight", 0.8),
        ("mouthUpperUpLeft", 0.45),
        ("mouthUpperUpRight", 0.45),
    ),
    "AU26": (("jawOpen", 0.75),),
    "AU30L": (("jawLeft", 1.5),),
    "AU43_L": (("eyeBlinkLeft", 1.0),),
    "AU19": (("tongueOut", 1.0), ("jawOpen", 0.2)),
    "AU28": (("mouthRollLower", 1.0), ("mouthRollUpper", 1.0)),
    "AU29": (("jawForward", 1.5),),
    "AU34": (("cheekPuff", 1.2),),
}

# AUs whose face unit covers both sides and is split at the midline.
SPLIT_AT_MIDLINE = ("AU01_L",)
# AUs in which the jaw bone itself moves; the others leave it at rest.
JAW_AUS = ("AU26", "AU30L", "AU29", "AU19")

# Lids follow the gaze by this share of what the units sculpt at the same angle; the units'
# lids close before the eye has turned 20 degrees down.
LID_FOLLOW = 0.65

# Lids that follow the gaze: pose name -> (channel, sign, units with gain 1 for the left eye).
GAZE_UNITS: dict[str, tuple[str, float, tuple[str, ...]]] = {
    "gaze_down": ("gaze_pitch", 1.0, ("eyeLookDownLeft", "eyeLookDownRight")),
    "gaze_up": ("gaze_pitch", -1.0, ("eyeLookUpLeft", "eyeLookUpRight")),
    "gaze_left": ("gaze_yaw", 1.0, ("eyeLookOutLeft", "eyeLookInRight")),
}
