"""The arrays that hold scenes: pictures, and the objects that they show."""

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import NamedTuple

import numpy as np

from mmref.contract.data import row_numbers
from mmref.data.scenes.attributes import COLORS, SHAPES, SIZES, UNITS
from mmref.data.scenes.outlines import unit_boxes
from mmref.errors import ShapeError
from mmref.types import Array


class Item(NamedTuple):
    """One object in words, and the row and the column (0 to 2) of its cell."""

    size: str
    color: str
    shape: str
    row: int
    column: int


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects of N scenes, at most O in each; entries without an object hold -1.

    mask: (N, O) bool, True where there is an object.
    shapes, colors, sizes: (N, O) int64, indices into SHAPES, COLORS, SIZES.
    positions: (N, O, 2) int64, x and y of the middle in units of 1/128 of the side.
    side: pixels of a side; centers and boxes are measured in them.
    """

    mask: Array
    shapes: Array
    colors: Array
    sizes: Array
    positions: Array
    side: int

    def __len__(self) -> int:
        return len(self.mask)

    def __getitem__(self, rows: slice | Array) -> "Objects":
        """Some of the scenes: a slice, an array of row numbers from 0 or a boolean mask."""
        rows = _rows(rows, len(self))
        mask, positions = self.mask[rows], self.positions[rows]
        shapes, colors, sizes = self.shapes[rows], self.colors[rows], self.sizes[rows]
        return Objects(mask, shapes, colors, sizes, positions, self.side)

    @cached_property
    def columns(self) -> Array:
        """(N, O) int64, the column of each object's cell, 0 to 2 from the left."""
        return self._cell(0)

    @cached_property
    def rows(self) -> Array:
        """(N, O) int64, the row of each object's cell, 0 to 2 from the top."""
        return self._cell(1)

    @cached_property
    def places(self) -> Array:
        """(N, O) int64, index into PLACES."""
        return np.where(self.mask, 3 * self.rows + self.columns, -1)

    @cached_property
    def centers(self) -> Array:
        """(N, O, 2) float32, x and y of the middle in pixels; 0 is the picture's edge."""
        pixels = self.positions * np.float32(self.side / UNITS)
        return np.where(self.mask[..., None], pixels, -1).astype(np.float32)

    @cached_property
    def boxes(self) -> Array:
        """(N, O, 4) int64, (left, top, right, bottom) in pixels.

        image[top:bottom, left:right] holds all pixels that the object touches, and no more.
        """
        corners = np.tile(self.positions, 2) + unit_boxes()[self.shapes, self.sizes]
        scale = UNITS // self.side
        pixels = np.concatenate([corners[..., :2] // scale, -(-corners[..., 2:] // scale)], -1)
        return np.where(self.mask[..., None], pixels, -1)

    def items(self, row: int) -> list[Item]:
        """The objects of one scene in words.

        >>> from mmref.data import scenes
        >>> scenes.generate(1, seed=3, objects=(1, 1)).objects.items(0)
        [Item(size='large', color='purple', shape='square', row=1, column=0)]
        """
        return self._items[row]

    @cached_property
    def _items(self):
        columns = (self.mask, self.sizes, self.colors, self.shapes, self.rows, self.columns)
        return [
            [
                Item(SIZES[size], COLORS[color], SHAPES[shape], i, j)
                for there, size, color, shape, i, j in zip(*scene, strict=True)
                if there
            ]
            for scene in zip(*(column.tolist() for column in columns), strict=True)
        ]

    def _cell(self, axis):
        return np.where(self.mask, self.positions[..., axis] * 3 // UNITS, -1)


@dataclass(frozen=True, eq=False)
class Scenes:
    """Pictures and what is on them; row i of ``images`` shows row i of ``objects``.

    images: (N, side, side, 3) uint8, on white. ``transforms.to_float`` makes them float32.
    objects: the Objects of each scene.
    """

    images: Array
    objects: Objects

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: slice | Array) -> "Scenes":
        """Some of the scenes: a slice, an array of row numbers from 0 or a boolean mask."""
        return Scenes(self.images[_rows(rows, len(self))], self.objects[rows])


def _rows(rows, count):
    """A single number would drop the first axis, on which everything else here relies."""
    if isinstance(rows, Integral):
        raise ShapeError("rows", "a slice or an array, as in scenes[3:4]", rows)
    return rows if isinstance(rows, slice) else row_numbers("rows", rows, count)
