"""Name the Debian packages whose libraries are missing: no Python package can bring them.

    python3 tools/system_packages.py runtime render author

Prints nothing and exits 0 when all are there, and on any system but Linux. Needs only the
standard library, as it runs before anything is installed.
"""

from __future__ import annotations

import ctypes
import glob
import sys

LIBRARIES = {  # group -> library -> Debian package
    "runtime": {"libGL.so.1": "libgl1", "libgthread-2.0.so.0": "libglib2.0-0"},
    "render": {"libEGL.so.1": "libegl1", "libGLESv2.so.2": "libgles2"},
    "author": {
        "libSM.so.6": "libsm6",
        "libXext.so.6": "libxext6",
        "libXfixes.so.3": "libxfixes3",
        "libXi.so.6": "libxi6",
        "libxkbcommon.so.0": "libxkbcommon0",
        "libXrender.so.1": "libxrender1",
    },
}
EGL_DRIVERS = ("dri/*_dri.so", "libgallium*.so*", "libEGL_nvidia.so*")


def missing_packages(groups: list[str]) -> list[str]:
    """Debian packages that bring what the groups need and this system lacks."""
    wanted = {lib: package for group in groups for lib, package in LIBRARIES[group].items()}
    missing = {package for library, package in wanted.items() if not _loads(library)}
    if "render" in groups and not _has_egl_driver():
        missing.add("libgl1-mesa-dri")
    return sorted(missing)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_egl_driver() -> bool:
    roots = ("/usr/lib", "/usr/lib64", "/usr/lib/*-linux-gnu", "/usr/local/nvidia/lib64")
    return any(glob.glob(f"{root}/{driver}") for root in roots for driver in EGL_DRIVERS)


def main(groups: list[str]) -> int:
    """Print the missing packages; 1 if there are any."""
    unknown = set(groups) - LIBRARIES.keys()
    if unknown:
        print(f"unknown group {sorted(unknown)}, expected {sorted(LIBRARIES)}", file=sys.stderr)
        return 2
    missing = missing_packages(groups) if sys.platform == "linux" else []
    if missing:
        names = " ".join(missing)
        print(f"system libraries are missing; as root: apt-get install {names}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
