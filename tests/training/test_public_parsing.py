"""A made file with the names and shapes of 79999_iter.pth; the real one is the user's."""

import pytest
import torch

from geface_bridge.errors import ModelError
from training.data.parsing_samples import CLASSES
from training.parsing import GROUPS, load_parsing
from training.public_parsing import CELEBA_CLASSES, PublicParsingNet, load_public_parsing


def norm(name, width):
    shapes = {f"{name}.{k}": (width,) for k in ("weight", "bias", "running_mean", "running_var")}
    return {**shapes, f"{name}.num_batches_tracked": ()}


def convolution(name, before, after, size):
    return {f"{name}.conv.weight": (after, before, size, size), **norm(f"{name}.bn", after)}


def residual_names():
    shapes = {"conv1.weight": (64, 3, 7, 7), **norm("bn1", 64)}
    for stage, (before, after) in enumerate([(64, 64), (64, 128), (128, 256), (256, 512)], 1):
        for number, entering in enumerate([before, after]):
            block = f"layer{stage}.{number}"
            shapes[f"{block}.conv1.weight"] = (after, entering, 3, 3)
            shapes[f"{block}.conv2.weight"] = (after, after, 3, 3)
            shapes |= norm(f"{block}.bn1", after) | norm(f"{block}.bn2", after)
        if before != after:
            shapes[f"layer{stage}.0.downsample.0.weight"] = (after, before, 1, 1)
            shapes |= norm(f"layer{stage}.0.downsample.1", after)
    return {f"cp.resnet.{name}": shape for name, shape in shapes.items()}


def public_names():
    """Name → shape, as zllrunning/face-parsing.PyTorch's model.py and resnet.py make them."""
    shapes = residual_names()
    for arm, wide in (("arm16", 256), ("arm32", 512)):
        shapes |= convolution(f"cp.{arm}.conv", wide, 128, 3) | norm(f"cp.{arm}.bn_atten", 128)
        shapes[f"cp.{arm}.conv_atten.weight"] = (128, 128, 1, 1)
    for name in ("conv_head32", "conv_head16"):
        shapes |= convolution(f"cp.{name}", 128, 128, 3)
    shapes |= convolution("cp.conv_avg", 512, 128, 1) | convolution("ffm.convblk", 256, 256, 1)
    shapes |= {"ffm.conv1.weight": (64, 256, 1, 1), "ffm.conv2.weight": (256, 64, 1, 1)}
    for name, before, middle in (
        ("conv_out", 256, 256),
        ("conv_out16", 128, 64),
        ("conv_out32", 128, 64),
    ):
        shapes |= convolution(f"{name}.conv", before, middle, 3)
        shapes[f"{name}.conv_out.weight"] = (19, middle, 1, 1)
    return shapes


def made_tensors():
    torch.manual_seed(0)
    tensors = {k: 0.05 * torch.randn(shape) for k, shape in public_names().items()}
    for name in tensors:
        if name.endswith("num_batches_tracked"):
            tensors[name] = torch.tensor(79999)
        elif name.endswith("running_var"):
            tensors[name] = tensors[name].abs() + 1
    return tensors


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    path = tmp_path_factory.mktemp("public") / "79999_iter.pth"
    torch.save(made_tensors(), path)
    return path


def test_the_network_has_the_public_names_and_shapes():
    ours = {k: tuple(v.shape) for k, v in PublicParsingNet().bisenet.state_dict().items()}
    assert ours == public_names()


def test_it_is_f_seg_as_ours_is(public):
    net = load_parsing(public)
    picture = torch.rand(1, 3, 128, 128, requires_grad=True)
    parsing = net(picture)
    assert parsing.logits.shape == (1, len(CLASSES), 128, 128)
    features = parsing.features
    assert features.whole.shape == (1, 256, 64, 64)
    assert features.brows.shape == (1, 128, 64, 64)
    assert features.mouth.shape == (1, 256, 32, 32)
    assert features.outline.shape == (1, 512, 16, 16)
    sum(part.square().sum() for part in features.parts).backward()
    assert picture.grad.abs().sum() > 0
    assert not any(p.requires_grad for p in net.parameters())


def test_the_tensors_of_the_file_are_the_networks(public):
    net, tensors = load_public_parsing(public), made_tensors()
    assert all(torch.equal(v, tensors[k]) for k, v in net.bisenet.state_dict().items())


def test_their_classes_become_ours():
    """Every class of theirs goes to one of ours; both brows to the brows."""
    matrix = PublicParsingNet().ours_of_theirs
    assert matrix.shape == (len(CLASSES), len(CELEBA_CLASSES))
    assert (matrix.sum(0) == 1).all()
    brows = matrix[CLASSES.index("brows")].nonzero()[:, 0].tolist()
    assert [CELEBA_CLASSES[k] for k in brows] == ["l_brow", "r_brow"]
    named = {CLASSES[k] for k in matrix.sum(1).nonzero()[:, 0]}
    assert all(named & set(classes) for classes in GROUPS.values())


def test_names_of_a_parallel_module_and_older_files_are_taken(tmp_path):
    tensors = {f"module.{k}": v for k, v in made_tensors().items() if "tracked" not in k}
    torch.save(tensors, tmp_path / "old.pth")
    load_public_parsing(tmp_path / "old.pth")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t: t.pop("ffm.conv1.weight"), "ffm.conv1.weight is missing or of another shape"),
        (
            lambda t: t.update({"conv_out.conv_out.weight": torch.zeros(11, 256, 1, 1)}),
            "conv_out.conv_out.weight is missing or of another shape",
        ),
        (lambda t: t.update({"fc.weight": torch.zeros(2)}), "it has fc.weight"),
    ],
)
def test_another_network_is_refused_by_name(tmp_path, change, complaint):
    tensors = made_tensors()
    change(tensors)
    torch.save(tensors, tmp_path / "other.pth")
    with pytest.raises(ModelError, match=r"not the public BiSeNet of 19 classes") as error:
        load_public_parsing(tmp_path / "other.pth")
    assert complaint in str(error.value)
    assert "other.pth" in str(error.value)


@pytest.mark.parametrize("made", ["missing", "text", "cut", "list", "object"])
def test_what_is_no_file_of_tensors_is_refused_by_name(tmp_path, public, made):
    path = tmp_path / "wrong.pth"
    if made == "text":
        path.write_text("no tensors")
    elif made == "cut":
        path.write_bytes(public.read_bytes()[:100_000])
    elif made == "list":
        torch.save([torch.zeros(2)], path)
    elif made == "object":
        torch.save(PublicParsingNet, path)
    with pytest.raises(ModelError) as error:
        load_parsing(path)
    assert str(path) in str(error.value)
