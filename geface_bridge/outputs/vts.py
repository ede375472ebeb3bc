"""VTube Studio's plugin API: JSON over a websocket, in a thread of its own.

The first connection asks the user for permission, inside VTube Studio; the token it gives is kept.
Every ARKit shape becomes a custom parameter ``GfMouthSmileLeft``, and the usual inputs (FaceAngleX,
EyeOpenLeft, MouthOpen …) are fed too, so that a model works without any mapping.
Source: DenchiSoft/VTubeStudio, API documentation.
"""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from geface_bridge.arkit import SHAPES, arkit_values
from geface_bridge.outputs.face import ShownFace
from geface_bridge.outputs.udp import Address
from geface_bridge.performers import settings_folder
from geface_bridge.protocol import FaceFrame
from rig.layout import load_layout

PORT = 8001
PLUGIN = {"pluginName": "geface-bridge", "pluginDeveloper": "geface-bridge"}
PREFIX = "Gf"
RETRY_S = 2.0
ANSWER_S = 10.0
PERMISSION_S = 120.0  # for the user to click
MAX_MESSAGE_BYTES = 1 << 20
FloatArray = NDArray[np.float64]


def parameter_name(shape: str) -> str:
    """Of the custom parameter of an ARKit shape: 4 to 32 letters and digits."""
    return PREFIX + shape


def parameter_values(channels: FloatArray) -> list[dict[str, Any]]:
    """What is injected for (C,) channels: the custom parameters and VTube Studio's own inputs."""
    shapes = dict(zip(SHAPES, arkit_values(channels), strict=False))
    values = {parameter_name(name): float(value) for name, value in shapes.items()}
    values |= usual_inputs(channels, shapes)
    return [{"id": name, "value": round(value, 5)} for name, value in values.items()]


def usual_inputs(channels: FloatArray, shapes: dict[str, Any]) -> dict[str, float]:
    """VTube Studio's own inputs: angles in degrees, the rest 0..1 or -1..1."""
    index = load_layout().channel_index

    def value(name: str) -> float:
        return float(channels[index[name]])

    smile = (shapes["MouthSmileLeft"] + shapes["MouthSmileRight"]) / 2
    frown = (shapes["MouthFrownLeft"] + shapes["MouthFrownRight"]) / 2
    gaze = {"X": -value("gaze_yaw") / 0.6, "Y": -value("gaze_pitch") / 0.44}
    out = {
        "FaceAngleX": -np.degrees(value("head_yaw")),
        "FaceAngleY": -np.degrees(value("head_pitch")),
        "FaceAngleZ": np.degrees(value("head_roll")),
        "MouthOpen": float(shapes["JawOpen"]),
        "MouthSmile": 0.5 + 0.5 * (smile - frown),
        "CheekPuff": float(shapes["CheekPuff"]),
        "TongueOut": float(shapes["TongueOut"]),
    }
    for side in ("Left", "Right"):
        out[f"EyeOpen{side}"] = (
            0.7 * (1 - shapes[f"EyeBlink{side}"]) + 0.3 * shapes[f"EyeWide{side}"]
        )
        out |= {f"Eye{side}{axis}": float(np.clip(v, -1, 1)) for axis, v in gaze.items()}
        up = max(shapes["BrowInnerUp"], shapes[f"BrowOuterUp{side}"])
        out[f"Brow{side}Y"] = 0.5 + 0.5 * float(up - shapes[f"BrowDown{side}"])
    return {name: float(value) for name, value in out.items()}


class VtsOutput:
    """Feeds one subject's face to VTube Studio; connects again whenever it has to.

    Attributes:
        state: what it is doing, for people.
    """

    def __init__(self, address: Address, index: int = 0, token_file: Path | None = None) -> None:
        self.name = f"VTube Studio at {address}"
        self.state = "connecting"
        self._url = f"ws://{address}"
        self._face = ShownFace(index)
        self._token_file = token_file or settings_folder() / "vts_token"
        self._wake = threading.Condition()
        self._newest: tuple[FloatArray, bool] | None = None
        self._closing = False
        self._number = 0
        self._thread = threading.Thread(target=self._run, name="vts-output", daemon=True)
        self._thread.start()

    def publish(self, frame: FaceFrame) -> None:
        """Leave a frame for the thread; a newer one replaces it."""
        shown = self._face(frame)
        if shown is None:
            return
        with self._wake:
            self._newest = shown, self._face.seen
            self._wake.notify()

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout=ANSWER_S)

    def _run(self) -> None:
        while not self._closing:
            try:
                with connect(
                    self._url, max_size=MAX_MESSAGE_BYTES, proxy=None, compression=None
                ) as connection:
                    self._introduce(connection)
                    self._feed(connection)
            except (OSError, EOFError, TimeoutError, WebSocketException, _RefusedError) as error:
                self.state = f"not connected ({error})"
            with self._wake:
                self._wake.wait_for(lambda: self._closing, timeout=RETRY_S)

    def _introduce(self, connection: Connection) -> None:
        """Authenticate, asking the user once, and create the parameters."""
        token = self._kept_token()
        if token is None or not self._authenticated(connection, token):
            self.state = "waiting for permission inside VTube Studio"
            answer = self._ask(connection, "AuthenticationTokenRequest", PLUGIN, PERMISSION_S)
            token = str(answer.get("authenticationToken", ""))
            self._keep_token(token)
            if not self._authenticated(connection, token):
                raise _RefusedError("VTube Studio refused the token it gave")
        for shape in SHAPES:
            request = {
                "parameterName": parameter_name(shape),
                "explanation": f"geface-bridge: ARKit {shape}",
                "min": 0,
                "max": 1,
                "defaultValue": 0,
            }
            self._ask(connection, "ParameterCreationRequest", request)
        self.state = "connected"

    def _authenticated(self, connection: Connection, token: str) -> bool:
        request = PLUGIN | {"authenticationToken": token}
        answer = self._ask(connection, "AuthenticationRequest", request)
        return answer.get("authenticated") is True

    def _feed(self, connection: Connection) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closing or self._newest is not None)
                if self._closing or self._newest is None:
                    return
                (channels, seen), self._newest = self._newest, None
            request = {
                "faceFound": seen,
                "mode": "set",
                "parameterValues": parameter_values(channels),
            }
            self._ask(connection, "InjectParameterDataRequest", request)

    def _ask(
        self,
        connection: Connection,
        kind: str,
        data: dict[str, Any],
        wait_s: float = ANSWER_S,
    ) -> dict[str, Any]:
        """Send a request and wait for its answer's data.

        Raises:
            _RefusedError: the answer is an error, or none.
        """
        self._number += 1
        identity = f"geface{self._number}"
        envelope = {
            "apiName": "VTubeStudioPublicAPI",
            "apiVersion": "1.0",
            "requestID": identity,
            "messageType": kind,
            "data": data,
        }
        connection.send(json.dumps(envelope))
        while True:
            answer = _parsed(connection.recv(wait_s))
            if answer.get("requestID") != identity:
                continue  # an event, or the answer to something given up
            found = answer.get("data")
            found = found if isinstance(found, dict) else {}
            if answer.get("messageType") == "APIError":
                raise _RefusedError(f"{kind}: {found.get('message', 'refused')}")
            return found

    def _kept_token(self) -> str | None:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return self._token_file.read_text(encoding="utf-8").strip() or None
        return None

    def _keep_token(self, token: str) -> None:
        with contextlib.suppress(OSError):  # then the user is asked again next time
            self._token_file.parent.mkdir(parents=True, exist_ok=True)
            self._token_file.write_text(token, encoding="utf-8")


class _RefusedError(Exception):
    """VTube Studio said no, or something that is no answer."""


def _parsed(data: str | bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except ValueError:
        raise _RefusedError("what answers is not VTube Studio") from None
    if not isinstance(answer, dict):
        raise _RefusedError("what answers is not VTube Studio")
    return answer
