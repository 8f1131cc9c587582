"""A fusion at each place of a map: for questions about pictures."""

from typing import Any

import torch
from torch import nn

from mmref.contract.vqa import check_local, check_places
from mmref.torch._dtype import layer_dtype
from mmref.torch.fusion.base import Features, Fusion


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
