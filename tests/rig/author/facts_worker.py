"""Runs in Blender's Python: writes what an artist finds in head.blend.

    python facts_worker.py FILE.blend JOB.npz RESULT.npz

JOB holds ``apply``, the name of a pose asset. RESULT holds JSON texts: ``sliders`` and
``identity`` (name → range, default, description), ``bones`` (name → its collections),
``shown`` (visible collections), ``assets``, ``applied`` (slider → value after applying the
pose), ``actions_in_use``, ``pictures`` (paths of those that are not packed) and ``active``
(mode, object, bone). Knows nothing of our code.
"""

import json
import sys

import bpy
import numpy as np


def sliders(owner):
    found = {}
    for name, value in owner.items():
        if isinstance(value, float):
            shown = owner.id_properties_ui(name).as_dict()
            found[name] = {k: shown[k] for k in ("min", "max", "default", "description")}
    return found


def main(path, job_path, result_path):
    wanted = str(np.load(job_path)["apply"])
    bpy.ops.wm.open_mainfile(filepath=path, use_scripts=False)
    rig = bpy.data.objects["geface_rig"]
    head, active = rig.pose.bones["head"], bpy.context.view_layer.objects.active
    facts = {
        "sliders": sliders(head),
        "identity": sliders(rig.pose.bones["neck"]),
        "bones": {b.name: [c.name for c in b.collections] for b in rig.data.bones},
        "shown": [c.name for c in rig.data.collections if c.is_visible],
        "assets": [a.name for a in bpy.data.actions if a.asset_data],
        "actions_in_use": [
            t.name for t in bpy.data.objects if t.animation_data and t.animation_data.action
        ],
        "pictures": [i.filepath for i in bpy.data.images if not i.packed_file],
        "active": [active.mode, active.name, active.data.bones.active.name],
        "neutral": all(head[name] == 0 for name in sliders(head)),
    }
    rig.pose.apply_pose_from_action(bpy.data.actions[wanted])
    facts["applied"] = {name: head[name] for name in facts["sliders"]}
    np.savez(result_path, **{name: json.dumps(value) for name, value in facts.items()})


if __name__ == "__main__":
    main(*sys.argv[1:4])
