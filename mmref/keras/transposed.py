"""Transposed convolution, from its formula. Train with ``keras.layers.Conv2DTranspose``."""

import math

import keras
from keras import ops

from mmref.contract.adversarial import (
    check_bias,
    check_kernel,
    check_maps,
    pair,
    transposed_options,
    transposed_sizes,
)
from mmref.contract.arrays import check_counts
from mmref.contract.sequences import check_flags


@keras.saving.register_keras_serializable("mmref")
class ConvTranspose2d(keras.layers.Layer):
    """Each pixel adds a copy of the kernel, scaled by its value, to the output.

    Formula
        y[b, s i + m - p, s j + n - p, o] += sum_c x[b, i, j, c] k[m, n, o, c], then + bias[o]

    Args
        in_channels, out_channels: C and O. kernel_size: (h, w), or one integer for both.
        stride, padding, output_padding: likewise; output_padding < stride. ``padding`` is a
            number of pixels, as in the formula; Keras's own layer knows "same" and "valid".

    Call
        images (B, H, W, C). Returns (B, H', W', O), H' = (H - 1) s - 2 p + h + output_padding.

    Errors
        ShapeError: a wrong shape or dtype, or sizes that do not go together. TypeError: no array.

    Source
        Dumoulin and Visin 2016, arXiv 1603.07285, chapter 4.

    >>> layer = ConvTranspose2d(8, 3, 4, stride=2, padding=1)
    >>> tuple(layer(ops.zeros((5, 16, 16, 8))).shape)
    (5, 32, 32, 3)
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        output_padding=0,
        bias=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_counts(in_channels=in_channels, out_channels=out_channels)
        self.kernel_size = pair("kernel_size", kernel_size, 1)
        check_flags(bias=bias)
        self.channels, self.has_bias = (in_channels, out_channels), bias
        self.sizes = transposed_options(stride, padding, output_padding)

    def build(self, *_):
        shape = (*self.kernel_size, *reversed(self.channels))  # (h, w, O, C), as Keras has it
        limit = 1 / math.sqrt(math.prod(shape[:3]))  # PyTorch's start
        start = keras.initializers.RandomUniform(-limit, limit)
        self.kernel = self.add_weight(shape=shape, initializer=start, name="kernel")
        self.bias = None
        if self.has_bias:
            size = self.channels[1:]
            self.bias = self.add_weight(shape=size, initializer="zeros", name="bias")

    def call(self, images):
        return conv_transpose2d(images, self.kernel, self.bias, **self.sizes)

    def compute_output_shape(self, shape):
        *_, size = transposed_sizes(shape[1:3], self.kernel_size, **self.sizes)
        return (shape[0], *size, self.channels[1])

    def get_config(self):
        channels = dict(zip(("in_channels", "out_channels"), self.channels, strict=True))
        config = {"kernel_size": self.kernel_size, "bias": self.has_bias} | self.sizes
        return super().get_config() | channels | config


def conv_transpose2d(images, kernel, bias=None, stride=1, padding=0, output_padding=0):
    """:class:`ConvTranspose2d` as a function of images and kernel (h, w, O, C).

    A convolution with stride s maps s sizes of its input to one of its output; output_padding
    chooses which of them comes back.

    The output's view of the same sum: pull the pixels s apart, fill up with zeros, and slide the
    kernel over them back to front.
    """
    check_kernel("kernel", kernel, "hwOC")
    check_maps(images, kernel.shape[3], 3, dtype=kernel.dtype)
    check_bias(bias, kernel.shape[2], dtype=kernel.dtype)
    h, w = kernel.shape[:2]
    sizes = transposed_sizes(images.shape[1:3], (h, w), stride, padding, output_padding)
    stride, padding, extra, (rows, columns) = sizes
    x = _spread(_spread(images, 1, stride[0]), 2, stride[1])
    x = ops.pad(x, ((0, 0), (h - 1, h - 1 + extra[0]), (w - 1, w - 1 + extra[1]), (0, 0)))
    x = x[:, padding[0] :, padding[1] :]
    y = 0
    for m in range(h):
        for n in range(w):
            seen = x[:, m : m + rows, n : n + columns]  # (B, H', W', C)
            y = y + ops.einsum("bijc,oc->bijo", seen, kernel[h - 1 - m, w - 1 - n])
    return y if bias is None else y + bias


def _spread(x, axis, stride):
    """Put stride - 1 zeros between neighbors on one axis."""
    x = ops.expand_dims(x, axis + 1)
    x = ops.pad(x, [(0, stride - 1 if i == axis + 1 else 0) for i in range(5)])
    shape = list(x.shape)
    shape[axis : axis + 2] = [shape[axis] * stride]
    return ops.reshape(x, [-1, *shape[1:]])  # ends with zeros
