"""The sheet's columns are what they are said to be."""

import numpy as np
import torch

from tests.training.paper_toy import face_set, frozen
from training.parameters import base, with_base_expression, with_base_identity
from training.regressor_sheet import images, rows, spread


def test_the_first_and_last_face_are_shown():
    assert spread(face_set(6), 3) == [0, 2, 5]
    assert spread(face_set(2), 9) == [0, 1]


def test_columns_are_photograph_generated_rig_and_the_bases():
    nets, crops = frozen(), face_set(2).crops
    y = base(torch.zeros(1)).repeat(2, 1) + 0.2
    shown = rows(crops, lambda _: y, nets.renderer, lambda p: np.full((128, 128, 3), 77, np.uint8))
    columns = np.split(shown, 5, axis=1)
    np.testing.assert_array_equal(columns[0], np.concatenate(list(crops)))
    assert (columns[2] == 77).all()
    with torch.no_grad():
        for column, parameters in (
            (1, y), (3, with_base_expression(y)), (4, with_base_identity(y)),
        ):  # fmt: skip
            expected = images(nets.renderer(parameters))
            np.testing.assert_array_equal(columns[column], np.concatenate(list(expected)))
    assert not np.array_equal(columns[1], columns[3])
