"""Made files with the names and shapes of the public checkpoints; the real ones are the user's."""

import pytest
import torch
from torch.nn import functional

from geface_bridge.align.template import crop_points
from geface_bridge.errors import ModelError
from training.perceptual import load_perceptual
from training.public_nets import LightCNN29, Vgg16, load_lightcnn, load_vgg16


def filters(name, before, after, size):
    shapes = {f"{name}.filter.weight": (2 * after, before, size, size)}
    return {**shapes, f"{name}.filter.bias": (2 * after,)}


def lightcnn_names(classes=80013):
    """Name → shape, as AlfredXiangWu/LightCNN's light_cnn.py makes LightCNN_29Layers_v2."""
    shapes = filters("conv1", 1, 48, 5)
    plan = ((48, 96, 1), (96, 192, 2), (192, 128, 3), (128, 128, 4))
    for number, (before, after, count) in enumerate(plan, 1):
        for block in range(count):
            for conv in ("conv1", "conv2"):
                shapes |= filters(f"block{number}.{block}.{conv}", before, before, 3)
        shapes |= filters(f"group{number}.conv_a", before, before, 1)
        shapes |= filters(f"group{number}.conv", before, after, 3)
    shapes |= {"fc.weight": (256, 8192), "fc.bias": (256,), "fc2.weight": (classes, 256)}
    return shapes


def vgg_names():
    """Name → shape of torchvision's vgg16; its fully connected layers stand for theirs, smaller."""
    widths = {
        0: 64, 2: 64, 5: 128, 7: 128, 10: 256, 12: 256, 14: 256, 17: 512, 19: 512, 21: 512,
        24: 512, 26: 512, 28: 512,
    }  # fmt: skip
    shapes, before = {}, 3
    for number, width in widths.items():
        shapes[f"features.{number}.weight"] = (width, before, 3, 3)
        shapes[f"features.{number}.bias"] = (width,)
        before = width
    return {**shapes, "classifier.0.weight": (8, 8), "classifier.0.bias": (8,)}


def made(shapes, prefix=""):
    generator = torch.Generator().manual_seed(0)
    return {
        prefix + k: 0.03 * torch.randn(shape, generator=generator) for k, shape in shapes.items()
    }


def pictures(count=2):
    return torch.rand(count, 3, 128, 128, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def lightcnn(tmp_path_factory):
    """As its train.py saves one: of many cards, within the state of the training."""
    path = tmp_path_factory.mktemp("public") / "LightCNN_29Layers_V2_checkpoint.pth.tar"
    state = made(lightcnn_names(classes=7), "module.")
    told = {"epoch": 80, "arch": "LightCNN", "state_dict": state, "prec1": torch.tensor([99.0])}
    torch.save(told, path)
    return path


@pytest.fixture(scope="module")
def vgg(tmp_path_factory):
    path = tmp_path_factory.mktemp("public") / "vgg16-397923af.pth"
    torch.save(made(vgg_names()), path)
    return path


def test_every_tensor_of_lightcnn_has_its_place(lightcnn):
    net, state = load_lightcnn(lightcnn), made(lightcnn_names(classes=7))
    for name, value in net.state_dict().items():
        assert torch.equal(value, state[name]), name
    assert set(state) - set(net.state_dict()) == {"fc2.weight"}


def test_lightcnn_embeds_our_crops(lightcnn):
    x = pictures().requires_grad_()
    found = load_lightcnn(lightcnn)(x)
    assert found.shape == (2, 256)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(2))
    found[0, 0].backward()
    assert x.grad[0].abs().sum() > 0
    assert x.grad[1].abs().sum() == 0


def test_lightcnn_sees_the_alignment_it_was_trained_on():
    """Eyes on row 40 and the mouth 48 below, in the middle across (its README)."""
    right, left, _, *mouth = torch.as_tensor(crop_points(), dtype=torch.float32)
    centres = torch.stack([(right + left) / 2, torch.stack(mouth).mean(0)])
    y, x = torch.meshgrid(torch.arange(128) + 0.5, torch.arange(128) + 0.5, indexing="ij")
    spots = torch.stack([torch.exp(-((x - c[0]) ** 2 + (y - c[1]) ** 2) / 8) for c in centres])
    seen = functional.grid_sample(
        spots[:, None], LightCNN29().grid.expand(2, -1, -1, -1), align_corners=False
    )[:, 0]
    rows = [(s.sum(1) * (torch.arange(128) + 0.5)).sum() / s.sum() for s in seen]
    columns = [(s.sum(0) * (torch.arange(128) + 0.5)).sum() / s.sum() for s in seen]
    assert [float(r) for r in rows] == pytest.approx([40, 88], abs=0.1)
    assert float(columns[0]) == pytest.approx(64, abs=0.1)


def test_a_plain_state_dict_is_taken_too(tmp_path):
    torch.save(made(lightcnn_names(classes=3)), tmp_path / "plain.pth")
    assert load_lightcnn(tmp_path / "plain.pth")(pictures(1)).isfinite().all()


def test_every_tensor_of_vgg_has_its_place(vgg):
    net, state = load_vgg16(vgg), made(vgg_names())
    for name, value in net.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_vgg_gives_the_papers_three_layers(vgg):
    maps = load_vgg16(vgg).content(pictures(1))
    assert [tuple(m.shape[1:]) for m in maps] == [(128, 64, 64), (256, 32, 32), (512, 16, 16)]
    assert all((m >= 0).all() for m in maps)  # behind a rectifier, not before


def test_vggs_pictures_are_normalised_as_imagenets():
    net = Vgg16()
    grey = torch.tensor([0.485, 0.456, 0.406])[None, :, None, None].expand(1, 3, 32, 32)
    seen = []
    net.features[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    net.content(grey)
    assert seen[0].abs().max() < 1e-6


def test_the_perceptual_loss_takes_vggs_file(vgg):
    loss = load_perceptual(vgg)
    assert float(loss(pictures(1), pictures(1))) == 0


def test_files_of_the_other_network_are_refused(lightcnn, vgg):
    with pytest.raises(ModelError, match=r"is not LightCNN-29 v2: conv1\.filter\.weight"):
        load_lightcnn(vgg)
    with pytest.raises(ModelError, match=r"is not torchvision's VGG16: features\.0\.weight"):
        load_vgg16(lightcnn)


def test_the_first_lightcnn_29_is_refused(tmp_path):
    """Its last layer is a max-feature-map too; nothing of it fits ``fc``."""
    shapes = lightcnn_names(classes=3)
    shapes = {k: v for k, v in shapes.items() if not k.startswith("fc.")}
    torch.save(made(shapes | {"fc.filter.weight": (512, 8192)}), tmp_path / "v1.pth")
    with pytest.raises(ModelError, match=r"fc\.weight is missing"):
        load_lightcnn(tmp_path / "v1.pth")


def test_vgg_with_batch_normalisation_is_refused(tmp_path):
    torch.save(made({**vgg_names(), "features.1.running_mean": (64,)}), tmp_path / "bn.pth")
    with pytest.raises(ModelError, match=r"it has features\.1\.running_mean"):
        load_vgg16(tmp_path / "bn.pth")


class Evil:
    def __reduce__(self):
        return print, ("this must never run",)


def test_code_in_a_file_is_not_run(tmp_path, capsys):
    torch.save({"state_dict": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(ModelError, match=r"evil\.pth is no file of tensors"):
        load_lightcnn(tmp_path / "evil.pth")
    assert "never" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 cut off"])
def test_junk_is_named(tmp_path, content):
    (tmp_path / "junk.pth").write_bytes(content)
    with pytest.raises(ModelError, match=r"junk\.pth is no file of tensors"):
        load_vgg16(tmp_path / "junk.pth")


def test_numbers_are_no_state_dict(tmp_path):
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(ModelError, match="holds no state dict"):
        load_vgg16(tmp_path / "list.pth")
