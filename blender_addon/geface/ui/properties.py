# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on stores: ``scene.geface`` with the file, ``window_manager.geface`` never.

The token is held in this module, not in any data-block, because Blender writes the window manager
and its properties into the .blend too.
"""

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
    return [subject.name for subject in context.window_manager.geface.subjects]


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
        description="Multiplies all action units, not the head",
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


class SceneSettings(bpy.types.PropertyGroup):
    """``scene.geface``: saved with the file."""

    url: StringProperty(
        name="Address", description="Where geface-bridge stream listens", default=DEFAULT_URL
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
        description="How far a simplified curve may be from the recorded one, in its own unit",
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


class Subject(bpy.types.PropertyGroup):
    """``name`` of a face that the server sends."""


def _token(_group: bpy.types.PropertyGroup) -> str:
    return _secrets["token"]


def _set_token(_group: bpy.types.PropertyGroup, token: str) -> None:
    _secrets["token"] = token


class WindowSettings(bpy.types.PropertyGroup):
    """``window_manager.geface``: of this sitting."""

    token: StringProperty(
        name="Token",
        description="As geface-bridge prints it when it listens beyond this machine; not saved",
        subtype="PASSWORD",
        get=_token,
        set=_set_token,
    )
    subjects: CollectionProperty(type=Subject)


CLASSES = (Gain, Character, SceneSettings, Subject, WindowSettings)


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
