# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: times the ticks of characters that follow a server.

    boot.py MODULE addon_apply_worker.py RESULT.npz URL HEAD.blend FOLDER TICKS

FOLDER holds ``makehuman.blend`` and ``rigify.blend``, or is "-". RESULT holds per character
``tick_NAME``, ``cpu_NAME`` and ``both_NAME``, seconds of each tick in which a frame came: by the
clock, of this thread's processor time, and with the evaluation of the scene after it.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "blender_addon/host"))

import bpy
import numpy as np
import scenes
from boot import part


def keyed(names):
    return scenes.add_character(scenes.keyed_mesh(names))


def appended(path):
    bpy.ops.wm.open_mainfile(filepath=str(path), use_scripts=False)
    return scenes.add_character(bpy.data.objects[path.stem])


def timed(session, url, ticks):
    """(3, ticks) seconds by the clock, of processor time, and with the evaluation."""
    bpy.context.scene.geface.url = url
    session.connect(bpy.context.scene)
    graph, out, last = bpy.context.evaluated_depsgraph_get(), [], None
    graph.update()
    while len(out) < ticks + 60:
        begin_s, processor_s = time.perf_counter(), time.thread_time()
        session.tick()
        tick_s, cpu_s = time.perf_counter() - begin_s, time.thread_time() - processor_s
        graph.update()
        both_s = time.perf_counter() - begin_s
        frame = session.latest_frame()
        if frame is not None and frame is not last:
            last = frame
            out.append((tick_s, cpu_s, both_s))
        time.sleep(max(0.0, 1 / 60 - both_s))
    assert not session.problems, session.problems
    session.disconnect()
    return np.array(out[60:]).T


def main(result, url, head, folder, ticks):
    session, found = part("host.session").session, {}
    curves = part("host.profiles").packaged()["arkit52"].curve_names
    makers = {"own": lambda: scenes.open_head(head), "keys": lambda: keyed(curves)}
    for path in sorted(Path(folder).glob("*.blend")) if folder != "-" else ():
        makers[path.stem] = lambda path=path: appended(path)
    for name, make in makers.items():
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True, load_ui=False)
        make()
        kinds = zip(("tick", "cpu", "both"), timed(session, url, int(ticks)), strict=True)
        found |= {f"{kind}_{name}": seconds for kind, seconds in kinds}
    np.savez(result, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
