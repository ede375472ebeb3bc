"""Pictures of cloth."""

import numpy as np
import pytest

from rig.fabric import PATTERNS, paint_cloth

NAVY, CREAM = (0.10, 0.13, 0.24), (0.88, 0.85, 0.78)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_cloth_stays_between_its_two_colours(pattern):
    picture = paint_cloth(NAVY, CREAM, pattern, False, 3) / 255
    mean = picture.mean((0, 1))
    assert (mean > 0.8 * np.array(NAVY)).all()
    assert (mean < CREAM).all()


def test_plain_cloth_has_one_colour_and_stripes_two():
    plain, striped = (
        paint_cloth(NAVY, CREAM, p, False, 3)[20:] / 255 for p in ("plain", "stripes")
    )
    assert plain.std() < 0.1 < striped.std()
    down = striped.mean((1, 2))
    across = striped.mean((0, 2))
    assert np.ptp(down) > 5 * np.ptp(across)


def test_a_placket_is_a_dark_line_in_front():
    with_buttons = paint_cloth(CREAM, NAVY, "plain", True, 3).astype(int)
    without = paint_cloth(CREAM, NAVY, "plain", False, 3).astype(int)
    changed = np.flatnonzero((np.abs(with_buttons - without).max((0, 2))) > 10)
    assert len(changed)
    assert (np.abs(changed / without.shape[1] - 0.5) < 0.03).all()


def test_an_unknown_pattern_is_refused():
    with pytest.raises(ValueError, match="paisley"):
        paint_cloth(NAVY, CREAM, "paisley", False, 3)
