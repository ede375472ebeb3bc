"""Takes in other programs' formats, read back by other readers where there are some."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from geface_bridge.align.geometry import openface_angles_from_head_angles
from geface_bridge.errors import TakeError
from geface_bridge.takes.exports import WRITERS, openface_columns
from geface_bridge.takes.livelink import timecode
from rig.glb import parse_glb
from rig.head import load_head
from rig.profile import profile_names
from rig.rotations import rotvec_to_matrix
from rig.skeleton import Skeleton
from tests.geface_bridge.takes.made import LAYOUT, made_take

TAKE = made_take(10)


def written(kind, take=TAKE):
    return WRITERS[kind][1](take, 0)


def table(data):
    return list(csv.DictReader(io.StringIO(data.decode())))


@pytest.mark.parametrize("kind", ["csv", "openface"])
def test_tables_hold_the_frames_on_the_facs_scale(kind):
    rows = table(written(kind))
    assert [row["success"] for row in rows] == list("1101111111")
    assert float(rows[9]["timestamp"]) == pytest.approx(9 / 25, abs=1e-3)
    assert float(rows[9]["AU12_r"]) == pytest.approx(2.5)
    assert float(rows[2]["AU12_r"]) == 0.0


def test_openface_has_openfaces_columns_and_presences():
    rows = table(written("openface"))
    assert list(rows[0]) == openface_columns()
    assert len(openface_columns()) == 5 + 6 + 17 + 18
    assert [float(row["AU12_c"]) for row in rows] == [0.0] * 4 + [1.0] * 6
    assert float(rows[5]["pose_Ry"]) == pytest.approx(
        openface_angles_from_head_angles(0.2, 0.0, 0.0)[1], abs=1e-4
    )


def test_json_lines_hold_the_wires_values():
    lines = [json.loads(line) for line in written("json").decode().splitlines()]
    assert lines[9]["channels"]["AU12_L"] == pytest.approx(1.0)
    assert lines[2]["channels"] is None


@pytest.mark.skipif("arkit52" not in profile_names(), reason="needs the profile arkit52")
def test_livelink_leaves_lost_frames_out_and_keeps_sides_apart():
    rows = table(written("livelink"))
    assert len(rows) == 9
    assert set(rows[0].values()) >= {"61", "00:00:00:00.000"}
    assert len(rows[0]) == 63
    assert float(rows[-1]["MouthSmileLeft"]) > 0.5
    assert float(rows[-1]["MouthSmileRight"]) == 0.0
    assert float(rows[-1]["HeadYaw"]) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("time_s", "code"),
    [(0.0, "00:00:00:00.000"), (1.025, "00:00:01:01.500"), (3661.0, "01:01:01:00.000")],
)
def test_timecodes(time_s, code):
    assert timecode(time_s) == code


def test_gltf_plays_what_the_skeleton_evaluates():
    glb = parse_glb(written("gltf"))
    (animation,) = glb.json["animations"]
    head, skeleton = load_head(), Skeleton()
    times = glb.accessor(animation["samplers"][0]["input"])
    assert times[-1] == pytest.approx(9 / 25, abs=1e-6)
    assert (np.diff(times) > 0).all()
    wanted = skeleton.local_parameters(TAKE.frames[9].channels.astype(float))
    seen = set()
    for channel in animation["channels"]:
        name = glb.json["nodes"][channel["target"]["node"]]["name"]
        joint, path = head.joint_index(name), channel["target"]["path"]
        last = glb.accessor(animation["samplers"][channel["sampler"]]["output"])[-1]
        seen.add(path)
        if path == "translation":
            expected = head.rest_translations[joint] + wanted[joint, :3]
            np.testing.assert_allclose(last, expected, atol=1e-6)
        elif path == "scale":
            np.testing.assert_allclose(last, 1 + wanted[joint, 6:], atol=1e-6)
        elif name != "head":
            matrix = rotvec_to_matrix(wanted[joint, 3:6])
            np.testing.assert_allclose(matrix_of(last), matrix, atol=1e-5)
    assert seen == {"translation", "rotation", "scale"}


def matrix_of(xyzw):
    x, y, z, w = np.asarray(xyzw, float) / np.linalg.norm(xyzw)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def test_bvh_has_every_joint_once_and_the_heads_turn():
    text = written("bvh").decode()
    head = load_head()
    names = [line.split()[1] for line in text.splitlines() if line.split()[0] in ("ROOT", "JOINT")]
    assert sorted(names) == sorted(head.joint_names)
    assert text.count("{") == text.count("}")
    frames = text[text.index("Frame Time") :].splitlines()[1:]
    assert len(frames) == 10
    cells = np.array([[float(cell) for cell in line.split()] for line in frames])
    assert cells.shape == (10, 6 * len(names))
    place = 6 * names.index("head")
    np.testing.assert_allclose(cells[:, place + 3], np.degrees(0.2), atol=1e-3)
    rest = head.rest_translations[head.joint_index("head")] * 100
    np.testing.assert_allclose(cells[0, place : place + 3], rest, atol=1e-3)


@pytest.mark.parametrize("kind", ["csv", "gltf", "bvh"])
def test_another_layout_is_refused_with_the_way_out(kind):
    other = replace(TAKE, hello=replace(TAKE.hello, layout_id="feed"))
    with pytest.raises(TakeError, match=f"take has layout feed, this program {LAYOUT.layout_id}"):
        written(kind, other)


def test_a_take_without_a_face_has_no_animation():
    nobody = replace(TAKE, frames=TAKE.frames[2:3])
    with pytest.raises(TakeError, match="no frame with a face"):
        written("gltf", nobody)
