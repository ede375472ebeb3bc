# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in the Python that authors the rig: makes characters of MakeHuman's data for the tests.

    python characters_worker.py FOLDER

Writes ``makehuman.blend``, an armature with MPFB's default skeleton, and ``rigify.blend``, the face
that Rigify generates from MPFB's metarig with the points it deforms.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

import bpy

from rig.author import makehuman, mpfb_rig
from rig.author.leaving import leave
from rig.author.rigify_face import RigifyFace, edit_bone


def save(path):
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)


def make_makehuman():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    mesh = makehuman.read_base_mesh()
    rest = makehuman.average_adult(mesh)
    skeleton = mpfb_rig.read_rig("standard/rig.default.json", mesh, rest)
    data = bpy.data.armatures.new("makehuman")
    thing = bpy.data.objects.new("makehuman", data)
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    for name, parent in zip(skeleton.names, skeleton.parents, strict=True):
        edit_bone(data, skeleton, name, has_parent=parent >= 0)
    bpy.ops.object.mode_set(mode="OBJECT")


def make_rigify():
    face = RigifyFace()
    face.rig.name = "rigify"
    return face


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    make_makehuman()
    save(folder / "makehuman.blend")
    make_rigify()
    save(folder / "rigify.blend")
    leave()
