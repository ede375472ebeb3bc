"""A fake VTube Studio that enforces the documented rules."""

from __future__ import annotations

import json

USUAL = {
    "FaceAngleX", "FaceAngleY", "FaceAngleZ", "MouthOpen", "MouthSmile", "CheekPuff", "TongueOut",
    "EyeOpenLeft", "EyeOpenRight", "EyeLeftX", "EyeLeftY", "EyeRightX", "EyeRightY",
    "BrowLeftY", "BrowRightY",
}  # fmt: skip


class Studio:
    """Answers like VTube Studio: permission, limits, errors for the whole request."""

    def __init__(self, allows=True):
        self.allows = allows
        self.asked = 0
        self.parameters = set(USUAL)
        self.injected = []
        self.broken = []

    def serve(self, connection):
        known = False
        for text in connection:
            request = json.loads(text)
            data = request.get("data", {})
            if (
                request.get("apiName") != "VTubeStudioPublicAPI"
                or request.get("apiVersion") != "1.0"
                or not 1 <= len(request["requestID"]) <= 64
            ):
                self.broken.append(request)
            kind, answer, known = self.answer(request["messageType"], data, known)
            reply = {
                "apiName": "VTubeStudioPublicAPI",
                "apiVersion": "1.0",
                "timestamp": 1,
                "requestID": request["requestID"],
                "messageType": kind,
                "data": answer,
            }
            connection.send(json.dumps({"messageType": "SomeEvent", "data": {}}))
            connection.send(json.dumps(reply))

    def answer(self, kind, data, known):
        """Type and data of the answer, and whether the plugin is authenticated from now on."""
        error = ("APIError", {"errorID": 1, "message": "no"}, known)
        named = all(3 <= len(data.get(f"plugin{k}", "abc")) <= 32 for k in ("Name", "Developer"))
        if kind == "AuthenticationTokenRequest":
            self.asked += 1
            token = ("AuthenticationTokenResponse", {"authenticationToken": "t0ken"}, known)
            return token if self.allows and named else error
        if kind == "AuthenticationRequest":
            right = data["authenticationToken"] == "t0ken" and named
            return "AuthenticationResponse", {"authenticated": right}, right
        if not known:
            return error
        if kind == "ParameterCreationRequest":
            return ("ParameterCreationResponse", {}, known) if self.create(data) else error
        return ("InjectParameterDataResponse", {}, known) if self.inject(data) else error

    def create(self, data):
        name = data["parameterName"]
        allowed = 4 <= len(name) <= 32 and name.isalnum()
        if allowed and len(self.parameters) < 100 + len(USUAL):
            self.parameters.add(name)
        return allowed

    def inject(self, data):
        values = {v["id"]: v["value"] for v in data["parameterValues"]}
        taken = set(values) <= self.parameters and all(abs(v) <= 1e6 for v in values.values())
        if taken:
            self.injected.append((data["faceFound"], values))
        return taken
