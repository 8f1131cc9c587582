"""The oracle: reads a picture, drawn or generated, back into objects. No network, no training.

It looks into each of the nine cells for its single object, at 32 px (64 px are averaged in twos,
which loses nothing but detail).

1. Color. Ink is what a pixel lacks to white. An object of ink k leaves ink t k in each pixel,
   t its coverage, sharp or blurred: always along k. So the color is the direction that holds most
   of the cell's ink, by the sum of the squares.
2. Shape, size, position: the coverage t (P,) that ``render`` can produce in this cell closest, in
   squared error, to the measured x = ink k / |k|^2. Blurred copies of every shape stand beside
   the sharp ones. |x - t|^2 = |x|^2 - gain, gain = 2 t'x - |t|^2; under white Gaussian noise the
   largest gain is the most likely t. There is no object where an even tint, pure white among
   them, is closer: its gain is (sum x)^2 / P.

Of clean scenes it finds exactly what was drawn; ``robustness`` measures the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from mmref.contract.arrays import check_finite
from mmref.contract.settings import check_flags, check_kind, text_list
from mmref.data.scenes.attributes import (
    CELL_CENTERS,
    JITTER,
    SHAPES,
    SIDES,
    SIZES,
    UNITS,
)
from mmref.data.scenes.claims import place_of
from mmref.data.scenes.corruption import blur_matrix
from mmref.data.scenes.language import parse
from mmref.data.scenes.outlines import REACH
from mmref.data.scenes.rendering import coverage, inks, render
from mmref.data.scenes.world import Objects
from mmref.errors import ShapeError
from mmref.types import Array

CELLS = 9
SIDE = 32  # at which pictures are read
EDGES = (0, 11, 21, 32)  # of the cells; no object reaches over them
CHUNK = 128  # pictures at a time, to use little memory
BLURS = (0.0, 0.6, 0.9, 1.2, 1.5, 2.0)  # of the templates, in pixels


@dataclass(frozen=True, eq=False)
class Reading:
    """What the oracle sees.

    objects: Objects with nine entries a scene, one a cell; the objects found come first, in
        reading order.
    errors: (N,) float64, root mean squared difference between the picture, 0 to 1, and a clean
        drawing of these objects. Of a clean scene it is 0; a large one says that the picture is
        no scene, whatever was read from it.
    """

    objects: Objects
    errors: Array


def read(images: Array) -> Reading:
    """Read pictures (N, side, side, 3): uint8, or float scaled to 0 to 1. Returns a Reading.

    Values outside 0 to 1, as noise leaves them, are taken as they are. Raises ShapeError for
    other shapes or dtypes, ValueError for values that are not finite.

    >>> from mmref.data import scenes
    >>> data = scenes.compose([[("small", "blue", "star", "top left")]], seed=0)
    >>> scenes.read(data.images).objects.items(0)
    [Item(size='small', color='blue', shape='star', row=0, column=0)]
    """
    _check_images(images)
    parts = [_read(images[start : start + CHUNK]) for start in range(0, max(len(images), 1), CHUNK)]
    fields, errors = (np.concatenate(part, axis=-1) for part in zip(*parts, strict=True))
    shape, size, x, y, color = fields.transpose(0, 2, 1)  # each (N, CELLS)
    positions = np.stack([x, y], -1)
    return Reading(Objects(shape >= 0, shape, color, size, positions, images.shape[1]), errors)


def _read(images):
    """Shape, size, x, y, color of what is seen (5, CELLS, n), objects first; and errors (n,)."""
    if images.dtype == np.uint8:
        images = images / np.float32(255)
    pixels = images.astype(np.float32)
    n, side = pixels.shape[:2]
    step = side // SIDE
    ink = 1 - sum(pixels[:, i::step, j::step] for i in range(step) for j in range(step)) / step**2
    found = np.full((5, CELLS, n), -1)
    for cell in range(CELLS):
        i, j = divmod(cell, 3)
        window = ink[:, EDGES[i] : EDGES[i + 1], EDGES[j] : EDGES[j + 1]]
        window = window.reshape(n, window.shape[1] * window.shape[2], 3)
        inks, color = _colors(window)
        bank, energy, kinds = _bank(i, j)
        # By Cauchy's inequality, no gain is positive where there is less ink than this.
        rows = np.flatnonzero((inks**2).sum(1) > energy.min() / 4)
        gains = 2 * inks[rows] @ bank.T - energy  # (rows, T)
        best = gains.argmax(1)
        tint = inks[rows].sum(1) ** 2 / inks.shape[1]
        seen = gains[np.arange(len(rows)), best] > tint
        found[:4, cell, rows[seen]] = kinds[best[seen]].T
        found[4, cell, rows[seen]] = color[rows[seen]]

    # Objects first, then the empty cells, both in reading order.
    found = np.take_along_axis(found, np.argsort(found[:1] < 0, axis=1, kind="stable"), 1)
    shape, size, x, y, color = found.transpose(0, 2, 1)
    objects = Objects(shape >= 0, shape, color, size, np.stack([x, y], -1), side)
    difference = pixels - render(objects) / np.float32(255)
    return found, np.sqrt((difference**2).mean((1, 2, 3), dtype=np.float64))


def agreement(
    objects: Objects, texts: Sequence[str], language: str = "en", strict: bool = True
) -> Array:
    """How far captions are true: (N,) float64, the share of each one's claims that hold.

    objects: of the scenes, or as ``read(images).objects`` finds them.
    strict: raise ShapeError for a caption that the grammar does not produce; else it scores 0.

    >>> from mmref.data import scenes
    >>> data = scenes.compose([[("small", "blue", "star", "top left")]], seed=0)
    >>> scenes.agreement(data.objects, ["a small blue star and a large red cross"])
    array([0.5])
    """
    check_kind("objects", objects, Objects, "mmref.data.scenes.Objects")
    check_flags(strict=strict)
    texts = text_list("texts", texts)
    if len(texts) != len(objects):
        raise ShapeError("texts", f"{len(objects)}, one a scene", len(texts))
    scores = np.zeros(len(objects))
    for row, text in enumerate(texts):
        try:
            claims = parse(text, language)
        except ShapeError:
            if strict:
                raise
            continue
        scores[row] = np.mean([claim.holds(objects.items(row)) for claim in claims])
    return scores


def exact(objects: Objects, texts: Sequence[str], language: str = "en") -> Array:
    """Which captions say everything, and nothing else: (N,) bool.

    True where a caption names each object of its scene once, with its size, color, shape and
    place, in any order. A text that the grammar does not produce is False.

    objects: of the scenes, or as ``read(images).objects`` finds them. Errors: as
    :func:`agreement`, but for such texts.

    >>> from mmref.data import scenes
    >>> data = scenes.compose(2 * [[("small", "blue", "star", "top left")]], seed=0)
    >>> scenes.exact(data.objects, ["there is a small blue star at the top left", "a blue star"])
    array([ True, False])
    """
    check_kind("objects", objects, Objects, "mmref.data.scenes.Objects")
    texts = text_list("texts", texts)
    if len(texts) != len(objects):
        raise ShapeError("texts", f"{len(objects)}, one a scene", len(texts))
    found = np.zeros(len(objects), bool)
    for row, text in enumerate(texts):
        try:
            claims = parse(text, language)
        except ShapeError:
            continue
        said = sorted((*map(str, claim.thing), str(claim.place)) for claim in claims)
        there = sorted(
            (item.size, item.color, item.shape, place_of(item)) for item in objects.items(row)
        )
        found[row] = said == there
    return found


def _colors(window):
    """The color of each window (n, P, 3): how much of its ink each pixel has, and its index."""
    ink = (inks() / 255).astype(np.float32)
    length = np.sqrt((ink**2).sum(1))
    along = window @ (ink / length[:, None]).T  # (n, P, colors)
    color = (along**2).sum(1).argmax(1)
    return np.take_along_axis(along, color[:, None, None], 2)[..., 0] / length[color, None], color


@cache
def _bank(row, column):
    """Every object that a cell can hold: coverage (T, P) float32, its sum of squares (T,), and
    shape, size, x, y (T, 4)."""
    scale = UNITS // SIDE
    sharp, kinds = [], []
    for size, name in enumerate(SIZES):
        shifts = np.arange(-JITTER[name], JITTER[name] + 1)
        for y in CELL_CENTERS[row] + shifts:
            for x in CELL_CENTERS[column] + shifts:
                (i, phase_y), (j, phase_x) = divmod(y - REACH, scale), divmod(x - REACH, scale)
                stamps = coverage(SIDE)[:, size, phase_y, phase_x]
                patch = stamps.shape[-1]
                canvas = np.zeros((len(SHAPES), SIDE + 2 * patch, SIDE + 2 * patch), np.float32)
                canvas[:, i + patch : i + 2 * patch, j + patch : j + 2 * patch] = stamps
                sharp.append(canvas[:, patch:-patch, patch:-patch])
                kinds += [(shape, size, x, y) for shape in range(len(SHAPES))]
    sharp = np.concatenate(sharp)  # (positions * shapes, SIDE, SIDE)
    banks = []
    for blur in BLURS:
        blurring = blur_matrix(SIDE, blur)
        down = blurring[EDGES[row] : EDGES[row + 1]]
        across = blurring[EDGES[column] : EDGES[column + 1]]
        banks.append((down @ sharp @ across.T).reshape(len(sharp), -1))
    bank = np.concatenate(banks)
    return bank, (bank**2).sum(1), np.tile(kinds, (len(BLURS), 1))


def _check_images(images):
    expected = f"(N, side, side, 3), side one of {SIDES}, uint8 or float"
    check_kind("images", images, np.ndarray, f"an array {expected}")
    kind = images.dtype == np.uint8 or np.issubdtype(images.dtype, np.floating)
    if images.ndim != 4 or images.shape[1:] not in [(s, s, 3) for s in SIDES] or not kind:
        raise ShapeError("images", expected, f"{images.shape}, {images.dtype}")
    check_finite("images", images)
