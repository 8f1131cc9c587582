"""Images to one vector each, on PyTorch's own layers."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from mmref.contract.arrays import check_images
from mmref.contract.encoders import check_size
from mmref.contract.settings import check_counts, check_number
from mmref.torch._dtype import layer_dtype
from mmref.types import Pair


class ImageEncoder(nn.Module):
    """Convolution blocks, then a dense layer: images (B, C, H, W) -> (B, D).

    Each block is conv 3x3 (same padding), max-pool 2x2, batch norm, ReLU; the flattened map
    goes through one dense layer with ReLU.

    Args
        size: (H, W); each is halved by every block and must divide evenly.
        channels: output channels of the blocks, e.g. (32, 64, 128).
        dim: D. in_channels: C. dropout: rate on the flattened map.
        momentum: share that a batch's statistics have in the running ones of batch norm, as
            PyTorch counts it. With few steps an epoch, say ten, take 0.3: the running ones then lag
            less behind the weights. In a study of 310 images, five steps an epoch, accuracy in
            evaluation mode reached that of the same weights in training mode after 9 or 10 epochs
            with 0.1, after 2 to 4 with 0.3; in the end both were as good
            (``benchmarks/studies/batch_norm.py``).

    Errors
        ValueError: a size the blocks do not divide. ShapeError: images of another shape or dtype.
        TypeError: images are no tensor.

    >>> ImageEncoder((32, 32), (8, 16), dim=10)(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        size: Pair,
        channels: Sequence[int] = (32, 64, 128),
        dim: int = 128,
        in_channels: int = 3,
        dropout: float = 0.0,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        check_size(size, channels)
        check_counts(dim=dim, in_channels=in_channels)
        check_number("dropout", dropout, 0, 1)
        check_number("momentum", momentum, 0, 1, closed=True)
        self.config: dict[str, Any] = {"size": tuple(size), "channels": tuple(channels), "dim": dim}
        self.config |= {"in_channels": in_channels, "dropout": dropout, "momentum": momentum}
        factor = 2 ** len(channels)
        self.shape, self.output_dim = (in_channels, *size), dim
        self.blocks = nn.ModuleList()
        for width in channels:
            self.blocks.append(ConvBlock(in_channels, width, momentum))
            in_channels = width
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(in_channels * (size[0] // factor) * (size[1] // factor), dim)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        check_images(images, self.shape, torch.Tensor, layer_dtype(self.dense.weight))
        # Channels last in memory (the shape stays the same): twice as fast on a CPU.
        x = images.contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            x = block(x)  # (B, C', H / 2, W / 2)
        return torch.relu(self.dense(self.dropout(x.flatten(1))))  # (B, D)


class ConvBlock(nn.Module):
    """conv 3x3 - max-pool 2x2 - batch norm - ReLU: (B, C, H, W) -> (B, C', H/2, W/2).

    Pooling first leaves batch norm and ReLU a quarter of the work.
    """

    def __init__(self, in_channels: int, channels: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels, momentum=momentum)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.norm(nn.functional.max_pool2d(self.conv(x), 2)))
