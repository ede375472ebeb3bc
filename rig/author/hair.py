"""Hair of the head as cards: strips that grow out of the scalp along a combed direction.

A card starts at a root on the skin, follows the style's comb and gravity, keeps off the head
and the face, and carries strands painted at run time (``rig.props``): u picks one of the
columns of the picture, v runs from the root to the tip. After Yuksel and Tariq, "Advanced
techniques in real-time hair rendering" (SIGGRAPH course, 2010), chapter on hair meshes and cards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rig.author.combs import COMBS, Field, before_face, keep_off_face, scalp_height
from rig.author.shapes import Piece, grid_triangles, unit
from rig.head import load_head
from rig.skinning import vertex_normals

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

COLUMNS = 8  # of the strand picture: two dark and dense, four outer, two thin
DARK, OUTER, THIN = (0, 2), (2, 6), (6, 8)
_FINE = 24  # integration steps of a card


@dataclass(frozen=True)
class Style:
    """How hair is cut and combed. Lengths in metres.

    Attributes:
        count: of cards; width: of a card; steps: segments of a card.
        top, sides: length there; spread: relative variation of the length.
        end: height at which hair is cut off, or None; ragged: its variation.
        comb: direction field; hold: how fast hair turns into it, 0..1.
        gravity: pull down against the comb; lift: 0 leaves along the comb, 1 along the normal.
        height: of the outermost layer above the scalp; hug: 1 keeps cards in their layer.
        curl, wave: amplitude and length of a helix; 0 is straight.
        mess: random turn of the comb.
        recession: 0 full, 1 the forehead and the crown bare; fringe: hair may fall to the brows.
        guard: keep hair out of the face.
    """

    count: int
    top: float
    sides: float
    comb: str
    width: float = 0.012
    steps: int = 4
    spread: float = 0.2
    end: float | None = None
    ragged: float = 0.008
    hold: float = 0.35
    gravity: float = 0.15
    lift: float = 0.35
    height: float = 0.010
    hug: float = 0.5
    curl: float = 0.0
    wave: float = 0.04
    mess: float = 0.12
    recession: float = 0.0
    fringe: bool = False
    guard: bool = True


STYLES = {
    "buzz": Style(1500, 0.010, 0.007, "crown", 0.0055, 1, lift=0.75, height=0.003, mess=0.4),
    "crew": Style(950, 0.026, 0.011, "up", 0.0080, 2, lift=0.55, height=0.012, mess=0.25,
                  hug=0.15, gravity=0.0),
    "side": Style(620, 0.085, 0.022, "side", 0.0135, 4, height=0.016, lift=0.5, mess=0.12),
    "swept": Style(600, 0.10, 0.030, "back", 0.0135, 5, height=0.020, lift=0.65, mess=0.12),
    "messy": Style(640, 0.065, 0.035, "crown", 0.012, 4, height=0.022, lift=0.6, mess=0.55,
                   curl=0.004, wave=0.05, hug=0.2),
    "curly": Style(760, 0.055, 0.040, "crown", 0.011, 5, height=0.026, lift=0.8, mess=0.8,
                   curl=0.006, wave=0.022, hug=0.15),
    "receding": Style(680, 0.035, 0.014, "crown", 0.009, 3, height=0.008, recession=0.55,
                      mess=0.25),
    "horseshoe": Style(520, 0.016, 0.014, "crown", 0.0075, 2, height=0.005, recession=1.0,
                       mess=0.2),
    "bob": Style(430, 0.30, 0.22, "part", 0.017, 7, end=-0.055, height=0.020, hug=0.35,
                 gravity=0.5),
    "bob_fringe": Style(460, 0.30, 0.22, "fringe", 0.017, 7, end=-0.050, height=0.020, hug=0.35,
                        gravity=0.5, fringe=True),
    "long": Style(430, 0.42, 0.34, "centre", 0.02, 9, end=-0.200, ragged=0.02, height=0.020,
                  hug=0.3, gravity=0.55),
    "long_side": Style(430, 0.42, 0.34, "part", 0.02, 9, end=-0.180, ragged=0.03, height=0.024,
                       hug=0.3, gravity=0.55, curl=0.003, wave=0.12),
    "long_fringe": Style(450, 0.42, 0.34, "fringe", 0.02, 9, end=-0.190, ragged=0.02,
                         height=0.020, hug=0.3, gravity=0.55, fringe=True),
    "wavy": Style(430, 0.42, 0.34, "part", 0.02, 15, end=-0.170, ragged=0.03, height=0.028,
                  hug=0.25, gravity=0.5, curl=0.009, wave=0.085, mess=0.14),
    "ponytail": Style(480, 0.24, 0.18, "knot", 0.015, 6, height=0.010, hug=0.9, gravity=0.0,
                      lift=0.1, mess=0.05),
    "updo": Style(480, 0.22, 0.16, "knot", 0.015, 6, height=0.014, hug=0.9, gravity=0.0,
                  lift=0.2, mess=0.10),
}  # fmt: skip


@dataclass(frozen=True)
class Surface:
    """The skin as hair meets it: (V, 3) points and normals."""

    points: FloatArray
    normals: FloatArray
    triangles: IntArray

    def offset(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(N,) signed distance of points (N, 3) from the nearest vertex' plane, and its normal."""
        square = (self.points**2).sum(1)
        row = np.argmin(square - 2 * points @ self.points.T, axis=1)
        normal = self.normals[row]
        return ((points - self.points[row]) * normal).sum(1), normal


@lru_cache(maxsize=1)
def skin_surface() -> Surface:
    """Skin of the packaged head; vertices split by seams share their normal."""
    skin = load_head().primitives["skin"]
    key = np.round(skin.positions, 6)
    points, row = np.unique(key, axis=0, return_inverse=True)
    triangles = row.reshape(-1)[skin.triangles]
    return Surface(points, vertex_normals(points, triangles), triangles)


def scatter(
    surface: Surface,
    grows: Field,
    count: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """``count`` evenly scattered points and normals where ``grows`` (chance 0..1) lets them be."""
    corners, triangles = surface.points[surface.triangles], surface.triangles
    spots = np.concatenate([corners, corners.mean(1, keepdims=True)], axis=1)
    here = grows(spots.reshape(-1, 3)).reshape(-1, 4).max(1) > 0
    corners, triangles = corners[here], triangles[here]
    edges = corners[:, 1:] - corners[:, :1]
    area = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    tries = count * 20
    pick = rng.choice(len(area), tries, p=area / area.sum())
    a, b = rng.random((2, tries, 1))
    a, b = np.where(a + b > 1, 1 - a, a), np.where(a + b > 1, 1 - b, b)
    mix = np.concatenate([1 - a - b, a, b], axis=1)
    points = np.einsum("nk,nkj->nj", mix, corners[pick])
    normals = unit(np.einsum("nk,nkj->nj", mix, surface.normals[triangles[pick]]))
    keep = rng.random(tries) < grows(points)
    points, normals = points[keep], normals[keep]
    chosen = _spread(points, count)
    return points[chosen], normals[chosen]


def _spread(points: FloatArray, count: int) -> IntArray:
    """Rows of up to ``count`` points far from each other: each farthest from those before."""
    points = points[: 6 * count]
    distance = np.full(len(points), np.inf)
    chosen = np.zeros(min(count, len(points)), dtype=np.int64)
    for i in range(1, len(chosen)):
        distance = np.minimum(distance, ((points - points[chosen[i - 1]]) ** 2).sum(1))
        chosen[i] = int(np.argmax(distance))
    return chosen


def _lengths(style: Style, roots: FloatArray, rng: np.random.Generator) -> FloatArray:
    top = np.clip((roots[:, 1] - 0.065) / 0.035, 0, 1) * np.clip((roots[:, 2] + 0.10) / 0.05, 0, 1)
    length = style.sides + (style.top - style.sides) * top
    return np.asarray(length * (1 + style.spread * rng.uniform(-1, 1, len(roots))))


def grow(
    surface: Surface,
    style: Style,
    roots: FloatArray,
    normals: FloatArray,
    layer: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """(N, _FINE + 1, 3) paths of hair.

    Args:
        surface: what hair keeps off;
        roots, normals: (N, 3); layer: (N,) metres that each card floats above the scalp.
    """
    comb = COMBS[style.comb]
    step = (_lengths(style, roots, rng) / _FINE)[:, None]
    turn = style.mess * rng.standard_normal(roots.shape)
    path = [roots]
    direction = _tangent(comb(roots), normals) + turn
    direction = unit((1 - style.lift) * unit(direction) + style.lift * normals)
    point, normal = roots, normals
    for i in range(_FINE):
        wish = comb(point)
        along = np.where(point[:, 1:2] > 0.0, _tangent(wish, normal), unit(wish))
        wish = along + turn + [0.0, -style.gravity, 0.0]
        direction = unit((1 - style.hold) * direction + style.hold * unit(wish))
        point = point + direction * step
        offset, normal = surface.offset(point)
        wanted = layer * (1 - np.exp(-3.5 * (i + 1) / _FINE))
        clear = np.where(point[:, 1] < -0.08, 0.012, 0.0012)  # room for cloth
        away = np.maximum(clear - offset, 0) + style.hug * (wanted - offset) * (offset < 0.06)
        away = np.maximum(away, np.minimum(wanted, 0.6 * layer) - offset)
        point = point + np.clip(away, -0.004, 0.012)[:, None] * normal
        if style.guard:
            point = keep_off_face(point, style.fringe)
        path.append(point)
    return np.stack(path, axis=1)


def _tangent(vectors: FloatArray, normals: FloatArray) -> FloatArray:
    """Unit vectors along the surface."""
    return unit(vectors - (vectors * normals).sum(1, keepdims=True) * normals)


def _places(steps: int) -> FloatArray:
    """(steps + 1,) where along a card its cross-sections lie, denser at the root."""
    return np.asarray(np.linspace(0, 1, steps + 1) ** (1.35 if steps > 3 else 1.0))


def cut(paths: FloatArray, steps: int, stop: NDArray[np.bool_] | None = None) -> FloatArray:
    """(N, steps + 1, 3): each path up to the first point that ``stop`` (N, K) marks, resampled."""
    fine = paths.shape[1] - 1
    last = np.full(len(paths), float(fine))
    if stop is not None:
        last = np.where(stop.any(1), np.maximum(stop.argmax(1) - 1, 2), fine).astype(float)
    at = _places(steps)[None] * last[:, None]
    low = np.minimum(at.astype(int), fine - 1)
    mix = (at - low)[..., None]
    rows = np.arange(len(paths))[:, None]
    return np.asarray(paths[rows, low] * (1 - mix) + paths[rows, low + 1] * mix)


def _curled(paths: FloatArray, style: Style, rng: np.random.Generator) -> FloatArray:
    """A helix about each path, growing from the root."""
    if style.curl == 0:
        return paths
    along = np.cumsum(np.linalg.norm(np.diff(paths, axis=1, prepend=paths[:, :1]), axis=2), axis=1)
    loose = 0.35 * rng.standard_normal((len(paths), 1)) + 30 * paths[:, :1, 0]
    phase = 2 * np.pi * (along / style.wave + loose)
    tangent = unit(np.gradient(paths, axis=1))
    side = unit(np.cross(tangent, outward(paths)))
    over = np.cross(side, tangent)
    reach = style.curl * np.clip(along / 0.04, 0, 1)[..., None]
    turn = np.cos(phase)[..., None] * side + 0.7 * np.sin(phase)[..., None] * over
    return np.asarray(paths + reach * turn)


def outward(points: FloatArray) -> FloatArray:
    """Unit vectors (..., 3) away from the middle of the head or, below it, of the neck."""
    centre = np.zeros_like(points)
    centre[..., 1] = np.clip(points[..., 1], -0.2, 0.055)
    centre[..., 2] = -0.008
    return unit(points - centre)


def cards(
    paths: FloatArray,
    width: FloatArray,
    column: IntArray,
    rng: np.random.Generator,
    tip: float = 0.6,
) -> Piece:
    """Strips along (N, K, 3) paths; each vertex' anchor is its card's root.

    Args:
        width: (N,) metres; column: (N,) of the picture; tip: share of the width at the end.
    """
    count, rows = paths.shape[:2]
    tangent = unit(np.gradient(paths, axis=1))
    out = outward(paths)
    side = unit(np.cross(tangent, out))
    over = np.cross(side, tangent)
    roll = rng.normal(0, 0.35, (count, 1, 1))
    side = np.cos(roll) * side + np.sin(roll) * over
    t = _places(rows - 1)
    profile = np.interp(t, [0, 0.25, 0.8, 1], [0.75, 1, 0.5 + 0.65 * tip, tip])
    half = 0.5 * width[:, None, None] * profile[None, :, None]
    positions = np.stack([paths - half * side, paths + half * side], axis=2)
    shade = unit(out - 0.8 * (out * tangent).sum(-1, keepdims=True) * tangent)
    normals = np.stack([unit(shade - 0.45 * side), unit(shade + 0.45 * side)], axis=2)
    inset = 0.04
    left = (column + inset) / COLUMNS
    u = np.stack([left, left + (1 - 2 * inset) / COLUMNS], axis=-1)[:, None, :]
    v = 0.01 + 0.98 * t
    uv = np.stack([x + np.zeros((count, rows, 2)) for x in (u, v[None, :, None])], axis=-1)
    per = rows * 2
    triangles = grid_triangles(rows, 2)[None, :, ::-1] + per * np.arange(count)[:, None, None]
    anchors = np.repeat(np.arange(count) * per, per)
    return Piece(
        positions.reshape(-1, 3), uv.reshape(-1, 2), triangles.reshape(-1, 3),
        normals.reshape(-1, 3), anchors,
    )  # fmt: skip


def _ends(style: Style, roots: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(N,) height at which each card is cut off."""
    lowest = -1.0 if style.end is None else style.end
    end = lowest + style.ragged * rng.standard_normal(len(roots))
    front = style.fringe & (roots[:, 2] > 0.045) & (np.abs(roots[:, 0]) < 0.050)
    return np.asarray(np.where(front, 0.062 + 0.003 * rng.standard_normal(len(roots)), end))


def hair_piece(style: Style, seed: int) -> Piece:
    """All cards of a style, inner layers first."""
    rng = np.random.default_rng(seed)

    def grows(points: FloatArray) -> FloatArray:
        return np.clip(scalp_height(points, style.recession) / 0.010 + 0.15, 0, 1)

    roots, normals = scatter(skin_surface(), grows, style.count, rng)
    depth = np.sort(rng.random(len(roots)) ** 0.8)
    edge = np.clip(scalp_height(roots, style.recession) / 0.02, 0.15, 1)
    paths = grow(skin_surface(), style, roots, normals, style.height * depth * edge, rng)
    paths = _curled(paths, style, rng)
    stop = (paths[..., 1] < _ends(style, roots, rng)[:, None]) | before_face(paths)
    paths = cut(paths, style.steps, stop)
    column = rng.integers(*OUTER, len(roots))
    column = np.where(depth < 0.35, rng.integers(*DARK, len(roots)), column)
    thin = rng.random(len(roots)) < np.where(edge < 0.6, 0.45, 0.05)
    column = np.where(thin, rng.integers(*THIN, len(roots)), column)
    width = (
        style.width
        * rng.uniform(0.7, 1.2, len(roots))
        * np.where(depth < 0.35, 1.3, 1.0)
        * np.where(edge < 0.6, 0.7, 1.0)
    )
    return cards(paths, width, column, rng)


LOCKS = Style(620, 0.080, 0.020, "side", 0.0085, 3, height=0.011, lift=0.4, mess=0.10, hug=0.8)


def lock_piece(surface: Surface) -> tuple[Piece, IntArray]:
    """Short hair as tapering locks, for the head itself: it needs no picture with holes.

    Returns:
        The mesh, and (V,) the vertex at the root of each vertex' lock.
    """
    rng = np.random.default_rng(42)

    def grows(points: FloatArray) -> FloatArray:
        return np.clip(scalp_height(points, 0.0) / 0.008, 0, 1)

    roots, normals = scatter(surface, grows, LOCKS.count, rng)
    edge = np.clip(scalp_height(roots, 0.0) / 0.02, 0.15, 1)
    layer = LOCKS.height * (0.4 + 0.6 * np.sort(rng.random(len(roots)))) * edge
    paths = grow(surface, LOCKS, roots, normals, layer, rng)
    paths = cut(paths, LOCKS.steps, before_face(paths))
    width = LOCKS.width * (0.6 + 0.6 * edge)
    piece = cards(paths, width, rng.integers(0, COLUMNS, len(roots)), rng, tip=0.12)
    per = 2 * (LOCKS.steps + 1)
    return piece, np.arange(len(piece.positions)) // per * per


def scalp_piece(recession: float) -> Piece:
    """The skin that hair grows on, a little above itself; v runs up from the hairline."""
    surface = skin_surface()
    above = scalp_height(surface.points, recession)
    keep = (above[surface.triangles] > -0.012).any(1)
    used, local = np.unique(surface.triangles[keep], return_inverse=True)
    points, normals = surface.points[used], surface.normals[used]
    angle = np.abs(np.arctan2(points[:, 0], points[:, 2] - 0.01)) / np.pi * 0.98 + 0.01
    uv = np.stack([angle, np.clip(above[used] / 0.04 + 0.25, 0.03, 0.97)], axis=1)
    positions = points + 0.0005 * normals
    return Piece(positions, uv, local.reshape(-1, 3), normals, np.arange(len(used)))


def pieces() -> dict[str, Piece]:
    """Hair by style, and the scalps below it."""
    out = {f"hair.{name}": hair_piece(style, i) for i, (name, style) in enumerate(STYLES.items())}
    for name, recession in (("full", 0.0), ("receding", 0.55), ("horseshoe", 1.0)):
        out[f"scalp.{name}"] = scalp_piece(recession)
    return out
