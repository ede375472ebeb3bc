"""The reader of GLB: what a tiny hand-made file holds, and that rubbish is only a ValueError."""

import json
import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rig.glb import parse_glb, read_glb
from rig.head import parse_head

FLOATS = np.arange(12, dtype="<f4")
SHORTS = np.array([7, 8, 65535], dtype="<u2")
BINARY = b"\x00" * 4 + FLOATS.tobytes() + SHORTS.tobytes() + b"\x00\x00"
CONTENT = {
    "asset": {"version": "2.0"},
    "bufferViews": [
        {"buffer": 0, "byteOffset": 4, "byteLength": 48},
        {"buffer": 0, "byteOffset": 52, "byteLength": 6},
        {"buffer": 0, "byteOffset": 0, "byteLength": 48, "byteStride": 16},
    ],
    "images": [{"bufferView": 1}, {"uri": "elsewhere.png"}],
    "accessors": [
        {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
        {"bufferView": 0, "byteOffset": 8, "componentType": 5126, "count": 10, "type": "SCALAR"},
        {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
        {"bufferView": 2, "componentType": 5126, "count": 3, "type": "VEC3"},
        {"bufferView": 0, "componentType": 5126, "count": 1, "type": "VEC3", "sparse": {}},
        {"bufferView": 0, "componentType": 5126, "count": 999, "type": "VEC3"},
        {"bufferView": 9, "componentType": 5126, "count": 1, "type": "VEC3"},
        {"componentType": 5126, "count": 1, "type": "VEC3"},
        {"bufferView": 0, "componentType": 4, "count": 1, "type": "VEC3"},
    ],
}


def chunk(kind, content):
    return struct.pack("<II", len(content), kind) + content


def glb(content, binary=BINARY):
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    body = chunk(0x4E4F534A, text.ljust(-(-len(text) // 4) * 4)) + chunk(0x004E4942, binary)
    return struct.pack("<III", 0x46546C67, 2, 12 + len(body)) + body


FILE = glb(CONTENT)


def test_accessors_hold_what_was_written():
    found = parse_glb(FILE)
    np.testing.assert_array_equal(found.accessor(0), FLOATS.reshape(4, 3))
    np.testing.assert_array_equal(found.accessor(1), FLOATS[2:])
    np.testing.assert_array_equal(found.accessor(2), SHORTS)
    assert found.accessor(0).dtype == np.float32


def test_an_embedded_image_is_its_bytes():
    assert parse_glb(FILE).image(0) == SHORTS.tobytes()


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (3, "interleaved"),
        (4, "sparse"),
        (5, "lie outside the GLB's 60 bytes"),
        (6, "missing or incomplete"),
        (7, "missing or incomplete"),
        (8, "missing or incomplete"),
        (99, "accessor 99 is missing"),
    ],
)
def test_accessors_that_cannot_be_read_say_why(index, message):
    with pytest.raises(ValueError, match=message):
        parse_glb(FILE).accessor(index)


def test_an_image_that_is_not_embedded_says_so():
    with pytest.raises(ValueError, match="image 1 is missing or not embedded"):
        parse_glb(FILE).image(1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has 0 bytes"),
        (FILE[:19], "too few"),
        (b"GLTF" + FILE[4:], "starts with"),
        (FILE[:4] + b"\x01" + FILE[5:], "expected glTF 2"),
        (FILE[:-1], f"of {len(FILE) - 1} bytes"),
        (FILE + b"\x00", f"of {len(FILE) + 1} bytes"),
        (glb(b"{nonsense"), "no readable JSON"),
        (glb(b"\xff\xfe"), "no readable JSON"),
        (glb(b"[" * 100_000), "no readable JSON"),
        (glb([1, 2]), "JSON list, expected an object"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "starts with"),
    ],
)
def test_other_files_are_refused_with_what_was_found(data, message):
    with pytest.raises(ValueError, match=message):
        parse_glb(data)


def test_a_chunk_longer_than_the_file_is_refused():
    body = struct.pack("<II", 4000, 0x4E4F534A) + b"{}  "
    data = struct.pack("<III", 0x46546C67, 2, 12 + len(body)) + body
    with pytest.raises(ValueError, match="ends inside a chunk of 4000 bytes at 12"):
        parse_glb(data)


def test_the_name_of_the_file_is_in_the_message(tmp_path):
    path = tmp_path / "picture.glb"
    path.write_bytes(b"not a GLB, but long enough to be one")
    with pytest.raises(ValueError, match=r"^picture\.glb starts with"):
        read_glb(path)


@given(st.binary(max_size=200))
@example(FILE[:30])
def test_random_bytes_are_at_most_a_value_error(data):
    with pytest.raises(ValueError):  # noqa: PT011  (any message: it is the only allowed error)
        parse_glb(data)


@given(st.integers(0, len(FILE) - 1), st.integers(0, 255))
def test_one_wrong_byte_is_read_or_a_value_error(place, value):
    data = FILE[:place] + bytes([value]) + FILE[place + 1 :]
    try:
        found = parse_glb(data)
        for index in range(len(CONTENT["accessors"])):
            found.accessor(index)
    except ValueError as error:
        assert str(error)  # noqa: PT017


LEAF = st.none() | st.integers(-9, 9) | st.sampled_from(["", "name", "joints"])
KEYS = st.sampled_from(["name", "joints", "children", "primitives"])
JSON = LEAF | st.lists(LEAF | st.dictionaries(KEYS, LEAF | st.lists(LEAF, max_size=2)), max_size=2)
PARTS = st.sampled_from(["bufferViews", "accessors", "skins", "nodes", "meshes"])


@given(st.dictionaries(PARTS, JSON))
def test_a_foreign_document_is_no_head(content):
    with pytest.raises(ValueError):  # noqa: PT011
        parse_head(parse_glb(glb(content)))
