# SPDX-License-Identifier: GPL-3.0-or-later
"""For workers, in Blender's Python: draws panels where there is no window to draw in.

Every call on the layout is held against what Blender registers: functions of ``UILayout`` and their
parameters, properties of what is shown, operators and icons. What a window would refuse with an
exception, or print into the console, is refused here too.
"""

import inspect
from types import MethodType, SimpleNamespace

import bpy

FUNCTIONS = bpy.types.UILayout.bl_rna.functions
SETTINGS = set(bpy.types.UILayout.bl_rna.properties.keys())
ICONS = set(FUNCTIONS["prop"].parameters["icon"].enum_items.keys())
NESTING = {"row", "column", "split", "box", "grid_flow", "column_flow"}
PYTHON_OWN = {"text_ctxt", "translate"}  # not in RNA, Python's API all the same


class Layout:
    """Stands where Blender hands a ``UILayout``; ``seen`` collects (function, words)."""

    def __init__(self, seen):
        object.__setattr__(self, "seen", seen)

    def __setattr__(self, name, value):
        if name not in SETTINGS:
            raise AttributeError(f"UILayout has no {name}")

    def __getattr__(self, name):
        if name not in FUNCTIONS:
            raise AttributeError(f"UILayout has no {name}")
        return lambda *values, **named: self._call(name, values, named)

    def _call(self, name, values, named):
        parameters = [p for p in FUNCTIONS[name].parameters if not p.is_output]
        given = dict(zip((p.identifier for p in parameters), values, strict=False)) | named
        strange = given.keys() - {p.identifier for p in parameters} - PYTHON_OWN
        missing = {p.identifier for p in parameters if p.is_required} - given.keys()
        if strange or missing or len(values) > len(parameters):
            raise TypeError(f"{name}({values}, {named}): unknown {strange}, missing {missing}")
        self._check(name, given)
        self.seen.append((name, tuple(str(v) for v in given.values() if isinstance(v, str))))
        if name == "operator":
            return _properties(given["operator"])
        return Layout(self.seen) if name in NESTING else None

    def _check(self, name, given):
        if given.get("icon", "NONE") not in ICONS:
            raise TypeError(f"no icon {given['icon']}")
        if name in {"prop", "prop_search"} and given["property"] not in _names(given["data"]):
            raise TypeError(f"{given['data']} has no {given['property']}")
        if name == "prop_search":
            _names(given["search_data"])[given["search_property"]]
        if name == "template_list":
            _names(given["dataptr"])[given["propname"]]
            _names(given["active_dataptr"])[given["active_propname"]]
            getattr(bpy.types, given["listtype_name"])


def _names(data):
    return data.bl_rna.properties


def _properties(operator):
    """A button's operator, on which its properties are set; raises where there is none."""
    module, name = operator.split(".")
    registered = getattr(getattr(bpy.ops, module), name).get_rna_type()
    names = {p.identifier for p in registered.properties}

    class Given:
        def __setattr__(self, key, value):
            if key not in names:
                raise AttributeError(f"{operator} has no {key}")

    return Given()


def context(width=300):
    """What panels read of the context, with a region as wide as asked; no window has no scale."""
    return SimpleNamespace(
        scene=bpy.context.scene,
        window_manager=bpy.context.window_manager,
        preferences=SimpleNamespace(system=SimpleNamespace(ui_scale=1.0)),
        region=SimpleNamespace(width=width),
    )


def drawn(panel, width=300):
    """What a panel, preferences' or a list's class draws: a list of (function, words)."""
    seen = []
    owner = SimpleNamespace(layout=Layout(seen), bl_rna=panel.bl_rna)
    for name, value in vars(panel).items():
        if inspect.isfunction(value):
            setattr(owner, name, MethodType(value, owner))
    panel.draw(owner, context(width))
    return seen
