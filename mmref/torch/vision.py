"""Images as sequences: patches as tokens, and the smallest Vision Transformer."""

from typing import Any

import torch
from torch import nn

from mmref.contract.arrays import check_images
from mmref.contract.multi_head import check_heads
from mmref.contract.settings import check_count, check_counts
from mmref.contract.vision import check_patches
from mmref.torch._dtype import layer_dtype
from mmref.torch.transformer import LayerNorm, TransformerBlock
from mmref.types import Pair


class PatchEmbedding(nn.Module):
    """Cut images into squares and project each: a token for every patch.

    Formula
        t_n = W x_n + b,  x_n the pixels of patch n in the order row, column, channel; patches in
        reading order. The same numbers as a convolution whose stride is its kernel's size.

    Args
        size: (H, W). patch: P, dividing both. dim: D. in_channels: C.

    Call
        images: (B, C, H, W). Returns (B, N, D) with N = H W / P^2.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: a size that the patch does not divide.
        TypeError: no tensor.

    Source
        Dosovitskiy et al., 2021, equation 1.

    >>> PatchEmbedding((8, 12), patch=4, dim=10)(torch.zeros(2, 3, 8, 12)).shape
    torch.Size([2, 6, 10])
    """

    def __init__(self, size: Pair, patch: int, dim: int, in_channels: int = 3) -> None:
        super().__init__()
        check_patches(size, patch)
        check_counts(dim=dim, in_channels=in_channels)
        self.shape, self.patch = (in_channels, *size), patch
        self.projection = nn.Linear(patch * patch * in_channels, dim)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        check_images(images, self.shape, torch.Tensor, layer_dtype(self.projection.weight))
        rows, columns = self.shape[1] // self.patch, self.shape[2] // self.patch
        x = images.unflatten(3, (columns, self.patch)).unflatten(2, (rows, self.patch))
        x = x.permute(0, 2, 4, 3, 5, 1)  # (B, rows, columns, P, P, C)
        return self.projection(x.flatten(3).flatten(1, 2))  # (B, N, D)


class VisionTransformer(nn.Module):
    """Patches, learned positions, Transformer blocks, and the mean: images -> (B, D).

    The smallest one: no class token, no dropout, pre-norm blocks. An encoder like any other.

    Args
        size: (H, W). patch: P, dividing both. dim: D. blocks: how many. heads: K, a divisor of D.
        in_channels: C.

    Call
        images: (B, C, H, W). Returns (B, D). ``tokens(images)`` gives (B, N, D) before the mean.

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no tensor.

    Source
        Dosovitskiy et al., 2021; the mean in place of the class token is in their appendix D.3.

    >>> VisionTransformer((8, 8), patch=4, dim=10, blocks=1, heads=2)(torch.zeros(2, 3, 8, 8)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        size: Pair,
        patch: int = 4,
        dim: int = 64,
        blocks: int = 2,
        heads: int = 4,
        in_channels: int = 3,
    ) -> None:
        super().__init__()
        check_count("blocks", blocks, 0)
        check_heads(dim, heads)
        self.embedding = PatchEmbedding(size, patch, dim, in_channels)
        count = (size[0] // patch) * (size[1] // patch)
        self.positions = nn.Parameter(0.02 * torch.randn(count, dim))
        self.blocks = nn.ModuleList(TransformerBlock(dim, heads) for _ in range(blocks))
        self.norm = LayerNorm(dim)
        self.config: dict[str, Any] = {"size": tuple(size), "patch": patch, "dim": dim}
        self.config |= {"blocks": blocks, "heads": heads, "in_channels": in_channels}
        self.output_dim = dim

    def tokens(self, images: torch.Tensor) -> torch.Tensor:
        """One vector for every patch (B, N, D), in reading order."""
        x = self.embedding(images) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.tokens(images).mean(dim=1)  # (B, D)
