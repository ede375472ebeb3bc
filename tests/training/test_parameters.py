import torch

from rig.layout import load_layout
from training.parameters import (
    base,
    block,
    expression,
    with_base_expression,
    with_base_identity,
)

LAYOUT = load_layout()
Y = torch.rand(3, len(LAYOUT.parameter_names), generator=torch.Generator().manual_seed(1))


def test_the_base_face_is_the_layouts():
    torch.testing.assert_close(base(Y), torch.from_numpy(LAYOUT.neutral_parameters()).float())


def test_without_expression_pose_and_person_stay():
    still = with_base_expression(Y)
    torch.testing.assert_close(expression(still), expression(base(Y)).expand(3, -1))
    for name in ("pose", "identity", "brow_style"):
        assert torch.equal(block(still, name), block(Y, name))


def test_on_the_base_face_pose_and_expression_stay():
    nobody = with_base_identity(Y)
    assert torch.equal(expression(nobody), expression(Y))
    assert torch.equal(block(nobody, "pose"), block(Y, "pose"))
    for name in ("identity", "brow_style"):
        torch.testing.assert_close(block(nobody, name), block(base(Y), name).expand(3, -1))


def test_both_leave_only_the_pose_of_a_face():
    bare = with_base_identity(with_base_expression(Y))
    expected = base(Y).repeat(3, 1)
    expected[:, LAYOUT.blocks["pose"]] = block(Y, "pose")
    assert torch.equal(bare, expected)


def test_gradients_flow_through_what_stays():
    y = Y.clone().requires_grad_()
    with_base_expression(y).sum().backward()
    assert (block(y.grad, "identity") == 1).all()
    assert (expression(y.grad) == 0).all()
