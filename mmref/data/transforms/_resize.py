"""Images from bytes to floats, and to another size."""

import math

import numpy as np

from mmref.contract.data import check_memory
from mmref.contract.settings import check_choice, pair
from mmref.data.transforms._layout import LAST, from_last, to_last
from mmref.errors import ChoiceError, ShapeError
from mmref.types import Array, Size


def to_float(images: Array) -> Array:
    """Scale uint8 images in either layout, 0 to 255, to float32, 0 to 1.

    >>> to_float(np.array([0, 51, 255], np.uint8).reshape(1, 1, 1, 3)).ravel()
    array([0. , 0.2, 1. ], dtype=float32)
    """
    to_last(images, LAST, np.uint8)
    # In one pass: a second array of floats, as images.astype would be, takes as long again.
    return np.divide(images, np.float32(255), out=_aligned(images.shape), dtype=np.float32)


def _aligned(shape):
    """Floats that begin at a multiple of 64 bytes: TensorFlow then need not copy them."""
    size = 4 * math.prod(shape)
    room = np.empty(size + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size].view(np.float32).reshape(shape)


def resize(images: Array, size: Size, method: str = "mean", layout: str = LAST) -> Array:
    """Bring images (N, H, W, C), uint8 or float32, to (N, size, size, C).

    size: a side, for square images, or (height, width), which may change the proportions.
    method: "mean" averages whole squares of pixels: exact, and fast, but ``size`` must divide
        H and W; otherwise ChoiceError lists the sizes that do. "bilinear" takes any size: each
        new pixel is a weighted mean, the weights falling linearly with the distance from its
        center and reaching 0 at the neighbor's, a new or an old one, whichever are further
        apart. This is Pillow's BILINEAR; without the widening, shrinking would skip pixels.

    uint8 averages are rounded, float32 ones are not.

    >>> resize(np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1), 2)[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)
    >>> resize(np.float32([0, 1]).reshape(1, 1, 2, 1), (1, 4), "bilinear").ravel()
    array([0.  , 0.25, 0.75, 1.  ], dtype=float32)
    """
    last = to_last(images, layout, np.uint8, np.float32)
    check_choice("method", method, tuple(_METHODS))
    if last.shape[1] != last.shape[2] and not isinstance(size, (tuple, list)):
        raise ShapeError("images", "square, H = W (or size=(height, width))", images.shape)
    rows, columns = pair("size", size)
    n, _, _, channels = last.shape
    check_memory("size", rows * columns, 4 * n * channels)
    resized = _METHODS[method](last, rows, columns)
    if images.dtype == np.uint8:
        resized = np.rint(resized).astype(np.uint8)
    return from_last(resized, layout)


def _mean(images, rows, columns):
    n, height, width, channels = images.shape
    for side, old in ((rows, height), (columns, width)):
        sizes = [k for k in range(1, old + 1) if old % k == 0]
        if side not in sizes:
            raise ChoiceError(f'size, from {old} by method "mean"', side, sizes)
    blocks = images.reshape(n, rows, height // rows, columns, width // columns, channels)
    return blocks.mean((2, 4), dtype=np.float32)


def _bilinear(images, rows, columns):
    n, height, width, channels = images.shape
    images = images.astype(np.float32, copy=False).reshape(n, height, width * channels)
    images = (_weights(height, rows) @ images).reshape(n, rows, width, channels)
    # tensordot makes one large product of it; matmul would make n * rows tiny ones.
    return np.tensordot(images, _weights(width, columns), (2, 1)).swapaxes(2, 3)


def _weights(old, new):
    """How much each old pixel counts in each new one: (new, old). Rows sum to 1."""
    step = old / new
    centers = (np.arange(new)[:, None] + 0.5) * step
    distance = np.abs(np.arange(old) + 0.5 - centers) / max(step, 1)
    weights = np.maximum(1 - distance, 0)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


_METHODS = {"mean": _mean, "bilinear": _bilinear}
