"""From objects to pixels: exact, anti-aliased, and the same for every batch.

A pixel's value is the mean over the pixel of white and the object's color (a box filter). Each
shape is sampled 8 x 8 times in every unit, once; a pixel is a block of whole units. Therefore

- a mirrored scene renders to the mirrored pixels, bit for bit, and
- a scene at 64 px, averaged over 2 x 2 pixels, is the scene at 32 px, up to rounding.
"""

from functools import cache

import numpy as np

from mmref.contract.settings import check_kind
from mmref.data.scenes.attributes import COLORS, RGB, UNITS, check_side
from mmref.data.scenes.outlines import REACH, unit_coverage
from mmref.data.scenes.world import Objects
from mmref.types import Array

CHUNK = 256  # scenes at a time: their pixels then stay in the cache


def render(objects: Objects) -> Array:
    """Draw Objects: (N, side, side, 3) uint8, on white.

    The objects of one scene must not overlap; those of ``generate`` and ``compose`` never do.
    """
    check_kind("objects", objects, Objects, "mmref.data.scenes.Objects")
    side = objects.side
    check_side(side)
    images = np.empty((len(objects), side, side, 3), np.uint8)
    for start in range(0, len(objects), CHUNK):
        part = slice(start, start + CHUNK)
        images[part] = _draw(objects[part], side)
    return images


def _draw(objects, side):
    stamps = _stamps(side)
    scale, patch = UNITS // side, stamps.shape[-2]
    # A margin on all sides, as the stamp of a small object can reach over the edge.
    margin = patch // 2
    canvas = np.full((len(objects), side + 2 * margin, side + 2 * margin, 3), 255, np.uint8)
    corners = objects.positions - REACH
    starts, phases = corners // scale + margin, corners % scale
    steps = np.arange(patch)
    for slot in range(objects.mask.shape[1]):
        rows = np.flatnonzero(objects.mask[:, slot])
        kind = (field[rows, slot] for field in (objects.shapes, objects.sizes, objects.colors))
        (x, y), (phase_x, phase_y) = starts[rows, slot].T, phases[rows, slot].T
        at = (rows[:, None, None], (y[:, None] + steps)[:, :, None], (x[:, None] + steps)[:, None])
        canvas[at] -= stamps[(*kind, phase_y, phase_x)]
    return canvas[:, margin:-margin, margin:-margin]


@cache
def coverage(side: int) -> Array:
    """The share of each pixel that an object covers, for each sub-pixel phase.

    (shapes, sizes, phases of y, phases of x, P, P) float64; the first pixel begins ``phase``
    units before the object's middle - REACH.
    """
    scale = UNITS // side
    pixels = -(-(2 * REACH + scale - 1) // scale)
    units = unit_coverage()
    result = np.zeros((*units.shape[:2], scale, scale, pixels, pixels))
    for y, x in np.ndindex(scale, scale):
        padded = np.zeros((*units.shape[:2], pixels * scale, pixels * scale))
        padded[..., y : y + 2 * REACH, x : x + 2 * REACH] = units
        blocks = padded.reshape(*units.shape[:2], pixels, scale, pixels, scale)
        result[:, :, y, x] = blocks.mean((3, 5))
    result.setflags(write=False)
    return result


def inks() -> Array:
    """What each color takes away from white: (colors, 3), 0 to 255."""
    return 255 - np.array([RGB[color] for color in COLORS])


@cache
def _stamps(side):
    """What each object takes away from white pixels: (shapes, sizes, colors, phases of y, phases
    of x, P, P, 3) uint8."""
    shares = coverage(side)[:, :, None, ..., None]
    stamps = np.rint(shares * inks()[:, None, None, None, None]).astype(np.uint8)
    stamps.setflags(write=False)
    return stamps
