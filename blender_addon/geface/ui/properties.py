# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on stores: ``scene.geface`` with the file, ``window_manager.geface`` never.

The token is held in this module, not in any data-block, because Blender writes the window manager
and its properties into the .blend too.
"""

from urllib.parse import parse_qs, urlsplit, urlunsplit

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..core.action_units import ACTION_UNITS, GAZES, LIDS

DEFAULT_URL = "ws://127.0.0.1:8765"
PROFILES = (
    ("AUTO", "Auto-detect", "Look at the names of bones and shape keys"),
    ("geface", "GeFace head", "The head of rig/assets/head.blend, by its sliders or its bones"),
    ("makehuman", "MakeHuman and MPFB", "MakeHuman's default skeleton"),
    ("rigify", "Rigify face", "Rigify's face of skin chains, as MPFB generates it"),
    ("arkit52", "ARKit shape keys", "The 52 shapes of perfect sync, jawOpen and so on"),
    ("vrm", "VRM expressions", "VRM 1.0: preset expressions, eyes and head"),
    ("CUSTOM", "My own", "The profile in a text of this file: learned here or imported"),
)
POSES = [
    *((unit.name, f"{unit.name} {unit.label}", unit.label) for unit in ACTION_UNITS),
    *((gaze.name, gaze.label, gaze.guide) for gaze in GAZES),
]

_secrets = {"token": ""}


class Gain(bpy.types.PropertyGroup):
    """How strongly one channel comes through, 1 as it is sent."""

    channel: StringProperty(name="Channel")
    factor: FloatProperty(
        name="Gain",
        description="Multiplies this action unit: 0 switches it off, 1 leaves it as it comes",
        default=1.0,
        min=0.0,
        max=10.0,
        soft_max=2.0,
        step=5,
    )


def _may_be_target(_group: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    return thing.type in {"ARMATURE", "MESH"}


def _subjects(_group: bpy.types.PropertyGroup, context: bpy.types.Context, _text: str) -> list[str]:
    from ..host.session import session

    status = session.status
    return list(status.hello.subjects) if status and status.hello else []


class Character(bpy.types.PropertyGroup):
    """One character that follows one face. ``name`` is shown in the list."""

    enabled: BoolProperty(name="Follow", description="Let the face move this one", default=True)
    target: PointerProperty(
        name="Target",
        description="An armature, or a mesh with shape keys; its own meshes or rig are found",
        type=bpy.types.Object,
        poll=_may_be_target,
    )
    subject: StringProperty(
        name="Face",
        description="Which of several faces to follow, by name; empty is the first",
        search=_subjects,
        search_options={"SUGGESTION"},
    )
    profile: EnumProperty(
        name="Profile", description="What an action unit does to this character", items=PROFILES
    )
    profile_text: PointerProperty(
        name="Text", description="The profile, as JSON in a text of this file", type=bpy.types.Text
    )
    gains: CollectionProperty(type=Gain)
    strength: FloatProperty(
        name="Strength",
        description="0 is rest. Below 1 calms head and gaze too, above 1 only action units go on",
        default=1.0,
        min=0.0,
        max=3.0,
        soft_max=2.0,
    )
    smoothing: FloatProperty(
        name="Smoothing",
        description="0 takes the face as it comes; more is calmer and later",
        default=0.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    mirror: BoolProperty(
        name="Mirror",
        description="Exchange left and right, as if the character were a mirror",
        default=False,
    )
    use_head: BoolProperty(name="Head", description="Turn the head too", default=True)
    head_bone: StringProperty(
        name="Head bone", description="The bone that turns; empty takes the profile's"
    )
    on_lost: EnumProperty(
        name="When lost",
        description="What the character does when no face is seen",
        items=(
            ("FADE", "Fade to rest", "Hold for a moment, then go to rest"),
            ("HOLD", "Hold", "Keep the last expression until the face is back"),
        ),
    )
    calibration: StringProperty(
        name="Calibration", description="The performer's rest and range, as JSON"
    )


def _keep_token_out(group: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """An address pasted with ``?token=`` would be saved with the file: the token goes elsewhere."""
    try:
        parts = urlsplit(group.url)
    except ValueError:  # no address; Connect says so
        return
    tokens = parse_qs(parts.query).get("token")
    if tokens:
        _secrets["token"] = tokens[0]
        group.url = urlunsplit(parts._replace(query=""))


class SceneSettings(bpy.types.PropertyGroup):
    """``scene.geface``: saved with the file."""

    url: StringProperty(
        name="Address",
        description="Where geface-bridge stream or play listens, as it prints it",
        default=DEFAULT_URL,
        update=_keep_token_out,
    )
    certificate: StringProperty(
        name="Certificate",
        description="Of wss:// addresses: a certificate file to trust, as --tls-cert had it",
        subtype="FILE_PATH",
    )
    characters: CollectionProperty(type=Character)
    active_character: IntProperty(name="Character", min=0)
    resample: EnumProperty(
        name="Keys",
        description="Where keys are set",
        items=(
            ("FRAMES", "On frames", "One key on every frame of the scene"),
            ("EXACT", "Exact times", "A key where the camera took its picture, between frames too"),
        ),
    )
    simplify: BoolProperty(
        name="Simplify",
        description="Leave out keys that the curves hardly need",
        default=False,
    )
    simplify_error: FloatProperty(
        name="Largest error",
        description="How far a simplified curve may be from the recorded one: of keys and angles "
        "in their own unit, of a bone's place as a share of its way",
        default=0.002,
        min=0.0001,
        max=0.1,
        precision=4,
        step=0.1,
    )
    sync_playback: BoolProperty(
        name="Play along",
        description="Start the scene's playback, with its sound, when recording starts",
        default=False,
    )
    start: EnumProperty(
        name="Start",
        description="The frame on which the recording begins",
        items=(
            ("CURRENT", "Current frame", "Where the playhead is"),
            ("SCENE", "Scene's start", "The first frame of the scene"),
        ),
    )
    old_action: EnumProperty(
        name="Old action",
        description="What becomes of the action that the character has already",
        items=(
            ("AUTO", "Keep what the take lacks", "Goes on in the NLA if it moves anything else"),
            ("NLA", "Push down", "Goes on below the new one, as a strip in the NLA"),
            ("ASIDE", "Put aside", "Stops playing; kept in the file"),
        ),
    )


def _token(_group: bpy.types.PropertyGroup) -> str:
    return _secrets["token"]


def _set_token(_group: bpy.types.PropertyGroup, token: str) -> None:
    _secrets["token"] = token


def _preview(group: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    from ..host import posing

    posing.preview(context.scene, group.learn_pose, group.learn_side, group.preview)


def _end_preview(group: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    if group.preview:
        group.preview = 0.0


class WindowSettings(bpy.types.PropertyGroup):
    """``window_manager.geface``: of this sitting."""

    token: StringProperty(
        name="Token",
        description="As geface-bridge prints it when it listens beyond this machine; not saved",
        subtype="PASSWORD",
        get=_token,
        set=_set_token,
    )
    show: EnumProperty(
        name="Show",
        description="What stands beside each action unit",
        items=(
            ("LEVELS", "Levels", "What the face does now"),
            ("GAINS", "Gains", "How strongly each comes through on this character"),
        ),
    )
    calibrate_at: EnumProperty(
        name="Where",
        description="Who keeps what is learned",
        items=(
            ("SCENE", "In this scene", "For the characters of this scene; saved with the file"),
            ("SERVER", "At the server", "For everyone who receives this face"),
        ),
    )
    countdown: IntProperty(
        name="Countdown", description="Seconds before it begins", default=3, min=0, max=30
    )
    neutral_seconds: FloatProperty(
        name="Seconds",
        description="How long to hold still",
        default=2.0,
        min=0.5,
        max=60.0,
        unit="TIME_ABSOLUTE",
    )
    range_seconds: FloatProperty(
        name="Seconds",
        description="How long to perform",
        default=8.0,
        min=1.0,
        max=60.0,
        unit="TIME_ABSOLUTE",
    )
    range_units: EnumProperty(
        name="Action units",
        description="Learn the range of these; none chosen means all. Shift-click takes several",
        items=[(au.name, au.name[2:], au.label) for au in ACTION_UNITS if au.name not in LIDS],
        options={"ENUM_FLAG"},
    )
    learn_pose: EnumProperty(
        name="Action unit",
        description="What the pose shows",
        items=POSES,
        update=_end_preview,
    )
    learn_side: EnumProperty(
        name="Side",
        description="The character's own side",
        items=(
            ("BOTH", "Both", "Both sides are posed at once, and learned apart"),
            ("LEFT", "Left", "The character's own left"),
            ("RIGHT", "Right", "The character's own right"),
        ),
        update=_end_preview,
    )
    preview: FloatProperty(
        name="Preview",
        description="Show what was learned, 0 rest to 1 in full",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=_preview,
    )


CLASSES = (Gain, Character, SceneSettings, WindowSettings)


def register() -> None:
    """Make ``scene.geface`` and ``window_manager.geface``."""
    for each in CLASSES:
        bpy.utils.register_class(each)
    bpy.types.Scene.geface = PointerProperty(type=SceneSettings)
    bpy.types.WindowManager.geface = PointerProperty(type=WindowSettings)


def unregister() -> None:
    """Forget both; what files hold stays in them. The token is forgotten."""
    _secrets["token"] = ""
    del bpy.types.WindowManager.geface
    del bpy.types.Scene.geface
    for each in reversed(CLASSES):
        bpy.utils.unregister_class(each)
