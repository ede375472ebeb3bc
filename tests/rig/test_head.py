"""What holds for the packaged head whatever it looks like."""

import copy
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from rig.glb import Glb, read_glb
from rig.head import asset_path, load_head, parse_head
from rig.layout import mirror_name
from tests.rig.support import HEAD, LAYOUT, MIRROR, TWIN, dense_weights, mirror_vertices

PARTS = ("skin", "mouth", "eyes", "teeth", "tongue", "lashes", "hair")
NODE = Path(__file__).parent / "node"
part = pytest.mark.parametrize("name", PARTS)


def test_the_parts_are_those_the_renderer_draws():
    assert tuple(HEAD.primitives) == PARTS


@part
def test_weights_are_convex_with_at_most_four_influences(name):
    weights = HEAD.primitives[name].weights
    assert weights.shape[1] == 4
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-12)


@part
def test_indices_point_at_what_is_there(name):
    primitive = HEAD.primitives[name]
    assert 0 <= primitive.joints.min() <= primitive.joints.max() < len(HEAD.joint_names)
    used = np.unique(primitive.triangles)
    np.testing.assert_array_equal(used, np.arange(len(primitive.positions)))


@part
def test_normals_have_unit_length(name):
    length = np.linalg.norm(HEAD.primitives[name].normals, axis=1)
    np.testing.assert_allclose(length, 1, atol=1e-4)


@part
def test_texture_coordinates_stay_in_one_tile_but_for_the_seam_at_the_back(name):
    uvs = HEAD.primitives[name].uvs
    assert uvs.min() >= 0
    assert uvs[:, 1].max() <= 1
    assert uvs[:, 0].max() <= (1.5 if name in ("skin", "mouth", "hair") else 1)


def test_the_mesh_stays_light_enough_for_games():
    vertices = sum(len(p.positions) for p in HEAD.primitives.values())
    triangles = sum(len(p.triangles) for p in HEAD.primitives.values())
    assert 5_000 < vertices < 14_000  # 5,000 of them in the locks of hair
    assert triangles < 20_000


def test_lengths_are_metres_with_the_eyes_above_the_origin():
    skin = HEAD.primitives["skin"].positions
    front = skin[(np.abs(skin[:, 0]) < 0.01) & (skin[:, 2] > 0.03)]
    chin_to_crown = skin[:, 1].max() - front[:, 1][front[:, 2] > 0.07].min()
    assert 0.19 < chin_to_crown < 0.25  # of adults: Gordon et al. 1989, 0.20 to 0.25
    eyes = HEAD.primitives["eyes"].positions
    assert (eyes[:, 1] > 0).all()
    assert 0.054 < np.ptp(eyes[:, 0]) - np.ptp(eyes[eyes[:, 0] > 0, 0]) < 0.068  # between pupils


def test_the_left_is_at_positive_x_and_the_face_looks_along_positive_z():
    rest = dict(zip(HEAD.joint_names, HEAD.rest_positions, strict=True))
    assert rest["eyeball_L"][0] > 0.02
    assert rest["nose_point"][2] > rest["eyeball_L"][2] > rest["head"][2]
    assert rest["forehead"][1] > rest["eyeball_L"][1] > rest["chin"][1]


def test_names_are_unique_and_parents_come_first():
    assert len(set(HEAD.joint_names)) == len(HEAD.joint_names)
    assert HEAD.joint_parents[0] == -1
    assert all(0 <= p < i for i, p in enumerate(HEAD.joint_parents) if i)


def test_every_bone_of_the_identity_block_is_there():
    bones = {bone for component in LAYOUT.identity for bone in component.bones}
    assert bones <= set(HEAD.joint_names)


def joints_of(name):
    """Names of the joints that move a part."""
    primitive = HEAD.primitives[name]
    return {HEAD.joint_names[i] for i in primitive.joints[primitive.weights > 0]}


def test_at_most_96_face_bones_move_skin_and_eyes():
    assert len((joints_of("skin") | joints_of("eyes")) - {"head", "neck"}) <= 96
    everything = set().union(*(joints_of(name) for name in PARTS))
    assert everything - joints_of("skin") == {
        *("eyeball_L", "eyeball_R"),
        *("tongue_1", "tongue_2", "tongue_3"),
    }


def test_joints_are_mirror_images_in_place_and_parent():
    names = HEAD.joint_names
    np.testing.assert_allclose(HEAD.rest_positions[TWIN], HEAD.rest_positions * MIRROR, atol=1e-7)
    for name, parent in zip(names, HEAD.joint_parents, strict=True):
        twin = HEAD.joint_parents[HEAD.joint_index(mirror_name(name))]
        if parent >= 0:
            assert names[twin] == mirror_name(names[parent])


@pytest.mark.parametrize("name", [name for name in PARTS if name != "hair"])
def test_meshes_and_weights_are_mirror_images(name):
    """But for the hair, which falls as it falls."""
    primitive, twin = HEAD.primitives[name], mirror_vertices(name)
    weights = dense_weights(primitive)
    off = np.abs(primitive.positions[twin] - primitive.positions * MIRROR).max(1)
    wrong = (off > 1e-6) | (np.abs(weights[twin][:, TWIN] - weights).max(1) > 1e-5)
    assert not wrong.any()


@pytest.mark.parametrize(("name", "joint"), [("eyes", "eyeball_L"), ("eyes", "eyeball_R")])
def test_an_eye_is_rigid_and_turns_about_its_own_centre(name, joint):
    primitive, index = HEAD.primitives[name], HEAD.joint_index(joint)
    mine = primitive.joints[:, 0] == index
    np.testing.assert_allclose(primitive.weights[mine, 0], 1)
    radius = np.linalg.norm(primitive.positions[mine] - HEAD.rest_positions[index], axis=1)
    assert np.ptp(radius) < 0.0012  # the cornea's bulge


def test_teeth_are_rigid_on_the_mouths_two_halves():
    assert joints_of("teeth") == {"mouth_upper", "mouth_lower"}
    parents = dict(zip(HEAD.joint_names, HEAD.joint_parents, strict=True))
    assert HEAD.joint_names[parents["mouth_lower"]] == "jaw"
    np.testing.assert_allclose(HEAD.primitives["teeth"].weights.max(1), 1)


def test_nothing_but_the_tongue_follows_the_tongue():
    bones = [HEAD.joint_index(f"tongue_{i}") for i in (1, 2, 3)]
    for name, primitive in HEAD.primitives.items():
        if name != "tongue":
            assert dense_weights(primitive)[:, bones].max() == 0, name


def test_an_unknown_joint_is_named_in_the_error():
    with pytest.raises(KeyError, match="no joint 'elbow'"):
        HEAD.joint_index("elbow")


def test_a_missing_asset_tells_how_to_rebuild_it():
    with pytest.raises(FileNotFoundError, match=r"nose\.glb is missing; rebuild it with: make rig"):
        asset_path("nose.glb")


def test_a_fresh_build_is_read_where_it_has_the_file(tmp_path, monkeypatch):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "head.glb").write_bytes(b"fresh")
    packaged = asset_path("skin_maps.npz")
    monkeypatch.setenv("GEFACE_RIG_DIR", str(tmp_path))
    assert asset_path("head.glb").read_bytes() == b"fresh"
    assert asset_path("skin_maps.npz") == packaged


def test_the_head_is_read_once():
    assert load_head() is load_head()


def changed(change):
    glb = read_glb(asset_path("head.glb"))
    content = copy.deepcopy(glb.json)
    change(content)
    return Glb(content, glb.binary)


def turn_a_joint(content):
    content["nodes"][content["skins"][0]["joints"][3]]["rotation"] = [0, 0, 0, 1]


def drop_weights(content):
    for raw in content["meshes"][0]["primitives"]:
        del raw["attributes"]["WEIGHTS_0"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("skins"), "skins None, expected one skinned head"),
        (turn_a_joint, "rest with rotation or scale"),
        (drop_weights, "not a skinned head: KeyError\\('WEIGHTS_0'\\)"),
    ],
)
def test_a_glb_that_is_no_such_head_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        parse_head(changed(change))


@pytest.fixture(scope="module")
def validator():
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip("node and npm are not installed: the Khronos validator cannot run")
    if not (NODE / "node_modules" / "gltf-validator").exists():
        command = [npm, "install", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=NODE, capture_output=True, text=True)
        assert done.returncode == 0, f"npm install failed: {done.stderr}"
    return [node, "validate.mjs"]


def test_the_khronos_validator_finds_no_error(validator):
    command = [*validator, str(asset_path("head.glb"))]
    done = subprocess.run(
        command, cwd=NODE, capture_output=True, text=True, encoding="utf-8", check=True
    )
    report = json.loads(done.stdout)
    assert report["issues"]["numErrors"] == 0, report["issues"]["messages"]
    codes = {m["code"] for m in report["issues"]["messages"] if m["severity"] < 2}
    assert codes <= {"NODE_SKINNED_MESH_NON_ROOT"}  # Blender's exporter parents meshes to the rig
    assert report["info"]["maxInfluences"] == 4
    assert report["info"]["hasSkins"]
