"""What arrays of images may look like."""

import numpy as np

from mmref.errors import ChoiceError, ShapeError
from mmref.types import Array, DType, Pair, Size

LAST, FIRST = "channels_last", "channels_first"

# Images changed at a time: the intermediate arrays then stay in the cache.
CHUNK = 32


def to_last(images: Array, layout: str, *dtypes: DType, channels: int | None = None) -> Array:
    """Check images in a layout; return them as (N, H, W, C), a view."""
    if layout not in (LAST, FIRST):
        raise ChoiceError("layout", layout, (LAST, FIRST))
    c = channels or "C"
    shape = f"(N, H, W, {c})" if layout == LAST else f"(N, {c}, H, W)"
    names = " or ".join(np.dtype(dtype).name for dtype in dtypes)
    if not isinstance(images, np.ndarray):
        raise ShapeError("images", f"an array {shape}, {names}", type(images).__name__)
    if images.ndim != 4 or images.dtype not in dtypes:
        raise ShapeError("images", f"{shape}, {names}", f"{images.shape}, {images.dtype}")
    last = images if layout == LAST else images.transpose(0, 2, 3, 1)
    if channels and last.shape[3] != channels:
        raise ShapeError("images", shape, images.shape)
    return last


def from_last(images: Array, layout: str) -> Array:
    """Return (N, H, W, C) in a layout, in C order: views with strides slow down what follows."""
    return np.ascontiguousarray(images if layout == LAST else images.transpose(0, 3, 1, 2))


def pair(size: Size) -> Pair:
    """A size as (height, width); one number is a square."""
    sides: list = list(size) if isinstance(size, (tuple, list)) and len(size) == 2 else [size] * 2
    for side in sides:
        if isinstance(side, bool) or not isinstance(side, (int, np.integer)) or side < 1:
            raise ShapeError("size", "a side of at least 1, or (height, width)", size)
    height, width = sides
    return int(height), int(width)


def each(name: str, value: float | Array, n: int) -> Array:
    """A setting for each of n images: one number for all, or (N,)."""
    value = np.asarray(value)
    if value.dtype.kind not in "iuf" or value.shape not in ((), (n,)):
        got = f"{value.shape}, {value.dtype}"
        raise ShapeError(name, f"a number, or (N,) = ({n},) of them", got)
    return np.broadcast_to(value, (n,))
