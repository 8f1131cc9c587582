"""Images to a map of vectors, one for each place, on PyTorch's own layers."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from mmref.contract.arrays import check_images
from mmref.contract.encoders import check_map
from mmref.torch._dtype import layer_dtype
from mmref.torch.encoders.image import ConvBlock
from mmref.types import Pair


class MapEncoder(nn.Module):
    """Convolution blocks, then a vector for each place of the map: (B, C, H, W) -> (B, N, D).

    Each block is conv 3x3 (same padding), max-pool 2x2, batch norm, ReLU, as an
    :class:`ImageEncoder`'s. With ``dim``, one more conv 3x3 with ReLU makes D channels. A learned
    vector for each place says where it is. Decoders look at the places, :class:`LocalFusion` fuses
    at each, and a fusion that takes sequences takes them.

    Args
        size: (H, W); each is halved by every block and must divide evenly.
        channels: output channels of the blocks, one at least, e.g. (16, 32): two blocks make 8 x 8
            places of 32 x 32 pixels.
        dim: D; None for the channels of the last block, without another conv. in_channels: C.
        momentum: of batch norm, as :class:`ImageEncoder` has it.

    Call
        images: (B, C, H, W). Returns (B, N, D), the N places in reading order; so does ``tokens``,
        as a :class:`VisionTransformer`'s. ``grid`` is (rows, columns) of the map.

    Errors
        ValueError: a size the blocks do not divide, no block. ShapeError: images of another shape
        or dtype. TypeError: images are no tensor.

    >>> encoder = MapEncoder((32, 32), (8, 16), dim=10)
    >>> encoder(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 64, 10])
    """

    def __init__(
        self,
        size: Pair,
        channels: Sequence[int] = (16, 32),
        dim: int | None = None,
        in_channels: int = 3,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        check_map(size, channels, dim, in_channels, momentum)
        self.config: dict[str, Any] = {"size": tuple(size), "channels": tuple(channels), "dim": dim}
        self.config |= {"in_channels": in_channels, "momentum": momentum}
        factor = 2 ** len(channels)
        self.shape, self.output_dim = (in_channels, *size), dim or channels[-1]
        self.grid = (size[0] // factor, size[1] // factor)
        self.blocks = nn.ModuleList()
        for width in channels:
            self.blocks.append(ConvBlock(in_channels, width, momentum))
            in_channels = width
        self.widen = None if dim is None else nn.Conv2d(in_channels, dim, 3, padding=1)
        places = self.grid[0] * self.grid[1]
        self.positions = nn.Parameter(0.1 * torch.randn(places, self.output_dim))

    def tokens(self, images: torch.Tensor) -> torch.Tensor:
        """One vector for every place (B, N, D), in reading order."""
        check_images(images, self.shape, torch.Tensor, layer_dtype(self.positions))
        # Channels last in memory (the shape stays the same): twice as fast on a CPU.
        x = images.contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            x = block(x)  # (B, C', H / 2, W / 2)
        if self.widen is not None:
            x = torch.relu(self.widen(x))
        return x.flatten(2).transpose(1, 2) + self.positions  # (B, N, D)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.tokens(images)
