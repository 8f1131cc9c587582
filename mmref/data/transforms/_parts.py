"""The single steps. Those with an underscore check nothing and take (N, H, W, C)."""

import math

import numpy as np

from mmref.contract.settings import pair
from mmref.data.transforms._layout import (
    CHUNK,
    LAST,
    check_paint,
    check_unit,
    each,
    from_last,
    to_last,
)
from mmref.data.transforms._random import Generators, check_rng, each_generator, uniform
from mmref.errors import ShapeError
from mmref.types import Array, Size


def crop(images: Array, size: Size, rng: Generators | None = None, layout: str = LAST) -> Array:
    """Cut (height, width), or a square, out of images (N, H, W, C), uint8 or float32.

    From the center (where an odd number of rows or columns goes, one more goes below or on the
    right), or, with ``rng``, from anywhere, each image from its own place.

    >>> crop(np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1), 2)[0, :, :, 0]
    array([[ 5,  6],
           [ 9, 10]], dtype=uint8)
    """
    last = to_last(images, layout, np.uint8, np.float32)
    n, height, width, _ = last.shape
    rows, columns = pair("size", size)
    if rows > height or columns > width:
        raise ShapeError("size", f"at most the images' {(height, width)}", (rows, columns))
    top, left = (height - rows) // 2, (width - columns) // 2
    if rng is None:
        return from_last(last[:, top : top + rows, left : left + columns], layout).copy()
    check_rng(rng, n)
    place = [
        (g.integers(height - rows + 1), g.integers(width - columns + 1))
        for g in each_generator(rng, n)
    ]
    top, left = np.array(place, int).reshape(n, 2).T
    windows = np.lib.stride_tricks.sliding_window_view(last, (rows, columns), (1, 2))
    return from_last(windows[np.arange(n), top, left].transpose(0, 2, 3, 1), layout)


def flip(images: Array, rng: Generators | None = None, layout: str = LAST) -> Array:
    """Mirror images (N, H, W, C), uint8 or float32, left and right: all, or half with ``rng``.

    A caption that says "left" becomes false: see ``flip_pairs``.

    >>> flip(np.array([1, 2, 3], np.uint8).reshape(1, 1, 3, 1)).ravel()
    array([3, 2, 1], dtype=uint8)
    """
    last = to_last(images, layout, np.uint8, np.float32)
    return from_last(_flip(last, flipped(rng, len(last))), layout)


def rotate(images: Array, degrees: float | Array, fill: float = 1.0, layout: str = LAST) -> Array:
    """Turn images (N, H, W, C), float32, counterclockwise about their center, bilinearly.

    degrees: one number, or (N,). fill: what comes in from outside; 1 is white.

    >>> image = np.float32([[0, 1], [0, 0]]).reshape(1, 2, 2, 1)
    >>> rotate(image, 90).round(6)[0, :, :, 0]
    array([[1., 0.],
           [0., 0.]], dtype=float32)
    """
    last = to_last(images, layout, np.float32)
    check_paint(fill, last.dtype)
    angle = -np.radians(each("degrees", degrees, len(last)))
    result = np.empty(last.shape, np.float32)
    for start in range(0, len(last), CHUNK):
        part = slice(start, start + CHUNK)
        result[part] = _move(last[part], 0, 0, 1, angle[part], fill)
    return from_last(result, layout)


def recolor(
    images: Array,
    hue: float | Array = 0.0,
    contrast: float | Array = 1.0,
    brightness: float | Array = 0.0,
    layout: str = LAST,
) -> Array:
    """Change the colors of images (N, H, W, 3), float32, 0 to 1; each setting one number or (N,).

    hue: turn the colors by this share of the color circle, about the gray axis; grays stay.
    contrast: multiply the distance from the image's mean.
    brightness: add to all channels.

    The result is clipped to 0 to 1; images with other values raise ValueError.

    >>> red = np.float32([0.9, 0.1, 0.1]).reshape(1, 1, 1, 3)
    >>> recolor(red, hue=1 / 3).round(6).ravel()
    array([0.1, 0.9, 0.1], dtype=float32)
    """
    last = to_last(images, layout, np.float32, channels=3)
    check_unit(last)
    n = len(last)
    settings = {"hue": hue, "contrast": contrast, "brightness": brightness}
    settings = {name: each(name, value, n) for name, value in settings.items()}
    return from_last(_recolor(np.ascontiguousarray(last), **settings), layout)


def cutout(
    images: Array,
    top: int | Array,
    left: int | Array,
    side: int | Array,
    fill: float = 1.0,
    layout: str = LAST,
) -> Array:
    """Paint a square into each image (N, H, W, C), float32.

    top, left, side: in pixels, whole numbers, one or (N,); the square must lie inside.
    fill: the paint; 1 is white.

    >>> cutout(np.zeros((1, 3, 3, 1), np.float32), top=0, left=1, side=2)[0, :, :, 0]
    array([[0., 1., 1.],
           [0., 1., 1.],
           [0., 0., 0.]], dtype=float32)
    """
    last = to_last(images, layout, np.float32)
    check_paint(fill, last.dtype)
    n, height, width, _ = last.shape
    places = [each(k, v, n) for k, v in (("top", top), ("left", left), ("side", side))]
    for name, values in zip(("top", "left", "side"), places, strict=True):
        if values.dtype.kind == "f":
            raise ShapeError(name, "whole numbers", values.dtype)
    top, left, side = places
    inside = (side >= 0) & (top >= 0) & (left >= 0)
    inside &= (top + side <= height) & (left + side <= width)
    if not inside.all():
        bad = int(np.argmin(inside))
        got = f"({top[bad]}, {left[bad]}, {side[bad]}) for image {bad}"
        raise ShapeError("top, left, side", f"a square inside {(height, width)}", got)
    result = last.copy()
    _cutout(result, zip(top, left, side, strict=True), fill)
    return from_last(result, layout)


def flipped(rng: Generators | None, n: int) -> Array:
    """Which of n images to mirror: all, or a half, at random, with ``rng``."""
    if rng is None:
        return np.ones(n, bool)
    check_rng(rng, n)
    return uniform(rng, 0, 1, n) < 0.5


def _flip(images, chosen):
    result = images.copy()
    result[chosen] = images[chosen, :, ::-1]
    return result


def _move(images, down, right, zoom, angle, fill):
    """Shift (in pixels), zoom and turn (clockwise) about the center, by bilinear sampling.

    Each setting is (N,), or a number.
    """
    n, height, width, channels = images.shape
    down, right, zoom, angle = (np.reshape(v, (-1, 1)) for v in (down, right, zoom, angle))
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom

    # Where each target pixel comes from, relative to the center: (n, height * width).
    y, x = np.mgrid[:height, :width].reshape(2, 1, -1) - [[[(height - 1) / 2]], [[(width - 1) / 2]]]
    y, x = y - down, x - right
    source_y = (cos * y - sin * x + (height - 1) / 2).astype(np.float32)
    source_x = (sin * y + cos * x + (width - 1) / 2).astype(np.float32)

    # One pixel of fill all around; whatever lies beyond it is fill as well.
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=fill)
    source_y = np.clip(source_y + 1, 0, height + 1)
    source_x = np.clip(source_x + 1, 0, width + 1)
    top = np.minimum(source_y.astype(np.int64), height)
    left = np.minimum(source_x.astype(np.int64), width)
    below = (source_y - top)[..., None]
    beside = (source_x - left)[..., None]

    pixels = padded.reshape(-1, channels)
    row = width + 2
    first = np.arange(n)[:, None] * ((height + 2) * row) + top * row + left
    upper = pixels.take(first, 0) * (1 - beside) + pixels.take(first + 1, 0) * beside
    lower = pixels.take(first + row, 0) * (1 - beside) + pixels.take(first + row + 1, 0) * beside
    return (upper * (1 - below) + lower * below).reshape(images.shape)


def _recolor(images, hue, contrast, brightness):
    """Turn the colors about the gray axis, then stretch about the mean and add; (N,) each."""
    n = len(images)
    angle = hue * 2 * math.pi

    # Rotation about (1, 1, 1) / sqrt(3), by Rodrigues' formula: (n, 3, 3). Rows sum to 1.
    cos, sin = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None] / math.sqrt(3)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    turn = cos * np.eye(3) + sin * cross + (1 - cos) / 3

    mean = images.mean((1, 2, 3))
    matrix = (turn * contrast[:, None, None]).astype(np.float32)
    constant = (mean * (1 - contrast) + brightness).astype(np.float32)
    colors = images.reshape(n, -1, 3) @ matrix.transpose(0, 2, 1) + constant[:, None, None]
    return np.clip(colors, 0, 1, out=colors).reshape(images.shape)


def _cutout(images, squares, fill):
    """In place; squares: top, left and side of each."""
    for image, (top, left, side) in zip(images, squares, strict=True):
        image[top : top + side, left : left + side] = fill
