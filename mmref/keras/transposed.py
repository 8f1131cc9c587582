"""Transposed convolution, from its formula. Train with ``keras.layers.Conv2DTranspose``."""

import math
from typing import Any

import keras
from keras import ops

from mmref.contract.convolution import check_maps
from mmref.contract.settings import check_counts, check_flags, pair
from mmref.contract.transposed import (
    check_bias,
    check_kernel,
    transposed_options,
    transposed_sizes,
)
from mmref.types import Shape, Size, Tensor


@keras.saving.register_keras_serializable("mmref")
class ConvTranspose2d(keras.layers.Layer):
    """Each pixel adds a copy of the kernel, scaled by its value, to the output.

    Formula
        y[b, s i + m - p, s j + n - p, o] += sum_c x[b, i, j, c] w[m, n, o, c], then + bias[o]

    Args
        in_channels, channels: C and O. size: h, or (h, w).
        stride, padding, output_padding: likewise; output_padding < stride. ``padding`` is a
            number of pixels, as in the formula; Keras's own layer knows "same" and "valid".

    Call
        images (B, H, W, C). Returns (B, H', W', O), H' = (H - 1) s - 2 p + h + output_padding.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: sizes that do not go together. TypeError: no
        array.

    Source
        Dumoulin and Visin 2016, arXiv 1603.07285, chapter 4.

    >>> layer = ConvTranspose2d(8, 3, 4, stride=2, padding=1)
    >>> tuple(layer(ops.zeros((5, 16, 16, 8))).shape)
    (5, 32, 32, 3)
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_counts(in_channels=in_channels, channels=channels)
        check_flags(bias=bias)
        self.in_channels, self.channels, self.size = in_channels, channels, pair("size", size)
        self.use_bias = bias
        self.sizes = transposed_options(stride, padding, output_padding)

    def build(self, *_: Any) -> None:
        shape = (*self.size, self.channels, self.in_channels)  # (h, w, O, C), as Keras has it
        limit = 1 / math.sqrt(math.prod(shape[:3]))  # PyTorch's start
        start = keras.initializers.RandomUniform(-limit, limit)
        self.kernel = self.add_weight(shape=shape, initializer=start, name="kernel")
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.channels,), initializer="zeros", name="bias")

    def call(self, images: Tensor) -> Tensor:
        return conv_transpose2d(images, self.kernel, self.bias, **self.sizes)

    def compute_output_shape(self, shape: Shape) -> Shape:
        *_, size = transposed_sizes(shape[1:3], self.size, **self.sizes)
        return (shape[0], *size, self.channels)

    def get_config(self) -> dict[str, Any]:
        config = {"in_channels": self.in_channels, "channels": self.channels, "size": self.size}
        return super().get_config() | config | self.sizes | {"bias": self.use_bias}


def conv_transpose2d(
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
) -> Tensor:
    """:class:`ConvTranspose2d` as a function of images and weight (h, w, O, C).

    A convolution with stride s maps s sizes of its input to one of its output; output_padding
    chooses which of them comes back.

    The output's view of the same sum: pull the pixels s apart, fill up with zeros, and slide the
    kernel over them back to front.
    """
    check_kernel("weight", weight, "hwOC")
    check_maps(images, weight.shape[3], 3, dtype=weight.dtype)
    check_bias(bias, weight.shape[2], dtype=weight.dtype)
    h, w = weight.shape[:2]
    sizes = transposed_sizes(images.shape[1:3], (h, w), stride, padding, output_padding)
    stride, padding, extra, (rows, columns) = sizes
    x = _spread(_spread(images, 1, stride[0]), 2, stride[1])
    x = ops.pad(x, ((0, 0), (h - 1, h - 1 + extra[0]), (w - 1, w - 1 + extra[1]), (0, 0)))
    x = x[:, padding[0] :, padding[1] :]
    y = 0
    for m in range(h):
        for n in range(w):
            seen = x[:, m : m + rows, n : n + columns]  # (B, H', W', C)
            y = y + ops.einsum("bijc,oc->bijo", seen, weight[h - 1 - m, w - 1 - n])
    return y if bias is None else y + bias


def _spread(x, axis, stride):
    """Put stride - 1 zeros between neighbors on one axis."""
    x = ops.expand_dims(x, axis + 1)
    x = ops.pad(x, [(0, stride - 1 if i == axis + 1 else 0) for i in range(5)])
    shape = list(x.shape)
    shape[axis : axis + 2] = [shape[axis] * stride]
    return ops.reshape(x, [-1, *shape[1:]])  # ends with zeros
