"""The weights that come with the package, each an ONNX file with a JSON card beside it."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent

ESTIMATOR = FOLDER / "estimator.onnx"
"""What ``Estimator.load`` takes unless told otherwise."""
