"""What batch normalization asks of its arguments, in one place for all three wings."""

import math
from collections.abc import Callable
from typing import Any

from mmref.contract.arrays import check_floats, check_shape
from mmref.errors import ShapeError
from mmref.types import DType, Tensor, Tensors


def check_channels(
    images: Tensor,
    channels: int,
    axis: int = 1,
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless ``images`` are floats with a batch axis and ``channels`` on ``axis``."""
    check_floats("images", images, kind, dtype)
    shape = tuple(images.shape)
    if len(shape) < 2:
        raise ShapeError("images", "at least 2 axes", len(shape))
    if shape[axis] != channels:
        raise ShapeError("images", f"{channels} channels", shape[axis])


def check_statistics(
    images: Tensor,
    given: Tensors,
    mean: Tensor | None,
    variance: Tensor | None,
    axis: int = 1,
    kind: type | None = None,
    dtype_of: Callable[[Tensor], DType] | None = None,
) -> None:
    """Raise unless ``images`` and the arrays ``given`` (C,), by their names, go together.

    mean, variance: both (C,), or both None for those of the batch. dtype_of: where a wing
    multiplies equal dtypes only.
    """
    if (mean is None) != (variance is None):
        raise ValueError("mean and variance: expected both or neither, got one")
    if mean is not None:
        given = {**given, "mean": mean, "variance": variance}
    channels: Any = "C"  # the first array says how many
    for name, array in given.items():
        check_floats(name, array, kind)
        check_shape(name, array, channels)
        channels = array.shape[0]
    check_channels(images, channels, axis, kind)
    if dtype_of is not None:
        for name, array in given.items():
            check_floats(name, array, kind, dtype_of(images), "images")
    if mean is None:
        check_enough(images, axis=axis)


def check_enough(images: Tensor, unbiased: bool = False, axis: int = 1) -> None:
    """Raise unless every channel holds numbers to compute a variance from."""
    shape = [n for i, n in enumerate(images.shape) if i != axis % len(images.shape)]
    if None in shape:  # symbolic: not known yet
        return
    if math.prod(shape) < 1 + unbiased:
        least = "two numbers" if unbiased else "one number"
        raise ShapeError("images", f"at least {least} in each channel", math.prod(shape))
