"""The steps at random, in one call."""

import math

import numpy as np

from mmref.contract.settings import check_flags, check_number
from mmref.data.transforms import _parts
from mmref.data.transforms._layout import CHUNK, LAST, check_unit, from_last, to_last
from mmref.data.transforms._random import Generators, check_rng, each_generator, uniform
from mmref.types import Array

# Every step left out: ``augment(images, rng, **OFF | {"rotation": 20})`` only turns.
OFF = {
    **{"shift": 0.0, "scale": 0.0, "rotation": 0.0, "flip": False},
    **{"brightness": 0.0, "contrast": 0.0, "hue": 0.0, "cutout": 0.0},
}


def augment(
    images: Array,
    rng: Generators,
    shift: float = 0.08,
    scale: float = 0.1,
    rotation: float = 10.0,
    flip: bool = True,
    brightness: float = 0.1,
    contrast: float = 0.1,
    hue: float = 0.03,
    cutout: float = 0.0,
    fill: float = 1.0,
    layout: str = LAST,
) -> Array:
    """Return randomly changed copies of images (N, H, W, 3), float32, 0 to 1.

    Each image is changed on its own, in this order; a setting of 0 leaves its step out.

    flip: mirror left and right, for half of the images.
    shift: move by up to this share of the side, along both axes.
    scale: zoom by a factor between 1 - scale and 1 + scale.
    rotation: turn by up to this many degrees.
    hue: turn the colors by up to this share of the color circle; grays stay.
    contrast: multiply the distance from the image's mean by 1 - contrast to 1 + contrast.
    brightness: add up to this much, up or down.
    cutout: paint a square, its side up to this share of the image's.

    What comes in from outside, and the square, have the value ``fill``; 1 is white.

    A caption must stay true: where it says "left", leave ``flip`` out and use ``flip_pairs``; a
    large ``hue`` breaks "red", a large ``rotation`` breaks "above".

    rng: a numpy.random.Generator; the result depends on it, and on the batch as a whole. Or a
        list of one for each image (``sample_generators``); each result then depends on its own
        image and generator alone.

    Raises ShapeError for other images or another number of generators, TypeError for other
    kinds, ValueError for settings out of range and for pixels outside of 0 to 1.

    >>> images = np.ones((2, 32, 32, 3), np.float32)
    >>> augment(images, np.random.default_rng(0)).shape
    (2, 32, 32, 3)
    >>> from mmref.data.transforms import sample_generators
    >>> augment(images, sample_generators([4, 9], seed=0)).shape
    (2, 32, 32, 3)
    """
    last = to_last(images, layout, np.float32, channels=3)
    check_unit(last)
    check_rng(rng, len(last))
    check_flags(flip=flip)
    shares = {"shift": shift, "scale": scale, "brightness": brightness}
    shares |= {"contrast": contrast, "hue": hue, "cutout": cutout}
    for name, share in shares.items():
        check_number(name, share, 0, 1)
    check_number("rotation", rotation, 0, 180, closed=True)
    check_number("fill", fill, 0, 1, closed=True)
    result = np.array(last, order="C")
    _, height, width, _ = result.shape
    for start in range(0, len(result), CHUNK):
        part = result[start : start + CHUNK]
        own = rng[start : start + CHUNK] if isinstance(rng, (list, tuple)) else rng
        n = len(part)
        if flip:
            part[:] = _parts._flip(part, _parts.flipped(own, n))
        if shift or scale or rotation:
            turn = math.radians(rotation)
            down = uniform(own, -shift, shift, n) * height
            right = uniform(own, -shift, shift, n) * width
            zoom = uniform(own, 1 - scale, 1 + scale, n)
            part[:] = _parts._move(part, down, right, zoom, uniform(own, -turn, turn, n), fill)
        if hue or contrast or brightness:
            color = uniform(own, -hue, hue, n)
            factor = uniform(own, 1 - contrast, 1 + contrast, n)
            added = uniform(own, -brightness, brightness, n)
            part[:] = _parts._recolor(part, color, factor, added)
        if cutout:
            squares = [_square(g, cutout, height, width) for g in each_generator(own, n)]
            _parts._cutout(part, squares, fill)
    return from_last(result, layout)


def _square(rng, share, height, width):
    """Where to paint: top, left and side, in pixels."""
    side = round(rng.uniform(0, share) * min(height, width))
    top = rng.integers(0, height - side, endpoint=True)
    left = rng.integers(0, width - side, endpoint=True)
    return top, left, side
