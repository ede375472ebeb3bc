"""Still images and folders of them."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from geface_bridge.align import check_size
from geface_bridge.capture.frames import Frame, Image
from geface_bridge.errors import ImageError, SourceError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".ppm", ".pgm")


class ImageSource:
    """Images one after the other; they may differ in size. Time stands still at 0."""

    def __init__(self, name: str, paths: list[Path]) -> None:
        self.name, self.rate_hz, self.dropped = name, 1.0, 0
        self.frame_count: int | None = len(paths)
        self._paths = paths

    def frames(self) -> Iterator[Frame]:
        """The images in order.

        Raises:
            ImageError: a file is no image, or too small or large.
        """
        for index, path in enumerate(self._paths):
            yield Frame(index, 0.0, time.monotonic(), read_image(path))

    def close(self) -> None:
        """Nothing is held."""


def read_images(path: str | Path) -> ImageSource:
    """An image, or the images of a folder by name (its subfolders not).

    Raises:
        SourceError: the path does not exist, or the folder holds no image.
    """
    path = Path(path)
    return ImageSource(str(path), list_images(path))


def list_images(path: Path) -> list[Path]:
    """Image files of a folder in natural order of names; a file itself.

    Raises:
        SourceError: as ``read_images``.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SourceError(f"{path} does not exist, expected an image or a folder; check the path")
    found = [p for p in path.iterdir() if is_image_name(p) and p.is_file()]
    if not found:
        kinds = " ".join(IMAGE_SUFFIXES)
        raise SourceError(f"folder {path} holds no image, expected files ending in {kinds}")
    return sorted(found)


def is_image_name(path: Path) -> bool:
    """Whether the name ends like an image's."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def read_image(path: Path) -> Image:
    """Decode an image to (H, W, 3) RGB, turned as its EXIF orientation says.

    The size is checked before anything is decoded.

    Raises:
        SourceError: the file does not exist.
        ImageError: it is no image, or a side is below 16 or above 16,384 pixels.
    """
    try:
        with warnings.catch_warnings():
            # The size is checked here; Pillow's own warning would come first.
            warnings.simplefilter("ignore", PillowImage.DecompressionBombWarning)
            with PillowImage.open(path) as image:
                check_size(image.width, image.height, name=f"image {path}")
                return np.array(ImageOps.exif_transpose(image).convert("RGB"), np.uint8)
    except FileNotFoundError:
        raise SourceError(f"image {path} does not exist; check the path") from None
    except PillowImage.DecompressionBombError as error:
        raise ImageError(f"image {path} is too large ({error}); scale it first") from None
    except (OSError, SyntaxError, ValueError) as error:
        reason = str(error).replace("\n", " ")
        raise ImageError(
            f"{path} cannot be read as an image ({reason}); expected JPEG, PNG, WebP, TIFF or BMP"
        ) from None
