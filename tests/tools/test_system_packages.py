import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "system_packages.py"
CI = Path(__file__).parents[2] / ".ci" / "run"

# A library that no system has stands for one that is missing.
WITHOUT = """
import runpy, sys
tool = runpy.run_path(sys.argv[1])
tool["LIBRARIES"]["render"]["libgeface-absent.so.9"] = "libgeface-absent9"
tool["main"].__globals__["sys"].platform = "linux"
sys.exit(tool["main"](["render"]))
"""


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True)


def test_a_missing_library_is_named_by_its_package_in_one_line():
    done = run("-c", WITHOUT, str(TOOL))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "apt-get install" in done.stderr
    assert "libgeface-absent9" in done.stderr


def test_an_unknown_group_is_refused_with_the_known_ones():
    done = run(str(TOOL), "sound")
    assert done.returncode == 2
    assert "sound" in done.stderr
    assert "runtime" in done.stderr


def test_ci_installs_every_package_the_tool_may_ask_for():
    done = run(
        "-c",
        "import runpy, sys; t = runpy.run_path(sys.argv[1])['LIBRARIES']\n"
        "print(*(p for group in t.values() for p in group.values()))",
        str(TOOL),
    )
    packages = done.stdout.split()
    installed = CI.read_text().split()
    assert packages
    assert set(packages) <= set(installed)
