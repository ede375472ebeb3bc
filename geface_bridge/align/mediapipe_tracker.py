"""MediaPipe Face Mesh as a landmark tracker; the only file that knows MediaPipe.

Another tracker takes its place by offering the same ``track`` and ``close``, with landmarks
in MediaPipe's order (478 points, irises included).

The graph is that of ``mediapipe.solutions.face_mesh``, and so are the answers. The solution hands
a picture's fifty steps to threads of its own and takes landmarks out one number at a time; here
the calling thread runs the graph and numpy reads the landmarks: 3.0 against 3.7 ms a picture on
an idle core, half the time on a busy one.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align.quiet import quiet_stderr
from geface_bridge.errors import MissingDependencyError

LANDMARK_COUNT = 478
GRAPH = """
    input_stream: "IMAGE:image"
    output_stream: "LANDMARKS:faces"
    executor { type: "ApplicationThreadExecutor" }
    node {
        calculator: "FaceLandmarkFrontCpu"
        input_stream: "IMAGE:image"
        input_side_packet: "NUM_FACES:num_faces"
        input_side_packet: "USE_PREV_LANDMARKS:tracking"
        input_side_packet: "WITH_ATTENTION:with_attention"
        output_stream: "LANDMARKS:faces"
    }
"""
TICK_US = 33333
"""Between pictures. The graph wants times that grow; by how much is nothing to it."""
WIRE_LANDMARK = np.dtype(
    {
        "names": ["x", "y", "z"],
        "formats": ["<f4", "<f4", "<f4"],
        "offsets": [3, 8, 13],
        "itemsize": 17,
    }
)
"""A point of a serialised NormalizedLandmarkList: two bytes, then each value after its tag."""


class MediaPipeTracker:
    """478 landmarks per face; not thread-safe, one per stream.

    Args:
        max_faces: how many faces at most.
        tracking: follow faces from call to call (video); False looks at each image afresh.

    Raises:
        MissingDependencyError: MediaPipe is not installed.
    """

    def __init__(self, max_faces: int, tracking: bool) -> None:
        self._time_us = 0
        self._faces: Any = None
        self._seen_a_face = False
        # A blank image opens the models, so that their greetings fall into this block too.
        with quiet_stderr():
            self._mediapipe = _import_mediapipe()
            self._graph = self._start_graph(max_faces, tracking)
            self._run(np.zeros((64, 64, 3), np.uint8))

    def track(self, image_rgb: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
        """Landmarks (478, 3) of each face in pixels of the image (H, W, 3), in no set order.

        x to the right from the left edge, y down from the upper edge, z away from the camera
        in the same scale with its origin near the head's centre.
        """
        # The landmark graph warns once, with the first face.
        with nullcontext() if self._seen_a_face else quiet_stderr():
            faces = self._run(image_rgb)
        self._seen_a_face = self._seen_a_face or bool(faces)
        height, width = image_rgb.shape[:2]
        return [_points(face) * (width, height, width) for face in faces]

    def close(self) -> None:
        """Free the graph; the tracker is of no use afterwards."""
        self._graph.close()

    def _start_graph(self, max_faces: int, tracking: bool) -> Any:
        graph = self._mediapipe.calculator_graph.CalculatorGraph(graph_config=GRAPH)
        # Told of pictures without a face too, whose packet is empty.
        graph.observe_output_stream("faces", self._keep, True)
        create = self._mediapipe.packet_creator
        graph.start_run(
            {
                "num_faces": create.create_int(max_faces),
                "tracking": create.create_bool(tracking),
                "with_attention": create.create_bool(True),
            }
        )
        return graph

    def _keep(self, _stream: str, packet: Any) -> None:
        self._faces = packet

    def _run(self, image_rgb: NDArray[np.uint8]) -> list[Any]:
        """The faces of a picture, each a NormalizedLandmarkList."""
        self._faces = None
        self._time_us += TICK_US
        srgb = self._mediapipe.image_frame.ImageFormat.SRGB
        picture = self._mediapipe.packet_creator.create_image_frame(image_rgb, image_format=srgb)
        self._graph.add_packet_to_input_stream("image", picture.at(self._time_us))
        self._graph.wait_until_idle()
        if self._faces is None or self._faces.is_empty():
            return []
        return list(self._mediapipe.packet_getter.get_proto_list(self._faces))


def _points(face: Any) -> NDArray[np.float64]:
    """(478, 3), over the image's sides; a tenth of the time of asking for each number."""
    wire = np.frombuffer(face.SerializeToString(), WIRE_LANDMARK)
    return np.array([wire["x"], wire["y"], wire["z"]], np.float64).T


def _import_mediapipe() -> SimpleNamespace:
    """The modules of MediaPipe's framework that a graph takes, and no more of it."""
    if find_spec("mediapipe") is None:
        raise MissingDependencyError(
            "mediapipe is not installed; it comes with geface-bridge: "
            "pip install 'mediapipe==0.10.21'"
        )
    for name in _PACKAGES:
        _postpone_package(name)
    import mediapipe.framework.formats.landmark_pb2  # noqa: F401  packets of landmarks need it
    from mediapipe.python import packet_creator, packet_getter
    from mediapipe.python._framework_bindings import calculator_graph, image_frame, resource_util

    # Where the graph finds its models.
    resource_util.set_resource_dir(str(Path(packet_getter.__file__).parents[2]))
    return SimpleNamespace(
        calculator_graph=calculator_graph,
        image_frame=image_frame,
        packet_creator=packet_creator,
        packet_getter=packet_getter,
    )


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
