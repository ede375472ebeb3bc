"""What MakeHuman's random people are in the rig's identity numbers, for the sampler.

    python -m rig.author.identity_statistics             # fit, print, write rig/assets
    python -m rig.author.identity_statistics --out DIR   # of a build elsewhere: DIR/assets

300 random people (``identities.random_people``, seeded) are fitted by the packaged head. Of
the numbers found, what goes with age, sex and ancestry is a linear regression; the rest is a
Gaussian of few factors and some independent spread. ``rig.identities`` draws from these.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rig.author import makehuman
from rig.author.identities import PEOPLE, random_people
from rig.author.identity_fit import Fitter, Rigged, explained
from rig.author.solve import LASHES, TEETH
from rig.glb import read_glb
from rig.head import Head, parse_head
from rig.identities import person_features
from rig.layout import load_layout
from rig.profile import Profile
from rig.skeleton import Skeleton

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FACTORS = 40
HEAD_NECK = 0.5  # what follows the neck more than this is neck and chest, not head
NECK_COUNTS = 0.05  # how much neck and chest count in the fit
RIDGE = 2.0  # of the regression, in people
# Primitive of the packaged head → groups of MakeHuman's mesh that it is cut from.
GROUPS = {
    "skin": ("body",),
    "mouth": ("body",),
    "teeth": TEETH,
    "tongue": ("helper-tongue",),
    "lashes": LASHES,
}


@dataclass(frozen=True)
class Fitted:
    """The people as the rig has them.

    Attributes:
        features: (N, F) of the persons; numbers: (N, 208) on the scale -1..1.
        against_base, against_mean: share of shape variance explained about the base head and
            about the people's mean, over head and face parts; with_neck: the latter over all.
        vertices: how many the former count.
    """

    features: FloatArray
    numbers: FloatArray
    against_base: float
    against_mean: float
    with_neck: float
    vertices: int


def shared_vertices(mesh: makehuman.BaseMesh, head: Head) -> tuple[IntArray, Rigged]:
    """Vertices of MakeHuman's mesh that the head still has at their place, and their skin."""
    adult = makehuman.average_adult(mesh)
    local = adult - makehuman.joint_centre(mesh, adult, "head")
    index, positions, joints, weights = [], [], [], []
    for name, groups in GROUPS.items():
        part, vertices = head.primitives[name], mesh.vertices_of(*groups)
        distance, nearest = cKDTree(part.positions).query(local[vertices])
        rows = nearest[distance < 1e-5]
        index.append(vertices[distance < 1e-5])
        positions.append(part.positions[rows])
        joints.append(part.joints[rows])
        weights.append(part.weights[rows])
    profile = Profile("", load_layout().layout_id, "head", (), {})
    arrays = (np.concatenate(values) for values in (positions, joints, weights))
    return np.concatenate(index), Rigged(Skeleton(head, profile), *arrays)


def fit_people(head: Head, count: int = PEOPLE) -> Fitted:
    """Best identity numbers of ``count`` random people."""
    mesh = makehuman.read_base_mesh()
    index, rig = shared_vertices(mesh, head)
    persons, shapes = random_people(count, mesh)
    shapes = (shapes - makehuman.joint_centre(mesh, makehuman.average_adult(mesh), "head"))[
        :, index
    ]
    own = makehuman.neck_share()[index] < HEAD_NECK
    fitter = Fitter(rig, np.where(own, 1.0, NECK_COUNTS))
    numbers = np.array([fitter.fit(shape) for shape in shapes])
    fitted = np.array([rig.shape(row) for row in numbers])
    mean = shapes.mean(0)
    return Fitted(
        features=np.array([person_features(person) for person in persons]),
        numbers=numbers,
        against_base=explained(shapes[:, own], fitted[:, own], rig.positions[own]),
        against_mean=explained(shapes[:, own], fitted[:, own], mean[own]),
        with_neck=explained(shapes, fitted, mean),
        vertices=int(own.sum()),
    )


def statistics(fitted: Fitted) -> dict[str, FloatArray]:
    """Regression (F, 208), factors (FACTORS, 208) and spread (208,), rounded to 1e-3."""
    x, y = fitted.features, fitted.numbers
    ridge = RIDGE * np.eye(x.shape[1])
    ridge[0, 0] = 0  # the constant
    regression = np.linalg.solve(x.T @ x + ridge, x.T @ y)
    rest = y - x @ regression
    values, vectors = np.linalg.eigh(rest.T @ rest / len(rest))
    factors = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1][:, :FACTORS].T
    factors *= np.sign(factors[np.arange(FACTORS), np.abs(factors).argmax(1)])[:, None]
    spread = np.sqrt(np.maximum(rest.var(0) - np.square(factors).sum(0), 0))
    named = {"regression": regression, "factors": factors, "spread": spread}
    return {name: np.round(value, 3).astype(np.float32) for name, value in named.items()}


def write_statistics(assets: Path) -> None:
    """Fit the people to ``assets``/head.glb, print how well, write identity_statistics.npz."""
    fitted = fit_people(parse_head(read_glb(assets / "head.glb")))
    report(fitted)
    np.savez_compressed(assets / "identity_statistics.npz", **statistics(fitted))


def report(fitted: Fitted) -> None:
    """Print the variance explained and how the numbers lie in their ranges."""
    print(f"identity {len(fitted.numbers)} people, {fitted.vertices} vertices of the head")
    print(f"identity variance explained about the base head {fitted.against_base:.3f}")
    print(f"identity variance explained about the mean head {fitted.against_mean:.3f}")
    print(f"identity the same with neck and chest {fitted.with_neck:.3f}")
    ends = (np.abs(fitted.numbers) > 0.999).mean()
    print(f"identity numbers spread by {fitted.numbers.std():.3f} on -1..1, {ends:.3f} at an end")


def main() -> None:
    """Write the statistics of a build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parent.parent
    parser.add_argument("--out", type=Path, default=default, help="folder that holds assets/")
    write_statistics(parser.parse_args().out / "assets")


if __name__ == "__main__":
    main()
