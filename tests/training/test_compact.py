"""A graph made small answers the same, to what 8 bits can hold."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from training.compact import HALVED, IN_BYTES, compact

INPUTS, OUTPUTS = 512, 400  # 204,800 weights


class Layers(nn.Module):
    """A large linear layer, a middling and a small one."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.large = nn.Linear(INPUTS, OUTPUTS)
        self.middling = nn.Linear(OUTPUTS, 16)
        self.small = nn.Linear(16, 3)

    def forward(self, x):
        return self.small(torch.relu(self.middling(torch.relu(self.large(x)))))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The graph as torch writes it, and made small."""
    paths = [tmp_path_factory.mktemp("graph") / f"{name}.onnx" for name in ("whole", "small")]
    for path in paths:
        torch.onnx.export(
            Layers(), (torch.zeros(1, INPUTS),), str(path), opset_version=17, dynamo=False,
            input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "batch"}},
        )  # fmt: skip
    compact(paths[1])
    return paths


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as in training.export


def answers(path, x):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"x": row[None]})[0] for row in x])


def test_it_answers_the_same_to_a_hundredth_of_its_spread(files):
    x = np.random.default_rng(1).standard_normal((50, INPUTS)).astype(np.float32)
    whole, small = (answers(path, x) for path in files)
    assert not np.array_equal(whole, small)
    assert np.abs(whole - small).max() < 0.02 * whole.std()


def test_a_layer_at_the_ends_of_its_range_does_not_overflow(files):
    """Signed bytes would, in instructions that add two products in 16 bits."""
    for x in (np.full((1, INPUTS), 1.0), np.full((1, INPUTS), -1.0)):
        whole, small = (answers(path, x.astype(np.float32)) for path in files)
        np.testing.assert_allclose(small, whole, atol=0.01)


def test_each_tensor_is_kept_as_its_size_asks(files):
    kinds = {
        t.name: (t.data_type, np.prod(t.dims)) for t in onnx.load(str(files[1])).graph.initializer
    }
    sizes = {kind: [s for k, s in kinds.values() if k == kind] for kind, _ in kinds.values()}
    assert max(sizes[onnx.TensorProto.UINT8]) == INPUTS * OUTPUTS >= IN_BYTES
    assert sizes[onnx.TensorProto.FLOAT16] == [16 * OUTPUTS]
    assert max(sizes[onnx.TensorProto.FLOAT]) < HALVED
    whole, small = (path.stat().st_size for path in files)
    assert small < 0.3 * whole
