# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: imports files by the add-on's button and writes what became of them.

boot.py MODULE takes_worker.py RESULT.npz SCENARIO HEAD.blend FOLDER
"""

import sys
from pathlib import Path

import bpy
import numpy as np
import scenes
from boot import part


def import_take(path, **options):
    """What the button says: "" if all is well."""
    try:
        result = bpy.ops.geface.import_take(filepath=str(path), **options)
    except RuntimeError as error:  # how a report of an error comes to a script
        return str(error)
    assert result == {"FINISHED"}, result
    return ""


def open_at_24(head):
    rig = scenes.open_head(head)
    scenes.set_rate(24)
    bpy.context.scene.frame_set(101)
    return rig


def strips():
    editor = bpy.context.scene.sequence_editor
    return list(editor.strips if hasattr(editor, "strips") else editor.sequences)


def table(head, folder):
    """The same take as a take, as CSV and as JSON lines."""
    out = {}
    for suffix in ("geface", "csv", "jsonl"):
        rig = open_at_24(head)
        assert import_take(Path(folder) / f"take.{suffix}") == ""
        found = scenes.sliders(rig)
        out[suffix] = np.array([scenes.keys_of(found[n])[:, 1] for n in sorted(found)])
    return out


def extras(head, folder):
    """Markers and sound, imported twice."""
    open_at_24(head)
    path = Path(folder) / "take.geface"
    assert import_take(path) == ""
    markers = [(m.name, m.frame) for m in bpy.context.scene.timeline_markers]
    out = {"names": [name for name, _ in markers], "frames": [frame for _, frame in markers]}
    for strip in strips():  # none where Blender was built without sound
        out["sound"] = [strip.type, Path(bpy.path.abspath(strip.sound.filepath)).name]
        out["begins"] = strip.frame_start + 24 * strip.sound_offset
    assert import_take(path) == ""
    again = len(bpy.context.scene.timeline_markers)
    return {**out, "markers": again, "channels": [strip.channel for strip in strips()]}


def refused(head, folder):
    """What is said of files and characters that cannot be used; nothing is left behind."""
    rig = open_at_24(head)
    files = ("none.geface", "noise.geface", "noise.csv", "other.geface", "picture.png", "")
    said = [import_take(Path(folder) / name) for name in files]
    bpy.context.scene.geface.characters[0].enabled = False
    said.append(import_take(Path(folder) / "take.geface"))
    bpy.context.scene.geface.characters.clear()
    said.append(import_take(Path(folder) / "take.geface"))
    return {"said": np.array(said), "clean": rig.animation_data.action is None}


def chosen(head, folder):
    """Faces by name, and the active character alone."""
    rig = open_at_24(head)
    names = [f"!ex-{n}" for n in ("jawOpen", "eyeBlinkLeft")]
    mesh = scenes.add_character(scenes.keyed_mesh(names, "Mesh"), profile="arkit52")
    characters = bpy.context.scene.geface.characters
    characters["Mesh"].subject = "Bob"
    bpy.context.scene.geface.active_character = 1
    assert import_take(Path(folder) / "two.geface", to="ACTIVE") == ""
    alone = rig.animation_data.action is None
    assert import_take(Path(folder) / "two.geface") == ""
    actions = [thing.animation_data.action.name for thing in (rig, mesh.data.shape_keys)]
    return {"alone": alone, "actions": actions}


def folder_of_takes(head, folder):
    """The add-on's own; the chosen one, which is made; one that cannot be made."""
    module = part("host.record")
    preferences = bpy.context.preferences.addons[module.ADDON].preferences
    out = {"own": str(module.takes_folder())}
    preferences.takes_folder = str(Path(folder) / "mine" / "takes")
    out["chosen"] = str(module.takes_folder())
    (Path(folder) / "file").write_text("")
    preferences.takes_folder = str(Path(folder) / "file" / "takes")
    return {**out, "instead": str(module.takes_folder())}


SCENARIOS = {each.__name__: each for each in (table, extras, refused, chosen, folder_of_takes)}


if __name__ == "__main__":
    result, scenario, *arguments = sys.argv[1:]
    np.savez(result, **SCENARIOS[scenario](*arguments))
