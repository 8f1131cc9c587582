"""Convolution, written from the formula: unfold the images, multiply one matrix."""

import torch
from torch import nn

from mmref.contract.convolution import Window, check_convolution, check_maps
from mmref.torch._dtype import layer_dtype
from mmref.types import Padding, Pair, Size


class Conv2d(nn.Module):
    """Cross-correlation of images with O kernels.

    Formula
        y[o, p, q] = b[o] + sum_{c, i, j} W[o, c, i, j] x[c, s p + d i - top, s q + d j - left]

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
        images: (B, C, H, W) of the layer's dtype. Returns (B, O, H', W').

    Errors
        ShapeError: a wrong number of axes or channels, integers, a kernel larger than the padded
        image. ValueError: groups that do not divide, a stride of 0. ChoiceError: an unknown word
        of padding.
        TypeError: images are no tensor.

    Source
        LeCun et al., Proceedings of the IEEE 86(11), 1998; initialization: He, Zhang, Ren and
        Sun, ICCV 2015, arXiv 1502.01852.

    >>> Conv2d(3, 8, 3, stride=2, padding="same")(torch.ones(2, 3, 32, 32)).shape
    torch.Size([2, 8, 16, 16])
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
    ) -> None:
        super().__init__()
        check_convolution(in_channels, channels, groups, bias)
        self.in_channels, self.groups = in_channels, groups
        self.window = Window(size, stride, padding, dilation)
        shape = channels, in_channels // groups, *self.window.size
        self.weight = nn.Parameter(torch.empty(shape))
        nn.init.kaiming_uniform_(self.weight, nonlinearity="relu")
        self.register_parameter("bias", nn.Parameter(torch.zeros(channels)) if bias else None)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        check_maps(images, self.in_channels, 1, torch.Tensor, layer_dtype(self.weight))
        columns, places = unfold(images, self.window)  # (B, C, h w, H' W')
        columns = columns.flatten(1, 2).unflatten(1, (self.groups, -1))  # (B, G, K, H' W')
        matrix = self.weight.reshape(self.groups, -1, columns.shape[2])  # (G, O / G, K)
        y = (matrix @ columns).flatten(1, 2).unflatten(-1, places)  # (B, O, H', W')
        return y if self.bias is None else y + self.bias[:, None, None]


def unfold(
    images: torch.Tensor, window: Window, mode: str = "constant"
) -> tuple[torch.Tensor, Pair]:
    """What the window sees at each place, (B, C, h w, H' W'), and the places (H', W')."""
    (top_bottom, left_right), places = window.place(*images.shape[2:])
    padded = nn.functional.pad(images, (*left_right, *top_bottom), mode)
    columns = nn.functional.unfold(padded, window.size, window.dilation, 0, window.stride)
    return columns.unflatten(1, (images.shape[1], -1)), places
