"""Messages to bytes and back: one msgpack map a message, its kind under the key ``type``.

``decode`` is ``parse(unpack(data))``: ``unpack`` refuses what is not bounded, well-formed
msgpack, ``parse`` what is not a message of geface.v1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgpack

from geface_bridge.errors import ProtocolError, VersionError
from geface_bridge.protocol import fields as f
from geface_bridge.protocol import messages as m
from geface_bridge.protocol.fields import Field

MAX_MESSAGE_BYTES = 65536
MAX_DEPTH = 8
# Bounds on what msgpack allocates for a length that a header only claims.
_LIMITS = {
    "max_array_len": f.MAX_CHANNELS,
    "max_map_len": 64,
    "max_ext_len": 0,
    "max_str_len": MAX_MESSAGE_BYTES,
    "max_bin_len": MAX_MESSAGE_BYTES,
}


@dataclass(frozen=True)
class _Schema:
    kind: str
    message: type[Any]
    fields: tuple[Field, ...]


def _version(value: Any, where: str) -> tuple[int, int]:
    part = f.integer(0, 65535)
    major, minor = (part(item, where) for item in f.sequence_of(value, where, 2, 2))
    ours = m.VERSION[0]
    if major == ours:
        return major, minor
    older = "this program" if major > ours else "the server"
    raise VersionError(
        f"the server speaks geface.v{major}, this program {m.SUBPROTOCOL}: "
        f"update {older} with `pip install --upgrade geface-bridge`"
    )


_SUBJECT = f.integer(0, f.MAX_SUBJECTS - 1)
_SEQUENCE = f.integer(0, f.MAX_SAFE_INTEGER)
_NAME = f.string(f.MAX_NAME)
_TIME = f.number()

_SCHEMAS = (
    _Schema(
        "hello",
        m.Hello,
        (
            Field("version", _version),  # first, so that another major is read no further
            Field("session", _NAME),
            Field("layout_id", f.string(f.MAX_NAME, empty=False)),
            Field("channels", f.channels, f.channels_to_wire),
            Field("subjects", f.subjects),
            Field("source", f.string(f.MAX_TEXT)),
            Field("rate_hz", f.number(0, 1000)),
            Field("server", _NAME),
            Field("server_version", _NAME),
        ),
    ),
    _Schema(
        "frame",
        m.FaceFrame,
        (
            Field("sequence", _SEQUENCE),
            Field("subject", _SUBJECT),
            Field("time_s", _TIME),
            Field("captured_at_s", _TIME),
            Field("valid", f.boolean),
            Field("confidence", f.number(0, 1)),
            Field("channels", f.floats, f.floats_to_wire),
        ),
    ),
    _Schema(
        "status",
        m.Status,
        (
            Field("level", f.one_of("info", "warning", "error")),
            Field("text", f.string(f.MAX_TEXT)),
        ),
    ),
    _Schema(
        "dropped",
        m.Dropped,
        (
            Field("subject", _SUBJECT),
            Field("first_sequence", _SEQUENCE),
            Field("count", f.integer(1, f.MAX_SAFE_INTEGER)),
        ),
    ),
    _Schema(
        "pong",
        m.Pong,
        (
            Field("client_time_s", _TIME),
            Field("received_at_s", _TIME),
            Field("sent_at_s", _TIME),
        ),
    ),
    _Schema(
        "calibrate",
        m.Calibrate,
        (
            Field("duration_s", f.number(0, 60), default=2.0),
            Field("subject", f.optional(_SUBJECT), default=None),
            Field("kind", f.one_of("neutral", "range", "clear"), default="neutral", optional=True),
            Field("channels", f.names, list, default=(), optional=True),
        ),
    ),
    _Schema(
        "gain",
        m.Gain,
        (
            Field("channel", f.string(f.MAX_NAME, empty=False)),
            Field("factor", f.number(0, 10)),
        ),
    ),
    _Schema("mark", m.Mark, (Field("label", f.string(f.MAX_TEXT)),)),
    _Schema(
        "playback",
        m.Playback,
        (
            Field("position_s", f.optional(_TIME), default=None),
            Field("speed", f.optional(f.number(0.01, 100)), default=None),
            Field("paused", f.optional(f.boolean), default=None),
            Field("skip_s", f.optional(_TIME), default=None, optional=True),
        ),
    ),
    _Schema("ping", m.Ping, (Field("client_time_s", _TIME),)),
    _Schema("subscribe", m.Subscribe, (Field("mode", f.one_of("newest", "all")),)),
)
_BY_KIND = {schema.kind: schema for schema in _SCHEMAS}
_BY_MESSAGE = {schema.message: schema for schema in _SCHEMAS}


def encode(message: m.Message) -> bytes:
    """The one canonical encoding: ``type`` first, then the keys in the specification's order.

    Raises:
        ProtocolError: a value that no decoder would take, NaN for instance.
    """
    schema = _BY_MESSAGE[type(message)]
    body: dict[str, Any] = {"type": schema.kind}
    for field in schema.fields:
        where = f"{schema.kind}.{field.key}"
        value = getattr(message, field.key)
        if not (field.optional and value == field.default):
            body[field.key] = field.to_wire(value, where)
    packed: bytes = msgpack.packb(body)
    return packed


def decode(data: bytes) -> m.Message | None:
    """The message in ``data``; None if its type is unknown, which a newer minor may send.

    Raises:
        VersionError: a hello of another major version.
        ProtocolError: anything else that is not geface.v1. No other exception leaves.
    """
    return parse(unpack(data))


def unpack(data: bytes) -> dict[str, Any]:
    """The msgpack map in ``data``, with string keys, none twice, at most MAX_DEPTH deep.

    Raises:
        ProtocolError: too large, not msgpack, trailing bytes, extension types, not a map.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        found = f"message has {len(data)} bytes"
        raise ProtocolError(f"{found}, expected at most {MAX_MESSAGE_BYTES}")
    try:
        value = msgpack.unpackb(data, object_pairs_hook=_map, ext_hook=_refuse_ext, **_LIMITS)
    except (ValueError, msgpack.UnpackException) as error:
        reason = str(error) or type(error).__name__
        raise ProtocolError(f"message is not msgpack ({reason}), expected one map") from error
    _check_depth(value)
    if not isinstance(value, dict):
        raise f.wrong("message", value, "a msgpack map")
    return value


def parse(body: dict[str, Any]) -> m.Message | None:
    """The message an unpacked map stands for; None if its type is unknown.

    Raises:
        ProtocolError: a key is missing or holds what it may not.
    """
    kind = body.get("type")
    if not isinstance(kind, str):
        raise f.wrong("message.type", kind, "a string")
    schema = _BY_KIND.get(kind)
    if schema is None:
        return None
    values = {field.key: _field(body, field, kind) for field in schema.fields}
    message: m.Message = schema.message(**values)
    return message


def _field(body: dict[str, Any], field: Field, kind: str) -> Any:
    if field.key in body:
        return field.read(body[field.key], f"{kind}.{field.key}")
    if field.default is f.REQUIRED:
        found = ", ".join(f.show(key) for key in list(body)[:8])
        raise ProtocolError(f"{kind}.{field.key} is missing, found only {found}")
    return field.default


def _map(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if not isinstance(key, str):
            raise f.wrong("a key", key, "a string")
        if key in result:
            raise ProtocolError(f"key {f.show(key)} stands twice in a map, expected once")
        result[key] = value
    return result


def _refuse_ext(code: int, data: bytes) -> Any:
    raise ProtocolError(f"message holds msgpack extension {code}, expected none")


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ProtocolError(f"message nests deeper than {MAX_DEPTH} levels")
        nested = [item for item in level if isinstance(item, dict | list)]
        level = [
            child
            for item in nested
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
