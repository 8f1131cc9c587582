"""Cross-attention fusion: each modality looks into the others."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mmref.torch.fusion.tokens import Kept, TokenFusion
from mmref.torch.multi_head import MultiHeadAttention


class CrossAttentionFusion(TokenFusion):
    """The vectors of each modality attend to those of all others; then means are taken.

    Formula (h_i = W_m x_i + b_m for vector i of modality m)
        y_i = h_i + MultiHead_m(h_i, the kept h_j of all other present modalities)
        z_m = the mean of y_i over the kept vectors of m,  z = the mean of z_m over the present m
        y_i = h_i where no other modality is present

    Args
        dims, dim: as of :class:`WeightedFusion`. heads: K, a divisor of ``dim``.

    Call, errors: as of :class:`AttentionFusion`. With one vector of one other modality there is
    nothing to choose: queries and keys have no effect, and no gradient.

    Source
        Co-attention: Lu et al., "ViLBERT", NeurIPS 2019; crossmodal attention: Tsai et al., ACL
        2019. There a part of a block that is stacked.

    >>> fuse = CrossAttentionFusion({"image": 3, "text": 2}, dim=4, heads=2)
    >>> fuse({"image": torch.ones(5, 9, 3), "text": torch.ones(5, 7, 2)}).shape
    torch.Size([5, 4])
    """

    def __init__(self, dims: Mapping[str, int], dim: int, heads: int = 1) -> None:
        super().__init__(dims, dim)
        self.heads = heads
        self.attentions = nn.ModuleDict({m: MultiHeadAttention(dim, heads) for m in dims})

    def combine(self, x: dict[str, torch.Tensor], kept: Kept) -> torch.Tensor:
        h = [f(x[m]) for m, f in self.projections.items()]  # (B, T_m, D) each
        means = []
        for i, attend in enumerate(self.attentions.values()):
            means.append(_mean(self.looked(attend, h, kept, i), None if kept is None else kept[i]))
        there = None if kept is None else torch.stack([k.any(dim=1) for k in kept], dim=1)
        return _mean(torch.stack(means, dim=1), there)

    def looked(self, attend: nn.Module, h: list[torch.Tensor], kept: Kept, i: int) -> torch.Tensor:
        """y (B, T_m, D) of modality number i."""
        if len(h) == 1:
            return h[i]
        others = torch.cat(h[:i] + h[i + 1 :], dim=1)
        if kept is None:
            return h[i] + attend(h[i], others)
        mask = torch.cat(kept[:i] + kept[i + 1 :], dim=1).unsqueeze(1)  # (B, 1, N - T_m)
        found = attend(h[i], others, mask=mask)  # the output's bias where the mask keeps nothing
        return h[i] + found.masked_fill(~mask.any(dim=2, keepdim=True), 0)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"heads": self.heads}


def _mean(x: torch.Tensor, keep: torch.Tensor | None) -> torch.Tensor:
    """(B, T, D) and (B, T): the mean (B, D) over the kept, 0 of none."""
    if keep is None:
        return x.mean(dim=1)
    weights = keep.to(x.dtype)
    shares = weights / weights.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.bmm(shares.unsqueeze(1), x).squeeze(1)
