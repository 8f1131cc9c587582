"""Pooling, written from the formula: shifted images, one for each place in the window, reduced."""

from typing import Any

import keras
from keras import ops

from mmref.contract.convolution import check_maps
from mmref.contract.pooling import PoolWindow
from mmref.contract.settings import check_flags
from mmref.keras.convolution import shifted
from mmref.types import Padding, Size, Tensor


@keras.saving.register_keras_serializable("mmref")
class MaxPool2d(keras.layers.Layer):
    """The largest pixel in each window.

    Formula
        y[p, q, c] = max_{i, j} x[s p + i - top, s q + j - left, c], over pixels of the image

    Args
        size: of the window, h or (h, w).
        stride: s, the window's size if None.
        padding: as in :class:`mmref.keras.Conv2d`, less than the window.

    Call
        images: (B, H, W, C), of a known height and width. Returns (B, H', W', C). Of
        equal pixels the first, row by row, gets the gradient. A window that holds a NaN gives NaN.

    Errors
        As :class:`mmref.keras.Conv2d`; ValueError also for a padding as large as the window.

    >>> ops.convert_to_numpy(MaxPool2d(2)(ops.reshape(ops.arange(15.0), (1, 3, 5, 1))))[0, 0, :, 0]
    array([6., 8.], dtype=float32)
    """

    def __init__(
        self, size: Size, stride: Size | None = None, padding: Padding = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.window = PoolWindow(size, stride, padding)

    def call(self, images: Tensor) -> Tensor:
        check_maps(images, axis=-1)
        largest, *others = shifted(images, self.window, -float("inf"))[0]
        found, *insides = _insides(images, self.window)
        for pixel, inside in zip(others, insides, strict=True):
            # Not larger is not enough: of equals the first keeps the gradient. A NaN comes to stay.
            stays = ops.logical_or(pixel <= largest, ops.isnan(largest))
            # Padding never wins, not even over -inf.
            stays = ops.logical_or(ops.logical_and(stays, found), ops.logical_not(inside))
            largest = ops.where(stays, largest, pixel)
            found = ops.logical_or(found, inside)
        return largest  # (B, H', W', C)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | _config(self.window)


@keras.saving.register_keras_serializable("mmref")
class AvgPool2d(keras.layers.Layer):
    """The mean of each window.

    Formula
        y[p, q, c] = sum_{i, j} x[s p + i - top, s q + j - left, c] / n[p, q], x being 0 outside

    Args
        size, stride, padding: as in :class:`MaxPool2d`.
        count_padding: True divides by n = h w everywhere (PyTorch's way), False by the number of
            pixels in the window (Keras's way).

    Call, errors: as :class:`MaxPool2d`.

    >>> ops.convert_to_numpy(AvgPool2d(2)(ops.reshape(ops.arange(15.0), (1, 3, 5, 1))))[0, 0, :, 0]
    array([3., 5.], dtype=float32)
    """

    def __init__(
        self,
        size: Size,
        stride: Size | None = None,
        padding: Padding = 0,
        count_padding: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_flags(count_padding=count_padding)
        self.window, self.count_padding = PoolWindow(size, stride, padding), count_padding

    def call(self, images: Tensor) -> Tensor:
        check_maps(images, axis=-1)
        seen, _ = shifted(images, self.window)
        counts = len(seen)
        if not self.count_padding:
            ones = _insides(images, self.window)
            counts = sum(ops.cast(inside, images.dtype) for inside in ones)
        return sum(seen) / counts  # (B, H', W', C)

    def get_config(self) -> dict[str, Any]:
        config = _config(self.window) | {"count_padding": self.count_padding}
        return super().get_config() | config


def _insides(images, window):
    """For each place in the window, where it holds a pixel, not padding: (1, H', W', 1)."""
    height, width = images.shape[1:3]
    ones = ops.ones((1, height, width, 1), images.dtype)
    return [inside > 0 for inside in shifted(ones, window)[0]]


def _config(window):
    return {"size": window.size, "stride": window.stride, "padding": window.padding}
