from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from geface_bridge.capture import read_images
from geface_bridge.capture.images import read_image
from geface_bridge.errors import ImageError, SourceError


def picture(width: int = 40, height: int = 20) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = (255, 0, 0)  # red in the upper left quarter
    return image


def png_header(width: int, height: int) -> bytes:
    """A PNG that states its size and holds no pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    end = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + chunk + end


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))]
)
def test_exif_orientation_is_honoured(tmp_path, orientation, corner):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.jpg"
    Image.fromarray(picture()).save(path, exif=exif, quality=95)
    image = read_image(path)
    assert image.shape == ((20, 40, 3) if orientation in (1, 3) else (40, 20, 3))
    red, green, _ = image[corner].astype(int)
    assert red > 200 > 60 > green


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    path = tmp_path / ("photo.tif" if mode == "CMYK" else "photo.png")
    Image.fromarray(picture()).convert(mode).save(path)
    image = read_image(path)
    assert (image.shape, image.dtype) == ((20, 40, 3), np.uint8)
    assert image[2, 2, 0] > image[18, 38, 0]


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((20000, 20), "is 20000x20 pixels, expected 16 to 16384 a side"),
        ((1, 1), "is 1x1 pixels, expected 16 to 16384 a side"),
        ((20000, 20000), r"is too large \(Image size \(400000000 pixels\)"),
    ],
)
def test_size_is_checked_on_the_header_alone(tmp_path, recwarn, size, message):
    path = tmp_path / "vast.png"
    path.write_bytes(png_header(*size))
    with pytest.raises(ImageError, match=message):
        read_image(path)
    assert len(recwarn) == 0


@pytest.mark.parametrize("content", [b"", b"no picture", png_header(64, 64), b"\xff\xd8\xff"])
def test_broken_files_are_one_line_errors(tmp_path, content):
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match="cannot be read as an image") as error:
        read_image(path)
    assert "\n" not in str(error.value)


def test_a_folder_gives_its_images_by_name_and_nothing_else(tmp_path):
    for number, name in enumerate(["b.png", "a.PNG", "c.png"]):
        Image.fromarray(np.full((20, 20, 3), number, np.uint8)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "folder.png").mkdir()
    source = read_images(tmp_path)
    assert source.frame_count == 3
    assert [int(frame.image_rgb[0, 0, 0]) for frame in source.frames()] == [1, 0, 2]


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(SourceError, match=r"holds no image, expected files ending in \.jpg"):
        read_images(tmp_path)
    with pytest.raises(SourceError, match="does not exist"):
        read_images(tmp_path / "missing")
    with pytest.raises(SourceError, match="does not exist"):
        read_image(tmp_path / "missing.png")
