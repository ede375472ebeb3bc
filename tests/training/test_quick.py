from collections import Counter
from dataclasses import replace

import onnx
import pytest
import torch
from torch import nn

from tests.training.samples import TINY
from training.align_pairs import target_names
from training.ensemble import Ensemble
from training.estimator import EstimatorNet
from training.export import OPSET, random_inputs
from training.face_backbone import REGIONS, FaceFrontEnd, region_grid
from training.quick import QuickFront, RegionGrids, Slope, Standard, quick


def noise(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def front():
    """A front end of random weights whose slopes lie on both sides of 0 and of 1."""
    torch.manual_seed(0)
    front = FaceFrontEnd().eval()
    for module in front.modules():
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, -0.5, 1.8)
    return front


@pytest.mark.parametrize("slopes", [(0.2, -0.5, 1.0), (0.2, 1.7, -3.0)])
def test_a_slope_answers_as_a_prelu(slopes):
    act = nn.PReLU(3)
    act.weight.data = torch.tensor(slopes)
    x = noise(2, 3, 4, 4) - 0.5
    torch.testing.assert_close(Slope(act.weight)(x), act(x), rtol=1e-6, atol=1e-7)


def test_a_batch_norm_of_rows_answers_the_same():
    norm = nn.BatchNorm1d(4)
    norm(3 * noise(8, 4) + 1)
    norm.weight.data, norm.bias.data = noise(4), noise(4, seed=1)
    norm.eval()
    torch.testing.assert_close(Standard(norm)(noise(2, 4)), norm(noise(2, 4)))


def test_the_front_end_answers_the_same(front):
    pictures, landmarks = noise(3, 3, 128, 128), noise(3, 478, 2, seed=1)
    with torch.no_grad():
        expected, found = front(pictures, landmarks), QuickFront(front)(pictures, landmarks)
    scale = float(expected.abs().max())
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6 * scale)
    assert expected.std(dim=0).mean() > 1e-3 * scale, "the pictures must make a difference"


def test_grids_of_all_regions_are_each_region_s_own():
    landmarks = noise(2, 478, 2)
    expected = [2 * region_grid(landmarks, region) - 1 for region in REGIONS.values()]
    found = RegionGrids(tuple(REGIONS))(landmarks)
    torch.testing.assert_close(found, torch.cat(expected, 1))


def test_a_copy_is_changed_and_the_network_is_not(front):
    whole = nn.ModuleDict({"front": front, "norm": nn.BatchNorm1d(2)})
    fast = quick(whole)
    assert isinstance(fast["front"], QuickFront)
    assert isinstance(fast["norm"], Standard)
    assert whole["front"] is front


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as in training.export
def test_the_graph_has_nothing_that_onnxruntime_turns_maps_over_for(front, tmp_path):
    path = tmp_path / "front.onnx"
    names = ["pictures", "landmarks"]
    torch.onnx.export(
        QuickFront(front), (noise(2, 3, 128, 128), noise(2, 478, 2)), str(path),
        opset_version=OPSET, dynamo=False, input_names=names,
        dynamic_axes={name: {0: "batch"} for name in names},
    )  # fmt: skip
    found = Counter(node.op_type for node in onnx.load(str(path)).graph.node)
    assert not {"Pad", "PRelu", "Max", "Clip"} & set(found)
    assert found["GridSample"] == 1


def test_an_estimator_answers_the_same(front):
    torch.manual_seed(1)
    net = EstimatorNet(target_names(), replace(TINY, front_features=8)).eval()
    net.front = front
    nn.init.normal_(net.mean_head.weight, std=0.1)
    ensemble = Ensemble([net])
    crop, landmarks = (torch.from_numpy(a) for a in random_inputs(3))
    with torch.no_grad():
        expected, found = ensemble(crop, landmarks), quick(ensemble)(crop, landmarks)
    for one, other in zip(expected, found, strict=True):
        torch.testing.assert_close(other, one, rtol=0, atol=1e-5)
