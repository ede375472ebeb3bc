# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a Blender with a window: connects, waits until a face smiles, takes the picture.

blender --python screenshot_worker.py -- ADDON.zip
blender --enable-event-simulate --python … -- "" URL HEAD.glb PICTURE.png PANELS
"""

import importlib
import os
import sys
import traceback

import bpy
import numpy as np
from mathutils import Quaternion, Vector

PATIENCE = 3000  # looks, 50 a second at most
STRONG = 0.7
SMILE = "AU12_L"
RAISED = 0.05  # metres from the middle of head and shoulders to the face
TABS = 3  # item, tool and view come before ours


def install(archive):
    bpy.ops.preferences.addon_install(filepath=archive)
    bpy.ops.preferences.addon_enable(module="geface")
    bpy.context.preferences.view.show_splash = False
    bpy.ops.wm.save_userpref()


class Shot:
    """The steps, one after the other, a timer's turn each."""

    def __init__(self, url, head, out, panels):
        self.url, self.head, self.out = url, head, out
        self.open = panels.split(",")
        self.waited = 0
        self.steps = [
            self.prepare,
            self.look,
            *[self.turn_tab] * TABS,
            self.add,
            self.connect,
            self.wait_for_smile,
            self.draw,
            self.shoot,
        ]

    def turn(self):
        try:
            again = self.steps[0]()
            if not again:
                self.steps.pop(0)
            return 0.02 if again else 0.5
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)

    @property
    def window(self):
        return bpy.context.window_manager.windows[0]

    @property
    def view(self):
        return next(area for area in self.window.screen.areas if area.type == "VIEW_3D")

    def region(self, kind):
        return next(region for region in self.view.regions if region.type == kind)

    def override(self):
        return bpy.context.temp_override(
            window=self.window, area=self.view, region=self.region("WINDOW")
        )

    def prepare(self):
        for thing in list(bpy.data.objects):
            bpy.data.objects.remove(thing)
        panels = importlib.import_module("geface.ui.panels")
        for panel in (each for each in panels.CLASSES if hasattr(each, "bl_category")):
            bpy.utils.unregister_class(panel)
            closed = panel.__name__.partition("_PT_")[2] not in self.open
            panel.bl_options = {"DEFAULT_CLOSED"} if closed else set()
            bpy.utils.register_class(panel)
        if not hasattr(np, "bool"):
            np.bool = bool  # Blender 3.4's importer asks for it, and Debian's numpy has it no more
        with self.override():
            bpy.ops.import_scene.gltf(filepath=self.head)
        for action in list(bpy.data.actions):
            bpy.data.actions.remove(action)
        for thing in bpy.data.objects:
            if thing.type == "ARMATURE":
                for track in list(thing.animation_data.nla_tracks if thing.animation_data else ()):
                    thing.animation_data.nla_tracks.remove(track)
                thing.hide_set(True)

    def look(self):
        space = self.view.spaces.active
        space.show_region_ui = True
        space.overlay.show_overlays = False
        space.show_gizmo = False
        space.shading.type = "SOLID"
        space.shading.light = "MATCAP"
        space.shading.color_type = "TEXTURE"
        face = next(thing for thing in bpy.data.objects if thing.type == "MESH")
        corners = [face.matrix_world @ Vector(corner) for corner in face.bound_box]
        region = space.region_3d
        region.view_perspective = "ORTHO"
        region.view_rotation = Quaternion((0.7071, 0.7071, 0, 0))
        region.view_location = sum(corners, Vector((0, 0, 8 * RAISED))) / 8
        region.view_distance = 0.8 * max((a - b).length for a in corners for b in corners)

    def turn_tab(self):
        sidebar = self.region("UI")
        x, y = sidebar.x + sidebar.width - 8, sidebar.y + sidebar.height - 60
        self.window.event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
        self.window.event_simulate(type="WHEELDOWNMOUSE", value="PRESS", x=x, y=y, ctrl=True)
        self.window.event_simulate(type="LEFT_CTRL", value="RELEASE", x=x, y=y)

    def add(self):
        self.rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
        with self.override():
            bpy.ops.geface.character_add()
        character = bpy.context.scene.geface.characters[0]
        character.name, character.target = "Head", self.rig

    def connect(self):
        bpy.context.scene.geface.url = self.url
        with self.override():
            bpy.ops.geface.connect()

    def smile(self):
        session = importlib.import_module("geface.host.session").session
        layout = importlib.import_module("geface.core.layout_generated")
        channels = session.shown("Head")
        names = [name for name, *_ in layout.CHANNELS]
        return 0.0 if channels is None else channels[names.index(SMILE)]

    def wait_for_smile(self):
        """It shall be seen that the face is not at rest, and drawing takes a while without a card.

        So the session's timer stands still from this moment on, the rest of Blender goes on.
        """
        host = importlib.import_module("geface.host.session")
        self.waited += 1
        if self.waited > PATIENCE:
            raise RuntimeError(f"no smile; {host.session.status}, {host.session.problems}")
        if self.smile() < STRONG:
            return True
        bpy.app.timers.unregister(host._on_timer)
        return False

    def draw(self):
        with self.override():
            bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=2)

    def shoot(self):
        with self.override():
            bpy.ops.screen.screenshot(filepath=self.out)
        session = importlib.import_module("geface.host.session").session
        moved = sum(bone.matrix_basis.to_quaternion().angle > 0.01 for bone in self.rig.pose.bones)
        print(f"{session.status.text}; {moved} bones turned; problems {session.problems}")
        with self.override():
            bpy.ops.geface.disconnect()
        sys.stdout.flush()
        os._exit(0)


def main(arguments):
    if len(arguments) == 1:
        install(*arguments)
    else:
        bpy.app.timers.register(Shot(*arguments[1:]).turn, first_interval=1.0)


main(sys.argv[sys.argv.index("--") + 1 :])
