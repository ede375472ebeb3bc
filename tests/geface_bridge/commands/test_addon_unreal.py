"""``geface-bridge addon unreal`` as a user starts it."""

import subprocess
import sys

import pytest


@pytest.fixture
def addon():
    def run(*arguments):
        words = [sys.executable, "-m", "geface_bridge", "addon", "unreal", *map(str, arguments)]
        return subprocess.run(words, capture_output=True, text=True, timeout=120)

    return run


def test_it_writes_the_plugin_and_says_what_to_do_with_it(addon, tmp_path):
    done = addon("--out", tmp_path / "Plugins")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "Plugins" / "GeFaceBridge"
    assert done.stdout.startswith(f"{folder}: ")
    assert (folder / "GeFaceBridge.uplugin").is_file()
    assert (folder / "Resources" / "Profiles" / "arkit52.json").is_file()


@pytest.mark.parametrize("below", ["", "below"])
def test_what_cannot_be_written_is_one_line(addon, tmp_path, below):
    (tmp_path / "GeFaceBridge").write_text("a file")
    done = addon("--out", tmp_path / "GeFaceBridge" / below if below else tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "choose another --out" in done.stderr
    assert not done.stdout
