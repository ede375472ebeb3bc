"""A damaged file of arrays is a ValueError, whatever numpy's parsers raise."""

import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from training.arrays import array_of, arrays_of


def npy():
    file = io.BytesIO()
    np.save(file, np.arange(289, dtype=np.float32))
    return file.getvalue()


def changed(whole, start, other):
    return (whole[:start] + other + whole[start + len(other) :])[: len(whole)]


def test_what_was_saved_is_read(tmp_path):
    np.testing.assert_array_equal(array_of(npy()), np.arange(289))
    np.savez(tmp_path / "a.npz", one=np.arange(3), two=np.eye(2))
    found = arrays_of(tmp_path / "a.npz")
    assert sorted(found) == ["one", "two"]
    np.testing.assert_array_equal(found["two"], np.eye(2))


@given(st.integers(0, 127), st.binary(min_size=1, max_size=8))
@example(npy().index(b"(289") + 3, b"\0\0\0")  # numpy lets a TokenError of tokenize out
def test_changed_bytes_are_read_or_a_value_error(start, other):
    with suppress(ValueError):
        assert isinstance(array_of(changed(npy(), start, other)), np.ndarray)


@given(st.data())
def test_a_changed_archive_is_read_or_a_value_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("archive") / "a.npz"
    np.savez_compressed(path, one=np.arange(40), two=np.eye(3))
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole) - 1))
    path.write_bytes(changed(whole, start, data.draw(st.binary(min_size=1, max_size=60))))
    with suppress(ValueError):
        assert all(isinstance(array, np.ndarray) for array in arrays_of(path).values())


def test_archives_and_arrays_are_told_apart_and_nothing_is_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", one=np.arange(3))
    with pytest.raises(ValueError, match="an archive of several"):
        array_of((tmp_path / "a.npz").read_bytes())
    (tmp_path / "b.npz").write_bytes(npy())
    with pytest.raises(ValueError, match="no archive of arrays"):
        arrays_of(tmp_path / "b.npz")
    np.save(tmp_path / "c.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="no array"):
        array_of((tmp_path / "c.npy").read_bytes())


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        arrays_of(tmp_path / "none.npz")
