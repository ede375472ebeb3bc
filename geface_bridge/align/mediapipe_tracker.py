"""MediaPipe Face Mesh as a landmark tracker; the only file that knows MediaPipe.

Another tracker takes its place by offering the same ``track`` and ``close``, with landmarks
in MediaPipe's order (478 points, irises included).
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align.quiet import quiet_stderr
from geface_bridge.errors import MissingDependencyError

LANDMARK_COUNT = 478


class MediaPipeTracker:
    """478 landmarks per face; not thread-safe, one per stream.

    Args:
        max_faces: how many faces at most.
        tracking: follow faces from call to call (video); False looks at each image afresh.

    Raises:
        MissingDependencyError: MediaPipe is not installed.
    """

    def __init__(self, max_faces: int, tracking: bool) -> None:
        with quiet_stderr():
            self._mesh: Any = _face_mesh_module().FaceMesh(
                static_image_mode=not tracking, max_num_faces=max_faces, refine_landmarks=True
            )
            # The graph's threads open their models late; a blank image waits for them, so
            # that their greetings fall into this block too.
            self._mesh.process(np.zeros((64, 64, 3), np.uint8))
        self._seen_a_face = False

    def track(self, image_rgb: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
        """Landmarks (478, 3) of each face in pixels of the image (H, W, 3), in no set order.

        x to the right from the left edge, y down from the upper edge, z away from the camera
        in the same scale with its origin near the head's centre.
        """
        # The landmark graph warns once, with the first face.
        with nullcontext() if self._seen_a_face else quiet_stderr():
            faces = self._mesh.process(image_rgb).multi_face_landmarks or ()
        self._seen_a_face = self._seen_a_face or bool(faces)
        height, width = image_rgb.shape[:2]
        return [_points(face) * (width, height, width) for face in faces]

    def close(self) -> None:
        """Free the graph; the tracker is of no use afterwards."""
        self._mesh.close()


def _points(face: Any) -> NDArray[np.float64]:
    flat = [value for point in face.landmark for value in (point.x, point.y, point.z)]
    return np.array(flat, dtype=np.float64).reshape(-1, 3)


def _face_mesh_module() -> Any:
    if find_spec("mediapipe") is None:
        raise MissingDependencyError(
            "mediapipe is not installed; it comes with geface-bridge: "
            "pip install 'mediapipe==0.10.21'"
        )
    for name in _PACKAGES:
        _postpone_package(name)
    from mediapipe.python.solutions import face_mesh

    return face_mesh


_PACKAGES = ("mediapipe", "mediapipe.python", "mediapipe.python.solutions")


class _PostponedPackage(ModuleType):
    """A package whose ``__init__`` runs when something it defines is first asked for.

    MediaPipe's imports every solution and task, and matplotlib with its font cache: 0.8 s
    against 0.1 s for the one module needed. Others in the process still find all of it.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if find_spec(f"{self.__name__}.{name}") is not None:
            return import_module(f"{self.__name__}.{name}")
        # Inner packages first: the outer ones copy names from them.
        for package in (sys.modules[name] for name in reversed(_PACKAGES)):
            if isinstance(package, _PostponedPackage):
                object.__setattr__(package, "__class__", ModuleType)
                assert package.__spec__ is not None
                assert package.__spec__.loader is not None
                package.__spec__.loader.exec_module(package)
        return getattr(self, name)


def _postpone_package(name: str) -> None:
    if name not in sys.modules:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        package = _PostponedPackage(name)
        package.__spec__, package.__loader__ = spec, spec.loader
        package.__path__ = [str(Path(spec.origin).parent)]
        package.__file__ = spec.origin
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)
