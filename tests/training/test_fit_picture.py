import numpy as np
import pytest

from rig.layout import load_layout
from training import fit_picture


def test_panels_stand_in_a_row_with_captions_above_and_notes_below():
    white, grey = np.full((128, 128, 3), 255, np.uint8), np.full((64, 64, 3), 90, np.uint8)
    size, line = fit_picture.PANEL_PX, fit_picture.CAPTION_PX
    made = fit_picture.side_by_side({"one": white, "two": grey}, ("a note", "another " * 40))
    assert made.shape == (size + 3 * line, 2 * size, 3)
    assert (made[line : line + size, :size] == 255).all()
    assert (made[line : line + size, size:] == 90).all()
    assert made[-line:].max() > 150  # there is something written


def test_the_likeliest_brow_style_is_shown():
    layout = load_layout()
    parameters = layout.neutral_parameters()
    parameters[layout.blocks["brow_style"]] = np.linspace(0, 0.5, 36)
    assert fit_picture.plain_sample(parameters).look.brow == layout.brow_styles[-1]


def test_the_rig_shows_the_parameters_in_the_crop_that_photographs_have():
    pytest.importorskip("pyrender")
    layout = load_layout()
    still, smile = layout.neutral_parameters(), layout.neutral_parameters()
    smile[layout.parameter_index["AU26"]] = 1
    a, b = fit_picture.rig_crop(still), fit_picture.rig_crop(smile)
    assert a.shape == (128, 128, 3)
    moved = np.abs(a.astype(int) - b).mean(axis=2)
    assert moved[80:110, 44:84].mean() > 4 * moved[20:50, 44:84].mean()
