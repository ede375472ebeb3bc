import csv

import numpy as np
import pytest

from rig.layout import load_layout, mirror_name

pytest.importorskip("bpy")

from rig.author import makehuman, other_faces
from rig.author.other_faces import (
    Expression,
    channel_shape,
    deformed,
    label_row,
    made_channels,
    make_set,
    read_table,
    write_table,
)

STILL = Expression({}, (0.0, 0.0), (0.0, 0.0))


@pytest.fixture(scope="module")
def mesh():
    return makehuman.read_base_mesh()


@pytest.fixture(scope="module")
def rest(mesh):
    return makehuman.average_adult(mesh)


@pytest.mark.parametrize("channel", made_channels())
def test_every_channel_moves_its_own_side_and_its_twin_the_other(mesh, rest, channel):
    shape = channel_shape(channel)
    assert np.abs(shape).max() > 1e-3
    twin = makehuman.mirror_index(rest)
    mirrored = channel_shape(mirror_name(channel))[twin] * [-1, 1, 1]
    body = mesh.vertices_of("body")
    size = np.linalg.norm(shape[body])
    assert np.linalg.norm(mirrored[body] - shape[body]) < 0.12 * size


def test_scores_are_the_mean_of_the_sides_on_the_scale_of_files():
    scores = Expression({"AU12_L": 0.8, "AU12_R": 0.4, "AU26": 0.5}, (0, 0), (0, 0)).scores()
    assert scores["AU12"] == pytest.approx(3)
    assert scores["AU26"] == pytest.approx(2.5)
    assert scores["AU01"] == 0
    assert set(scores) == {au.name for au in load_layout().aus} - set(other_faces.NOT_MADE)


def test_a_still_face_is_the_person(mesh, rest):
    np.testing.assert_array_equal(deformed(mesh, rest, STILL), rest)


def test_eyes_turn_about_their_centre_to_the_persons_left_and_down(mesh, rest):
    turned = deformed(mesh, rest, Expression({}, (0.3, 0.2), (0.0, 0.0)))
    for eye in other_faces.EYES:
        rows = mesh.vertices_of(eye)
        centre = rest[rows].mean(0)
        np.testing.assert_allclose(turned[rows].mean(0), centre, atol=1e-9)
        pupil = rows[rest[rows, 2].argmax()]
        moved = turned[pupil] - rest[pupil]
        assert moved[0] > 1e-3
        assert moved[1] < -1e-3


def test_a_set_is_pictures_with_a_table_and_is_not_made_twice(tmp_path):
    make_set(2, 3, tmp_path)
    pictures = sorted(tmp_path.glob("*.png"))
    before = [path.stat().st_mtime_ns for path in pictures]
    with (tmp_path / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["picture"] for row in rows] == [path.name for path in pictures]
    make_set(2, 3, tmp_path)
    assert [path.stat().st_mtime_ns for path in pictures] == before
    with pytest.raises(SystemExit, match=r"labels\.csv is of another seed"):
        make_set(2, 4, tmp_path)
    pictures[1].unlink()
    table = (tmp_path / "labels.csv").read_text()
    make_set(1, 3, tmp_path)
    assert (tmp_path / "labels.csv").read_text() == table
    assert not pictures[1].exists()


ROWS = {
    row["picture"]: row
    for row in (label_row(n, Expression({"AU26": n / 4}, (0, 0), (0.1, 0.2))) for n in range(3))
}


def test_a_table_grows_with_its_pictures_and_is_read_back(tmp_path):
    path = tmp_path / "labels.csv"
    assert read_table(path, ROWS) == {}
    first = dict(list(ROWS.items())[:2])
    write_table(path, first)
    assert read_table(path, ROWS) == first
    write_table(path, dict(reversed(ROWS.items())))
    assert list(read_table(path, ROWS)) == list(ROWS)
    assert read_table(path, first) == ROWS
    assert [p.name for p in tmp_path.iterdir()] == ["labels.csv"]


@pytest.mark.parametrize("text", ["picture,AU26_r\n00000.png,5\n", "no table\n1\n", b"\xff\xfe"])
def test_a_foreign_table_is_named_and_kept(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = path.read_bytes()
    with pytest.raises(SystemExit, match=r"labels\.csv"):
        read_table(path, ROWS)
    assert path.read_bytes() == before
