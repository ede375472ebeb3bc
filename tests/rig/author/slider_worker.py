"""Runs in Blender's Python: sets the sliders of head.blend and writes where its vertices go.

    python slider_worker.py FILE.blend JOB.npz RESULT.npz

JOB holds slider names (S,) and values (N, S), identity names (I,) and values (N, I), and per
material NAME ``points_NAME`` (V, 3), the rest places to report. RESULT holds ``posed_NAME``
(N, V, 3), ``distance_NAME`` (V,), ``invalid`` (the drivers that do not work), ``frame_ms`` (of
playing 50 frames in which all sliders are keyed), ``open_ms`` and ``version``. Knows nothing of
our code, so that it runs in any Blender.
"""

import sys
import time

import bpy
import numpy as np
from blender_worker import evaluated, nearest, vertices_by_material


def set_sliders(rig, job, row):
    head, neck = rig.pose.bones["head"], rig.pose.bones["neck"]
    for name, value in zip(job["sliders"], job["slider_values"][row], strict=True):
        head[str(name)] = float(value)
    for name, value in zip(job["identity"], job["identity_values"][row], strict=True):
        neck[str(name)] = float(value)
    rig.update_tag()


def frame_ms(rig, job):
    """Median processor time of a frame; an action keys the sliders, as an animator would."""
    head, count = rig.pose.bones["head"], len(job["slider_values"])
    for frame in range(51):
        for name, value in zip(job["sliders"], job["slider_values"][frame % count], strict=True):
            head[str(name)] = float(value)
            head.keyframe_insert(f'["{name}"]', frame=frame)
    times = []
    for frame in range(51):
        start = time.process_time()
        bpy.context.scene.frame_set(frame)
        times.append(time.process_time() - start)
    return 1e3 * float(np.median(times[1:]))


def main(path, job_path, result_path):
    job = np.load(job_path)
    start = time.perf_counter()
    bpy.ops.wm.open_mainfile(filepath=path, use_scripts=False)
    result = {"open_ms": 1e3 * (time.perf_counter() - start), "version": bpy.app.version_string}
    rig = bpy.data.objects["geface_rig"]
    things = [t for t in bpy.data.objects if "ARMATURE" in [m.type for m in t.modifiers]]
    rest, parts = evaluated(things), vertices_by_material(things)
    names = [key[len("points_") :] for key in job.files if key.startswith("points_")]
    rows = {}
    for name in names:
        rows[name], result[f"distance_{name}"] = nearest(job[f"points_{name}"], rest, parts[name])
    posed = {name: [] for name in names}
    for row in range(len(job["slider_values"])):
        set_sliders(rig, job, row)
        points = evaluated(things)
        for name in names:
            posed[name].append(points[rows[name]])
    result.update({f"posed_{name}": np.array(values) for name, values in posed.items()})
    drivers = rig.animation_data.drivers
    result["invalid"] = [d.data_path for d in drivers if not d.driver.is_valid]
    result["complicated"] = [d.data_path for d in drivers if not d.driver.is_simple_expression]
    result["frame_ms"] = frame_ms(rig, job)
    np.savez(result_path, **result)


if __name__ == "__main__":
    main(*sys.argv[1:4])
