"""Fusions in which modalities multiply each other's components: the gated unit, and FiLM."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mmref.contract.fusion import content_of
from mmref.contract.settings import check_flags
from mmref.torch.fusion.base import Fusion, columns


class GatedFusion(Fusion):
    """Gated multimodal unit: in each component of z, gates say how much each modality counts.

    Formula
        h_m = tanh(W_m x_m),  s_m = G_m [x_1; ...; x_M],  z = sum_m alpha_m * h_m,
        alpha = softmax of the s_m over the present m, in each component of its own;
        independent: alpha_m = sigmoid(s_m) where m is present

    Args
        dims: mapping m -> D_m, in the order of the columns of ``present``.
        dim: D, the width of z.
        independent: gates that do not compete.

    Call
        features: mapping m -> (B, D_m). present: boolean (B, M), True = there, or None; an absent
        modality counts as zeros in what the gates see.
        Returns z (B, D); a row with no modality present is zero.

    Errors: as :class:`WeightedFusion`. ChoiceError: independent is neither True nor False.

    Source
        Arevalo et al., 2017, arXiv:1702.01992; see :func:`mmref.reference.fusion.gated_fusion`.

    >>> fuse = GatedFusion({"image": 3, "text": 2}, dim=4)
    >>> fuse.gates.weight.shape  # (M D, D_1 + D_2)
    torch.Size([8, 5])
    """

    def __init__(self, dims: Mapping[str, int], dim: int, independent: bool = False) -> None:
        super().__init__(dims, dim)
        check_flags(independent=independent)
        self.independent = independent
        projections = {m: nn.Linear(d, dim, bias=False) for m, d in dims.items()}
        self.projections = nn.ModuleDict(projections)
        self.gates = nn.Linear(sum(dims.values()), len(dims) * dim, bias=False)

    @property
    def some_weight(self) -> torch.Tensor:
        return self.gates.weight

    def combine(self, x: dict[str, torch.Tensor], present: torch.Tensor | None) -> torch.Tensor:
        h = torch.stack([f(x[m]) for m, f in self.projections.items()], dim=1).tanh()  # (B, M, D)
        scores = self.gates(torch.cat(list(x.values()), dim=1)).view_as(h)
        if self.independent:
            alpha = torch.sigmoid(scores)  # h is 0 where absent, and where a row has nothing
        else:
            if present is not None:
                low = torch.finfo(scores.dtype).min
                scores = scores.masked_fill(~present[:, :, None], low)
            alpha = torch.softmax(scores, dim=1)
        return (alpha * h).sum(dim=1)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"independent": self.independent}


class FiLMFusion(Fusion):
    """FiLM: the other modalities scale and shift each component of one, the content.

    Formula
        h = W_c x_c + b_c,  z = gamma * h + beta,
        [gamma - 1; beta] = sum over the other present m of (W_m x_m + b_m)

    Args
        dims, dim: as :class:`WeightedFusion`.
        content: c; None means the first of ``dims``.

    Call
        features, present: as :class:`WeightedFusion`.
        Returns z (B, D): h where nothing but the content is present, beta where the content is
        absent, zero where no modality is present.

    Errors: as :class:`WeightedFusion`. ChoiceError: a content that is no modality.

    Source
        Perez et al., AAAI 2018, arXiv:1709.07871, equation 2.

    >>> fuse = FiLMFusion({"image": 3, "text": 2}, dim=4, content="image")
    >>> {m: f.out_features for m, f in fuse.projections.items()}
    {'image': 4, 'text': 8}
    """

    def __init__(self, dims: Mapping[str, int], dim: int, content: str | None = None) -> None:
        super().__init__(dims, dim)
        self.content = content_of(dims, content)
        widths = {m: dim if m == self.content else 2 * dim for m in dims}
        self.projections = nn.ModuleDict({m: nn.Linear(d, widths[m]) for m, d in dims.items()})

    @property
    def some_weight(self) -> torch.Tensor:
        return self.projections[self.content].weight

    def combine(self, x: dict[str, torch.Tensor], present: torch.Tensor | None) -> torch.Tensor:
        f = {m: project(x[m]) for m, project in self.projections.items()}
        if present is not None:  # what is absent says nothing: its bias drops out as well
            there = zip(f, columns(present), strict=True)
            f = {m: torch.where(column, f[m], 0) for m, column in there}
        h = f.pop(self.content)  # (B, D)
        if not f:
            return h
        scale, shift = sum(f.values()).chunk(2, dim=1)  # gamma - 1 and beta, (B, D) each
        return torch.addcmul(h + shift, scale, h)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"content": self.content}
