"""What the head's parts are made of: one table for Blender's materials and the renderer."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Material:
    """A part's surface.

    Attributes:
        roughness: 0 a mirror, 1 chalk.
        colour: sRGB 0..1 of a part without a picture; None for one that is painted.
    """

    roughness: float
    colour: Colour | None = None


MATERIALS: dict[str, Material] = {
    "skin": Material(0.55),
    "eyes": Material(0.08),
    "teeth": Material(0.25),
    "tongue": Material(0.35, (0.52, 0.26, 0.25)),
    "mouth": Material(0.4, (0.34, 0.13, 0.12)),
    "lashes": Material(0.7),
    "hair": Material(0.6),
}
