# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves the shape keys of a mesh by a profile's curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.profile import Evaluator
from .bones import StaleError
from .tracks import Track, driven_numbers

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class KeyPlan:
    """What is to be done to K shape keys of one mesh; holds nothing of Blender's.

    Attributes:
        keys: (K,) their names.
        mix: (K, curves) what each of the evaluator's curves counts in each key.
        evaluator: of the profile.
    """

    keys: tuple[str, ...]
    mix: FloatArray
    evaluator: Evaluator

    def values(self, channels: FloatArray) -> FloatArray:
        """(N, K) for (N, C) channels."""
        return np.asarray(self.evaluator.evaluate(channels)[1] @ self.mix.T)


def key_names(thing: Any) -> tuple[str, ...]:
    """Names of a mesh object's shape keys, without the one that is the shape at rest."""
    keys = thing.data.shape_keys if thing.type == "MESH" else None
    if keys is None:
        return ()
    return tuple(key.name for key in keys.key_blocks if key != keys.reference_key)


def plan_keys(
    mesh: Any, evaluator: Evaluator, shares: dict[str, dict[str, float]]
) -> KeyPlan | None:
    """How curves move a mesh object's keys, or None if they move none.

    Args:
        mesh: the object.
        evaluator: whose curves.
        shares: key → what the curves named count in it.
    """
    driven = {path for path, _ in driven_numbers(mesh.data.shape_keys)}
    names = tuple(name for name in shares if key_path(name) not in driven)
    if not names:
        return None
    columns = {name: column for column, name in enumerate(evaluator.curve_names)}
    mix = np.zeros((len(names), len(columns)))
    for row, name in enumerate(names):
        for curve, share in shares[name].items():
            mix[row, columns[curve]] = share
    return KeyPlan(names, mix, evaluator)


def key_path(name: str) -> str:
    """Data path of a shape key's value, from the keys."""
    return f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'


class KeyMover:
    """A plan on a mesh object; for use at once, because it holds Blender's references."""

    def __init__(self, mesh: Any, plan: KeyPlan) -> None:
        self._keys, self._plan = mesh.data.shape_keys, plan

    def apply(self, channels: FloatArray) -> None:
        """Set the keys by (C,) channels; what is there already is not written.

        Raises:
            StaleError: a key is gone.
        """
        if self._keys is None:
            raise StaleError("shape keys")
        blocks = self._keys.key_blocks
        values = self._plan.values(channels[None])[0].astype(np.float32).tolist()
        for name, value in zip(self._plan.keys, values, strict=True):
            key = blocks.get(name)
            if key is None:
                raise StaleError(name)
            if key.value != value:
                key.value = value

    def tracks(self, channels: FloatArray) -> list[Track]:
        """Every value that ``apply`` would write, for (N, C) channels."""
        values = np.ascontiguousarray(self._plan.values(channels).T)
        return [
            Track(self._keys, "KEY", key_path(name), 0, row, "")
            for name, row in zip(self._plan.keys, values, strict=True)
        ]
