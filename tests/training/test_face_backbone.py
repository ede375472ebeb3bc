from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch

from geface_bridge import capture
from geface_bridge.align import CROP_SIZE, FaceAligner
from geface_bridge.capture import open_video
from geface_bridge.errors import ModelError
from training.face_backbone import (
    BRANCH_MARGIN,
    FRONT_END_FEATURES,
    INPUT_SIZE,
    LIPS,
    MESH_POINTS,
    MODEL_FILE,
    REGIONS,
    FaceBackbone,
    FaceFrontEnd,
    Region,
    load_face_backbone,
    mediapipe_file,
    region_box,
    region_grid,
)

pytest.importorskip("tflite")
CLIP = Path(capture.__file__).with_name("performance.mp4")


@pytest.fixture(scope="module")
def net():
    return load_face_backbone()


@pytest.fixture(scope="module")
def face():
    with closing(open_video(CLIP, realtime=False)) as source:
        frame = next(iter(source.frames()))
    with FaceAligner(tracking=False) as aligner:
        return aligner.align(frame.image_rgb)[0]


@pytest.fixture(scope="module")
def seen(net, face):
    picture = torch.from_numpy(face.crop_rgb).permute(2, 0, 1)[None].float() / 255
    landmarks = torch.from_numpy(face.landmarks_crop)[None].float()
    with torch.no_grad():
        return net(picture, landmarks), landmarks


def test_a_crop_of_ours_can_be_fed_as_it_is(seen):
    taps, _ = seen
    shapes = [tuple(m.shape[1:]) for m in (taps.map_48, taps.map_24, taps.map_12, taps.map_6)]
    assert shapes == [(32, 32, 32), (64, 16, 16), (128, 8, 8), (128, 4, 4)]
    assert taps.map_3.shape == (1, 128, 2, 2)
    assert {tuple(r.shape) for r in taps.regions.values()} == {(1, 128, 2, 2)}


@pytest.mark.parametrize("name", list(REGIONS))
def test_branches_place_lips_and_lids_where_mediapipe_places_them(net, seen, name):
    taps, landmarks = seen
    branch = net.branches[name]
    # a picture without a face, in the same box: the branch must look, not merely repeat the box
    with torch.no_grad():
        points = branch.points(taps.regions[name], landmarks)
        blank = branch.points(torch.zeros_like(taps.regions[name]), landmarks)
    true = landmarks[:, list(REGIONS[name].points)]
    error_px = (points - true).norm(dim=2).median() * CROP_SIZE
    blank_px = (blank - true).norm(dim=2).median() * CROP_SIZE
    assert error_px < 1.0
    assert blank_px > 2 * error_px


def test_without_landmarks_the_regions_are_left_out(net):
    with torch.no_grad():
        assert net(torch.zeros(1, 3, 64, 64)).regions == {}


def test_the_trunk_answers_as_the_file_does(net, tmp_path):
    pytest.importorskip("ai_edge_litert")
    answer, picture = _answer_of_the_file(tmp_path / "trunk.tflite")
    with torch.no_grad():
        mesh = net.mesh(net(picture))
    assert mesh.shape == (1, MESH_POINTS, 3)
    np.testing.assert_allclose(mesh.flatten().numpy(), answer, atol=1e-3)


def _answer_of_the_file(path):
    """The mesh that TensorFlow Lite gives of noise; its graph is cut before custom operators."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter

    data = mediapipe_file(MODEL_FILE).read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    graph = model.subgraphs[0]
    names = [graph.tensors[o.outputs[0]].name.decode() for o in graph.operators]
    last = names.index("output_mesh")
    graph.outputs = graph.operators[last].outputs
    graph.operators = graph.operators[: last + 1]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    noise = np.random.default_rng(0).random((1, INPUT_SIZE, INPUT_SIZE, 3), np.float32)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], noise)
    interpreter.invoke()
    answer = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return answer.ravel(), torch.from_numpy(noise).permute(0, 3, 1, 2)


def test_a_region_s_box_is_half_as_large_again_as_its_points():
    region = Region("", (0, 1, 2), (0, 1))
    points = torch.tensor([[[0.2, 0.5], [0.6, 0.5], [0.4, 0.7]]])
    centre, axes = region_box(points, region)
    torch.testing.assert_close(centre, torch.tensor([[0.4, 0.6]]))
    extent = BRANCH_MARGIN * torch.tensor([[0.4, 0.0], [0.0, 0.2]])
    torch.testing.assert_close(axes[0], extent)


def test_a_region_s_grid_turns_and_moves_with_the_face():
    region = Region("", LIPS, (61, 291))
    points = torch.rand(1, MESH_POINTS, 2, generator=torch.Generator().manual_seed(0))
    angle, shift = torch.tensor(0.4), torch.tensor([0.3, -0.2])
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([torch.stack([cos, -sin]), torch.stack([sin, cos])])
    moved = region_grid(2 * points @ turn.T + shift, region)
    torch.testing.assert_close(moved, 2 * region_grid(points, region) @ turn.T + shift)


def test_everything_can_be_fine_tuned(net):
    pictures = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    landmarks = torch.rand(1, MESH_POINTS, 2, generator=torch.Generator().manual_seed(1))
    taps = net(pictures, landmarks)
    (taps.map_6.sum() + sum(region.sum() for region in taps.regions.values())).backward()
    used = [p for n, p in net.named_parameters() if p.grad is not None]
    assert net.stem.weight.grad.abs().sum() > 0
    assert len(used) > 100
    net.zero_grad(set_to_none=True)


def test_a_foreign_file_is_refused_by_name(tmp_path):
    path = tmp_path / "foreign.tflite"
    path.write_bytes(b"\0\0\0\0TFL3" + bytes(64))
    with pytest.raises(ModelError, match=r"foreign\.tflite"):
        load_face_backbone(path)


def test_mediapipe_s_other_network_is_refused():
    other = mediapipe_file("modules/face_landmark/face_landmark.tflite")
    with pytest.raises(ModelError, match=r"face_landmark\.tflite"):
        load_face_backbone(other)


def test_the_seed_alone_decides_random_weights():
    torch.manual_seed(3)
    one = FaceBackbone().stem.weight
    torch.manual_seed(3)
    assert torch.equal(one, FaceBackbone().stem.weight)


def test_the_front_end_is_the_network_s_own_taps(net, face, seen):
    taps, landmarks = seen
    picture = torch.from_numpy(face.crop_rgb).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        features = FaceFrontEnd(net)(picture, landmarks)
    assert features.shape == (1, FRONT_END_FEATURES)
    parts = [taps.map_6, *(taps.regions[name] for name in REGIONS)]
    torch.testing.assert_close(features, torch.cat([p.flatten(1) for p in parts], 1))
