# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a picture of a real Blender window: add-on installed, connected, character following.

    python -m tests.blender_addon.screenshot --out docs/blender_panel.png

Needs a Blender with a window (``--blender``, on Debian ``apt-get install blender python3-numpy``)
and Xvfb; draws without a graphics card. The zip is built and installed as a user does it, a real
``geface-bridge stream`` plays the bundled clip. Blender before 4.2 cannot open head.blend, which a
later one saved: it imports head.glb.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from blender_addon.build import build
from rig.head import asset_path
from tests.blender_addon.blender import CLIP, bridge

HERE = Path(__file__).parent
SIZE = (1600, 1180)
VIEW = (0, 0, 1322, 1180)  # 3-D view and sidebar, without the editors beside them


def picture(blender: str, out: Path, panels: str) -> None:
    """Write the picture; what Blender prints is shown if there is none."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = {"BLENDER_USER_RESOURCES": name, "HOME": name, "LIBGL_ALWAYS_SOFTWARE": "1"}
        archive = build(folder)
        install = [blender, "-b", "--python", HERE / "screenshot_worker.py", "--", archive]
        _run(install, own)
        os.chdir(CLIP.parent)  # the picture shows what the server plays, and no path of ours
        with bridge("stream", "--video", CLIP.name, "--loop") as url:
            width, height = map(str, SIZE)
            shoot = [blender, "--enable-event-simulate", "--window-geometry", "0", "0"]
            worker = ["--python", HERE / "screenshot_worker.py", "--"]
            asked = ["", url, asset_path("head.glb"), out, panels]
            screen = ["xvfb-run", "-a", "-s", f"-screen 0 {width}x{height}x24"]
            print(_run([*screen, *shoot, width, height, *worker, *asked], own))
    if not out.exists():
        sys.exit(f"no picture at {out}")


def _run(command: list[object], own: dict[str, str]) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **own},
        check=False,
    )
    if done.returncode:
        sys.exit(f"{command[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def shrink(path: Path, box: tuple[int, int, int, int]) -> None:
    """Cut a picture to (left, top, right, bottom) and to 256 colours: a tenth of the bytes."""
    with Image.open(path) as whole:
        small = whole.convert("RGB").crop(box).quantize(256)
    small.save(path, optimize=True)


def main() -> None:
    """Read the options and take the picture."""
    parser = argparse.ArgumentParser(description="A picture of the add-on in Blender.")
    parser.add_argument("--blender", default="blender")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--panels",
        default="connection,characters,action_units",
        help="which to open, by the ends of their class names",
    )
    parser.add_argument("--crop", type=int, nargs=4, default=VIEW, help="left top right bottom")
    options = parser.parse_args()
    out = options.out.absolute()
    picture(options.blender, out, options.panels)
    shrink(out, tuple(options.crop))


if __name__ == "__main__":
    main()
