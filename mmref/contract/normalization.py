"""What batch normalization asks of its arguments, in one place for all three wings."""

import math
from numbers import Real

from mmref.contract.arrays import check_floats
from mmref.errors import ShapeError


def check_channels(images, channels, axis=1, kind=None, dtype=None):
    """Raise unless ``images`` are floats with a batch axis and ``channels`` on ``axis``."""
    check_floats("images", images, kind, dtype)
    shape = tuple(images.shape)
    if len(shape) < 2:
        raise ShapeError("images", "at least 2 axes", len(shape))
    if shape[axis] != channels:
        raise ShapeError("images", f"{channels} channels", shape[axis])


def check_enough(images, unbiased=False, axis=1):
    """Raise unless every channel holds numbers to compute a variance from."""
    shape = [n for i, n in enumerate(images.shape) if i != axis % len(images.shape)]
    if None in shape:  # symbolic: not known yet
        return
    least = 2 if unbiased else 1
    if math.prod(shape) < least:
        raise ShapeError("images", f"at least {least} numbers in a channel", math.prod(shape))


def check_epsilon(epsilon):
    """Raise unless ``epsilon`` is a number, at least 0."""
    if not isinstance(epsilon, Real) or not epsilon >= 0:  # NaN fails too
        raise ShapeError("epsilon", "a number, at least 0", repr(epsilon))


def check_momentum(momentum):
    """Raise unless ``momentum`` is a share."""
    if not isinstance(momentum, Real) or not 0 <= momentum <= 1:
        raise ShapeError("momentum", "a number in [0, 1]", repr(momentum))
