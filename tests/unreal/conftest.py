"""Builds of the plugin's core, one for each compiler that is here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COMPILERS = ("g++", "clang++")


def run(command, **options):
    """A command that has to succeed; its output."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, **options
    )
    assert done.returncode == 0, f"{command[0]} gave {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def has_fuzzer(compiler, folder):
    """Whether the compiler brings libFuzzer and the sanitizers: Debian packs them apart."""
    source = folder / "nothing.cpp"
    source.write_text('extern "C" int LLVMFuzzerTestOneInput(const char*, long) { return 0; }')
    command = [compiler, "-fsanitize=fuzzer,address", source, "-o", folder / "nothing"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """compiler → folder with the programs; built once, and quickly when nothing changed."""
    folders = {}

    def build(compiler):
        if compiler not in folders:
            folders[compiler] = make(compiler, tmp_path_factory.mktemp("compiler"))
        return folders[compiler]

    return build


def make(compiler, scratch):
    """Configure and build; skips by name what is not installed."""
    for program in ("cmake", compiler):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: the plugin's core cannot be built")
    fuzz = compiler.startswith("clang")
    if fuzz and not has_fuzzer(compiler, scratch):
        pytest.skip(f"{compiler} lacks libFuzzer (Debian: libclang-rt-dev)")
    folder = ROOT / "build" / f"unreal-{compiler}"
    options = [f"-DCMAKE_CXX_COMPILER={compiler}", f"-DGEFACE_FUZZ={'ON' if fuzz else 'OFF'}"]
    run(["cmake", "-S", HERE, "-B", folder, *options])
    run(["cmake", "--build", folder, "--parallel", os.cpu_count() or 1])
    return folder
