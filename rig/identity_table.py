"""Says what each of the 208 identity numbers does: writes docs/identity.md from the layout.

python -m rig.identity_table            # write
python -m rig.identity_table --check    # fail if the committed table is stale
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from rig.layout import IdentityComponent, Layout, load_layout

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "identity.md"

# What a positive offset does: (of one bone on the midline, of a pair).
_EFFECTS = {
    "tx": ("to the left", "outwards"),
    "ty": ("up", "up"),
    "tz": ("forward", "forward"),
    "rx": ("tips its top forward", "tip their tops forward"),
    "ry": ("turns its front to the left", "turn their fronts outwards"),
    "rz": ("lifts its left end", "lift their outer ends"),
    "sx": ("wider", "wider"),
    "sy": ("taller", "taller"),
    "sz": ("deeper", "deeper"),
}

_HEAD = """# The 208 identity numbers

Generated from `rig/face_layout.json` by `python -m rig.identity_table`; do not edit.

Each is 0..1 and 0.5 at rest; 0 does the opposite of what stands here for 1. A number offsets
the component's bone in its parent: what hangs below goes along. Left and right of a pair move
as mirror images. Ranges are about three standard deviations of MakeHuman's random people,
less where more would let lips or lids cross. "Parameter" is the place in the vector that
networks see.
"""


def effect(component: IdentityComponent, dof: str, extent: float) -> str:
    """What the number ``dof`` of a component does at 1, in words."""
    words = _EFFECTS[dof][component.paired]
    if dof[0] == "t":
        return f"{1e3 * extent:.1f} mm {words}"
    if dof[0] == "r":
        return f"{words} by {np.rad2deg(extent):.1f}°"
    return f"{100 * extent:.0f} % {words}"


def table(layout: Layout) -> str:
    """The whole document, Markdown."""
    lines, parameter = [_HEAD], layout.blocks["identity"].start
    for component in layout.identity:
        kind = "pair" if component.paired else "single"
        bones = ", ".join(f"`{bone}`" for bone in component.bones)
        lines += [
            f"## {component.name}",
            "",
            f"{component.doc.capitalize()} ({kind}: {bones}).",
            "",
        ]
        lines += ["| parameter | number | at 1 |", "|---|---|---|"]
        for dof, extent in zip(component.dofs, component.ranges, strict=True):
            words = effect(component, dof, extent)
            lines.append(f"| {parameter} | `{component.name}.{dof}` | {words} |")
            parameter += 1
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Write or check the document; 0 if all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    text = table(load_layout())
    if not parser.parse_args().check:
        DOCUMENT.write_text(text, encoding="utf-8")
        return 0
    if DOCUMENT.is_file() and DOCUMENT.read_text(encoding="utf-8") == text:
        return 0
    print(f"{DOCUMENT.name} is stale; run: python -m rig.identity_table", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
