# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: several characters in one scene follow a server.

    boot.py … follow_worker.py RESULT.npz URL JOB.npz HEAD.blend FOLDER

JOB holds per material NAME of the head ``points_NAME`` (V, 3), ``keys``, names of shape keys for a
mesh, and ``samples``, how many frames to look at. FOLDER has what ``characters_worker`` made, or is
"-". For every frame looked at RESULT holds its ``sequence``, ``raw`` channels (S, C), what each
character SHOWN (``shown_CHARACTER``), where its bones stand and where its vertices are.
"""

import sys
import time
from pathlib import Path

import bpy
import numpy as np
import scenes
from boot import part
from mathutils import Euler

sys.path.insert(0, str(Path(__file__).parents[2] / "rig" / "author"))
from blender_worker import evaluated, nearest, vertices_by_material

HEAD_OF_RIGIFY = "spine.006"  # what its face hangs on; a whole rig has a control "head"
SPACING_S = 0.3
PATIENCE_S = 60  # for each frame
MODES = ("QUATERNION", "XYZ", "AXIS_ANGLE", "ZYX", "YXZ")


def append(path):
    with bpy.data.libraries.load(str(path)) as (there, here):
        here.objects = there.objects
    for thing in here.objects:
        bpy.context.scene.collection.objects.link(thing)


def add_others(folder, keys):
    """Characters of other makes, turned, shrunk and with all kinds of rotation modes."""
    mesh = scenes.keyed_mesh([f"!ex-{name}" for name in keys], "keys")
    rigs = [mesh]
    for name in ("makehuman", "rigify") if folder.is_dir() else ():
        append(folder / f"{name}.blend")
        rigs.append(bpy.data.objects[name])
    for thing in rigs:
        thing.location, thing.scale = (1, 2, 3), (0.5, 0.5, 0.5)
        thing.rotation_euler = Euler((0.4, -0.2, 0.9))
        scenes.add_character(thing)
    if folder.is_dir():
        for row, bone in enumerate(bpy.data.objects["makehuman"].pose.bones):
            bone.rotation_mode = MODES[row % len(MODES)]
        bpy.context.scene.geface.characters["rigify"].head_bone = HEAD_OF_RIGIFY
    return rigs


def rest_of(rig, out):
    bones = rig.data.bones
    rows = {bone.name: row for row, bone in enumerate(bones)}
    out[f"names_{rig.name}"] = np.array(list(rows))
    out[f"parents_{rig.name}"] = [rows[b.parent.name] if b.parent else -1 for b in bones]
    out[f"rest_{rig.name}"] = np.array([bone.matrix_local for bone in bones])


def pose_of(rig):
    """(B, 4, 4) evaluated: where the bones stand in the armature, and their own transforms."""
    found = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    bones = [found.pose.bones[bone.name] for bone in rig.data.bones]
    return np.array([b.matrix for b in bones]), np.array([b.matrix_basis for b in bones])


class Samples:
    def __init__(self, session, rigs, job):
        self.session, self.job = session, job
        self.rigs = [thing for thing in rigs if thing.type == "ARMATURE"]
        self.keyed = [thing for thing in rigs if thing.type == "MESH"]
        self.found = {}
        self.meshes = [t for t in bpy.data.objects if t.parent == self.rigs[0]]
        self.rows = {}
        rest, parts = evaluated(self.meshes), vertices_by_material(self.meshes)
        for key in job.files:
            if key.startswith("points_"):
                name = key[len("points_") :]
                rows, distance = nearest(job[key], rest, parts[name])
                self.rows[name] = rows
                self.found[f"distance_{name}"] = distance.max()

    def add(self, frame):
        self._put("sequence", frame.sequence)
        self._put("raw", frame.channels)
        head = evaluated(self.meshes)
        for name, rows in self.rows.items():
            self._put(f"posed_{name}", head[rows])
        for thing in (*self.rigs, *self.keyed):
            self._put(f"shown_{thing.name}", self.session.shown(thing.name))
        for rig in self.rigs:
            pose, basis = pose_of(rig)
            self._put(f"pose_{rig.name}", pose)
            self._put(f"basis_{rig.name}", basis)
        for thing in self.keyed:
            keys = thing.data.shape_keys.key_blocks
            self._put(f"keys_{thing.name}", [key.value for key in keys[1:]])
            self._put(f"lift_{thing.name}", scenes.points(thing)[0])

    def _put(self, name, value):
        self.found.setdefault(name, []).append(np.array(value))


def follow(session, samples, count):
    """Look at ``count`` frames, none of which is eased in after a start or a stall."""
    name = samples.rigs[0].name
    due = time.monotonic()
    while time.monotonic() < due + PATIENCE_S and len(samples.found.get("sequence", ())) < count:
        session.tick()
        if time.monotonic() > due and scenes.is_shown_as_it_comes(session, name):
            samples.add(session.latest_frame())
            due = time.monotonic() + SPACING_S
        time.sleep(1 / 60)


def main(result, url, job_path, head, folder):
    job = np.load(job_path)
    head = scenes.open_head(head)
    rigs = [head, *add_others(Path(folder), job["keys"].tolist())]
    session = part("host.session").session
    targets = part("host.targets")
    samples = Samples(session, rigs, job)
    bpy.context.scene.geface.url = url
    session.connect(bpy.context.scene)
    follow(session, samples, int(job["samples"]))
    for rig in samples.rigs:
        rest_of(rig, samples.found)
    characters = bpy.context.scene.geface.characters
    samples.found["described"] = [targets.describe(character) for character in characters]
    samples.found["problems"] = [f"{k}: {v}" for k, v in session.problems.items()]
    samples.found["status"] = [session.status.phase, session.status.text]
    session.disconnect()
    np.savez(result, **samples.found)


if __name__ == "__main__":
    main(*sys.argv[1:6])
