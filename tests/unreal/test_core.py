"""The Unreal plugin's engine-free core: built by each compiler, tested, fuzzed."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from geface_bridge.protocol import SUBPROTOCOL, VERSION
from tests.unreal.conftest import COMPILERS, HERE, ROOT, run

GOLDEN = ROOT / "tests" / "contract" / "golden"
CORE = ROOT / "unreal_plugin" / "GeFaceBridge" / "Source" / "GeFaceCore"
HOURS = {"g++": "2", "clang++": "0.1"}
FUZZ_SECONDS = 5
MINGW = "x86_64-w64-mingw32-g++-posix"
TARGETS = ["session", "profile", "connection"]
FORBIDDEN = re.compile(r"\b(throw|try|catch|dynamic_cast|typeid)\b")

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_core_does_what_its_own_tests_say(built, compiler):
    program = built(compiler) / "core_test"
    said = run([program, GOLDEN], env={**os.environ, "GEFACE_HOURS": HOURS[compiler]})
    assert re.search(r"^[4-9]\d tests, 0 failures$", said, re.MULTILINE), said


@pytest.mark.parametrize("target", TARGETS)
def test_the_kept_corpus_holds(built, target):
    said = run([built("g++") / f"fuzz_{target}", HERE / "corpus" / target])
    assert int(said.split()[0]) >= 10


@pytest.mark.parametrize("target", TARGETS)
def test_a_short_fuzz_finds_nothing(built, target, tmp_path):
    program = built("clang++") / f"fuzz_{target}"
    corpus = tmp_path / "corpus"
    shutil.copytree(HERE / "corpus" / target, corpus)
    options = [f"-max_total_time={FUZZ_SECONDS}", "-max_len=4096", "-timeout=10", "-seed=1"]
    # libFuzzer asks the kernel for its peak of memory, which counts what it was forked from: a
    # pytest that has grown beyond libFuzzer's limit by now. The shell between them is small.
    run(["sh", "-c", '"$@"; exit $?', "sh", program, *options, corpus], cwd=tmp_path)


@pytest.mark.parametrize("standard", ["c++17", "c++20"])
def test_the_core_compiles_for_windows_behind_its_headers(standard, tmp_path):
    """As a DLL and as one file; by Debian's g++-mingw-w64, which is not Microsoft's compiler."""
    if shutil.which(MINGW) is None:
        pytest.skip(f"{MINGW} is not installed")
    sources = [path for path in (CORE / "Private").glob("*.cpp") if path.stem != "GeFaceCoreModule"]
    text = "".join(f'#include "{path.as_posix()}"\n' for path in sorted(sources))
    (tmp_path / "unity.cpp").write_text(text, encoding="utf-8")
    warnings = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror"]
    defined = ["-DNOMINMAX", "-DGEFACECORE_API=__declspec(dllexport)"]
    before = ["-include", "windows.h", "-include", HERE / "unity" / "engine_macros.h"]
    options = [f"-std={standard}", *warnings, "-fno-exceptions", "-fno-rtti", *defined, *before]
    run([MINGW, *options, "-I", CORE / "Public", "-fsyntax-only", tmp_path / "unity.cpp"])


def test_the_protocols_version_is_pythons():
    header = (CORE / "Public" / "GeFaceCore" / "Messages.h").read_text(encoding="utf-8")
    assert f"kProtocolMajor = {VERSION[0]};" in header
    assert f"kProtocolMinor = {VERSION[1]};" in header
    assert f'kSubprotocol = "{SUBPROTOCOL}";' in header


def test_the_core_knows_nothing_of_the_engine():
    """No engine header, exception or run-time type in the core but in the file for its module."""
    files = [path for path in CORE.rglob("*.[ch]*") if path.stem != "GeFaceCoreModule"]
    assert len(files) >= 15
    standard = re.compile(r'#include (<[a-z_0-9]+>|"GeFaceCore/\w+(\.generated)?\.h")$')
    for path in files:
        text = path.read_text(encoding="utf-8")
        includes = [line for line in text.splitlines() if line.startswith("#include")]
        assert all(map(standard.match, includes)), path
        assert not re.search(r"\b(throw|try|catch|dynamic_cast|typeid)\b", strip_comments(text)), (
            path
        )


def strip_comments(text):
    """C++ without // comments and strings."""
    return re.sub(r'//.*|"(\\.|[^"\\])*"', "", text)
