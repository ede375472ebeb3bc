"""Teeth as meshes: crowns of their own widths, set along MakeHuman's dental arches.

MakeHuman's teeth are one smooth band a jaw; here every crown bulges, narrows to its neighbours
and has its own height, so that light draws the gaps. Widths and heights are the usual ones of
dental anatomy (Nelson, Wheeler's Dental Anatomy), slightly rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# From gum to edge, then behind the edge: share of the height, how far out (mm).
_ROWS = ((0.0, 0.2), (0.40, 0.5), (0.45, 0.2), (0.70, 0.6), (0.92, 0.1), (1.0, -0.7), (0.97, -3.5))
_GUM_ROWS = 2
_COLUMNS = (0.0, 0.16, 0.5, 0.84)  # of a tooth's width; the first is the gap before it


@dataclass(frozen=True)
class Arch:
    """One row of teeth, rig frame, millimetres; outwards from the middle.

    Attributes:
        x, z: the line along the middle of the crowns; edge: height of the biting edge there.
        gum: height of the gum's far end; widths, crowns: of each tooth and of its crown.
    """

    x: tuple[float, ...]
    z: tuple[float, ...]
    edge: tuple[float, ...]
    gum: float
    widths: tuple[float, ...]
    crowns: tuple[float, ...]


UPPER = Arch(
    x=(0, 8.5, 17.5, 22.2, 25.9, 29.1),
    z=(92.9, 92.2, 88.0, 81.2, 74.0, 66.0),
    edge=(-27.2, -27.0, -26.3, -25.4, -24.7, -23.8),
    gum=-10.0,
    widths=(8.5, 6.6, 7.6, 7.0, 6.8, 10.0),
    crowns=(10.3, 8.9, 9.8, 8.3, 7.8, 7.2),
)
LOWER = Arch(
    x=(0, 9.5, 18.6, 23.6, 27.0, 30.0),
    z=(90.6, 89.8, 85.8, 79.8, 72.8, 65.2),
    edge=(-28.1, -27.9, -27.2, -26.4, -25.6, -24.9),
    gum=-43.0,
    widths=(5.3, 5.9, 6.9, 7.1, 7.2, 11.0),
    crowns=(8.8, 9.0, 9.8, 8.4, 8.0, 7.4),
)


def arch_mesh(arch: Arch) -> tuple[FloatArray, list[tuple[int, ...]], FloatArray]:
    """Positions (V, 3) metres, quads, and per vertex (V, 2): share along the row, of the height."""
    count, rows = 2 * len(arch.widths), len(_ROWS)
    along = [place + f for place in range(count) for f in _COLUMNS] + [float(count)]
    columns = [_column(arch, a) for a in along]
    quads: list[tuple[int, ...]] = []
    for i in range(len(columns) - 1):
        for j in range(rows - 1):
            near, far = i * rows + j, (i + 1) * rows + j
            quad = (near, near + 1, far + 1, far)
            quads.append(quad if arch.edge[0] < arch.gum else quad[::-1])  # seen from outside
    share = [[a / count, height] for a in along for height, _ in _ROWS]
    return np.concatenate(columns) * 1e-3, quads, np.array(share)


def _column(arch: Arch, along: float) -> FloatArray:
    """(rows, 3) millimetres at a place along the row (in teeth, from the right end)."""
    half = len(arch.widths)
    ends = np.concatenate([[0.0], np.cumsum(arch.widths)])
    x, z, edge, outward = _on_arch(arch, float(np.interp(abs(along - half), range(half + 1), ends)))
    gap = min(along % 1, 1 - along % 1) < 0.02
    down = np.sign(edge - arch.gum)
    neck = edge - down * np.interp(abs(along - half), np.arange(half) + 0.5, arch.crowns)
    out = []
    for row, (share, offset) in enumerate(_ROWS):
        if row < _GUM_ROWS:
            height = arch.gum + (neck - arch.gum) * share / _ROWS[_GUM_ROWS - 1][0]
            height += 1.2 * down * (gap and row == _GUM_ROWS - 1)  # the gum's papilla
        else:
            height = edge + (edge - neck) * (share - 1) / (1 - _ROWS[_GUM_ROWS][0])
            height -= 0.7 * down * (gap and share > 0.9)
            offset -= 1.1 * (gap and row < len(_ROWS) - 1)
        place = np.array([x, z]) + offset * outward
        out.append([np.sign(along - half) * place[0], height, place[1]])
    return np.array(out)


def _on_arch(arch: Arch, length: float) -> tuple[float, float, float, FloatArray]:
    """x, z, height of the edge and the (2,) outward direction, a length from the middle."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(arch.x), np.diff(arch.z)))])
    lines = [np.array(v, dtype=float) for v in (arch.x, arch.z, arch.edge)]
    x, z, edge = (_beyond(length, lengths, line) for line in lines)
    ahead = [_beyond(length + 1, lengths, line) for line in lines[:2]]
    tangent = np.array([ahead[0] - x, ahead[1] - z])
    return x, z, edge, np.array([-tangent[1], tangent[0]]) / np.linalg.norm(tangent)


def _beyond(at: float, places: FloatArray, values: FloatArray) -> float:
    """Linear interpolation that goes straight on after the last place."""
    if at <= places[-1]:
        return float(np.interp(at, places, values))
    slope = (values[-1] - values[-2]) / (places[-1] - places[-2])
    return float(values[-1] + slope * (at - places[-1]))
