# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python for ``bench_addon_blender record``: records made-up frames, bakes them.

boot.py MODULE addon_record_worker.py RESULT.npz HEAD.blend MINUTES RATE
"""

import sys
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np
from boot import part


def memory_mb():
    """What the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def channels():
    return tuple(part("core.messages").Channel(*r) for r in part("core.layout_generated").CHANNELS)


def frames(rate_hz, count):
    """Frames of a face that moves all the time."""
    low, high = np.array([(c.low, c.high) for c in channels()]).T
    low, high = np.maximum(low, -1), np.minimum(high, 1)
    phase = np.arange(len(low))
    for i in range(count):
        share = 0.5 + 0.4 * np.sin((1 + phase % 7) * i / rate_hz + phase)
        row = np.float64(np.float32(low + (high - low) * share))
        yield part("core.messages").Frame(i, 0, i / rate_hz, i / rate_hz, True, 1.0, row)


def hello(rate_hz):
    layout_id = part("core.layout_generated").LAYOUT_ID
    made = part("core.messages").Hello
    return made((1, 2), "s", layout_id, channels(), ("face",), "", rate_hz, "", "")


def record(rate_hz, count):
    """Result and lines about it."""
    recorder = part("host.record").recorder
    recorder.start(bpy.context.scene)
    announced, spent_us, before_mb = hello(rate_hz), [], memory_mb()
    for frame in frames(rate_hz, count):
        began_s = time.perf_counter()
        recorder.on_frames(announced, [frame])
        spent_us.append(1e6 * (time.perf_counter() - began_s))
    grown_mb = memory_mb() - before_mb
    first, last = np.median(spent_us[: count // 10]), np.median(spent_us[-count // 10 :])
    size_mb = recorder.path.stat().st_size / 2**20
    return recorder.stop(), [
        f"recording: memory grew {grown_mb:.1f} MB, take file {size_mb:.1f} MB",
        f"a frame costs {first:.0f} µs in the first tenth, {last:.0f} µs in the last, "
        f"p99 {np.percentile(spent_us, 99):.0f} µs",
    ]


def bake(result, name, **settings):
    """One bake, and a line about it."""
    wanted = bpy.context.scene.geface
    for key, value in settings.items():
        setattr(wanted, key, value)
    module, scene = part("host.bake"), bpy.context.scene
    before_mb, began_s = memory_mb(), time.perf_counter()
    how = module.settings_of(scene, 1.0, result.footage.begin_s)
    outcome = module.bake(result.footage, list(wanted.characters), how)
    spent_s, grown_mb = time.perf_counter() - began_s, memory_mb() - before_mb
    assert not outcome.problems, outcome.problems
    rig = wanted.characters[0].target
    action = rig.animation_data.action
    bags = [action] if not hasattr(action, "slots") else action.layers[0].strips[0].channelbags
    keys = sum(len(curve.keyframe_points) for bag in bags for curve in bag.fcurves)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "baked.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
        size_mb = path.stat().st_size / 2**20
    rig.animation_data.action = None
    bpy.data.actions.remove(action)
    return (
        f"bake {name:<28} {spent_s:6.2f} s, {keys:>8,} keys, memory {grown_mb:+.0f} MB, "
        f".blend {size_mb:.1f} MB"
    )


def main(head, minutes, rate_hz):
    bpy.ops.wm.open_mainfile(filepath=head, use_scripts=False)
    scene = bpy.context.scene
    rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    character = scene.geface.characters.add()
    character.name, character.target = rig.name, rig
    scene.render.fps = 24
    result, lines = record(rate_hz, int(minutes * 60 * rate_hz))
    lines.append(bake(result, "on frames, 24 a second"))
    lines.append(bake(result, "on frames, simplified .002", simplify=True))
    lines.append(bake(result, "exact", simplify=False, resample="EXACT"))
    lines.append(bake(result, "exact, simplified .002", simplify=True))
    return {"lines": np.array(lines)}


if __name__ == "__main__":
    target, path, minutes, rate_hz = sys.argv[1:]
    np.savez(target, **main(path, float(minutes), float(rate_hz)))
