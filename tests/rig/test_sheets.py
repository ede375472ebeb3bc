"""Contact sheets: who is on them, with which faces, and that they are drawn."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from rig.layout import load_layout
from rig.photograph import Photo
from rig.sampling import sample_face
from rig.sheets import (
    COMBINATIONS,
    STEPS,
    at_rest,
    au_rows,
    changed,
    combination_rows,
    identity_rows,
    main,
    people,
    picked,
)

LAYOUT = load_layout()
PERSON = people(1, 5, LAYOUT)[0]


def named(sample):
    """Parameter name → value where it is not the person's own at rest."""
    differs = sample.parameters != PERSON.parameters
    return {LAYOUT.parameter_names[i]: float(sample.parameters[i]) for i in np.flatnonzero(differs)}


def test_at_rest_keeps_the_person_and_nothing_else():
    sample = sample_face(5, 0)
    rest = at_rest(sample, LAYOUT)
    for block in ("identity", "brow_style"):
        where = LAYOUT.blocks[block]
        np.testing.assert_array_equal(rest.parameters[where], sample.parameters[where])
    neutral = LAYOUT.neutral_parameters()
    for block in ("pose", "au", "extension"):
        where = LAYOUT.blocks[block]
        np.testing.assert_array_equal(rest.parameters[where], neutral[where])
    assert rest.look == sample.look
    assert rest.photo == replace(Photo(), seed=sample.photo.seed)


def test_every_action_unit_rises_alone_from_none_to_all():
    rows = {row.label: row.faces for row in au_rows([PERSON], LAYOUT)}
    for unit in LAYOUT.all_aus:
        faces = rows[f"{unit.number} {unit.label}"]
        assert [named(f) for f in faces] == [{unit.name: v} if v else {} for v in STEPS]
    assert [named(f) for f in rows["gaze up"]] == [{}, {"gaze_pitch": 0.25}, {"gaze_pitch": 0.0}]


def test_combinations_are_of_units_that_go_together():
    for label, values in COMBINATIONS.items():
        for pair in LAYOUT.exclusions:
            assert not set(pair) <= set(values), label
    rows = combination_rows([PERSON], LAYOUT)
    assert [named(r.faces[1]) for r in rows] == [{k: float(v) for k, v in c.items()}
                                                 for c in COMBINATIONS.values()]  # fmt: skip


def test_identity_rows_show_both_ends_of_all_parameters():
    shown = [named_base(face) for row in identity_rows(PERSON, LAYOUT) for face in row.faces]
    assert shown == [{name: end} for name in LAYOUT.identity_names for end in (0.0, 1.0)]


def named_base(sample):
    """Identity parameter name → value where it is not neutral."""
    values = sample.parameters[LAYOUT.blocks["identity"]]
    return {LAYOUT.identity_names[i]: float(values[i]) for i in np.flatnonzero(values != 0.5)}


def test_a_change_names_a_parameter():
    with pytest.raises(KeyError, match="AU99"):
        changed(PERSON, {"AU99": 1.0}, LAYOUT)


def test_rows_are_picked_by_how_their_labels_begin():
    rows = au_rows([PERSON], LAYOUT)
    assert [r.label for r in picked(rows, "6 ,gaze l")] == ["6 cheek raiser", "gaze left"]
    assert picked(rows, "") == rows
    with pytest.raises(ValueError, match="expected one of: 1 inner brow raiser"):
        picked(rows, "99")


def test_a_sheet_is_a_picture_of_its_rows(tmp_path):
    pytest.importorskip("pyrender", reason="rendering needs geface-bridge[render]")
    path = tmp_path / "sheet.png"
    words = ["aus", "--only", "26,43", "--identities", "1", "--size", "96", "--out", str(path)]
    main(words)
    sheet = cv2.imread(str(path)).astype(float)
    assert sheet.shape == (2 * 96, 112 + 3 * 96, 3)
    jaw, eyes = sheet[:96, 112:], sheet[96:, 112:]
    np.testing.assert_array_equal(jaw[:, :96], eyes[:, :96])  # both begin at rest
    for row in (jaw, eyes):
        half, whole = (np.abs(row[:, s : s + 96] - row[:, :96]).mean() for s in (96, 192))
        assert 0 < half < whole


def test_an_unknown_kind_of_picture_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["random", "--out", "sheet.tif"])
    assert "expected a name that ends in .png or .jpg" in capsys.readouterr().err
