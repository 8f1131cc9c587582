"""Images between channels first (the reference, PyTorch) and channels last (Keras)."""

from collections.abc import Sequence

import numpy as np

from mmref.errors import ShapeError
from mmref.types import Array


def to_channels_last(images: Array, channels: int | Sequence[int] = (1, 3, 4)) -> Array:
    """Images (B, C, H, W) as (B, H, W, C), the layout of Keras. NumPy in, NumPy out.

    ``channels`` is what C may be, so that images in the other layout are not scrambled; name the
    number if yours have another.

    >>> to_channels_last(np.zeros((2, 3, 4, 5))).shape
    (2, 4, 5, 3)
    """
    return _move(images, channels, "(B, C, H, W)", 1, (0, 2, 3, 1))


def to_channels_first(images: Array, channels: int | Sequence[int] = (1, 3, 4)) -> Array:
    """Images (B, H, W, C) as (B, C, H, W), the layout of PyTorch. NumPy in, NumPy out.

    ``channels``: as in :func:`to_channels_last`.

    >>> to_channels_first(np.zeros((2, 4, 5, 3))).shape
    (2, 3, 4, 5)
    """
    return _move(images, channels, "(B, H, W, C)", 3, (0, 3, 1, 2))


def _move(images, channels, layout, axis, axes):
    images, allowed = np.asarray(images), np.atleast_1d(channels).tolist()
    if images.ndim != 4 or images.shape[axis] not in allowed:
        listed = " or ".join(map(str, allowed))
        raise ShapeError("images", f"{layout} with C = {listed}", images.shape)
    return np.ascontiguousarray(images.transpose(axes))
