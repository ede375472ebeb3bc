# SPDX-License-Identifier: GPL-3.0-or-later
"""The frozen bytes of geface.v1 that bind every implementation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import strategies as st

PATH = Path(__file__).parents[2] / "contract" / "golden" / "geface_v1.json"
GOLDEN = json.loads(PATH.read_text(encoding="utf-8"))
ALL = tuple(
    bytes.fromhex(vector["hex"])
    for kind in ("canonical", "accepted", "ignored", "refused")
    for vector in GOLDEN[kind]
)


def vectors(*kinds):
    """Test parameters, one a vector."""
    found = [vector for kind in kinds for vector in GOLDEN[kind]]
    return [pytest.param(vector, id=vector["name"]) for vector in found]


@st.composite
def mutated(draw, seeds=ALL):
    """Golden bytes with a few bytes changed, cut out, doubled or put in."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        end = min(len(data), place + draw(st.integers(0, 9)))
        piece = draw(st.binary(max_size=9) | st.just(bytes(data[place:end]) * 2))
        data[place:end] = piece
    return bytes(data)
