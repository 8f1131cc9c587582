"""Convolution, written from the formula: one shifted image for each entry of the kernel, summed."""

from typing import Any

import keras
from keras import ops

from mmref.contract.convolution import Window, check_convolution, check_maps
from mmref.types import Padding, Pair, Size, Tensor


@keras.saving.register_keras_serializable("mmref")
class Conv2d(keras.layers.Layer):
    """Cross-correlation of images with O kernels.

    Formula
        y[p, q, o] = b[o] + sum_{i, j, c} W[i, j, c, o] x[s p + d i - top, s q + d j - left, c]

    Args
        in_channels, channels: C and O.
        size: of the kernel, h or (h, w).
        stride, dilation: s and d, an integer or (vertical, horizontal).
        padding: an integer, (vertical, horizontal), ((top, bottom), (left, right)), "valid" for
            none, or "same" for H' = ceil(H / s), the odd row or column at the bottom or right.
        groups: into how many groups the channels are cut.
        bias: False for none.
        Weights start as He et al. draw them, the bias at 0.

    Call
        images: (B, H, W, C), of a known height and width. Returns (B, H', W', O).

    Errors
        ShapeError: a wrong number of axes or channels, integers, a kernel larger than the padded
        image. ValueError: groups that do not divide, a stride of 0. ChoiceError: an unknown word
        of padding.
        TypeError: images are no array.

    Source
        LeCun et al., Proceedings of the IEEE 86(11), 1998; initialization: He, Zhang, Ren and
        Sun, ICCV 2015, arXiv 1502.01852.

    >>> tuple(Conv2d(3, 8, 3, stride=2, padding="same")(ops.ones((2, 32, 32, 3))).shape)
    (2, 16, 16, 8)
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        size: Size,
        stride: Size = 1,
        padding: Padding = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_convolution(in_channels, channels, groups, bias)
        self.in_channels, self.channels, self.groups = in_channels, channels, groups
        self.window = Window(size, stride, padding, dilation)
        self.use_bias, self.bias = bias, None

    def build(self, *_: Any) -> None:
        shape = (*self.window.size, self.in_channels // self.groups, self.channels)
        self.kernel = self.add_weight(shape=shape, initializer="he_uniform", name="kernel")
        if self.use_bias:
            self.bias = self.add_weight(shape=shape[-1:], initializer="zeros", name="bias")

    def call(self, images: Tensor) -> Tensor:
        check_maps(images, self.in_channels, axis=-1)
        seen, (rows, columns) = shifted(images, self.window)
        by_group = (-1, rows, columns, self.groups, self.in_channels // self.groups)
        entries = (len(seen), by_group[-1], self.groups, self.channels // self.groups)
        kernel = ops.cast(self.kernel, images.dtype)
        kernel = ops.reshape(kernel, entries)  # (h w, C / G, G, O / G)
        grouped = [ops.reshape(x, by_group) for x in seen]
        y = sum(ops.einsum("bpqgc,cgo->bpqgo", x, kernel[k]) for k, x in enumerate(grouped))
        y = ops.reshape(y, (-1, rows, columns, self.channels))  # (B, H', W', O)
        return y if self.bias is None else y + ops.cast(self.bias, y.dtype)

    def get_config(self) -> dict[str, Any]:
        window = self.window
        config: dict[str, Any] = {"in_channels": self.in_channels, "channels": self.channels}
        config |= {"size": window.size, "stride": window.stride, "padding": window.padding}
        config |= {"dilation": window.dilation, "groups": self.groups, "bias": self.use_bias}
        return super().get_config() | config


def shifted(images: Tensor, window: Window, fill: float = 0.0) -> tuple[list[Tensor], Pair]:
    """What each entry of the window sees: h w images (B, H', W', C); and (H', W')."""
    pads, (rows, columns) = window.place(*images.shape[1:3])
    padded = ops.pad(images, ((0, 0), *pads, (0, 0)), constant_values=fill)
    (s, t), (d, e), (h, w) = window.stride, window.dilation, window.size
    seen = [
        padded[:, i : i + s * (rows - 1) + 1 : s, j : j + t * (columns - 1) + 1 : t]
        for i in range(0, d * h, d)
        for j in range(0, e * w, e)
    ]
    return seen, (rows, columns)
