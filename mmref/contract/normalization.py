"""What batch normalization asks of its arguments, in one place for all three wings."""

import math

from mmref.contract.arrays import check_floats
from mmref.contract.settings import is_number
from mmref.errors import ShapeError
from mmref.types import DType, Tensor


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


def check_enough(images: Tensor, unbiased: bool = False, axis: int = 1) -> None:
    """Raise unless every channel holds numbers to compute a variance from."""
    shape = [n for i, n in enumerate(images.shape) if i != axis % len(images.shape)]
    if None in shape:  # symbolic: not known yet
        return
    least = 2 if unbiased else 1
    if math.prod(shape) < least:
        raise ShapeError("images", f"at least {least} numbers in a channel", math.prod(shape))


def check_epsilon(epsilon: object) -> None:
    """Raise unless ``epsilon`` is a number, at least 0."""
    if not is_number(epsilon) or not epsilon >= 0:  # NaN fails too
        raise ShapeError("epsilon", "a number, at least 0", repr(epsilon))


def check_momentum(momentum: object) -> None:
    """Raise unless ``momentum`` is a share."""
    if not is_number(momentum) or not 0 <= momentum <= 1:
        raise ShapeError("momentum", "a number in [0, 1]", repr(momentum))
