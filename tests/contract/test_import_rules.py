"""Who may import whom, read from the source: ``rig`` <- ``geface_bridge`` <- ``training``.

Also which module alone may use a heavy library, and that the command line starts light.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("rig", "geface_bridge", "training")
FORBIDDEN = {  # to the right of each package, nothing
    "rig": {"geface_bridge", "training", "blender_addon", "geface", "unreal_plugin"},
    "geface_bridge": {"training", "blender_addon", "geface", "unreal_plugin"},
    "training": {"blender_addon", "geface", "unreal_plugin"},
}
# hands them out, and runs none of them
ALLOWED = {"geface_bridge/commands/addon.py": {"blender_addon", "unreal_plugin"}}
HOMES = {  # library -> the only places that may import it
    "torch": ("training/",),
    "bpy": ("rig/author/", "blender_addon/geface/host/", "blender_addon/geface/ui/"),
    "mathutils": ("rig/author/", "blender_addon/geface/host/"),
    "anny": ("rig/author/",),
    "scipy": ("rig/author/", "training/"),
    "pyrender": ("rig/render.py", "rig/render_gl.py"),
    "mediapipe": ("geface_bridge/", "training/"),
    "viser": ("geface_bridge/",),
}
HEAVY = {"cv2", "mediapipe", "numpy", "onnxruntime", "torch", "trimesh", "viser"}
MODULES = sorted(
    path
    for package in (*PACKAGES, "blender_addon", "unreal_plugin")
    for path in (ROOT / package).rglob("*.py")
    if "__pycache__" not in path.parts
)


def imported(tree: ast.AST) -> set[str]:
    """Full names of all modules imported anywhere in a tree; relative imports keep their dots."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def top_level(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {name.split(".")[0] for name in imported(tree)}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_package_is_looked_at():
    found = {name_of(path).split("/")[0] for path in MODULES}
    assert set(PACKAGES) <= found


def test_the_reader_of_imports_sees_what_hides_in_functions_and_conditions():
    source = "import a.b\nfrom c.d import e\ndef f():\n  import g\nif 0:\n  from . import h\n"
    assert imported(ast.parse(source)) == {"a.b", "c.d", "g", "."}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_imports_to_its_right(path):
    forbidden = FORBIDDEN.get(name_of(path).split("/")[0], set())
    wrong = top_level(path) & forbidden - ALLOWED.get(name_of(path), set())
    assert not wrong, (
        f"{name_of(path)} imports {wrong}; the order is rig <- geface_bridge <- training"
    )


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_stay_at_home(path):
    name = name_of(path)
    for library in top_level(path) & HOMES.keys():
        homes = HOMES[library]
        assert name.startswith(homes), f"{name} imports {library}, which only {homes} may"


@pytest.mark.parametrize("folder", ["protocol", "motion"])
def test_pure_packages_have_neither_clocks_nor_sockets(folder):
    impure = {"time", "datetime", "socket", "asyncio", "threading", "websockets", "random"}
    for path in (ROOT / "geface_bridge" / folder).rglob("*.py"):
        assert not top_level(path) & impure, f"{name_of(path)} imports {top_level(path) & impure}"


@pytest.mark.parametrize(
    "path", [path for path in MODULES if name_of(path).startswith("blender_addon/")], ids=name_of
)
def test_the_add_on_needs_nothing_that_blender_has_not(path):
    """Its zip is all that is installed: relative imports, the standard library, numpy, bpy."""
    ours = {*PACKAGES, "blender_addon", "geface", "tests"}
    theirs = {"bpy", "bpy_extras", "mathutils", "addon_utils", "numpy", ""}
    since_3_11 = {"tomllib"}  # Blender 3.4 has Python 3.10
    strange = top_level(path) - (sys.stdlib_module_names - since_3_11) - theirs
    assert not top_level(path) & ours
    assert not strange, f"{name_of(path)} imports {strange}, which Blender has not"


CORE = ROOT / "blender_addon" / "geface" / "core"
EDGE = {"wire.py", "websocket.py", "link.py", "receiver.py"}  # clocks, sockets and threads


@pytest.mark.parametrize("path", sorted(CORE.glob("*.py")), ids=name_of)
def test_the_add_ons_core_stands_on_its_own(path):
    """Neither Blender nor the add-on's upper floors, and the world only where it comes in."""
    names = imported(ast.parse(path.read_text(encoding="utf-8")))
    assert not [name for name in names if name.startswith("..")]
    assert not top_level(path) & {"bpy", "bpy_extras", "mathutils", "addon_utils"}
    impure = {"time", "datetime", "socket", "selectors", "ssl", "threading", "random", "urllib"}
    if path.name not in EDGE:
        assert not top_level(path) & impure


def test_the_command_line_starts_without_heavy_libraries():
    code = "import sys, geface_bridge.cli; print(*sorted(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not set(run.stdout.split()) & HEAVY
