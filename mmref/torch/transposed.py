"""Transposed convolution, from its formula. Train with ``torch.nn.ConvTranspose2d``."""

import math

import torch
from torch import nn

from mmref.contract.convolution import check_maps
from mmref.contract.settings import check_counts, check_flags, pair
from mmref.contract.transposed import (
    check_bias,
    check_kernel,
    transposed_options,
    transposed_sizes,
)
from mmref.torch._dtype import layer_dtype
from mmref.types import Size


class ConvTranspose2d(nn.Module):
    """Each pixel adds a copy of the kernel, scaled by its value, to the output.

    Formula
        y[b, o, s i + m - p, s j + n - p] += sum_c x[b, c, i, j] w[c, o, m, n], then + bias[o]

    Args
        in_channels, channels: C and O. size: h, or (h, w).
        stride, padding, output_padding: likewise; output_padding < stride.

    Call
        images (B, C, H, W). Returns (B, O, H', W'), H' = (H - 1) s - 2 p + h + output_padding.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: sizes that do not go together. TypeError: no
        tensor.

    Source
        Dumoulin and Visin 2016, arXiv 1603.07285, chapter 4.

    >>> ConvTranspose2d(8, 3, 4, stride=2, padding=1)(torch.zeros(5, 8, 16, 16)).shape
    torch.Size([5, 3, 32, 32])
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
    ) -> None:
        super().__init__()
        check_counts(in_channels=in_channels, channels=channels)
        check_flags(bias=bias)
        size = pair("size", size)
        self.sizes = transposed_options(stride, padding, output_padding)
        limit = 1 / math.sqrt(channels * math.prod(size))  # PyTorch's own start
        self.weight = nn.Parameter(torch.empty(in_channels, channels, *size))
        nn.init.uniform_(self.weight, -limit, limit)
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return conv_transpose2d(images, self.weight, self.bias, **self.sizes)


def conv_transpose2d(
    images: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
) -> torch.Tensor:
    """:class:`ConvTranspose2d` as a function of images and weight (C, O, h, w).

    A convolution with stride s maps s sizes of its input to one of its output; output_padding
    chooses which of them comes back.

    The output's view of the same sum: pull the pixels s apart, fill up with zeros, and slide the
    kernel over them back to front.
    """
    check_kernel("weight", weight, "COhw", torch.Tensor)
    dtype = layer_dtype(weight)
    check_maps(images, weight.shape[0], 1, torch.Tensor, dtype)
    check_bias(bias, weight.shape[1], torch.Tensor, dtype)
    sizes = transposed_sizes(images.shape[2:], weight.shape[2:], stride, padding, output_padding)
    stride, padding, extra, (rows, columns) = sizes
    h, w = weight.shape[2:]
    x = _spread(_spread(images, 2, stride[0]), 3, stride[1])
    x = nn.functional.pad(x, (w - 1, w - 1 + extra[1], h - 1, h - 1 + extra[0]))
    x = x[:, :, padding[0] :, padding[1] :]
    y = 0
    for m in range(h):
        for n in range(w):
            seen = x[:, :, m : m + rows, n : n + columns]  # (B, C, H', W')
            y = y + torch.einsum("bcij,co->boij", seen, weight[:, :, h - 1 - m, w - 1 - n])
    return y if bias is None else y + bias[:, None, None]


def _spread(x, axis, stride):
    """Put stride - 1 zeros between neighbors on one axis."""
    x = x.unsqueeze(axis + 1)
    zeros = x.new_zeros(*x.shape[: axis + 1], stride - 1, *x.shape[axis + 2 :])
    return torch.cat([x, zeros], dim=axis + 1).flatten(axis, axis + 1)  # ends with zeros
