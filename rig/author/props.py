"""Writes ``rig/assets/props.npz``: ``python -m rig.author.props [--out DIR]``.

Hair, beards, glasses, hats and clothes, all made here by formulas on the packaged head; CC0.
Takes seconds, needs numpy alone, and gives the same bytes every time.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from rig.author import cloth, glasses, hair, tufts, wear
from rig.author.shapes import Piece

RIG = Path(__file__).resolve().parents[1]


def pieces() -> dict[str, Piece]:
    """Every piece by name."""
    return {
        **glasses.pieces(),
        **hair.pieces(),
        **tufts.pieces(),
        **cloth.garments(),
        **wear.pieces(),
    }


def write(folder: Path) -> None:
    """Write ``props.npz`` into ``folder``."""
    arrays = {
        f"{name}/{field}": array
        for name, piece in pieces().items()
        for field, array in piece.arrays().items()
    }
    np.savez_compressed(folder / "props.npz", **arrays)


def main() -> None:
    """Build into ``--out``/assets (default: this package)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RIG, help="folder that holds assets/")
    folder = parser.parse_args().out / "assets"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder)


if __name__ == "__main__":
    main()
