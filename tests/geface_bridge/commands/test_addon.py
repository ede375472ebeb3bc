"""``geface-bridge addon`` as a user starts it."""

import subprocess
import sys
import zipfile

import pytest


@pytest.fixture
def addon():
    def run(*arguments, **more):
        words = [sys.executable, "-m", "geface_bridge", "addon", "blender", *map(str, arguments)]
        return subprocess.run(words, capture_output=True, text=True, timeout=120, **more)

    return run


def test_it_writes_the_zip_and_says_what_to_do_with_it(addon, tmp_path):
    done = addon("--out", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "new").iterdir()
    assert done.stdout.startswith(f"{path}: ")
    with zipfile.ZipFile(path) as archive:
        assert "geface/__init__.py" in archive.namelist()


def test_a_folder_that_cannot_be_written_is_one_line(addon, tmp_path):
    (tmp_path / "taken").write_text("a file")
    done = addon("--out", tmp_path / "taken" / "below")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "choose another --out" in done.stderr
    assert not done.stdout
