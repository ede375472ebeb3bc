# SPDX-License-Identifier: GPL-3.0-or-later
"""The same zip as a legacy add-on, the only way before Blender 4.2, follows a stream as well."""

from pathlib import Path

from rig.head import asset_path
from tests.blender_addon.blender import install
from tests.blender_addon.host.streaming import streaming

WORKER = Path(__file__).with_name("session_worker.py")
FRAMES = 30


def test_as_an_extension_it_is_installed_where_extensions_are(blender):
    assert blender.module == "bl_ext.user_default.geface"


def test_as_a_legacy_addon_it_follows_a_stream(blender, addon_zip, tmp_path):
    legacy = install(blender.python, addon_zip, tmp_path, way="legacy")
    assert legacy.module == "geface"
    with streaming(60) as url:
        arguments = ("long", asset_path("head.blend"), url, FRAMES)
        found = legacy.run(WORKER, tmp_path / "result.npz", *arguments)
    assert found["long_frames"] >= FRAMES
    assert found["long_dropped"] == 0
