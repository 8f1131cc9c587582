"""What arrays of images may look like."""

import numpy as np

from mmref.contract.arrays import check_finite, check_kept
from mmref.contract.data import to_array
from mmref.contract.settings import check_choice, check_number
from mmref.errors import ShapeError
from mmref.types import Array, DType

LAST, FIRST = "channels_last", "channels_first"

# Images changed at a time: the intermediate arrays then stay in the cache.
CHUNK = 32

# How far beyond 0 and 1 arithmetic in float32 leaves what should end there.
ROUNDING = 1e-4


def to_last(images: Array, layout: str, *dtypes: DType, channels: int | None = None) -> Array:
    """Check images in a layout; return them as (N, H, W, C), a view."""
    check_choice("layout", layout, (LAST, FIRST))
    c = channels or "C"
    shape = f"(N, H, W, {c})" if layout == LAST else f"(N, {c}, H, W)"
    names = " or ".join(np.dtype(dtype).name for dtype in dtypes)
    if not isinstance(images, np.ndarray):
        raise TypeError(f"images: expected an array {shape}, {names}, got {type(images).__name__}")
    if images.ndim != 4 or images.dtype not in dtypes:
        raise ShapeError("images", f"{shape}, {names}", f"{images.shape}, {images.dtype}")
    last = images if layout == LAST else images.transpose(0, 2, 3, 1)
    if channels and last.shape[3] != channels:
        raise ShapeError("images", shape, images.shape)
    return last


def from_last(images: Array, layout: str) -> Array:
    """Return (N, H, W, C) in a layout, in C order: views with strides slow down what follows."""
    return np.ascontiguousarray(images if layout == LAST else images.transpose(0, 3, 1, 2))


def check_unit(images: Array) -> None:
    """Raise unless all pixels are in [0, 1], up to rounding: others would be clipped unseen."""
    if images.size and not (images.min() >= -ROUNDING and images.max() <= 1 + ROUNDING):
        got = f"{images.min()} to {images.max()}"
        raise ValueError(f"images: expected values in [0, 1], got {got}")


def check_paint(fill: float, dtype: DType) -> None:
    """Raise unless ``fill`` is a number that the dtype can hold."""
    check_number("fill", fill)
    check_kept("fill", np.asarray(fill), np.dtype(dtype).name)


def each(name: str, value: float | Array, n: int) -> Array:
    """A setting for each of n images: one number for all, or (N,), of 64 bits: arithmetic with
    narrow or unsigned integers would wrap."""
    value = to_array(name, value)
    if value.dtype.kind not in "iuf" or value.shape not in ((), (n,)):
        got = f"{value.shape}, {value.dtype}"
        raise ShapeError(name, f"a number, or (N,) = ({n},) of them", got)
    check_finite(name, value)
    return np.broadcast_to(value.astype(float if value.dtype.kind == "f" else np.int64), (n,))
