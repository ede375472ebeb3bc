"""Makes ``geface_v1.json``, the bytes every implementation of geface.v1 has to agree on.

    python tests/contract/golden/make_golden.py          # writes the file
    python tests/contract/golden/make_golden.py --check  # exit 1 if it is not current

Four lists, each of {name, hex, …}:

* ``canonical``: encode(message) is exactly these bytes, and decode of them is ``message``;
* ``accepted``: another writing of a message that every decoder has to take;
* ``ignored``: types of a later minor version; decode yields nothing;
* ``refused``: every decoder has to refuse them; ``error`` is this implementation's message,
  left out where it quotes the msgpack library.

The file is frozen: vectors are added, bytes never changed, within major version 1. A key that a
later minor adds appears in ``message`` with its default.
"""

from __future__ import annotations

import json
import struct
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from geface_bridge.errors import ProtocolError
from geface_bridge.protocol import (
    Calibrate,
    Dropped,
    FaceFrame,
    Gain,
    Hello,
    Mark,
    Message,
    Ping,
    Playback,
    Pong,
    Status,
    Subscribe,
    decode,
    encode,
)
from rig.layout import Channel

PATH = Path(__file__).with_name("geface_v1.json")

HELLO = Hello(
    layout_id="0123456789abcdef",
    channels=(
        Channel("AU12_L", "intensity", 0.0, 1.0),
        Channel("AU12_R", "intensity", 0.0, 1.0),
        Channel("head_yaw", "rad", -3.1416, 3.1416),
    ),
    subjects=("face", "Zoë"),
    source="camera 0",
    rate_hz=30.0,
    server="geface-bridge",
    server_version="0.1.0",
    session="00112233445566ff",
    version=(1, 0),
)
FRAME = FaceFrame(7, 0, 0.25, 1234.5, True, 0.875, np.array([0.5, 0.25, -0.125], np.float32))

CANONICAL: dict[str, Message] = {
    "hello": HELLO,
    "hello_minimal": replace(HELLO, subjects=("",), source="", rate_hz=0.0, session=""),
    "hello_later_minor": replace(HELLO, version=(1, 9)),
    "frame": FRAME,
    "frame_float32_rounding": replace(FRAME, channels=np.float32([0.1, 1 / 3, np.pi])),
    "frame_subnormal_and_limits": replace(FRAME, channels=np.float32([1e-45, -3.4e38, -0.0])),
    "frame_largest_sequence": replace(FRAME, sequence=2**53 - 1, subject=15),
    "frame_lost": FaceFrame.lost(8, 1, 0.28125, 1234.53125),
    "frame_invalid_with_channels": replace(FRAME, valid=False, confidence=0.0),
    "status_info": Status("info", "camera 0 is back"),
    "status_warning": Status("warning", "ein Gesicht von zweien verloren – 顔"),
    "status_error": Status("error", ""),
    "dropped": Dropped(0, 300, 41),
    "pong": Pong(10.5, 2000.25, 2000.375),
    "calibrate": Calibrate(3.5, 1),
    "calibrate_everyone": Calibrate(),
    "calibrate_range": Calibrate(5.0, 0, "range", ("AU12_L", "AU12_R")),
    "calibrate_clear": Calibrate(0.0, None, "clear"),
    "mark": Mark("Aufnahme 2, Zeile „Wie bitte?“"),
    "playback_pause": Playback(paused=True),
    "playback_seek": Playback(12.5, 0.5, False),
    "playback_skip": Playback(skip_s=-5.0),
    "playback_skip_from": Playback(12.5, None, True, 0.25),
    "gain": Gain("AU12_L", 1.5),
    "ping": Ping(10.5),
    "subscribe_newest": Subscribe("newest"),
    "subscribe_all": Subscribe("all"),
}


def as_map(message: Message) -> dict[str, Any]:
    """The msgpack map of a message, to be written otherwise or spoilt."""
    body: dict[str, Any] = msgpack.unpackb(encode(message))
    return body


def accepted() -> dict[str, tuple[bytes, Message]]:
    """Bytes that ``encode`` never writes and every decoder takes."""
    frame, ping = as_map(FRAME), as_map(Ping(2.0))
    backwards = dict(reversed(frame.items()))
    return {
        "keys_in_another_order": (msgpack.packb(backwards), FRAME),
        "unknown_keys": (msgpack.packb({**frame, "mood": {"a": [1, None]}}), FRAME),
        "eight_levels": (msgpack.packb({**ping, "deep": [[[[[[[]]]]]]]}), Ping(2.0)),
        "number_as_integer": (msgpack.packb({**ping, "client_time_s": 2}), Ping(2.0)),
        "number_as_float32": (msgpack.packb(ping, use_single_float=True), Ping(2.0)),
        "integer_in_64_bits": (
            encode(FRAME).replace(b"\xa8sequence\x07", b"\xa8sequence\xcf" + bytes(7) + b"\x07"),
            FRAME,
        ),
        "map16_and_str8": (b"\xde\x00\x02\xd9\x04type\xa4ping\xadclient_time_s\x02", Ping(2.0)),
        "bin32": (encode(FRAME).replace(b"\xc4\x0c", b"\xc6\x00\x00\x00\x0c"), FRAME),
        "calibrate_defaults": (msgpack.packb({"type": "calibrate"}), Calibrate()),
        "gain_as_integer": (
            msgpack.packb({"type": "gain", "channel": "AU12_L", "factor": 2}),
            Gain("AU12_L", 2.0),
        ),
    }


def ignored() -> dict[str, bytes]:
    """Messages a later minor version may bring."""
    return {
        "unknown_type": msgpack.packb({"type": "weather", "sun": [1, 2.5, None, True, b"x"]}),
        "empty_type": msgpack.packb({"type": ""}),
    }


def refused() -> dict[str, bytes]:
    """Bytes that are not geface.v1."""
    hello, frame, ping = as_map(HELLO), as_map(FRAME), as_map(Ping(1.0))
    nan, infinity = struct.pack("<f", np.nan), struct.pack("<f", -np.inf)
    good = frame["channels"]
    bodies = {
        "no_type": {"client_time_s": 1.0},
        "type_is_a_number": {"type": 1},
        "hello_of_major_2": {**hello, "version": [2, 0], "channels": "changed"},
        "hello_of_major_0": {**hello, "version": [0, 9]},
        "hello_without_channels": {**hello, "channels": []},
        "hello_channel_twice": {**hello, "channels": [hello["channels"][0]] * 2},
        "hello_range_reversed": {**hello, "channels": [["AU12_L", "intensity", 1, 0]]},
        "hello_channel_of_three": {**hello, "channels": [["AU12_L", "intensity", 1]]},
        "hello_17_subjects": {**hello, "subjects": ["a"] * 17},
        "frame_nan": {**frame, "channels": good[:4] + nan + good[8:]},
        "frame_infinity": {**frame, "channels": good[:8] + infinity},
        "frame_11_bytes": {**frame, "channels": good[:11]},
        "frame_257_channels": {**frame, "channels": bytes(4 * 257)},
        "frame_channels_as_array": {**frame, "channels": [0.5, 0.25, -0.125]},
        "frame_without_valid": {k: v for k, v in frame.items() if k != "valid"},
        "frame_valid_is_1": {**frame, "valid": 1},
        "frame_confidence_above_1": {**frame, "confidence": 1.5},
        "frame_time_is_nan": {**frame, "time_s": float("nan")},
        "frame_time_is_true": {**frame, "time_s": True},
        "frame_negative_sequence": {**frame, "sequence": -1},
        "frame_sequence_2_to_53": {**frame, "sequence": 2**53},
        "frame_sequence_is_float": {**frame, "sequence": 7.0},
        "frame_subject_16": {**frame, "subject": 16},
        "status_level": {"type": "status", "level": "fatal", "text": ""},
        "status_of_1025": {"type": "status", "level": "info", "text": "x" * 1025},
        "subscribe_mode": {"type": "subscribe", "mode": "some"},
        "gain_factor_11": {"type": "gain", "channel": "AU12_L", "factor": 11},
        "calibrate_61_seconds": {"type": "calibrate", "duration_s": 61},
        "calibrate_of_another_kind": {"type": "calibrate", "kind": "smile"},
        "calibrate_nameless_channel": {"type": "calibrate", "channels": [""]},
        "mark_without_label": {"type": "mark"},
        "playback_speed_0": {"type": "playback", "speed": 0},
        "playback_paused_is_1": {"type": "playback", "paused": 1},
        "playback_skip_is_text": {"type": "playback", "skip_s": "5"},
        "playback_skip_nan": {"type": "playback", "skip_s": float("nan")},
        "dropped_nothing": {"type": "dropped", "subject": 0, "first_sequence": 1, "count": 0},
        "nine_levels": {**ping, "deep": [[[[[[[[]]]]]]]]},
    }
    raw = {
        "empty": b"",
        "an_array": msgpack.packb(["ping"]),
        "half_a_message": encode(FRAME)[:40],
        "trailing_byte": encode(FRAME) + b"\x00",
        "key_twice": b"\x83\xa4type\xa4ping\xa4type\xa4ping\xadclient_time_s\x02",
        "integer_key": b"\x82\xa4type\xa4ping\x01\x02",
        "binary_key": b"\x82\xa4type\xa4ping\xc4\x01a\x02",
        "not_utf8": b"\x81\xa4type\xa2\xff\xfe",
        "reserved_byte": b"\xc1",
        "extension": b"\x82\xa4type\xa4ping\xadclient_time_s\xd4\x05\x00",
        "timestamp": b"\x82\xa4type\xa4ping\xadclient_time_s\xd6\xff" + bytes(4),
        "claims_4_billion_items": b"\x82\xa4type\xa4ping\xa1a\xdd\xff\xff\xff\xff",
        "nested_1000_times": b"\x82\xa4type\xa4ping\xa1a" + b"\x91" * 1000 + b"\xc0",
    }
    return {name: msgpack.packb(body) for name, body in bodies.items()} | raw


def message_as_json(message: Message) -> dict[str, Any]:
    """Type and fields in JSON's types; channels of a frame as numbers."""
    fields = asdict(message)
    if isinstance(message, FaceFrame):
        fields["channels"] = message.channels.tolist()
    if isinstance(message, Hello):
        fields["channels"] = [list(channel.values()) for channel in fields["channels"]]
    return {"type": as_map(message)["type"], **fields}


def error_of(data: bytes) -> dict[str, str]:
    """Class and, where the words are our own, text of the error that ``decode`` raises."""
    try:
        message = decode(data)
    except ProtocolError as error:
        text = {} if error.__cause__ else {"error": str(error)}
        return {"kind": type(error).__name__, **text}
    raise SystemExit(f"{data.hex()} has to be refused, but is {message}")


def golden() -> dict[str, Any]:
    """Everything the file holds."""
    return {
        "protocol": "geface.v1",
        "canonical": [
            {"name": name, "hex": encode(m).hex(), "message": message_as_json(m)}
            for name, m in CANONICAL.items()
        ],
        "accepted": [
            {"name": name, "hex": data.hex(), "message": message_as_json(m)}
            for name, (data, m) in accepted().items()
        ],
        "ignored": [{"name": name, "hex": data.hex()} for name, data in ignored().items()],
        "refused": [
            {"name": name, "hex": data.hex(), **error_of(data)} for name, data in refused().items()
        ],
    }


def main(arguments: list[str]) -> int:
    """Write the file, or compare it."""
    text = json.dumps(golden(), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in arguments:
        PATH.write_text(text, encoding="utf-8")
        return 0
    if PATH.exists() and PATH.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PATH.name} is not current: run python tests/contract/golden/make_golden.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
