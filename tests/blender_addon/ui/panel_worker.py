# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: uses the panel as an animator would, and writes down what came of it.

boot.py … panel_worker.py RESULT.npz URL
"""

import http.server
import json
import sys
import threading
import time
from pathlib import Path

import bpy
import numpy as np
from boot import part

sys.path.insert(0, str(Path(__file__).parent))
import drawing

host = part("host.session")
ui = {name: part(f"ui.{name}") for name in ("panels", "preferences", "properties", "pulse")}
session, calibrator = host.session, part("host.calibrate").calibrator
FOLDER = Path(sys.argv[1]).parent
PATIENCE_S = 60
CLIP_S = 16.0  # from wherever it is in its loop, everything happens once
found = {}


def scene():
    return bpy.context.scene.geface


def chosen():
    return bpy.context.window_manager.geface


def refused(operator, **values):
    """What the user reads when a button does not do it; "" if it does."""
    try:
        operator(**values)
    except RuntimeError as error:
        return str(error)
    return ""


def panels():
    classes = [each for each in ui["panels"].CLASSES if hasattr(each, "bl_category")]
    return {each.__name__.partition("_PT_")[2]: each for each in classes}


def draw_all(moment):
    """Every panel, narrow and wide; the words are kept."""
    for name, panel in panels().items():
        for width in (160, 500):
            found[f"drawn {moment} {name} {width}"] = drawing.drawn(panel, width)


def until(condition):
    """Ticks of both timers, which do not run without a window."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end_s:
            raise RuntimeError(f"nothing happened; {session.status}, {calibrator.text}")
        session.tick()
        ui["pulse"].pulse()
        time.sleep(0.01)


def new_mesh(name):
    thing = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    bpy.context.scene.collection.objects.link(thing)
    thing.data.from_pydata([(0, 0, 0)], [], [])
    for key in ("Basis", "jawOpen", "mouthSmileLeft", "mouthSmileRight"):
        thing.shape_key_add(name=key)
    return thing


def alone():
    """Before anything is there."""
    draw_all("empty")
    found["prefs"] = drawing.drawn(ui["preferences"].GEFACE_preferences)
    found["no character"] = [
        refused(bpy.ops.geface.character_remove),
        refused(bpy.ops.geface.gains_reset),
        refused(bpy.ops.geface.pose_start),
        refused(bpy.ops.geface.calibrate, kind="neutral"),
        refused(bpy.ops.geface.disconnect),
    ]


def characters():
    """Adding, naming, gains, removing."""
    for thing in (new_mesh("Ann"), new_mesh("Ann 2")):
        bpy.context.view_layer.objects.active = thing
        bpy.ops.geface.character_add()
    bpy.context.view_layer.objects.active = bpy.data.objects["Ann"]
    bpy.ops.geface.character_add()
    found["names"] = [character.name for character in scene().characters]
    found["targets"] = [character.target.name for character in scene().characters]
    found["gains"] = [[g.channel, g.factor] for g in scene().characters[0].gains]
    scene().characters[0].gains[3].factor = 0.25
    scene().active_character = 0
    bpy.ops.geface.gains_reset()
    found["gains again"] = [[g.channel, g.factor] for g in scene().characters[0].gains]
    scene().active_character = 2
    bpy.ops.geface.character_remove()
    found["active"] = scene().active_character
    draw_all("characters")
    chosen().show = "GAINS"
    draw_all("gains")
    chosen().show = "LEVELS"
    scene().characters[1].target = None
    scene().active_character = 1
    draw_all("no target")
    scene().characters[1].target = bpy.data.objects["Ann 2"]


def addresses(url):
    """What is refused, and where the token stays."""
    scene().url = "ws://example.org:8765/?token=hush-hush"
    found["url"] = [scene().url, chosen().token]
    found["online"] = getattr(bpy.app, "online_access", True)
    draw_all("far")
    found["far"] = refused(bpy.ops.geface.connect)
    bpy.ops.geface.disconnect() if session.connected else None
    scene().url = "http://127.0.0.1:1"
    found["http"] = refused(bpy.ops.geface.connect)
    found["connected after refusal"] = session.connected
    scene().url = "ws://[::1"
    draw_all("no address")
    found["no address"] = refused(bpy.ops.geface.connect)
    path = FOLDER / "saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False)
    found["leaked"] = b"hush-hush" in path.read_bytes()
    chosen().token = ""
    scene().url = url


class NoToken(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(401)

    def log_message(self, *_):
        pass


def turned_away(url):
    """By a server that wants a token: address and token can be mended and Connect pressed again."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), NoToken) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        scene().url = f"ws://127.0.0.1:{server.server_port}"
        bpy.ops.geface.connect()
        until(lambda: session.status.phase == "refused")
        server.shutdown()
    found["refused"] = session.status.text
    draw_all("refused")
    scene().url = url


def online():
    """Connected to a real server."""
    bpy.ops.geface.connect()
    draw_all("connecting")
    found["twice"] = refused(bpy.ops.geface.connect)
    until(lambda: session.shown("Ann") is not None and session.status.rate_hz > 0)
    draw_all("online")
    rows = drawing.drawn(panels()["action_units"])
    names = {name for name, *_ in part("core.layout_generated").CHANNELS}
    found["bars"] = sum(call == "progress" or bool(names & set(text)) for call, text in rows)


def recording():
    """Only as far as the panel goes: what becomes of it is in host/test_bake.py."""
    recorder = part("host.record").recorder
    bpy.ops.geface.record_start()
    until(lambda: recorder.frames > 3)
    draw_all("recording")
    bpy.ops.geface.record_cancel()
    found["recording"] = recorder.state


def calibrating():
    """In the scene: two characters of one face learn, the one of another face does not."""
    other = scene().characters.add()
    other.name, other.subject = "Stranger", "somebody else"
    scene().active_character = 0
    chosen().countdown, chosen().range_seconds = 1, CLIP_S
    chosen().range_units = {"AU25", "AU26", "AU12"}
    bpy.ops.geface.calibrate(kind="range")
    found["countdown"] = calibrator.text
    draw_all("counting")
    until(lambda: calibrator.progress > 0)
    draw_all("calibrating")
    until(lambda: not calibrator.active)
    found["range"] = [calibrator.text, calibrator.failed]
    found["calibrations"] = [character.calibration for character in scene().characters]
    found["listeners left"] = len(session.listeners)
    draw_all("calibrated")
    scene().characters[0].calibration = "{}"
    draw_all("calibration spoilt")
    bpy.ops.geface.calibrate_clear()
    found["cleared"] = [character.calibration for character in scene().characters]


def cancelling():
    """Given up by the user, and by the server's end."""
    bpy.ops.geface.calibrate(kind="neutral")
    bpy.ops.geface.calibrate_cancel()
    found["cancelled"] = [calibrator.active, calibrator.failed, len(session.listeners)]
    chosen().countdown = 0
    bpy.ops.geface.calibrate(kind="neutral")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    found["after load"] = [calibrator.active, len(session.listeners), session.connected]


def at_server():
    """The server learns for everyone, and says so."""
    bpy.ops.geface.character_add()
    chosen().calibrate_at, chosen().countdown, chosen().range_seconds = "SERVER", 0, 1.0
    chosen().range_units = set()
    before = len(session.status.notices)
    bpy.ops.geface.calibrate(kind="range")
    until(lambda: len(session.status.notices) > before)
    draw_all("noticed")
    bpy.ops.geface.calibrate_clear()
    until(lambda: len(session.status.notices) > before + 1)
    found["notices"] = list(session.status.notices[before:])
    bpy.ops.geface.disconnect()
    found["gone"] = [session.connected, refused(bpy.ops.geface.calibrate, kind="range")]


def tooltips():
    """Every button and property of ours says what it does."""
    operators = [getattr(bpy.ops.geface, name) for name in dir(bpy.ops.geface)]
    found["operators"] = {each.idname_py(): each.get_rna_type().description for each in operators}
    settings = (bpy.types.Scene, bpy.types.WindowManager)
    for group in (each.bl_rna.properties["geface"].fixed_type for each in settings):
        for entry in group.properties:
            if entry.identifier not in {"rna_type", "name", "characters", "active_character"}:
                found.setdefault("descriptions", {})[entry.identifier] = entry.description


def off(url):
    """Switched off and on again, nothing is left behind."""
    handlers = bpy.app.handlers
    kinds = [name for name in dir(handlers) if isinstance(getattr(handlers, name), list)]

    def counts():
        return {name: len(getattr(handlers, name)) for name in kinds}

    module = ui["preferences"].PACKAGE
    with_it = counts()
    bpy.ops.preferences.addon_disable(module=module)
    found["left"] = [
        hasattr(bpy.types.Scene, "geface"),
        hasattr(bpy.types.WindowManager, "geface"),
        bpy.app.timers.is_registered(ui["pulse"].pulse),
        [h for name in kinds for h in map(str, getattr(handlers, name)) if "geface" in h],
    ]
    bpy.ops.preferences.addon_enable(module=module)
    found["again"] = counts() == with_it
    pulse, session = part("ui.pulse").pulse, part("host.session").session
    chosen_once = part("ui.preferences").preferences()
    chosen_once.default_url, chosen_once.auto_connect = url, True
    bpy.context.scene.geface.property_unset("url")
    found["by itself"] = [session.connected, pulse() and session.connected, scene().url == url]
    session.disconnect()
    found["only once"] = bool(pulse() and session.connected)


alone()
characters()
addresses(sys.argv[2])
turned_away(sys.argv[2])
online()
recording()
calibrating()
cancelling()
at_server()
tooltips()
off(sys.argv[2])
np.savez(sys.argv[1], found=np.array(json.dumps(found, default=str)))
