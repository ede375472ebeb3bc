"""The facial skeleton and what each action unit is made of.

Bones stand at places given as (x, y) in the frontal view of the average adult
(decimetres, MakeHuman's frame); the build drops them onto the skin. All rest
frames are parallel to the head, so a bone's rest is a translation and its pose
numbers mean the same thing in Blender, glTF and numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

from rig.author.sculpt import LipField


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
    Bone("jaw", "face", 0.0, 7.02, 0.0, "inside", 0.55),
    Bone("brow_1_L", "brow_inner_L", 0.10, 7.45, 0.07),
    Bone("brow_2_L", "brow_inner_L", 0.22, 7.49, 0.07),
    Bone("brow_3_L", "brow_outer_L", 0.36, 7.50, 0.07),
    Bone("brow_4_L", "brow_outer_L", 0.48, 7.45, 0.07),
    Bone("forehead_side_L", "forehead", 0.25, 7.68, 0.13),
    Bone("glabella", "nose_root", 0.0, 7.42, 0.06),
    Bone("lid_upper_1_L", "lid_upper_L", 0.205, 7.385, 0.035, "eye"),
    Bone("lid_upper_2_L", "lid_upper_L", 0.29, 7.405, 0.035, "eye"),
    Bone("lid_upper_3_L", "lid_upper_L", 0.38, 7.385, 0.035, "eye"),
    Bone("lid_skirt_L", "eye_L", 0.29, 7.40, 0.0, "eye"),
    Bone("lid_fold_L", "eye_fold_L", 0.30, 7.435, 0.05),
    Bone("lid_lower_1_L", "lid_lower_L", 0.205, 7.315, 0.035, "eye"),
    Bone("lid_lower_2_L", "lid_lower_L", 0.29, 7.29, 0.035, "eye"),
    Bone("lid_lower_3_L", "lid_lower_L", 0.38, 7.305, 0.035, "eye"),
    Bone("eye_corner_L", "eye_corner_outer_L", 0.45, 7.34, 0.045),
    Bone("tear_duct_L", "eye_corner_inner_L", 0.155, 7.335, 0.04),
    Bone("infraorbital_L", "eye_bag_L", 0.28, 7.21, 0.06),
    Bone("crow_foot_L", "cheekbone_L", 0.53, 7.27, 0.07),
    Bone("cheek_upper_L", "cheekbone_L", 0.42, 7.13, 0.09),
    Bone("nose_side_L", "nose_bridge", 0.13, 7.17, 0.06),
    Bone("nose_ridge", "nose_bridge", 0.0, 7.22, 0.08),
    Bone("nose_point", "nose_tip", 0.0, 6.99, 0.07),
    Bone("nostril_L", "nose_wing_L", 0.15, 6.97, 0.05),
    Bone("nasolabial_L", "laugh_line_L", 0.24, 6.91, 0.07),
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
    Bone("under_chin", "double_chin", 0.0, 6.30, 0.14),
    Bone("inner_upper", "mouth_upper", 0.0, 6.79, 0.09, "inside", 1.35),
    Bone("inner_lower", "mouth_lower", 0.0, 6.58, 0.09, "inside", 1.33),
    Bone("throat", "mouth_lower", 0.0, 6.70, 0.20, "inside", 0.8),
    Bone("tongue_1", "mouth_lower", 0.0, 6.68, 0.12, "inside", 0.80),
    Bone("tongue_2", "tongue_1", 0.0, 6.67, 0.12, "inside", 1.05),
    Bone("tongue_3", "tongue_2", 0.0, 6.65, 0.12, "inside", 1.28),
)


@dataclass(frozen=True)
class ComponentBone:
    """A bone that identity moves; of a pair, the left one.

    Attributes:
        parent: bone it hangs below.
        pivot: (x, y) on the skin, or (x, y, z) inside; decimetres in MakeHuman's frame.
        radius: spread of its own skin weights in decimetres, 0 for a bone that only carries
            expression bones.
        acts_at: centre of that spread where it is not the pivot.
    """

    parent: str
    pivot: tuple[float, ...]
    radius: float = 0.0
    acts_at: tuple[float, ...] = ()


EYE_PIVOTS = ("eye_L", "lid_upper_L", "lid_lower_L")  # they turn about the eyeball's centre

# Identity may not make lips cross: those of the middle and of the sides turn and grow about the
# seam where they meet, and what moves the seam moves both lips alike. So mouth and jaw are two
# things: the lower lip rides on the jaw's motion but not on the jaw's shape.
_SEAM, _SEAM_SIDE = (0.0, 6.686, 1.455), (0.12, 6.690, 1.43)
COMPONENT_BONES: dict[str, ComponentBone] = {
    "face": ComponentBone("head", (0.0, 7.15, 0.5)),
    "brow_inner_L": ComponentBone("face", (0.16, 7.47)),
    "brow_outer_L": ComponentBone("face", (0.42, 7.48)),
    "eye_L": ComponentBone("face", (0.289, 7.355)),
    "lid_upper_L": ComponentBone("eye_L", (0.289, 7.355)),
    "lid_lower_L": ComponentBone("eye_L", (0.289, 7.355)),
    "eye_corner_inner_L": ComponentBone("eye_L", (0.155, 7.335)),
    "eye_corner_outer_L": ComponentBone("eye_L", (0.45, 7.34)),
    "eye_fold_L": ComponentBone("eye_L", (0.30, 7.435)),
    "eye_bag_L": ComponentBone("face", (0.28, 7.21)),
    "nose_root": ComponentBone("face", (0.0, 7.40), 0.06),
    "nose_bridge": ComponentBone("face", (0.0, 7.20)),
    "nose_tip": ComponentBone("face", (0.0, 7.00)),
    "nose_wing_L": ComponentBone("nose_tip", (0.14, 6.98)),
    "cheekbone_L": ComponentBone("face", (0.45, 7.18), 0.10),
    "cheek_L": ComponentBone("face", (0.42, 6.88)),
    "laugh_line_L": ComponentBone("cheek_L", (0.24, 6.91)),
    "mouth_upper": ComponentBone("face", _SEAM),
    "lip_upper": ComponentBone("mouth_upper", _SEAM),
    "lip_upper_side_L": ComponentBone("mouth_upper", _SEAM_SIDE),
    "mouth_corner_L": ComponentBone("mouth_upper", (0.215, 6.683, 1.35)),
    "mouth_lower": ComponentBone("jaw", _SEAM),
    "lip_lower": ComponentBone("mouth_lower", _SEAM),
    "lip_lower_side_L": ComponentBone("mouth_lower", _SEAM_SIDE),
    "jaw_shape": ComponentBone("jaw", (0.0, 6.60, 0.9)),
    "chin": ComponentBone("jaw_shape", (0.0, 6.43)),
    "jaw_angle_L": ComponentBone("jaw_shape", (0.55, 6.72), 0.13),
    "double_chin": ComponentBone("jaw_shape", (0.0, 6.30, 0.9)),
    "forehead": ComponentBone("head", (0.0, 7.75), 0.16),
    "cranium": ComponentBone("head", (0.0, 7.75, 0.2), 0.6, (0.0, 8.1, 0.1)),
    "occiput": ComponentBone("head", (0.0, 7.35, -0.1), 0.6, (0.0, 7.35, -0.9)),
    "temple_L": ComponentBone("head", (0.62, 7.55), 0.14),
    "ear_L": ComponentBone("head", (0.70, 7.12), 0.12),
}

ROOT_BONES = ("root", "neck", "head")

# Which mesh displacements make an AU at intensity 1: (face unit, gain). "Left" units only;
# the right side is the mirror image. Gains bring the units, which are calibrated to
# ARKit's coefficient 1, to FACS level E. "mpfb:" units are MakeHuman's own expression units.
AU_UNITS: dict[str, tuple[tuple[str, float], ...]] = {
    "AU01_L": (("browInnerUp", 1.9),),
    "AU02_L": (("browOuterUpLeft", 1.4),),
    "AU04_L": (("browDownLeft", 1.2),),
    "AU05_L": (("eyeWideLeft", 1.2),),
    "AU06_L": (("cheekSquintLeft", 1.7),),
    "AU07_L": (("eyeSquintLeft", 1.15), ("eyeBlinkLeft", 0.08)),
    "AU09_L": (
        ("noseSneerLeft", 1.6),
        ("mpfb:nose-left-elevation", 0.9),
        ("mouthUpperUpLeft", 0.15),
        ("cheekSquintLeft", 0.35),
    ),
    "AU10_L": (("mouthUpperUpLeft", 1.4),),
    "AU12_L": (("mouthSmileLeft", 0.95),),
    "AU14_L": (("mouthDimpleLeft", 1.2), ("mouthPressLeft", 0.25), ("mouthFrownLeft", 0.3)),
    "AU15_L": (("mouthFrownLeft", 1.4),),
    "AU16_L": (("mouthLowerDownLeft", 1.6),),
    "AU17": (("mouthShrugLower", 1.3), ("mouthShrugUpper", 0.5)),
    "AU18": (("mouthPucker", 1.3),),
    "AU20_L": (("mouthStretchLeft", 1.3),),
    "AU22": (("mouthFunnel", 1.3),),
    "AU23": (),
    "AU24": (("mouthPressLeft", 0.3), ("mouthPressRight", 0.3), ("mouthShrugLower", 0.15)),
    "AU25": (("mpfb:mouth-parling", 1.1),),
    "AU26": (("jawOpen", 0.75),),
    "AU30L": (("jawLeft", 1.5),),
    "AU43_L": (("eyeBlinkLeft", 1.0),),
    "AU19": (("tongueOut", 1.0), ("jawOpen", 0.2)),
    "AU28": (),
    "AU29": (("jawForward", 1.5),),
    "AU34": (("cheekPuff", 1.6), ("mouthPucker", -0.25)),
}

# Mouths that no face unit makes: what the ring muscle does beside the units (``sculpt``).
AU_LIPS: dict[str, LipField] = {
    "AU23": LipField(height=0.58, back_m=0.001, narrow=0.2),
    "AU24": LipField(height=0.48, back_m=0.0024, narrow=-0.02, raise_m=0.001),
    "AU28": LipField(height=0.08, back_m=0.0075),
}

# Metres by which each lip is drawn to the other where a unit of shut lips would bare the teeth.
LIPS_SHUT_M = {
    "AU12_L": 0.0003,
    "AU14_L": 0.0004,
    "AU15_L": 0.0005,
    "AU20_L": 0.0005,
    "AU34": 0.0005,
}

# AUs whose face unit covers both sides and is split at the midline.
SPLIT_AT_MIDLINE = ("AU01_L",)
# Sided AUs of the mouth, whose left shapes reach over the midline: they end this far beyond it.
ENDS_BEYOND_MIDLINE_M = 0.009
MOUTH_SIDED = ("AU10_L", "AU12_L", "AU14_L", "AU15_L", "AU16_L", "AU20_L")
# How much more these small or hard shapes count in the fit of the weights than their size gives.
EMPHASIS = {"AU01_L": 2.0, "AU02_L": 2.5, "AU04_L": 1.5, "AU25": 1.5, "AU43_L": 2.5}
# AUs in which the jaw bone itself moves; the others leave it at rest.
JAW_AUS = ("AU26", "AU30L", "AU29", "AU19")

# The lids' edges turn about the eye by these shares of the gaze's angle.
LID_FOLLOW = {"gaze_down": (0.80, 0.35), "gaze_up": (0.75, 0.30)}

# Lids that follow the gaze: pose name -> (channel, sign, units with gain 1 for the left eye).
GAZE_UNITS: dict[str, tuple[str, float, tuple[str, ...]]] = {
    "gaze_down": ("gaze_pitch", 1.0, ("eyeLookDownLeft", "eyeLookDownRight")),
    "gaze_up": ("gaze_pitch", -1.0, ("eyeLookUpLeft", "eyeLookUpRight")),
    "gaze_left": ("gaze_yaw", 1.0, ("eyeLookOutLeft", "eyeLookInRight")),
}
# Skin beside the eye follows a sideward gaze by this share of what the units sculpt.
GAZE_SIDEWARD = 0.65

# A shut upper lid meets the lower one of the average face. Of eyes that stand wider open its inner
# rim hides the ball: it goes down behind the lower lid by this angle, this far from the eye's
# centre, but late, with the fourth power of the intensity.
SKIRT_TURN_RAD, SKIRT_REACH_M = 0.74, 0.0158
# and the lid itself stands off a little, for the cornea that turns below it.
SHUT_LIFT_M = 0.0006


@dataclass(frozen=True)
class Damping:
    """A corrective that takes back a share of one pose on some bones, where another works too.

    Attributes:
        factors: channels and gains whose product drives it, left side.
        pose: the pose whose bones it turns back.
        share: 1 takes it back wholly at full intensity of the other channel.
        bones: beginnings of the names of the bones, of the left side and the midline.
    """

    factors: tuple[tuple[str, float], ...]
    pose: str
    share: float
    bones: tuple[str, ...]


_LIDS = ("lid_", "eye_corner", "tear_duct")
_BROWS = ("brow_", "glabella", "forehead", "lid_upper", "lid_skirt", "lid_fold")
_UP, _DOWN = ("gaze_pitch", -1.0), ("gaze_pitch", 1.0)

# What two units do to the same skin does not add up without end.
DAMPINGS: tuple[Damping, ...] = (
    # Closed lids stay closed: whatever else moves the lids has no hold on them.
    Damping((("AU43_L", 1.0), ("AU05_L", 1.0)), "AU05_L", 1.0, _LIDS),
    Damping((("AU43_L", 1.0), _UP), "gaze_up", 1.0, _LIDS),
    Damping((("AU43_L", 1.0), _DOWN), "gaze_down", 1.0, _LIDS),
    *(
        Damping((("AU43_L", 1.0), (au, 1.0)), au, 1.0, ("lid_",))
        for au in ("AU01_L", "AU02_L", "AU04_L", "AU07_L", "AU09_L")
    ),
    Damping((("AU43_L", 1.0), ("AU06_L", 1.0)), "AU06_L", 1.0, ("lid_upper", "lid_skirt")),
    # not wholly: the two raisers of the lower lid have taken .7 of this back already (below)
    Damping((("AU06_L", 1.0), ("AU43_L", 1.0)), "AU06_L", 0.3, ("lid_lower",)),
    # A widened eye has little left to widen when it looks up.
    Damping((("AU05_L", 1.0), _UP), "gaze_up", 0.8, ("lid_upper", "lid_skirt")),
    # Cheek and lid press the same lower lid up, brow lowerers the same brow down.
    Damping((("AU06_L", 1.0), ("AU07_L", 1.0)), "AU06_L", 0.7, ("lid_lower",)),
    Damping((("AU04_L", 1.0), ("AU09_L", 1.0)), "AU09_L", 0.7, _BROWS),
    Damping((("AU09_L", 1.0), ("AU10_L", 1.0)), "AU09_L", 0.5, ("nostril", "nasolabial")),
    # A smile has raised the sides of the lip: what more would make the mouth a square.
    Damping((("AU10_L", 1.0), ("AU12_L", 1.0)), "AU10_L", 0.45, ("lip_upper_2", "lip_corner")),
)


@dataclass(frozen=True)
class Sculpted:
    """A corrective solved for a shape that two units make together.

    Attributes:
        first, second: poses whose channels, both at 1, drive it.
        units: face units and gains beside the sum of the two shapes.
    """

    first: str
    second: str
    units: tuple[tuple[str, float], ...]


SCULPTED: tuple[Sculpted, ...] = (
    # Lips that a muscle holds stay together, or nearly so, while the jaw drops.
    Sculpted("AU26", "AU17", (("mouthClose", 0.40),)),
    Sculpted("AU26", "AU18", (("mouthClose", 0.40),)),
    Sculpted("AU26", "AU23", (("mouthClose", 0.50),)),
    Sculpted("AU26", "AU24", (("mouthClose", 0.75),)),
    Sculpted("AU26", "AU28", (("mouthClose", 0.75),)),
    # Lips that two muscles bring forward do not become a slit.
    Sculpted("AU18", "AU22", (("mouthPucker", -1.0), ("mouthFunnel", -0.1))),
)
