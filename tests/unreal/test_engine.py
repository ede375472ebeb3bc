"""The plugin's modules against our own declarations of the engine: see engine_stubs."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.unreal.conftest import COMPILERS, HERE, ROOT, run

PLUGIN = ROOT / "unreal_plugin" / "GeFaceBridge"
GENERATE = HERE / "engine_stubs" / "generate.py"

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_source_keeps_to_live_links_rules(built, compiler):
    said = run([built(compiler) / "engine_test", ROOT / "tests" / "contract" / "golden"])
    assert re.search(r"^[2-9]\d tests, 0 failures$", said, re.MULTILINE), said


def test_every_module_of_the_plugin_is_there_and_builds_what_it_includes():
    """The descriptor, the Build.cs files and the folders name the same modules."""
    modules = json.loads((PLUGIN / "GeFaceBridge.uplugin").read_text(encoding="utf-8"))["Modules"]
    names = {module["Name"] for module in modules}
    assert names == {path.name for path in (PLUGIN / "Source").iterdir()}
    for name in names:
        rules = (PLUGIN / "Source" / name / f"{name}.Build.cs").read_text(encoding="utf-8")
        assert f"class {name} : ModuleRules" in rules
        code = "".join(
            path.read_text(encoding="utf-8")
            for path in (PLUGIN / "Source" / name).rglob("*.[ch]*")
            if path.suffix in (".h", ".cpp")
        )
        assert re.search(rf"IMPLEMENT_MODULE\(\w+, {name}\)", code)
        for header, module in (("IWebSocket.h", "WebSockets"), ("IPluginManager.h", "Projects")):
            assert (header in code) == (f'"{module}"' in rules), (name, header)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("UCLASS()\nclass UA : public UObject\n{\n};\n", "last include"),
        ('#include "A.generated.h"\n#include "B.h"\nUCLASS()\n', "last include"),
        ('#include "A.generated.h"\nUCLASS()\nstruct A\n{\n};\n', "not of the form"),
        ('#include "A.generated.h"\nUCLASS()\nclass UA : public UB\n{\n};\n', "GENERATED_BODY"),
    ],
)
def test_the_stand_in_refuses_what_the_header_tool_would(tmp_path, text, problem):
    header = tmp_path / "A.h"
    header.write_text(text, encoding="utf-8")
    command = [sys.executable, str(GENERATE), str(tmp_path / "out"), str(header)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert problem in done.stderr
