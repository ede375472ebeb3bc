# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: a session lives through what users and files do to it.

    boot.py MODULE session_worker.py RESULT.npz steady|away|long HEAD.blend URL FOLDER

Timers do not run without a window, so the worker calls the tick itself. RESULT holds what was
found, named SCENARIO_THING.
"""

import gc
import os
import sys
import threading
import time
from pathlib import Path

import bpy
import numpy as np
import scenes
from boot import MODULE_VARIABLE, part

PATIENCE_S = 60
HEAD_NAME = "geface_rig"


def session():
    return part("host.session").session


def tick_until(condition):
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, (session().status, session().problems)
        session().tick()
        time.sleep(1 / 120)


def sequence():
    frame = session().latest_frame()
    return frame.sequence if frame else -1


def tick_frames(count):
    """Until so many more frames have come."""
    last = sequence() + count
    tick_until(lambda: sequence() >= last)


def connect(url):
    bpy.context.scene.geface.url = url
    session().connect(bpy.context.scene)
    tick_until(lambda: session().latest_channels() is not None)
    tick_until(lambda: eased(*bpy.context.scene.geface.characters[:1]))


def eased(character):
    """Whether the first face has come all the way from rest."""
    shown, raw = session().shown(character.name), session().latest_channels(character.subject)
    if shown is None or raw is None:
        return False
    return np.allclose(shown, character.strength * raw, atol=1e-9)


def smile(rig):
    return rig.pose.bones["head"]["AU12_L"]


def sliders(rig):
    return [rig.pose.bones["head"][name] for name in part("host.sliders").SLIDERS]


def moves(rig):
    """Whether the rig's smile changes within some frames."""
    before = smile(rig)
    tick_frames(6)
    return smile(rig) != before


def sockets():
    folder = Path("/proc/self/fd")
    links = [os.readlink(path) for path in folder.iterdir() if path.is_symlink()]
    return sum(link.startswith("socket:") for link in links)


def threads():
    return sum(thread.name.startswith("geface") for thread in threading.enumerate())


# One server that streams all the time -------------------------------------------------------------


def faces():
    """Two heads follow two of three names; the third name does not exist."""
    rig = bpy.data.objects[HEAD_NAME]
    characters = bpy.context.scene.geface.characters
    characters[0].subject = "Bob"
    twin = rig.copy()
    bpy.context.scene.collection.objects.link(twin)
    scenes.add_character(twin, name="twin", strength=0.5)
    third = rig.copy()
    scenes.add_character(third, name="third", subject="Carol")
    tick_frames(2)
    tick_until(lambda: eased(characters[0]) and eased(characters["twin"]))
    found = {
        "raw": session().latest_channels("Bob"),
        "ann": session().latest_channels("Ann"),
        "own": sliders(rig),
        "twin": sliders(twin),
        "problem": session().problems.get("third", ""),
        "others": sorted(set(session().problems) - {"third"}),
    }
    for name in ("third", "twin"):
        characters.remove(characters.find(name))
    characters[0].subject = ""
    tick_frames(2)
    found["left"] = sorted(session().problems)
    return found


def undo():
    rig = bpy.data.objects[HEAD_NAME]
    bpy.ops.ed.undo_push(message="before")
    rig.location.x = 1
    bpy.ops.ed.undo_push(message="moved")
    tick_frames(6)
    pushes = []
    bpy.app.handlers.undo_pre.append(lambda *_: pushes.append(1))
    bpy.ops.ed.undo()
    rig = bpy.data.objects[HEAD_NAME]
    back = rig.location.x
    moved = moves(rig)
    bpy.ops.ed.redo()
    rig = bpy.data.objects[HEAD_NAME]
    bpy.app.handlers.undo_pre.clear()
    return {"x": [back, rig.location.x], "moves": [moved, moves(rig)], "steps": len(pushes)}


def edit_mode():
    """A rig in Edit Mode is left alone, and says so."""
    rig = bpy.data.objects[HEAD_NAME]
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    tick_frames(2)
    found = {"moves": moves(rig), "problem": session().problems.get(HEAD_NAME, "")}
    bpy.ops.object.mode_set(mode="OBJECT")
    found["after"] = moves(rig)
    found["left"] = sorted(session().problems)
    return found


def switched_off():
    character = bpy.context.scene.geface.characters[0]
    character.enabled = False
    rig = bpy.data.objects[HEAD_NAME]
    found = {"off": moves(rig)}
    character.enabled = True
    found["on"] = moves(rig)
    return found


def animated():
    """Keys on the sliders do not hold the face back, unless the timeline plays them."""
    rig = bpy.data.objects[HEAD_NAME]
    head = rig.pose.bones["head"]
    for frame, value in ((1, 0.9), (20, 0.9)):
        head["AU26"] = value
        head.keyframe_insert('["AU26"]', frame=frame)
    bpy.context.scene.frame_set(10)
    tick_frames(6)
    graph = bpy.context.evaluated_depsgraph_get()
    seen = rig.evaluated_get(graph).pose.bones["root"]["pose_weights"]
    driver = next(
        d
        for d in rig.animation_data.drivers
        if d.data_path == 'pose.bones["root"]["pose_weights"]'
        and [v.targets[0].data_path for v in d.driver.variables] == ['pose.bones["head"]["AU26"]']
    )
    character = bpy.context.scene.geface.characters[0]
    target = part("host.targets").resolve(character)
    found = {
        "sent": session().shown(HEAD_NAME)[part("host.targets").CHANNEL_NAMES.index("AU26")],
        "evaluated": seen[driver.array_index],
        "is_animated": target.is_animated(),
    }
    rig.animation_data.action = None
    found["is_free"] = not part("host.targets").resolve(character).is_animated()
    return found


def renamed():
    """Rig, scene and character get other names; the target stays the target."""
    rig = bpy.data.objects[HEAD_NAME]
    character = bpy.context.scene.geface.characters[0]
    rig.name, bpy.context.scene.name, character.name = "other rig", "other scene", "other"
    found = {"moves": moves(rig), "shown": session().shown("other") is not None}
    rig.name, character.name = HEAD_NAME, HEAD_NAME
    return found


def deleted():
    rig = bpy.data.objects[HEAD_NAME]
    copy = rig.copy()
    bpy.context.scene.collection.objects.link(copy)
    scenes.add_character(copy, name="doomed")
    tick_frames(6)
    bpy.context.scene.collection.objects.unlink(copy)  # as X does: the character still holds it
    tick_until(lambda: "doomed" in session().problems)
    found = {"unlinked": session().problems["doomed"]}
    bpy.data.objects.remove(copy)
    tick_until(lambda: "no target" in session().problems["doomed"])
    found |= {"problem": session().problems["doomed"], "phase": session().status.phase}
    found["moves"] = moves(rig)
    characters = bpy.context.scene.geface.characters
    characters.remove(characters.find("doomed"))
    return found


def other_file(head, folder):
    """The connection outlives the file; its scene's characters follow, if it has any."""
    saved = Path(folder) / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(saved))
    session().problems["ghost"] = "of the old file"
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True, load_ui=False)
    found = {"kept": session().connected, "in_empty": sorted(session().problems)}
    tick_frames(6)
    bpy.ops.wm.open_mainfile(filepath=str(saved))
    found["moves"] = moves(bpy.data.objects[HEAD_NAME])
    found["timer"] = bpy.app.timers.is_registered(part("host.session")._on_timer)
    found["token"] = b"geface-token" in saved.read_bytes()
    return found


def switched_off_addon(url):
    """Switching the add-on off while frames come in leaves nothing; and on again it works."""
    module = os.environ[MODULE_VARIABLE]
    old, timer = session(), part("host.session")._on_timer
    handlers = [h for _, h in part("host.session")._HANDLERS]
    found = {"before": [threads(), sockets()]}
    bpy.ops.preferences.addon_disable(module=module)
    found["after"] = [threads(), sockets()]
    found["timer"] = bpy.app.timers.is_registered(timer)
    every = [h for name in dir(bpy.app.handlers) for h in _handlers(name)]
    found["handlers"] = sum(handler in every for handler in handlers)
    found["connected"] = old.connected
    bpy.ops.preferences.addon_enable(module=module)
    rig = bpy.data.objects[HEAD_NAME]
    connect(url)
    found["again"] = moves(rig)
    session().disconnect()
    found["end"] = [threads(), sockets()]
    return found


def _handlers(name):
    found = getattr(bpy.app.handlers, name)
    return found if isinstance(found, list) else ()


def steady(head, url, folder):
    found = {"quiet": {"sockets": sockets()}}
    scenes.open_head(head)
    connect(url)
    for scenario in (faces, undo, edit_mode, switched_off, animated, renamed, deleted):
        found[scenario.__name__] = scenario()
    found["other_file"] = other_file(head, folder)
    found["addon"] = switched_off_addon(url)
    return found


# A server that dies and comes back ----------------------------------------------------------------


def away(head, url, folder):
    rig = scenes.open_head(head)
    twin = rig.copy()
    bpy.context.scene.collection.objects.link(twin)
    scenes.add_character(twin, name="holds", on_lost="HOLD")
    connect(url)
    first = session().status.hello.session
    tick_until(lambda: session().status.phase != "online")
    found = {"phase": session().status.phase, "text": session().status.text}
    held = smile(twin)
    tick_until(lambda: np.abs(session().shown(HEAD_NAME)).max() < 1e-6)
    found |= {"faded": smile(rig), "held": smile(twin) - held, "smiled": held}
    found["problems"] = sorted(session().problems)
    tick_until(lambda: session().status.hello.session != first)
    tick_until(lambda: np.abs(session().shown(HEAD_NAME)).max() > 0.5)
    found["returns"] = moves(rig)
    session().disconnect()
    return {"away": found}


# Many frames --------------------------------------------------------------------------------------


def memory_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def long(head, url, count):
    """What remains after so many frames: objects, and memory."""
    objects, sizes = [], []
    scenes.open_head(head)
    connect(url)
    start = sequence()
    for share in np.linspace(0.2, 1.0, 9):
        while sequence() - start < share * int(count):
            session().tick()
        gc.collect()
        objects.append(len(gc.get_objects()))
        sizes.append(memory_mb())
    found = {"objects": objects, "memory_mb": sizes, "dropped": session().status.dropped}
    found["frames"] = sequence() - start
    session().disconnect()
    return {"long": found}


def main(result, scenario, *arguments):
    found = {"steady": steady, "away": away, "long": long}[scenario](*arguments)
    flat = {f"{name}_{key}": np.array(v) for name, f in found.items() for key, v in f.items()}
    np.savez(result, **flat)


if __name__ == "__main__":
    main(*sys.argv[1:])
