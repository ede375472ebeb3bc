"""What a fit found, to be looked at: photograph, learned renderer's face, the rig's face."""

from __future__ import annotations

import os
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.align.crop import warp_crop
from geface_bridge.errors import MissingDependencyError
from rig.layout import load_layout
from rig.looks import default_appearance
from rig.photograph import Photo
from rig.sampling import FaceSample
from rig.view import EVEN_VIEW
from training.data.rig_crops import crop_from_image_of

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]

PANEL_PX, CAPTION_PX = 320, 28
RENDER_SIZE_PX = 448
_SPAN_M = 0.27  # the whole crop is in the picture, whoever it is
_INK, _PAPER = (235, 235, 235), (24, 24, 24)


def rig_crop(parameters: FloatArray) -> Picture:
    """(128, 128, 3) the rig's render of (P,) parameters, aligned as photographs are.

    One look, one camera, one light: as ``rig.sampling.sample_plain_face`` shows faces to G.

    Raises:
        MissingDependencyError: pyrender or an OpenGL context is missing.
    """
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    try:
        from rig.render import Renderer

        with Renderer(RENDER_SIZE_PX) as renderer:
            made = renderer.render(plain_sample(parameters), mask=False)
    except (ImportError, OSError, RuntimeError) as error:
        raise MissingDependencyError(
            f"the rig cannot be rendered ({error}): install geface-bridge[render] and an EGL driver"
        ) from error
    return warp_crop(made.image_rgb, crop_from_image_of(made.landmarks))


def plain_sample(parameters: FloatArray) -> FaceSample:
    """The picture that (P,) parameters alone decide; the most likely brow style is shown."""
    layout = load_layout()
    style = int(np.argmax(parameters[layout.blocks["brow_style"]]))
    look = replace(default_appearance(), brow=layout.brow_styles[style])
    view = replace(EVEN_VIEW, span_m=_SPAN_M)
    return FaceSample(np.asarray(parameters, np.float64), look, view, Photo())


def side_by_side(panels: dict[str, Picture], notes: tuple[str, ...] = ()) -> Picture:
    """One picture: panels of any size in a row, each under its caption; lines of notes below."""
    columns = [
        np.concatenate([_line(caption, PANEL_PX), _enlarged(picture)])
        for caption, picture in panels.items()
    ]
    row = np.concatenate(columns, axis=1)
    return np.concatenate([row, *(_line(note, row.shape[1]) for note in notes)])


def _enlarged(picture: Picture) -> Picture:
    size = (PANEL_PX, PANEL_PX)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _line(text: str, width: int) -> Picture:
    """Light words on dark, made smaller until they fit."""
    line = np.full((CAPTION_PX, width, 3), _PAPER, np.uint8)
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.5
    wide = cv2.getTextSize(text, font, scale, 1)[0][0]
    scale *= min(1.0, (width - 12) / max(wide, 1))
    cv2.putText(line, text, (6, 19), font, scale, _INK, 1, cv2.LINE_AA)
    return line
