"""Hair that is not combed off the scalp: beards, afros, tails and buns, of the same cards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rig.author import combs
from rig.author.hair import (
    DARK,
    OUTER,
    THIN,
    Style,
    cards,
    cut,
    grow,
    scatter,
    skin_surface,
)
from rig.author.shapes import Piece, unit

FloatArray = NDArray[np.float64]

_STUBBY = Style(1250, 0.010, 0.010, "beard", 0.0042, 2, lift=0.45, height=0.002, mess=0.3, hug=0.1,
                gravity=0.1, guard=False, spread=0.35)  # fmt: skip
BEARDS: dict[str, tuple[Style, combs.Field]] = {
    "short": (_STUBBY, combs.full_beard),
    "full": (replace(_STUBBY, count=1200, sides=0.022, width=0.0058), combs.full_beard),
    "long": (
        replace(_STUBBY, count=1050, sides=0.055, width=0.008, steps=3, lift=0.35, curl=0.002),
        combs.full_beard,
    ),
    "goatee": (replace(_STUBBY, count=520, sides=0.013), combs.goatee),
    "moustache": (replace(_STUBBY, count=320, sides=0.010, width=0.0036), combs.moustache),
}


def beard_piece(style: Style, grows: combs.Field, seed: int) -> Piece:
    """Cards of a beard; they follow the skin below their roots, lips and jaw included."""
    rng = np.random.default_rng([seed, 5])
    roots, normals = scatter(skin_surface(), grows, style.count, rng)
    depth = np.sort(rng.random(len(roots)))
    paths = cut(grow(skin_surface(), style, roots, normals, style.height * depth, rng), style.steps)
    inner = np.clip(grows(roots), 0.45, 1)[:, None, None]  # short at the outline
    paths = paths[:, :1] + (paths - paths[:, :1]) * inner
    column = np.where(
        depth < 0.3, rng.integers(*DARK, len(roots)), rng.integers(*OUTER, len(roots))
    )
    edge = grows(roots) < 0.7
    column = np.where(edge, rng.integers(*THIN, len(roots)), column)
    width = style.width * rng.uniform(0.7, 1.3, len(roots))
    return cards(paths, width, column, rng)


def afro_piece(reach: float, count: int, seed: int) -> Piece:
    """Tangled curls that fill a shell of ``reach`` metres about the scalp."""
    rng = np.random.default_rng([seed, 6])

    def grows(points: FloatArray) -> FloatArray:
        return np.clip(combs.scalp_height(points, 0.0) / 0.010 + 0.15, 0, 1)

    roots, normals = scatter(skin_surface(), grows, count, rng)
    edge = np.clip(combs.scalp_height(roots, 0.0) / 0.030, 0.12, 1) ** 0.7
    depth = np.sort(rng.random(len(roots)) ** 0.55)
    start = roots + normals * (reach * depth * edge)[:, None]
    along = unit(np.cross(normals, rng.standard_normal(roots.shape)) + 0.6 * normals)
    side = np.cross(normals, along)
    t = np.linspace(0, 1, 5)[None, :, None]
    size = (0.4 * reach**0.5 * rng.uniform(0.10, 0.22, len(roots)) * (0.4 + 0.6 * edge))[
        :, None, None
    ]
    bend = size * rng.uniform(-0.6, 0.6, (len(roots), 1, 1))
    paths = start[:, None] + along[:, None] * t * size
    paths = paths + side[:, None] * np.sin(np.pi * t * 1.5) * bend
    paths = paths + normals[:, None] * np.sin(np.pi * t) * 0.4 * size
    pool = np.where(rng.random(len(roots)) < 0.5, rng.integers(*OUTER, len(roots)),
                    rng.integers(*THIN, len(roots)))  # fmt: skip
    column = np.where(depth < 0.45, rng.integers(*DARK, len(roots)), pool)
    return cards(paths, size[:, 0, 0] * 1.25, column, rng)


def tail_piece(seed: int, count: int = 90) -> Piece:
    """A tail from the knot at the back of the head down the neck."""
    rng = np.random.default_rng([seed, 7])
    spot = rng.normal(0, [0.008, 0.008, 0.004], (count, 3))
    t = np.linspace(0, 1, 8)[None, :, None]
    length = rng.uniform(0.17, 0.26, (count, 1, 1))
    fall = np.concatenate([0 * t, 0.25 * t - 1.15 * t**1.4, -0.9 * t * (1 - 0.75 * t)], axis=2)
    spread = spot[:, None] * (1 + 2.2 * np.sin(np.pi * t**0.7))
    paths = combs.KNOT + spread + length * fall
    column = rng.integers(*OUTER, count)
    return cards(paths, rng.uniform(0.010, 0.018, count), column, rng)


def bun_piece(seed: int, count: int = 150) -> Piece:
    """Locks wound round a ball on top of the back of the head."""
    rng = np.random.default_rng([seed, 8])
    axis = unit(np.array([0.0, 0.45, -0.9]) + 0.35 * rng.standard_normal((count, 3)))
    first = unit(np.cross(axis, rng.standard_normal((count, 3))))
    second = np.cross(axis, first)
    angle = np.linspace(0, rng.uniform(1.6, 3.2, count), 6).T[..., None]
    height = rng.uniform(-0.8, 0.95, (count, 1, 1))
    around = np.sqrt(1 - height**2)
    ball = (np.cos(angle) * first[:, None] + np.sin(angle) * second[:, None]) * around
    ball = ball + axis[:, None] * height
    radius = 0.034 * rng.uniform(0.85, 1.06, (count, 1, 1))
    paths = combs.KNOT + [0.0, 0.012, -0.010] + ball * radius * [1.05, 1.0, 0.85]
    return cards(paths, rng.uniform(0.009, 0.015, count), rng.integers(*OUTER, count), rng)


def pieces() -> dict[str, Piece]:
    """All of them by name."""
    out = {f"beard.{n}": beard_piece(*b, i) for i, (n, b) in enumerate(BEARDS.items())}
    out["hair.afro"] = afro_piece(0.055, 1150, 1)
    out["hair.coils"] = afro_piece(0.020, 1000, 2)
    out["knot.ponytail"] = tail_piece(1)
    out["knot.updo"] = bun_piece(2)
    return out
