"""A map of an image's places, and a fusion at each of them: for questions about pictures."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from mmref.contract.arrays import check_images
from mmref.contract.vqa import check_local, check_map, check_places
from mmref.torch._dtype import layer_dtype
from mmref.torch.encoders.image import ConvBlock
from mmref.torch.fusion.base import Features, Fusion
from mmref.types import Pair


class MapEncoder(nn.Module):
    """Images to a vector for each place: (B, C, H, W) -> (B, N, D).

    Formula
        f the map of the blocks of :class:`ImageEncoder`, (B, D, H', W');  x_n = f_n + p_n,
        n the places of the map in reading order, p a learned vector for each

    Args
        size: (H, W); each is halved by every block and must divide evenly.
        channels: output channels of the blocks; the last is D.
        in_channels: C. momentum: as of :class:`ImageEncoder`.

    A fusion that takes sequences takes what it gives, and :class:`LocalFusion`.

    Errors
        ValueError: a size the blocks do not divide. ShapeError: images of another shape or dtype.
        TypeError: images are no tensor.

    >>> MapEncoder((32, 32), (8, 16))(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 64, 16])
    """

    def __init__(
        self,
        size: Pair,
        channels: Sequence[int] = (16, 32, 64),
        in_channels: int = 3,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        check_map(size, channels, in_channels, momentum)
        self.config: dict[str, Any] = {"size": tuple(size), "channels": tuple(channels)}
        self.config |= {"in_channels": in_channels, "momentum": momentum}
        self.shape, self.output_dim = (in_channels, *size), channels[-1]
        widths = [in_channels, *channels]
        self.blocks = nn.ModuleList(
            ConvBlock(a, b, momentum) for a, b in zip(widths[:-1], channels, strict=True)
        )
        factor = 2 ** len(channels)
        places = (size[0] // factor) * (size[1] // factor)
        self.positions = nn.Parameter(0.1 * torch.randn(places, self.output_dim))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        check_images(images, self.shape, torch.Tensor, layer_dtype(self.positions))
        x = images.contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            x = block(x)  # (B, C', H / 2, W / 2)
        return x.flatten(2).transpose(1, 2) + self.positions  # (B, N, D)


class LocalFusion(Fusion):
    """Another fusion at each place of one modality, and the largest that any place gives.

    Formula (x_n is place n of the modality ``over``)
        z = max over n of relu(fusion(x_n, all others)), in each component

    Args
        fusion: any that gives a vector, in whose order the modalities are; the same weights at all
            places. over: the modality that has places.

    Call
        features: mapping with (B, N, D_m) of ``over``, (B, D_m) of the others. present: boolean
        (B, M), True = there, or None.
        Returns z (B, D); a row with no modality present is zero. ``strongest(features, present)``
        gives (B, N), the share of the components of z whose maximum is at each place.

    Errors
        As of :class:`WeightedFusion`. ChoiceError: ``over`` is no modality. ValueError: a fusion
        that decides.

    Source
        FiLM at each place and a maximum over them: Perez et al., AAAI 2018, arXiv:1709.07871.

    >>> from mmref.torch import FiLMFusion
    >>> fuse = LocalFusion(FiLMFusion({"image": 3, "text": 2}, dim=4), over="image")
    >>> fuse({"image": torch.ones(5, 9, 3), "text": torch.ones(5, 2)}).shape
    torch.Size([5, 4])
    """

    def __init__(self, fusion: nn.Module, over: str = "image") -> None:
        check_local(fusion, over)
        super().__init__(fusion.dims, fusion.dim)
        self.fusion, self.over = fusion, over

    def forward(self, features: Features, present: torch.Tensor | None = None) -> torch.Tensor:
        return self.at_places(features, present).amax(dim=1)

    def at_places(self, features: Features, present: torch.Tensor | None = None) -> torch.Tensor:
        """relu(fusion(x_n, all others)) of each place: (B, N, D)."""
        dtype = layer_dtype(self.some_weight)
        check_places(self.dims, self.over, features, present, torch.Tensor, dtype)
        rows, places = features[self.over].shape[:2]
        flat = {
            m: features[m].flatten(0, 1)
            if m == self.over
            else features[m].repeat_interleave(places, 0)
            for m in self.dims
        }
        there = None if present is None else present.repeat_interleave(places, 0)
        return torch.relu(self.fusion(flat, there)).unflatten(0, (rows, places))

    def strongest(self, features: Features, present: torch.Tensor | None = None) -> torch.Tensor:
        """(B, N): the share of the components of z whose maximum is at each place; of several
        places alike the first counts, and of a component that is 0 everywhere none."""
        found = self.at_places(features, present)  # (B, N, D)
        most, where = found.max(dim=1)
        shares = found.new_zeros(found.shape[:2])
        return shares.scatter_add(1, where, (most > 0).to(found.dtype)) / self.dim

    @property
    def config(self) -> dict[str, Any]:
        return {"fusion": self.fusion, "over": self.over}
