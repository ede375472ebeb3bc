# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's playback beside a recording: started, kept at the pace of real time, ended."""

from __future__ import annotations

from typing import Any

import bpy

from .compat import is_playing


class Playback:
    """Plays one scene in the window that shows it.

    Args:
        scene: its name; nothing else of Blender's is kept.
    """

    def __init__(self, scene: str) -> None:
        self._scene = scene
        self._sync_mode: str | None = None
        self._started = False

    def start(self) -> bool:
        """Whether it has been started; False too where one plays already or no window shows it.

        A scene that would be played frame by frame, however long that takes, drops frames for
        now: who acts to what is shown and heard needs it in time.
        """
        window = self._window()
        if window is None or is_playing():
            return False
        scene = window.scene
        if scene.sync_mode == "NONE":
            self._sync_mode, scene.sync_mode = scene.sync_mode, "FRAME_DROP"
        with bpy.context.temp_override(window=window):
            self._started = bpy.ops.screen.animation_play() == {"FINISHED"}
        return self._started

    def stop(self) -> None:
        """End where it is what ``start`` began; another's playback goes on."""
        scene = bpy.data.scenes.get(self._scene)
        if scene is not None and self._sync_mode is not None:
            scene.sync_mode = self._sync_mode
        window = self._window()
        if self._started and window is not None and window.screen.is_animation_playing:
            with bpy.context.temp_override(window=window):
                bpy.ops.screen.animation_cancel(restore_frame=False)

    def _window(self) -> Any:
        windows = [w for manager in bpy.data.window_managers for w in manager.windows]
        return next((window for window in windows if window.scene.name == self._scene), None)
