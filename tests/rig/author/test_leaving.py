"""Rigify's process ends; that tests with Blender end at all shows it too."""

import subprocess
import sys

import pytest

SCRIPT = """
from rig.author.leaving import leave
from rig.author.rigify_face import RigifyFace
RigifyFace()
print("made")
leave(3)
"""


def test_a_process_that_made_a_rigify_face_ends_with_its_status_and_its_output():
    pytest.importorskip("bpy")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 3
    assert done.stdout.endswith("made\n")
