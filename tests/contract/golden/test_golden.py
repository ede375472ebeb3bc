"""The golden bytes are current, and bind encode and decode."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geface_bridge import errors, protocol
from geface_bridge.protocol import decode, encode
from rig.layout import Channel

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "geface_v1.json").read_text(encoding="utf-8"))
CLASSES = {
    "hello": protocol.Hello,
    "frame": protocol.FaceFrame,
    "status": protocol.Status,
    "dropped": protocol.Dropped,
    "pong": protocol.Pong,
    "calibrate": protocol.Calibrate,
    "gain": protocol.Gain,
    "mark": protocol.Mark,
    "playback": protocol.Playback,
    "ping": protocol.Ping,
    "subscribe": protocol.Subscribe,
}


def vectors(kind):
    return [pytest.param(vector, id=vector["name"]) for vector in GOLDEN[kind]]


def message_from_json(fields):
    """The message a vector describes, built without the decoder."""
    fields = dict(fields)
    kind = fields.pop("type")
    if kind == "hello":
        fields["channels"] = tuple(Channel(*channel) for channel in fields["channels"])
        fields["subjects"] = tuple(fields["subjects"])
        fields["version"] = tuple(fields["version"])
    if kind == "calibrate":
        fields["channels"] = tuple(fields["channels"])
    if kind == "frame":
        fields["channels"] = np.array(fields["channels"], np.float32)
    return CLASSES[kind](**fields)


def test_the_file_is_what_the_maker_makes():
    command = [sys.executable, str(HERE / "make_golden.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_message_type_has_a_canonical_vector():
    assert {vector["message"]["type"] for vector in GOLDEN["canonical"]} == set(CLASSES)


@pytest.mark.parametrize("vector", vectors("canonical"))
def test_encode_gives_exactly_the_golden_bytes(vector):
    assert encode(message_from_json(vector["message"])).hex() == vector["hex"]


@pytest.mark.parametrize("vector", vectors("canonical") + vectors("accepted"))
def test_decode_reads_the_golden_bytes(vector):
    assert decode(bytes.fromhex(vector["hex"])) == message_from_json(vector["message"])


@pytest.mark.parametrize("vector", vectors("ignored"))
def test_decode_ignores_unknown_types(vector):
    assert decode(bytes.fromhex(vector["hex"])) is None


@pytest.mark.parametrize("vector", vectors("refused"))
def test_decode_refuses_with_the_golden_error(vector):
    with pytest.raises(errors.ProtocolError) as caught:
        decode(bytes.fromhex(vector["hex"]))
    assert type(caught.value).__name__ == vector["kind"]
    assert "\n" not in str(caught.value)
    if "error" in vector:
        assert str(caught.value) == vector["error"]
