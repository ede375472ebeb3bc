# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: records a stream by the add-on's buttons and writes what became of it.

    boot.py MODULE record_worker.py RESULT.npz SCENARIO HEAD.blend URL FOLDER

Timers do not run without a window, so the worker calls the session's tick itself.
"""

import os
import sys
import time
from pathlib import Path

import bpy
import numpy as np
import scenes
from boot import part

PATIENCE_S = 60


def session():
    return part("host.session").session


def recorder():
    return part("host.record").recorder


def tick_until(condition):
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, (session().status, recorder().text, session().problems)
        session().tick()
        time.sleep(1 / 120)


def tick_for(seconds):
    end_s = time.monotonic() + seconds
    tick_until(lambda: time.monotonic() >= end_s)


def follow(head, url):
    """Open the head, connect, and wait until the first face has eased in."""
    rig = scenes.open_head(head)
    scenes.set_rate(30)
    bpy.context.scene.geface.url = url
    assert bpy.ops.geface.connect() == {"FINISHED"}
    tick_until(lambda: session().shown(rig.name) is not None)
    began_s = session().latest_frame().time_s
    tick_until(lambda: session().latest_frame().time_s > began_s + 0.5)
    tick_until(lambda: scenes.is_shown_as_it_comes(session(), rig.name))
    return rig


def record(count):
    """Record until so many frames are there."""
    assert bpy.ops.geface.record_start() == {"FINISHED"}
    tick_until(lambda: recorder().frames >= count)


def curves(rig):
    """Frames of the curves that move, and (T, N) values of all on them."""
    found = scenes.sliders(rig)
    keys = [scenes.keys_of(found[name]) for name in sorted(found)]
    frames = max(keys, key=len)[:, 0]
    assert all(len(each) in (2, len(frames)) for each in keys)
    values = [[found[name].evaluate(frame) for frame in frames] for name in sorted(found)]
    return {"names": np.array(sorted(found)), "frames": frames, "values": np.array(values)}


def rig_in_file():
    return next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")


def live(head, url, folder):
    """Record, stop, save, open again; the same imported from the take file."""
    rig = follow(head, url)
    scene = bpy.context.scene
    scene.frame_set(7)
    record(1)
    tick_until(lambda: recorder().seconds > 1.6)
    assert bpy.ops.geface.record_stop() == {"FINISHED"}
    session().disconnect()
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(folder) / "recorded.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(Path(folder) / "recorded.blend"))
    rig, out = rig_in_file(), {}
    out.update(curves(rig), path=str(recorder().path), action=rig.animation_data.action.name)
    scene = bpy.context.scene
    played = []
    for frame in (10, 40):
        scene.frame_set(frame)
        played.append(rig.pose.bones["head"]["AU12_L"])
    scene.frame_set(7)
    assert bpy.ops.geface.import_take(filepath=str(recorder().path)) == {"FINISHED"}
    imported = curves(rig)["values"]
    return {**out, "played": played, "imported": imported, "line": recorder().text}


def undo(head, url, folder):
    """One undo takes a whole recording back; one while it runs costs nothing of it."""
    rig = follow(head, url)
    rig.location.x = 2.0
    rig.keyframe_insert("location", frame=1)
    rig.animation_data.action.name = "Before"
    name, actions = rig.name, sorted(action.name for action in bpy.data.actions)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.geface.record_start("EXEC_DEFAULT", True)
    tick_until(lambda: recorder().frames >= 10)
    bpy.data.objects[name].location.y = 5.0
    bpy.ops.ed.undo_push(message="moved")
    bpy.ops.ed.undo()
    before = recorder().frames
    tick_until(lambda: recorder().frames >= before + 10)
    bpy.ops.ed.undo_push(message="goes on")
    assert bpy.ops.geface.record_stop("EXEC_DEFAULT", True) == {"FINISHED"}
    rig = bpy.data.objects[name]
    baked = rig.animation_data.action.name
    strips = sum(len(track.strips) for track in rig.animation_data.nla_tracks)
    bpy.ops.ed.undo()
    rig = bpy.data.objects[name]
    return {
        "baked": [baked != "Before", strips == 1],
        "undone": [
            rig.animation_data.action.name == "Before",
            len(rig.animation_data.nla_tracks) == 0,
            sorted(action.name for action in bpy.data.actions) == actions,
            rig.location.x == 2.0,
        ],
        "state": recorder().state,
    }


def away(head, url, folder):
    """A server that goes and comes back."""
    follow(head, url)
    assert bpy.ops.geface.record_start() == {"FINISHED"}
    tick_until(lambda: recorder().frames >= 10)
    tick_until(lambda: session().status.phase != "online")
    gone_s = time.monotonic()
    before = recorder().frames
    tick_until(lambda: recorder().frames >= before + 20)
    back_s = time.monotonic() - gone_s
    assert bpy.ops.geface.record_stop() == {"FINISHED"}
    return {**curves(rig_in_file()), "path": str(recorder().path), "before": before, "back": back_s}


def load(head, url, folder):
    """Another file opened while recording; the take is imported into the next one."""
    follow(head, url)
    record(20)
    bpy.ops.wm.open_mainfile(filepath=str(head), use_scripts=False)
    out = {"state": recorder().state, "text": recorder().text, "path": str(recorder().path)}
    rig = scenes.add_character(rig_in_file())
    assert bpy.ops.geface.import_take(filepath=out["path"]) == {"FINISHED"}
    return {**out, "curves": len(scenes.sliders(rig))}


def deleted(head, url, folder):
    """A target deleted while recording; then everything."""
    rig = follow(head, url)
    other = bpy.data.objects.new("Other", rig.data.copy())
    bpy.context.scene.collection.objects.link(other)
    scenes.add_character(other)
    record(10)
    bpy.data.objects.remove(other)
    tick_for(0.2)
    first = bpy.ops.geface.record_stop()
    assert "FINISHED" in first, first
    sliders = len(scenes.sliders(rig))
    record(10)
    bpy.data.objects.remove(rig)
    tick_for(0.2)
    try:
        bpy.ops.geface.record_stop()
        error = ""
    except RuntimeError as refused:  # how a report of an error comes to a script
        error = str(refused)
    return {"sliders": sliders, "error": error, "kept": recorder().path.exists()}


def cancel(head, url, folder):
    follow(head, url)
    record(10)
    path = recorder().path
    there = path.exists()
    assert bpy.ops.geface.record_cancel() == {"FINISHED"}
    tick_for(0.2)
    return {"there": there, "gone": not path.exists(), "state": recorder().state}


def full(head, url, folder):
    rig = follow(head, url)
    recorder().max_frames = 15
    record(15)
    tick_for(0.3)
    state, text = recorder().state, recorder().text
    assert bpy.ops.geface.record_stop() == {"FINISHED"}
    return {**curves(rig), "state": state, "text": text, "after": recorder().state}


def playback(head, url, folder):
    """Playback starts with the first frame and ends with Stop."""
    follow(head, url)
    scene, is_playing = bpy.context.scene, part("host.compat").is_playing
    scene.geface.sync_playback, scene.geface.start = True, "SCENE"
    scene.frame_start = 5
    scene.frame_set(50)
    assert bpy.ops.geface.record_start() == {"FINISHED"}
    before, frame = is_playing(), scene.frame_current
    tick_until(lambda: recorder().frames >= 10)
    during, mode = is_playing(), scene.sync_mode
    assert bpy.ops.geface.record_stop() == {"FINISHED"}
    first = curves(rig_in_file())["frames"][0]
    return {
        "playing": [before, during, is_playing()],
        "modes": [mode, scene.sync_mode],
        "frame": frame,
        "first": first,
    }


def crash(head, url, folder):
    """Die in the middle; the file is named beforehand."""
    follow(head, url)
    record(20)
    np.savez(sys.argv[1], path=str(recorder().path), frames=recorder().frames)
    os.kill(os.getpid(), 9)


def switched_off(head, url, folder):
    """The add-on switched off while it records."""
    follow(head, url)
    record(10)
    path = recorder().path
    bpy.ops.preferences.addon_disable(module=os.environ["GEFACE_ADDON_MODULE"])
    return {"there": path.exists(), "size": path.stat().st_size}


SCENARIOS = {
    each.__name__: each
    for each in (
        live,
        undo,
        away,
        load,
        deleted,
        cancel,
        full,
        playback,
        crash,
        switched_off,
    )
}


if __name__ == "__main__":
    result, scenario, *arguments = sys.argv[1:]
    np.savez(result, **SCENARIOS[scenario](*arguments))
