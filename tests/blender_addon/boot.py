# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: switches the installed add-on on and runs a worker script.

    python boot.py MODULE WORKER.py RESULT.npz ARGUMENT …

MODULE is the name under which the add-on is installed. The worker finds the file for its results
and its arguments in ``sys.argv[1:]``, the add-on's modules by ``boot.part("host.session")``.
The process ends without exit handlers, for which a Rigify in it would wait for ever.
"""

import faulthandler
import importlib
import os
import runpy
import sys
import traceback
from pathlib import Path

MODULE_VARIABLE = "GEFACE_ADDON_MODULE"
HUNG_S = 120  # after which it says where it is


def part(name):
    """A module of the installed add-on."""
    return importlib.import_module(f"{os.environ[MODULE_VARIABLE]}.{name}")


def enable():
    """Empty file, add-on on."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    found = bpy.ops.preferences.addon_enable(module=os.environ[MODULE_VARIABLE])
    if found != {"FINISHED"} or not hasattr(bpy.context.scene, "geface"):
        raise RuntimeError(f"the add-on could not be switched on: {found}")


def main():
    faulthandler.enable()  # as a module Blender leaves no report of a crash
    faulthandler.dump_traceback_later(HUNG_S, repeat=True)
    os.environ[MODULE_VARIABLE], worker = sys.argv[1:3]
    sys.argv = sys.argv[2:]
    sys.path.insert(0, str(Path(worker).parent))
    status = 0
    try:
        enable()
        runpy.run_path(worker, run_name="__main__")
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
