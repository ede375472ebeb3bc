import numpy as np
import pytest
import torch

from geface_bridge.align.geometry import transform_points
from rig.landmarks import Landmarks
from rig.layout import channels_from_parameters, load_layout
from rig.render import Renderer
from rig.sampling import sample_plain_face
from rig.view import EVEN_VIEW, project
from training.data.rig_crops import crop_from_image_of
from training.rig_points import SKIN_POINTS, RigPoints

LAYOUT = load_layout()
FACES = np.stack([sample_plain_face(11, index).parameters for index in range(5)])


@pytest.fixture(scope="module")
def points():
    return RigPoints()


def test_channels_are_the_layouts(points):
    y = FACES.copy()
    y[0, LAYOUT.blocks["au"]] = 1.4  # beyond the range, where the layout clips
    found = points.channels(torch.from_numpy(y).float())
    np.testing.assert_allclose(found, channels_from_parameters(y), atol=1e-6)


def test_joints_are_the_skeletons(points):
    with Renderer(64) as renderer:
        skeleton = renderer.skeleton
    y = torch.from_numpy(FACES).float()
    found = points.joints(points.channels(y), y[:, LAYOUT.blocks["identity"]])
    for row, parameters in zip(found, FACES, strict=True):
        channels = channels_from_parameters(parameters)
        expected = skeleton.skin_matrices(channels, parameters[LAYOUT.blocks["identity"]])
        np.testing.assert_allclose(row, expected[:, :3], atol=2e-6)


def test_points_are_where_the_renders_crop_shows_them(points):
    found = points(torch.from_numpy(FACES).float())
    with Renderer(64) as renderer:
        for row, parameters in zip(found, FACES, strict=True):
            vertices = renderer.vertices(parameters)
            named = Landmarks(renderer.head).positions(vertices)
            pixels = project(np.array(list(named.values())), EVEN_VIEW, 512)[:, :2]
            landmarks = dict(zip(named, pixels, strict=True))
            expected = transform_points(crop_from_image_of(landmarks), pixels)
            assert points.names == tuple(named)
            np.testing.assert_allclose(row[: len(named)], expected, atol=0.01)


def test_there_is_skin_all_over_the_face(points):
    base = points(torch.from_numpy(LAYOUT.neutral_parameters()).float()[None])[0]
    skin = base[len(points.names) :]
    assert len(skin) == SKIN_POINTS
    assert (skin.min(0).values < torch.tensor([25, 10])).all()
    assert (skin.max(0).values > torch.tensor([103, 110])).all()
    apart = torch.cdist(skin, skin) + 1e3 * torch.eye(SKIN_POINTS)
    assert float(apart.min(1).values.median()) > 5


def test_the_gradient_is_that_of_small_differences(points):
    double = RigPoints().double()
    y = torch.from_numpy(FACES[:1]).clamp(0.1, 0.9)
    inputs = y.clone().requires_grad_()
    weights = torch.linspace(-1, 1, 2 * points.count, dtype=torch.float64).view(1, -1, 2)
    (double(inputs) * weights).sum().backward()
    for name in ("AU12", "AU43", "AU26", "head_yaw", "gaze_pitch", "AU12.asymmetry"):
        step = torch.zeros_like(y)
        step[0, LAYOUT.parameter_index[name]] = 1e-5
        change = ((double(y + step) - double(y - step)) * weights).sum() / 2e-5
        found = inputs.grad[0, LAYOUT.parameter_index[name]]
        assert float(found) == pytest.approx(float(change), rel=1e-3, abs=1e-2)


def test_the_base_face_has_a_gradient(points):
    y = torch.from_numpy(LAYOUT.neutral_parameters()).float()[None].requires_grad_()
    points(y)[0, points.names.index("mouth_corner_L"), 0].backward()
    assert torch.isfinite(y.grad).all()
    assert float(y.grad[0, LAYOUT.parameter_index["AU12"]]) != 0


def test_mixed_precision_leaves_points_where_they_are(points):
    y = torch.from_numpy(FACES).float()
    with torch.autocast("cpu", torch.bfloat16):
        found = points(y)
    torch.testing.assert_close(found, points(y))
