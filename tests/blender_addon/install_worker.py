# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Blender's Python: installs the add-on's zip as a user would and prints its module.

python install_worker.py ADDON.zip extension|legacy
"""

import os
import sys

import bpy


def main(path, way):
    if way == "extension":
        bpy.ops.extensions.package_install_files(
            filepath=path, repo="user_default", enable_on_install=True
        )
    else:
        bpy.ops.preferences.addon_install(filepath=path)
        bpy.ops.preferences.addon_enable(module="geface")
    names = [a.module for a in bpy.context.preferences.addons if a.module.endswith("geface")]
    if names:
        print(f"installed {names[0]} in {bpy.app.version_string}", flush=True)
    os._exit(0 if names else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
