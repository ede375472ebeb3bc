"""Fits ``rig/profiles/arkit52.json``: ``python -m rig.author.arkit_profile [FOLDER]``.

MakeHuman's face units are sculpted to ARKit's 52 blend shapes, and the shapes of our AUs stand on
the same mesh. So the curves of an AU are the non-negative sum of units that comes nearest to its
displacement (``MEANS`` says which units may take part), as strong as the AU where the direction is
only near. What a character with ARKit curves will make of it is known: the command prints the
displacement variance explained for each AU, at half and at full intensity. Gains above 1 bring
ARKit's coefficient 1 to FACS level E; curves end at 1, so there the strongest expressions are
weaker than the rig's.

The file also holds ``gram_mm2``, the units' inner products, by which ``rig.inverse`` finds the
channels behind given curves.
"""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from rig.author import anatomy, makehuman
from rig.author.fit import explained_variance
from rig.author.own_profile import CONVENTION, driver_json
from rig.author.solve import au_shapes
from rig.layout import load_layout
from rig.profile import VERSION, Profile, parse_profile

FloatArray = NDArray[np.float64]
PROFILES = Path(__file__).resolve().parents[1] / "profiles"

# ARKit's blend shapes in the order of ARFaceAnchor.BlendShapeLocation's documentation groups.
CURVES = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft",
    "eyeSquintLeft", "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight",
    "eyeLookOutRight", "eyeLookUpRight", "eyeSquintRight", "eyeWideRight", "jawForward", "jawLeft",
    "jawRight", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight",
    "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft",
    "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight", "mouthRollLower",
    "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight",
    "tongueOut",
)  # fmt: skip

# Which curves make an AU; "*" stands for Left and Right, of a left AU for Left only.
MEANS: dict[str, tuple[str, ...]] = {
    "AU01_L": ("browInnerUp",),
    "AU02_L": ("browOuterUp*",),
    "AU04_L": ("browDown*",),
    "AU05_L": ("eyeWide*",),
    "AU06_L": ("cheekSquint*",),
    "AU07_L": ("eyeSquint*",),
    "AU09_L": ("noseSneer*",),
    "AU10_L": ("mouthUpperUp*",),
    "AU12_L": ("mouthSmile*",),
    "AU14_L": ("mouthDimple*",),
    "AU15_L": ("mouthFrown*",),
    "AU16_L": ("mouthLowerDown*",),
    "AU17": ("mouthShrugLower", "mouthShrugUpper"),
    "AU18": ("mouthPucker",),
    "AU20_L": ("mouthStretch*",),
    "AU22": ("mouthFunnel",),
    "AU23": ("mouthPucker", "mouthRollLower", "mouthRollUpper"),
    "AU24": ("mouthPress*", "mouthRollLower", "mouthRollUpper", "mouthShrugLower"),
    "AU25": ("mouthLowerDown*", "mouthUpperUp*"),
    "AU26": ("jawOpen",),
    "AU30L": ("jawLeft",),
    "AU43_L": ("eyeBlink*",),
    "AU19": ("tongueOut", "jawOpen"),
    "AU28": ("mouthRollLower", "mouthRollUpper"),
    "AU29": ("jawForward",),
    "AU34": ("cheekPuff",),
}

# Lips that a muscle presses together stay together while the jaw drops: mouthClose takes back
# what jawOpen does to the lips. The share of the jaw's opening that it takes back.
LIPS_STAY_CLOSED = {"AU24": 1.0, "AU28": 1.0, "AU17": 0.5, "AU18": 0.5, "AU23": 0.65}
LEAST_GAIN = 0.03
MOST_STRENGTHENED = 1.5
# A blink of 1 shuts the eye of every such character, however ours gets there.
SHUT = {"eyeBlinkLeft": 1.0}


def is_left(name: str) -> bool:
    """Whether a pose is of the left side and has a right twin."""
    return name.endswith("L")


def mirrored(name: str) -> str:
    """The curve, channel or pose of the other side."""
    if "Left" in name or "Right" in name:
        return name.replace("Left", "\0").replace("Right", "Left").replace("\0", "Right")
    return name[:-1] + {"L": "R", "R": "L"}.get(name[-1], name[-1])


@lru_cache(maxsize=1)
def units() -> FloatArray:
    """(52, V, 3) displacement of MakeHuman's face units at 1, metres, in the order of CURVES."""
    return np.stack([makehuman.face_unit(name) for name in CURVES])


@lru_cache(maxsize=1)
def shapes() -> dict[str, FloatArray]:
    """(V, 3) displacement of every left and midline AU on the whole base mesh."""
    mesh = makehuman.read_base_mesh()
    found = au_shapes(mesh, makehuman.average_adult(mesh))
    return {name: shape for name, shape in found.items() if name in MEANS}


def curves_of(name: str) -> list[str]:
    """Curves that may take part in an AU."""
    sides = ("Left",) if is_left(name) else ("Left", "Right")
    out = []
    for curve in MEANS[name]:
        out += [curve.replace("*", side) for side in sides] if "*" in curve else [curve]
    return out


def fitted_gains(name: str) -> dict[str, float]:
    """Curve → gain of one AU: nearest in direction on the mesh, and of the AU's strength.

    Both sides of a midline AU are alike. AU01, of whose curve one side is but half, keeps the
    strength of the least squares, so that both sides together have the whole.
    """
    if name == "AU43_L":
        return SHUT
    names, wanted = curves_of(name), shapes()[name].ravel()
    basis = np.stack([units()[CURVES.index(curve)].ravel() for curve in names], axis=1)
    found, _ = nnls(basis, wanted)
    if name not in anatomy.SPLIT_AT_MIDLINE:
        strength = np.linalg.norm(wanted) / np.linalg.norm(basis @ found)
        found *= min(strength, MOST_STRENGTHENED)
    gain = dict(zip(names, found, strict=True))
    if not is_left(name):
        gain = {curve: (value + gain[mirrored(curve)]) / 2 for curve, value in gain.items()}
    return {curve: round(float(v), 3) for curve, v in gain.items() if v > LEAST_GAIN}


def gaze_poses() -> dict[str, dict[str, float]]:
    """Pose of a gaze of one radian → curves.

    A curve is 1 at the end of the channel's range. (MakeHuman's units turn the eye by 10 to 14
    degrees at 1, far less than ARKit's and most characters'.)
    """
    high = {channel.name: channel.high for channel in load_layout().channels}
    yaw, pitch = (round(1 / high[name], 3) for name in ("gaze_yaw", "gaze_pitch"))
    return {
        "gaze_left": {"eyeLookOutLeft": yaw, "eyeLookInRight": yaw},
        "gaze_right": {"eyeLookInLeft": yaw, "eyeLookOutRight": yaw},
        "gaze_down": {"eyeLookDownLeft": pitch, "eyeLookDownRight": pitch},
        "gaze_up": {"eyeLookUpLeft": pitch, "eyeLookUpRight": pitch},
    }


def closing() -> dict[str, float]:
    """How much of the blink each other unit of the left lids does, by the upper lid's margin.

    Read where eyeBlinkLeft moves the skin at least 70 % as far as it moves any.
    """
    blink = units()[CURVES.index("eyeBlinkLeft")]
    length = np.linalg.norm(blink, axis=1)
    rows = length > 0.7 * length.max()
    names = ("eyeLookDownLeft", "eyeLookUpLeft", "eyeWideLeft")
    along = {n: (units()[CURVES.index(n)][rows] * blink[rows]).sum() for n in names}
    return {name: float(value / np.square(blink[rows]).sum()) for name, value in along.items()}


def lid_correctives(poses: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Closed lids close once: a lid that a lowered gaze has brought down needs less of the blink,
    and what raises it goes. Each {"pose", "factors", "curves"}, left side."""
    share = closing()
    down = poses["gaze_down"]["eyeLookDownLeft"] * share["eyeLookDownLeft"]
    wide = poses["AU05_L"]["eyeWideLeft"]
    closed = ("AU43_L", 1.0)
    return [
        _corrective("AU43_down_L", (closed, ("gaze_pitch", 1.0)), {"eyeBlinkLeft": -down}),
        _corrective("AU05_AU43_L", (closed, ("AU05_L", 1.0)), {"eyeWideLeft": -wide}),
    ]


def _corrective(
    pose: str, factors: tuple[tuple[str, float], ...], curves: dict[str, float]
) -> dict[str, Any]:
    rounded = {name: round(float(value), 3) for name, value in curves.items()}
    return {"pose": pose, "factors": factors, "curves": rounded}


def _twin(corrective: dict[str, Any]) -> dict[str, Any]:
    return {
        "pose": mirrored(corrective["pose"]),
        "factors": tuple((mirrored(channel), gain) for channel, gain in corrective["factors"]),
        "curves": {mirrored(curve): value for curve, value in corrective["curves"].items()},
    }


def mouth_correctives(poses: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """mouthClose where the jaw drops behind lips that are held together."""
    jaw = poses["AU26"]["jawOpen"]
    return [
        _corrective(f"{au}_AU26", ((au, 1.0), ("AU26", 1.0)), {"mouthClose": share * jaw})
        for au, share in LIPS_STAY_CLOSED.items()
    ]


def gram_mm2() -> list[list[float]]:
    """(52, 52) inner products of the units' displacements, mm², four digits."""
    flat = units().reshape(len(CURVES), -1) * 1e3
    return [[float(f"{value:.4g}") for value in row] for row in flat @ flat.T]


def plain_poses() -> dict[str, dict[str, float]]:
    """Pose → curves, of every channel alone. The first, which has no driver, names all curves."""
    left = {name: fitted_gains(name) for name in MEANS}
    poses = {"names": dict.fromkeys(CURVES, 0.0), **left, **gaze_poses()}
    for name, gains in left.items():
        if is_left(name):
            poses[mirrored(name)] = {mirrored(curve): gain for curve, gain in gains.items()}
    return poses


def profile_json() -> dict[str, Any]:
    """The whole file."""
    poses = plain_poses()
    drivers = [driver_json(name, ((name, 1.0),)) for name in load_layout().au_channel_names]
    for name, sign in (("left", 1.0), ("right", -1.0), ("down", 1.0), ("up", -1.0)):
        channel = "gaze_yaw" if name in ("left", "right") else "gaze_pitch"
        drivers.append(driver_json(f"gaze_{name}", ((channel, sign),)))
    lids = lid_correctives(poses)
    for part in [*lids, *map(_twin, lids), *mouth_correctives(poses)]:
        drivers.append(driver_json(part["pose"], part["factors"]))
        poses[part["pose"]] = part["curves"]
    return {
        "format": "geface-profile",
        "format_version": VERSION,
        "target": "ARKit's 52 blend shapes, as any character with perfect sync has them",
        "layout_id": load_layout().layout_id,
        "convention": CONVENTION,
        "head_bone": None,
        "drivers": drivers,
        "poses": {name: {"bones": {}, "curves": curves} for name, curves in poses.items()},
        "gram_mm2": gram_mm2(),
    }


def explained(profile: Profile, name: str, intensity: float) -> float:
    """Displacement variance of one AU that the profile's curves reproduce through the units.

    Left and right of a sided AU act together, as browInnerUp has but one side.
    """
    layout = load_layout()
    channels = np.zeros(len(layout.channels))
    for side in {name, mirrored(name)} if is_left(name) and name != "AU30L" else {name}:
        channels[layout.channel_index[side]] = intensity
    shape = shapes()[name]
    if is_left(name) and name != "AU30L":
        mesh = makehuman.read_base_mesh()
        twin = makehuman.mirror_index(makehuman.average_adult(mesh))
        shape = shape + shape[twin] * [-1, 1, 1]
    found = np.tensordot(profile.evaluate(channels).curves, units(), 1)
    return float(explained_variance(intensity * shape, found))


def written(raw: dict[str, Any]) -> str:
    """A profile as text: one pose or driver a line."""
    text = json.dumps(raw, separators=(",", ":"))
    return text.replace('},"', '},\n"').replace("],[", "],\n[") + "\n"


def main(arguments: list[str]) -> None:
    """Write arkit52.json into the given folder (default: rig/profiles) and print the figures."""
    raw = profile_json()
    folder = Path(arguments[0]) if arguments else PROFILES
    (folder / "arkit52.json").write_text(written(raw), encoding="utf-8")
    profile = parse_profile(raw)
    print("share of the blink:", {name: round(value, 2) for name, value in closing().items()})
    print("AU        at ½    at 1")
    values = []
    for name in anatomy.AU_UNITS:
        values.append([explained(profile, name, intensity) for intensity in (0.5, 1.0)])
        print(f"{name:<8} {values[-1][0]:6.3f}  {values[-1][1]:6.3f}", raw["poses"][name]["curves"])
    print("mean     {:6.3f}  {:6.3f}".format(*np.mean(values, axis=0)))


if __name__ == "__main__":
    main(sys.argv[1:])
