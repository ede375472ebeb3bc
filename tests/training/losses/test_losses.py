"""Each loss by a worked value, by its gradient, and by where a step along it leads."""

from dataclasses import fields

import pytest
import torch
from torch.autograd import gradcheck

from rig.layout import load_layout
from training.losses.content import content_loss, part_sizes
from training.losses.disentangling import disentangling_loss
from training.losses.features import FaceFeatures
from training.losses.identity import identity_loss
from training.losses.loopback import loopback_loss
from training.losses.parameter import parameter_loss
from training.losses.supervised import supervised_loss
from training.parameters import base

LAYOUT = load_layout()
COUNT = len(LAYOUT.parameter_names)
NAMES = tuple(field.name for field in fields(FaceFeatures))
SHAPES = ((2, 3, 4, 4), (2, 2, 8, 8), (2, 2, 8, 8), (2, 3, 4, 4), (2, 3, 4, 4), (2, 4, 2, 2))


def random(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


def features(seed=0):
    return FaceFeatures(*(random(*shape, seed=seed + i) for i, shape in enumerate(SHAPES)))


def shifted(found, **by):
    maps = {n: getattr(found, n) + by.get(n, 0.0) for n in NAMES}
    return FaceFeatures(**maps)


class TestContent:
    def test_equal_features_cost_nothing(self):
        assert content_loss(features(), features()) == 0

    @pytest.mark.parametrize("part", ["brows", "eyes", "nose", "mouth", "outline"])
    def test_every_part_counts_a_fifth_whatever_its_size(self, part):
        loss = content_loss(shifted(features(), **{part: 0.5}), features())
        assert float(loss) == pytest.approx(0.5 / 5)

    def test_the_global_features_do_not_count(self):
        assert content_loss(shifted(features(), whole=3.0), features()) == 0

    def test_a_part_that_fills_little_of_its_map_counts_as_much(self):
        usual = part_sizes(features())
        for k, (part, size) in enumerate(zip(NAMES[1:], usual, strict=True)):
            assert float(size) == pytest.approx(float(features().parts[k].mean()))
            moved = shifted(features(), **{part: float(size)})
            assert float(content_loss(moved, features(), usual)) == pytest.approx(1 / 5)

    def test_the_photograph_gets_no_gradient(self):
        ours = random(*SHAPES[3], seed=9).requires_grad_()
        theirs = random(*SHAPES[3], seed=10).requires_grad_()
        kept = features()
        maps = {n: getattr(kept, n) for n in NAMES}
        made = FaceFeatures(**{**maps, "nose": ours})
        content_loss(made, FaceFeatures(**{**maps, "nose": theirs})).backward()
        assert ours.grad.abs().sum() > 0
        assert theirs.grad is None

    def test_a_step_against_the_gradient_comes_nearer(self):
        ours = random(*SHAPES[4], seed=3).requires_grad_()
        maps = {n: getattr(features(), n) for n in NAMES}
        goal = features()
        loss = content_loss(FaceFeatures(**{**maps, "mouth": ours}), goal)
        loss.backward()
        moved = FaceFeatures(**{**maps, "mouth": ours.detach() - 0.01 * ours.grad.sign()})
        assert content_loss(moved, goal) < loss


class TestIdentity:
    @pytest.mark.parametrize(
        ("ours", "theirs", "expected"),
        [((2, 0), (5, 0), 0), ((0, 3), (1, 0), 1), ((-1, 0), (4, 0), 2), ((3, 4), (1, 0), 0.4)],
    )
    def test_worked_values(self, ours, theirs, expected):
        loss = identity_loss(torch.tensor([ours]).double(), torch.tensor([theirs]).double())
        assert float(loss) == pytest.approx(expected)

    def test_gradient(self):
        theirs = random(3, 5, seed=2)
        ours = random(3, 5, seed=1).requires_grad_()
        assert gradcheck(lambda x: identity_loss(x, theirs), ours)

    def test_the_photograph_gets_no_gradient_and_a_step_comes_nearer(self):
        ours, theirs = random(3, 5, seed=1).requires_grad_(), random(3, 5, seed=2).requires_grad_()
        loss = identity_loss(ours, theirs)
        loss.backward()
        assert theirs.grad is None
        assert identity_loss(ours.detach() - 0.1 * ours.grad, theirs) < loss


class TestParameter:
    pose = torch.full((2, 2), 0.5, dtype=torch.float64)

    def face(self, **values):
        out = base(self.pose).repeat(2, 1)
        for name, value in values.items():
            out[:, LAYOUT.parameter_index[name.replace("__", ".")]] += value
        return out

    def test_the_base_face_in_its_pose_costs_nothing(self):
        assert parameter_loss(self.face(), self.pose) == 0

    @pytest.mark.parametrize(
        ("name", "expected"),
        [("head_yaw", 0.09), ("AU12", 0.18), ("AU12__asymmetry", 0.18), ("gaze_yaw", 0.18)],
    )
    def test_worked_values(self, name, expected):
        loss = parameter_loss(self.face(**{name: 0.3}), self.pose, au_weight=2)
        assert float(loss) == pytest.approx(expected)

    def test_identity_has_its_weight(self):
        face = self.face(**{LAYOUT.identity_names[7].replace(".", "__"): -0.2})
        loss = parameter_loss(face, self.pose, identity_weight=3)
        assert float(loss) == pytest.approx(3 * 0.04)

    def test_of_two_that_counteract_less_of_both_costs_less(self):
        both = parameter_loss(self.face(AU30L=0.9, AU30R=0.6), self.pose)
        net = parameter_loss(self.face(AU30L=0.3), self.pose)
        assert net < both

    def test_gradient_and_a_step_towards_the_base_face(self):
        face = (base(self.pose).repeat(2, 1) + 0.1 * random(2, COUNT)).requires_grad_()
        assert gradcheck(lambda y: parameter_loss(y, self.pose), face)
        loss = parameter_loss(face, self.pose)
        loss.backward()
        assert parameter_loss(face.detach() - 0.1 * face.grad, self.pose) < loss


class TestLoopback:
    def test_what_is_read_right_costs_nothing(self):
        y = random(2, COUNT)
        assert loopback_loss(y, y, y, y) == 0

    def test_worked_value(self):
        y = random(2, COUNT)
        loss = loopback_loss(y, y + 0.2, y, y - 0.1, identity_weight=3)
        assert float(loss) == pytest.approx(0.2 + 3 * 0.1)

    def test_both_the_answer_and_its_reading_learn(self):
        values = [random(2, COUNT, seed=i).requires_grad_() for i in range(4)]
        loss = loopback_loss(*values)
        loss.backward()
        assert all(value.grad.abs().sum() > 0 for value in values)
        nearer = [value.detach() - 0.01 * value.grad.sign() for value in values]
        assert loopback_loss(*nearer) < loss


class TestSupervised:
    def faces(self):
        return base(random(1)).repeat(3, 1) + 0.2 * (random(3, COUNT) - 0.3)

    def test_what_is_read_right_costs_nothing(self):
        assert supervised_loss(self.faces(), self.faces()) == 0

    @pytest.mark.parametrize(("name", "count"), [("head_yaw", 2), ("AU26", None)])
    def test_worked_values(self, name, count):
        true = base(random(1)).repeat(2, 1)
        read = true.clone()
        read[:, LAYOUT.parameter_index[name]] += 0.3
        count = count or len(LAYOUT.au_channel_names) + 2  # and gaze
        assert float(supervised_loss(read, true)) == pytest.approx(0.3**2 / count)

    def test_gradient_and_a_step_comes_nearer(self):
        true, read = self.faces(), (self.faces() + 0.05 * random(3, COUNT, seed=4)).requires_grad_()
        loss = supervised_loss(read, true)
        loss.backward()
        assert supervised_loss(read.detach() - 0.5 * read.grad, true) < loss


class TestDisentangling:
    def test_only_the_mouth_counts(self):
        others = {n: 1.0 for n in NAMES if n != "mouth"}
        assert disentangling_loss(shifted(features(), **others), features()) == 0
        loss = disentangling_loss(shifted(features(), mouth=-0.25), features())
        assert float(loss) == pytest.approx(0.25)

    def test_one_base_face_serves_a_batch(self):
        one = FaceFeatures(*(getattr(features(), n)[:1] for n in NAMES))
        assert float(disentangling_loss(features(), one)) > 0

    def test_the_base_face_gets_no_gradient_and_a_step_comes_nearer(self):
        maps = {n: getattr(features(), n) for n in NAMES}
        ours, theirs = (random(*SHAPES[4], seed=s).requires_grad_() for s in (7, 8))
        goal = FaceFeatures(**{**maps, "mouth": theirs})
        loss = disentangling_loss(FaceFeatures(**{**maps, "mouth": ours}), goal)
        loss.backward()
        assert theirs.grad is None
        moved = FaceFeatures(**{**maps, "mouth": ours.detach() - 0.01 * ours.grad.sign()})
        assert disentangling_loss(moved, goal) < loss
