# SPDX-License-Identifier: GPL-3.0-or-later
"""One zip, both ways in, and Blender's own judgement of it."""

import os
import subprocess
from pathlib import Path

from tests.blender_addon.blender import install


def validator(python):
    """The program behind ``blender --command extension validate``."""
    code = "import bpy, os; print(bpy.utils.system_resource('SCRIPTS'), flush=True); os._exit(0)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    scripts = Path(done.stdout.strip().splitlines()[-1])
    return scripts / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"


def test_it_is_installed_as_an_extension(blender):
    assert blender.module == "bl_ext.user_default.geface"


def test_it_is_installed_as_a_legacy_add_on(blender, addon_zip, tmp_path):
    assert install(blender.python, addon_zip, tmp_path, "legacy").module == "geface"


def test_blender_s_validator_finds_nothing(blender, addon_zip, tmp_path):
    command = [blender.python, validator(blender.python), "validate", addon_zip]
    own = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=own)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rror" not in done.stdout + done.stderr, done.stdout + done.stderr
    assert "No warnings" in done.stdout or "warning" not in done.stdout.lower(), done.stdout
