"""Pooling, written from the formula: unfold the images, reduce each window."""

import torch
from torch import nn

from mmref.contract.convolution import check_maps
from mmref.contract.pooling import PoolWindow
from mmref.contract.settings import check_flags
from mmref.torch.convolution import unfold
from mmref.types import Padding, Size


class MaxPool2d(nn.Module):
    """The largest pixel in each window.

    Formula
        y[c, p, q] = max_{i, j} x[c, s p + i - top, s q + j - left], over pixels of the image

    Args
        size: of the window, h or (h, w).
        stride: s, the window's size if None.
        padding: as in :class:`mmref.torch.Conv2d`, less than the window.

    Call
        images: (B, C, H, W). Returns (B, C, H', W'). Of equal pixels the first, row by row, gets
        the gradient. A window that holds a NaN gives NaN.

    Errors
        As :class:`mmref.torch.Conv2d`; ValueError also for a padding as large as the window.

    >>> MaxPool2d(2)(torch.arange(15.0).reshape(1, 1, 3, 5))
    tensor([[[[6., 8.]]]])
    """

    def __init__(self, size: Size, stride: Size | None = None, padding: Padding = 0) -> None:
        super().__init__()
        self.window = PoolWindow(size, stride, padding)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        check_maps(images, kind=torch.Tensor)
        # Padding is copies of border pixels of the same window: the maximum stays, and a copy hands
        # its gradient to its pixel. Padding of -inf would keep it where all pixels are -inf.
        seen, places = unfold(images, self.window, "replicate")  # (B, C, h w, H' W')
        # max, not amax: amax shares the gradient out among equals.
        return seen.max(dim=2).values.unflatten(2, places)  # (B, C, H', W')


class AvgPool2d(nn.Module):
    """The mean of each window.

    Formula
        y[c, p, q] = sum_{i, j} x[c, s p + i - top, s q + j - left] / n[p, q], x being 0 outside

    Args
        size, stride, padding: as in :class:`MaxPool2d`.
        count_padding: True divides by n = h w everywhere (PyTorch's way), False by the number of
            pixels in the window (Keras's way).

    Call, errors: as :class:`MaxPool2d`.

    >>> AvgPool2d(2)(torch.arange(15.0).reshape(1, 1, 3, 5))
    tensor([[[[3., 5.]]]])
    """

    def __init__(
        self,
        size: Size,
        stride: Size | None = None,
        padding: Padding = 0,
        count_padding: bool = False,
    ) -> None:
        super().__init__()
        check_flags(count_padding=count_padding)
        self.window, self.count_padding = PoolWindow(size, stride, padding), count_padding

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        check_maps(images, kind=torch.Tensor)
        seen, places = unfold(images, self.window)  # (B, C, h w, H' W')
        counts = seen.shape[2]
        if not self.count_padding:
            counts = unfold(torch.ones_like(images[:1, :1]), self.window)[0].sum(dim=2)
        return (seen.sum(dim=2) / counts).unflatten(2, places)  # (B, C, H', W')
