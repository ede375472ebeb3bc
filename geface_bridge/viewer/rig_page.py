"""What the page of ``geface-bridge rig`` asks for: the rig in words, people, painted pictures.

Everything is computed on request from ``rig``; a person is a number, as in a data set.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rig import appearance
from rig.appearance import Appearance
from rig.creases import crease_depths
from rig.head import load_head
from rig.layout import IdentityComponent, Layout, load_layout
from rig.props import Prop, Styling, props_for
from rig.sampling import FaceSample, person_of, sample_face
from rig.skeleton import DOFS, Skeleton

Query = Mapping[str, str]

PEOPLE_SEED = 0  # of the set whose member N is person N
MAX_PERSON = 2**31 - 1
_UNITS = {"t": "m", "r": "rad", "s": "scale"}


def rig_json() -> bytes:
    """Channels, action units, identity parameters with docs and offsets, brow styles."""
    layout = load_layout()
    content = {
        "layout_id": layout.layout_id,
        "units": unit_list(layout),
        "channels": channel_list(layout),
        "exclusions": layout.exclusions,
        "identity": [_component(component) for component in layout.identity],
        "offsets": _offsets(layout),
        "brow_styles": [style.name for style in layout.brow_styles],
    }
    return json.dumps(content).encode()


def unit_list(layout: Layout) -> list[dict[str, Any]]:
    """Every action unit as JSON's types."""
    return [
        {"number": au.number, "name": au.name, "label": au.label, "muscle": au.muscle}
        | {"channels": au.channels}
        for au in layout.all_aus
    ]


def channel_list(layout: Layout) -> list[dict[str, Any]]:
    """Every channel as JSON's types, in the wire's order."""
    return [{"name": c.name, "unit": c.unit, "low": c.low, "high": c.high} for c in layout.channels]


def _component(component: IdentityComponent) -> dict[str, Any]:
    parameters = [
        {"name": f"{component.name}.{dof}", "dof": dof, "unit": _UNITS[dof[0]], "extent": extent}
        for dof, extent in zip(component.dofs, component.ranges, strict=True)
    ]
    return {
        "name": component.name,
        "doc": component.doc,
        "paired": component.paired,
        "parameters": parameters,
    }


def _offsets(layout: Layout) -> list[dict[str, list[float]]]:
    """Per identity parameter: joint → nine numbers that it adds at 1, in ``DOFS`` order."""
    skeleton = Skeleton(layout=layout)
    names = skeleton.head.joint_names
    out = []
    for table in skeleton.identity_offsets:
        moved = np.flatnonzero(np.abs(table).max(1))
        out.append({names[j]: [float(v) for v in table[j, : len(DOFS)]] for j in moved})
    return out


def person_json(query: Query) -> bytes:
    """Identity, brow style and age of the person ``?person=N``."""
    layout, number = load_layout(), _number(query, "person", MAX_PERSON)
    sample = _person(number)
    identity = sample.parameters[layout.blocks["identity"]]
    styles = sample.parameters[layout.blocks["brow_style"]]
    content = {
        "identity": [round(float(value), 4) for value in identity],
        "brow_style": int(styles.argmax()),
        "age_years": round(person_of(PEOPLE_SEED, number).age_years),
    }
    return json.dumps(content).encode()


def picture_png(name: str, query: Query) -> bytes:
    """PNG of a part's picture for ``?person=N&brow=M&AU12_L=0.5``: of whom, with which brows, how
    creased; all optional.

    Raises:
        ValueError: the query has a person, brow or intensity that is none.
    """
    look = _look(query)
    if name in _CREASED:
        image = _CREASED[name](look, crease_depths(_channels(query)))
    else:
        image = _PAINTED[name](look)
    return _png(image)


def _png(image: NDArray[np.uint8]) -> bytes:
    order = [2, 1, 0, 3][: image.shape[-1]]
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    return bytes(cv2.imencode(".png", image[..., order], fast)[1].tobytes())


_CREASED = {"skin": appearance.paint_skin, "surface": appearance.paint_surface}
_PAINTED: dict[str, Callable[[Appearance], NDArray[np.uint8]]] = {
    "eyes": appearance.paint_eye,
    "hair": appearance.paint_hair,
    "lashes": appearance.paint_lashes,
    "mouth": appearance.paint_mouth,
    "teeth": appearance.paint_teeth,
    "tongue": appearance.paint_tongue,
}
PICTURES = (*_CREASED, *_PAINTED)


def _channels(query: Query) -> NDArray[np.float64]:
    """(C,) intensities that a query names; the other channels are 0."""
    index = load_layout().channel_index
    out = np.zeros(len(index))
    for name in index.keys() & query.keys():
        out[index[name]] = _share(query, name)
    return out


def props_json(query: Query) -> bytes:
    """What the person of a query wears: meshes, as base64 of little-endian arrays, and pictures.

    ``joints`` are the names that the meshes' joint indices mean; ``hidden`` are the head's own
    parts that give way. Hats, and what is held before the face, stay off: the page is there to see
    the face.
    """
    styling = Styling()
    if "person" in query:
        styling = _person(_number(query, "person", MAX_PERSON)).styling
    styling = replace(styling, hat="none", extras=())
    look = _look(query)
    props = [_prop(prop) for prop in props_for(styling, look)]
    hidden = ["hair"] if look.bald else []
    content = {"joints": load_head().joint_names, "props": props, "hidden": hidden}
    return json.dumps(content).encode()


def _prop(prop: Prop) -> dict[str, Any]:
    arrays = {
        "positions": prop.positions.astype("<f4"),
        "normals": prop.normals.astype("<f4"),
        "uvs": prop.uvs.astype("<f4"),
        "joints": prop.joints.astype("<u2"),
        "weights": prop.weights.astype("<f4"),
        "triangles": prop.triangles.astype("<u4"),
    }
    return {
        "name": prop.name,
        "label": prop.label,
        "alpha": prop.alpha,
        "picture": base64.b64encode(_png(prop.picture)).decode(),
        "arrays": {
            name: base64.b64encode(array.tobytes()).decode() for name, array in arrays.items()
        },
    }


def _look(query: Query) -> Appearance:
    """Of the person asked for, else the packaged head's; with the brow asked for."""
    look = appearance.default_appearance()
    if "person" in query:
        look = _person(_number(query, "person", MAX_PERSON)).look
    if "brow" in query:
        styles = load_layout().brow_styles
        look = replace(look, brow=styles[_number(query, "brow", len(styles) - 1)])
    return look


@lru_cache(maxsize=8)
def _person(number: int) -> FaceSample:
    return sample_face(PEOPLE_SEED, number)


def _number(query: Query, name: str, most: int) -> int:
    """A whole number of a query, 0..most.

    Raises:
        ValueError: it is missing or none.
    """
    text = query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= most):
        raise ValueError(f"{name} is {text!r:.30}, expected a whole number from 0 to {most}")
    return int(text)


def _share(query: Query, name: str) -> float:
    """A number of a query, 0..1.

    Raises:
        ValueError: it is none, or lies outside.
    """
    try:
        value = float(query[name])
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {query[name]!r:.30}, expected a number from 0 to 1")
    return value
