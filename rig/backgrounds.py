"""What stands behind a face: rooms, walls, gardens and lights out of focus, in linear light.

Drawn at low resolution, as everything behind a face is blurred. All randomness comes in through
a generator.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

LightImage = NDArray[np.float32]
Colour = tuple[float, float, float]

# Linear RGB of what rooms are made of.
WALLS = ((0.62, 0.60, 0.56), (0.55, 0.50, 0.42), (0.42, 0.43, 0.44), (0.40, 0.46, 0.50),
         (0.30, 0.34, 0.30), (0.20, 0.20, 0.22), (0.52, 0.47, 0.40), (0.72, 0.71, 0.70),
         (0.10, 0.11, 0.13), (0.30, 0.24, 0.20))  # fmt: skip
WOOD = ((0.18, 0.09, 0.04), (0.30, 0.17, 0.08), (0.08, 0.045, 0.03), (0.45, 0.33, 0.2))
CLOTH = ((0.30, 0.05, 0.05), (0.05, 0.08, 0.22), (0.06, 0.16, 0.10), (0.4, 0.34, 0.24),
         (0.03, 0.03, 0.04), (0.45, 0.45, 0.47), (0.35, 0.2, 0.05), (0.12, 0.2, 0.26))  # fmt: skip
LEAVES = ((0.02, 0.04, 0.015), (0.06, 0.10, 0.03), (0.12, 0.16, 0.06), (0.20, 0.21, 0.11))
SKY = ((0.55, 0.70, 1.0), (0.8, 0.85, 0.9), (0.95, 0.9, 0.8))


def random_background(size: int, rng: np.random.Generator) -> LightImage:
    """(size, size, 3) linear light, mostly 0..1, lamps and windows above."""
    kinds = (_room, _wall, _outdoors, _lights, _foliage)
    kind = kinds[rng.choice(len(kinds), p=(0.56, 0.22, 0.12, 0.04, 0.06))]
    grid = min(size, 128)
    image = kind(grid, rng)
    image *= _shading(grid, rng)
    sigma = grid * float(np.exp(rng.uniform(np.log(0.006), np.log(0.07))))
    image = _defocus(image, sigma, rng)
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC).clip(0))


def _pick(rng: np.random.Generator, palette: tuple[Colour, ...]) -> NDArray[np.float32]:
    """A colour of a palette, a little changed."""
    colour = np.array(palette[rng.integers(len(palette))])
    varied = colour * np.exp(rng.normal(0, 0.25)) * np.exp(rng.normal(0, 0.06, 3))
    return np.asarray(varied, dtype=np.float32)


def _filled(grid: int, colour: NDArray[np.float32]) -> LightImage:
    return np.broadcast_to(colour, (grid, grid, 3)).copy()


def _box(
    image: LightImage, x: float, y: float, width: float, height: float, c: NDArray[np.float32]
) -> None:
    """Fill a rectangle given in parts of the picture."""
    grid = len(image)
    low = round(x * grid), round(y * grid)
    high = round((x + width) * grid), round((y + height) * grid)
    cv2.rectangle(image, low, high, c.tolist(), -1)


def _room(grid: int, rng: np.random.Generator) -> LightImage:
    """A wall with a few of: window, shelf, pictures, door, lamp, screen, plant, curtain, sofa."""
    image = _filled(grid, _pick(rng, WALLS))
    if rng.random() < 0.35:  # a corner: another wall, lit otherwise
        x = rng.uniform(0.1, 0.9)
        side = image[0, 0] * np.float32(rng.uniform(0.5, 1.3))
        _box(image, x if rng.random() < 0.5 else x - 1, 0, 1, 1, side)
    things = (_window, _shelf, _pictures, _door, _lamp, _screen, _plant, _curtain, _sofa)
    for i in rng.permutation(len(things))[: rng.integers(1, 5)]:
        things[i](image, rng)
    return image


def _wall(grid: int, rng: np.random.Generator) -> LightImage:
    """A bare wall, or a studio's paper."""
    return _filled(grid, _pick(rng, WALLS))


def _outdoors(grid: int, rng: np.random.Generator) -> LightImage:
    """Sky over trees, houses and ground."""
    image = _filled(grid, _pick(rng, SKY) * np.float32(rng.uniform(0.6, 1.6)))
    horizon = rng.uniform(0.1, 0.7)
    for palette, top in ((LEAVES, horizon - 0.15), (WALLS, horizon), (LEAVES, horizon + 0.1)):
        x = -0.1
        while x < 1:
            width = rng.uniform(0.05, 0.4)
            _box(image, x, top + rng.normal(0, 0.08), width, 1, _pick(rng, palette))
            x += width * rng.uniform(0.6, 1.6)
    return image


def _lights(grid: int, rng: np.random.Generator) -> LightImage:
    """A street or a bar at night: discs of light."""
    image = _filled(grid, _pick(rng, WALLS) * np.float32(0.06))
    for _ in range(rng.integers(8, 40)):
        colour = np.exp(rng.normal(0, 0.25, 3)) * (1.0, 0.75, 0.45) * rng.uniform(0.2, 2.5)
        centre = rng.integers(0, grid, 2).tolist()
        cv2.circle(image, centre, int(rng.integers(1, grid // 14)), colour.tolist(), -1)
    return image


def _foliage(grid: int, rng: np.random.Generator) -> LightImage:
    """Leaves in sun and shade."""
    image = np.zeros((grid, grid, 3), np.float32)
    for scale in (2, 4, 9):
        cells = max(2, grid // (2 * scale))
        shade = rng.lognormal(0, 0.7, (cells, cells, 1))
        coarse = np.array(LEAVES)[rng.integers(len(LEAVES), size=(cells, cells))] * shade
        image += cv2.resize(coarse.astype(np.float32), (grid, grid)) / 2
    if rng.random() < 0.5:
        gaps = rng.random((grid // 6, grid // 6, 1)) < 0.06
        sky = gaps.astype(np.float32) * _pick(rng, SKY)
        image += 1.5 * cv2.resize(sky, (grid, grid))
    return image


def _window(image: LightImage, rng: np.random.Generator) -> None:
    x, y, width, height = rng.uniform((-0.2, -0.2, 0.2, 0.3), (0.9, 0.2, 0.6, 0.9))
    light = _pick(rng, SKY) * np.float32(rng.uniform(0.7, 4))
    _box(image, x - 0.02, y - 0.02, width + 0.04, height + 0.04, _pick(rng, WALLS))
    _box(image, x, y, width, height, light)
    if rng.random() < 0.5:  # what is outside
        _box(image, x, y + height * rng.uniform(0.4, 0.8), width, height * 0.2, 0.3 * light)
    frame = _pick(rng, WALLS)
    for share in np.linspace(0, 1, int(rng.integers(2, 4)))[1:-1]:
        _box(image, x + share * width, y, 0.012, height, frame)
    if rng.random() < 0.4:  # blinds
        for row in np.arange(y, y + height, 0.035):
            _box(image, x, row, width, 0.015, frame * np.float32(0.8))


def _shelf(image: LightImage, rng: np.random.Generator) -> None:
    x, y, width = rng.uniform((-0.2, -0.1, 0.3), (0.8, 0.4, 0.7))
    wood, row = _pick(rng, WOOD), rng.uniform(0.14, 0.24)
    for level in range(int(rng.integers(2, 6))):
        top = y + level * row
        _box(image, x, top, width, row, wood * np.float32(0.35))
        at = x
        while at < x + width - 0.03:
            book = rng.uniform(0.012, 0.05)
            tall = row * rng.uniform(0.5, 0.92)
            if rng.random() < 0.85:
                _box(image, at, top + row - tall, book, tall, _pick(rng, CLOTH))
            at += book
        _box(image, x, top + row - 0.015, width, 0.015, wood)


def _pictures(image: LightImage, rng: np.random.Generator) -> None:
    for _ in range(rng.integers(1, 5)):
        x, y, width, height = rng.uniform((0, 0, 0.08, 0.08), (0.9, 0.5, 0.3, 0.3))
        _box(image, x, y, width, height, _pick(rng, WOOD))
        _box(image, x + 0.012, y + 0.012, width - 0.024, height - 0.024, _pick(rng, WALLS))
        _box(image, x + 0.04, y + 0.04, width - 0.08, height - 0.08, _pick(rng, CLOTH))


def _door(image: LightImage, rng: np.random.Generator) -> None:
    x, width = rng.uniform((-0.1, 0.2), (0.9, 0.4))
    colour = _pick(rng, WOOD if rng.random() < 0.6 else WALLS)
    _box(image, x, rng.uniform(-0.1, 0.2), width, 1.2, colour)


def _lamp(image: LightImage, rng: np.random.Generator) -> None:
    grid = len(image)
    x, y, radius = rng.uniform((0, 0, 0.02), (1, 0.6, 0.09))
    warm = np.array([1.0, 0.72, 0.42], np.float32) * np.float32(rng.uniform(1.0, 5.0))
    rows, columns = np.mgrid[:grid, :grid] / grid
    glow = 0.25 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (5 * radius**2 + 0.02))
    image += (glow[..., None] * warm * 0.5).astype(np.float32)
    cv2.circle(image, (int(x * grid), int(y * grid)), int(radius * grid) + 1, warm.tolist(), -1)


def _screen(image: LightImage, rng: np.random.Generator) -> None:
    x, y, width = rng.uniform((-0.1, 0.1, 0.2), (0.9, 0.6, 0.5))
    _box(image, x, y, width, width * 0.6, np.full(3, 0.01, np.float32))
    if rng.random() < 0.5:
        lit = _pick(rng, SKY) * np.float32(rng.uniform(0.1, 0.8))
        _box(image, x + 0.01, y + 0.01, width - 0.02, width * 0.6 - 0.02, lit)


def _plant(image: LightImage, rng: np.random.Generator) -> None:
    grid = len(image)
    middle, spread = rng.uniform((0, 0.3), (1, 0.9)), rng.uniform(0.05, 0.16)
    for _ in range(60):
        a = (middle + rng.normal(0, spread, 2)) * grid
        b = a + rng.normal(0, 0.05, 2) * grid
        width = int(max(1, grid * rng.uniform(0.008, 0.03)))
        ends = np.round(a).astype(int).tolist(), np.round(b).astype(int).tolist()
        cv2.line(image, *ends, _pick(rng, LEAVES).tolist(), width)


def _curtain(image: LightImage, rng: np.random.Generator) -> None:
    x, width = rng.uniform((-0.2, 0.15), (0.9, 0.4))
    colour = _pick(rng, CLOTH if rng.random() < 0.5 else WALLS)
    at, fold = x, rng.uniform(0.02, 0.05)
    while at < x + width:
        _box(image, at, -0.1, fold, 1.2, colour * np.float32(rng.uniform(0.55, 1.2)))
        at += fold


def _sofa(image: LightImage, rng: np.random.Generator) -> None:
    x, y, width = rng.uniform((-0.3, 0.55, 0.5), (0.4, 0.85, 1.3))
    colour = _pick(rng, CLOTH)
    _box(image, x, y, width, 1, colour)
    _box(image, x + rng.uniform(0.1, 0.4), y - 0.05, 0.2, 0.2, _pick(rng, CLOTH))


def _shading(grid: int, rng: np.random.Generator) -> LightImage:
    """(grid, grid, 1) slow falling-off of light."""
    corners = np.exp(rng.normal(0, 0.35, (2, 2))).astype(np.float32)
    smooth = cv2.resize(corners, (grid, grid), interpolation=cv2.INTER_LINEAR)
    return np.asarray(smooth[..., None], dtype=np.float32)


def _defocus(image: LightImage, sigma: float, rng: np.random.Generator) -> LightImage:
    """Blur by a lens's disc, or softly as a computed background does."""
    if sigma > 1.5 and rng.random() < 0.6:
        radius = int(np.ceil(1.6 * sigma))
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        kernel = disc.astype(np.float32) / disc.sum()
        return np.asarray(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT))
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))
