"""Contact sheets of the rig, to be looked at: ``python -m rig.sheets KIND --out FILE.png``.

* ``random``: random faces as a data set has them;
* ``aus``: every action unit at 0, ½ and 1 on several people;
* ``combinations``: action units that often come together;
* ``identity``: every identity parameter at 0 and 1 on the base face.

All but ``random`` are drawn in even light, without a camera's faults. ``--assets DIR`` shows a
fresh build (``python -m rig.author.build --out DIR``) instead of the packaged head.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from rig.layout import Layout, load_layout, parameter_from_angle
from rig.photograph import Photo
from rig.sampling import FaceSample, sample_face
from rig.view import EVEN_VIEW

if TYPE_CHECKING:
    from rig.render import Renderer

FloatArray = NDArray[np.float64]
ByteImage = NDArray[np.uint8]

STEPS = (0.0, 0.5, 1.0)
LABEL_WIDTH = 112
JPEG_QUALITY = 86
# What people do with several muscles at once (FACS combinations); values are intensities.
COMBINATIONS: dict[str, dict[str, float]] = {
    "6+12": {"AU06": 1, "AU12": 1},
    "6+12+25": {"AU06": 0.8, "AU12": 1, "AU25": 0.8},
    "6+12+25+26": {"AU06": 1, "AU12": 1, "AU25": 0.7, "AU26": 0.7},
    "1+2+5+26": {"AU01": 1, "AU02": 1, "AU05": 1, "AU25": 0.5, "AU26": 0.8},
    "1+4": {"AU01": 1, "AU04": 1},
    "1+4+15": {"AU01": 1, "AU04": 0.8, "AU15": 1},
    "1+4+15+17": {"AU01": 1, "AU04": 0.8, "AU15": 1, "AU17": 0.8},
    "1+2+4+5+20+25": {"AU01": 1, "AU02": 0.7, "AU04": 1, "AU05": 1, "AU20": 1, "AU25": 0.7},
    "4+5+7+24": {"AU04": 1, "AU05": 0.8, "AU07": 0.7, "AU24": 1},
    "4+7+9+10": {"AU04": 1, "AU07": 0.8, "AU09": 1, "AU10": 0.8},
    "9+10+16+25": {"AU09": 1, "AU10": 1, "AU16": 0.8, "AU25": 0.6},
    "6+43": {"AU06": 0.8, "AU43": 1},
    "12+26+43": {"AU12": 1, "AU25": 0.6, "AU26": 1, "AU43": 1},
    "18+22+25": {"AU18": 0.8, "AU22": 1, "AU25": 0.6},
    "17+24": {"AU17": 1, "AU24": 1},
    "17+23": {"AU17": 0.8, "AU23": 1},
    "25+26+30L": {"AU25": 0.6, "AU26": 0.6, "AU30L": 1},
    "19+25+26": {"AU19": 1, "AU25": 0.8, "AU26": 0.6},
    "12R+14R": {"AU12": 0.5, "AU12.asymmetry": -1, "AU14": 0.5, "AU14.asymmetry": -1},
    "43L": {"AU43": 0.5, "AU43.asymmetry": 1, "AU06": 0.3, "AU06.asymmetry": 1},
}


@dataclass(frozen=True)
class Row:
    """One line of a sheet: its name and the faces in it."""

    label: str
    faces: tuple[FaceSample, ...]


def random_rows(count: int, seed: int, columns: int) -> list[Row]:
    """Random faces 0 to ``count`` of the set ``seed``, without labels."""
    faces = tuple(sample_face(seed, index) for index in range(count))
    return [Row("", faces[i : i + columns]) for i in range(0, count, columns)]


def people(count: int, seed: int, layout: Layout) -> list[FaceSample]:
    """Random people who look at us without expression, in even light."""
    return [at_rest(sample_face(seed, index, layout), layout) for index in range(count)]


def at_rest(sample: FaceSample, layout: Layout) -> FaceSample:
    """The same person without expression, head turn or camera faults, in even light.

    What hides the face stays off: glasses, hats, beards, hands.
    """
    parameters = layout.neutral_parameters()
    for block in ("identity", "brow_style"):
        parameters[layout.blocks[block]] = sample.parameters[layout.blocks[block]]
    photo = Photo(seed=sample.photo.seed)
    styling = replace(sample.styling, beard="none", glasses="none", hat="none", extras=())
    return replace(sample, parameters=parameters, view=EVEN_VIEW, photo=photo, styling=styling)


def changed(sample: FaceSample, values: dict[str, float], layout: Layout) -> FaceSample:
    """The same face with other values of the parameters named."""
    parameters = sample.parameters.copy()
    for name, value in values.items():
        parameters[layout.parameter_index[name]] = value
    return replace(sample, parameters=parameters)


def au_rows(faces: Sequence[FaceSample], layout: Layout) -> list[Row]:
    """Every action unit and gaze direction at 0, ½, 1 on each face."""
    ends: dict[str, tuple[str, float, float]] = {
        f"{unit.number} {unit.label}": (unit.name, 0.0, 1.0) for unit in layout.all_aus
    }
    for axis, (low, high) in {"yaw": ("right", "left"), "pitch": ("up", "down")}.items():
        ends |= {f"gaze {low}": (f"gaze_{axis}", 0.5, 0.0)}
        ends |= {f"gaze {high}": (f"gaze_{axis}", 0.5, 1.0)}
    return [
        Row(
            label,
            tuple(
                changed(face, {name: low + step * (high - low)}, layout)
                for face in faces
                for step in STEPS
            ),
        )
        for label, (name, low, high) in ends.items()
    ]


def combination_rows(faces: Sequence[FaceSample], layout: Layout) -> list[Row]:
    """Every combination at ½ and in full on each face."""
    rows = []
    for label, values in COMBINATIONS.items():
        half = {n: v if n.endswith("asymmetry") else v / 2 for n, v in values.items()}
        shown = (changed(face, v, layout) for face in faces for v in (half, values))
        rows.append(Row(label, tuple(shown)))
    return rows


def identity_rows(face: FaceSample, layout: Layout) -> list[Row]:
    """Every identity parameter at 0 and 1, a row a component."""
    base = face.parameters.copy()
    base[layout.blocks["identity"]] = layout.raw["identity"]["neutral"]
    face = replace(face, parameters=base)
    return [
        Row(
            component.name,
            tuple(
                changed(face, {f"{component.name}.{dof}": end}, layout)
                for dof in component.dofs
                for end in (0.0, 1.0)
            ),
        )
        for component in layout.identity
    ]


def picked(rows: Sequence[Row], only: str) -> list[Row]:
    """Rows whose label begins with one of the words in ``only`` ("6,12"); all if it is empty.

    Raises:
        ValueError: no row does.
    """
    words = [word.strip() for word in only.split(",") if word.strip()]
    found = [r for r in rows if not words or any(r.label.startswith(word) for word in words)]
    if not found:
        labels = ", ".join(row.label for row in rows)
        raise ValueError(f"no row begins with {only!r}, expected one of: {labels}")
    return found


def draw_sheet(rows: Sequence[Row], renderer: Renderer, blocks: int = 1) -> ByteImage:
    """Render all faces; the rows stand in ``blocks`` columns beside each other."""
    strips = [draw_row(row, renderer) for row in rows]
    width = max(strip.shape[1] for strip in strips)
    per_block = -(-len(strips) // blocks)
    columns = [strips[i : i + per_block] for i in range(0, len(strips), per_block)]
    height = per_block * renderer.size
    return np.hstack([_padded(np.vstack([_padded(s, s.shape[0], width) for s in c]), height, width)
                      for c in columns])  # fmt: skip


def draw_row(row: Row, renderer: Renderer) -> ByteImage:
    """One strip of pictures, the label before them."""
    tiles = [renderer.render(face, mask=False).image_rgb for face in row.faces]
    if row.label:
        tiles = [_label(row.label, renderer.size), *tiles]
    return np.hstack(tiles)


def _label(text: str, height: int) -> ByteImage:
    tile = np.full((height, LABEL_WIDTH, 3), 24, np.uint8)
    for line, word in enumerate(text.split(" ")):
        place = (6, 22 + 17 * line)
        font, white = cv2.FONT_HERSHEY_SIMPLEX, (225, 228, 235)
        cv2.putText(tile, word, place, font, 0.45, white, 1, cv2.LINE_AA)
    return tile


def _padded(image: ByteImage, height: int, width: int) -> ByteImage:
    out = np.full((height, width, 3), 24, np.uint8)
    out[: image.shape[0], : image.shape[1]] = image
    return out


def write_sheet(path: Path, sheet: ByteImage) -> None:
    """Write a PNG or JPEG, by the name's ending.

    Raises:
        OSError: the folder is not there or cannot be written to.
    """
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    done, data = cv2.imencode(path.suffix, sheet[..., ::-1], options)
    if done:
        path.write_bytes(data.tobytes())


def rows_for(options: argparse.Namespace) -> list[Row]:
    """The rows that the command line asks for."""
    layout = load_layout()
    if options.kind == "random":
        return random_rows(options.count, options.seed, options.columns)
    angle = layout.raw["pose"][0]
    turn = {angle["name"]: float(parameter_from_angle(np.deg2rad(options.yaw), angle))}
    faces = [changed(f, turn, layout) for f in people(options.identities, options.seed, layout)]
    rows = {
        "aus": lambda: au_rows(faces, layout),
        "combinations": lambda: combination_rows(faces, layout),
        "identity": lambda: identity_rows(faces[0], layout),
    }[options.kind]()
    return picked(rows, options.only)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=("random", "aus", "combinations", "identity"))
    parser.add_argument("--out", type=Path, required=True, help=".png or .jpg")
    parser.add_argument("--size", type=int, default=160, help="pixels a face (160)")
    parser.add_argument("--seed", type=int, default=5, help="of the people (5)")
    parser.add_argument("--count", type=int, default=24, help="random: faces (24)")
    parser.add_argument("--columns", type=int, default=6, help="random: faces a row (6)")
    parser.add_argument("--identities", type=int, default=3, help="people a row (3)")
    parser.add_argument("--blocks", type=int, default=1, help="columns of rows (1)")
    parser.add_argument("--only", default="", help='rows whose label begins so: "6,12,gaze"')
    parser.add_argument("--yaw", type=float, default=0.0, help="turn of the head, degrees (0)")
    parser.add_argument("--assets", type=Path, help="folder of a fresh build, instead of ours")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the sheet asked for."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.out.suffix not in (".png", ".jpg"):
        parser.error(f"--out is {options.out.name}, expected a name that ends in .png or .jpg")
    if options.assets:
        os.environ["GEFACE_RIG_DIR"] = str(options.assets)
    from rig.render import Renderer  # slow, and the head it loads is the one just chosen

    try:
        rows = rows_for(options)
    except ValueError as error:
        parser.error(str(error))
    with Renderer(options.size) as renderer:
        write_sheet(options.out, draw_sheet(rows, renderer, options.blocks))


if __name__ == "__main__":
    main()
