"""Fusions that add projected modalities up: weighted, adaptive, and the joined projection."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mmref.contract.settings import check_flags
from mmref.torch.fusion.base import Features, Fusion, columns
from mmref.torch.softmax import softmax_of_kept


class WeightedSum(Fusion):
    """A weighted sum of projected modalities; a subclass says what their scores a (B, M) are.

    Formula
        h_m = W_m x_m + b_m,  alpha = softmax(a over the present m),  z = sum_m alpha_m h_m
    """

    def __init__(self, dims: Mapping[str, int], dim: int) -> None:
        super().__init__(dims, dim)
        self.projections = nn.ModuleDict({m: nn.Linear(d, dim) for m, d in dims.items()})

    @property
    def some_weight(self) -> torch.Tensor:  # quicker found than by a walk through the parameters
        return next(iter(self.projections.values())).weight

    def modality_weights(
        self, features: Features, present: torch.Tensor | None = None
    ) -> torch.Tensor:
        """alpha (B, M): how much each modality counts in each row."""
        return softmax_of_kept(self.scores(self.present_features(features, present)), present)

    def combine(self, x: dict[str, torch.Tensor], present: torch.Tensor | None) -> torch.Tensor:
        return self.weighted_sum(self.shares(x, present), x)

    def shares(self, x: dict[str, torch.Tensor], present: torch.Tensor | None) -> torch.Tensor:
        """alpha (B, M) of features that were checked and cleared."""
        scores = self.scores(x)  # (B, M)
        return torch.softmax(scores, dim=1) if present is None else softmax_of_kept(scores, present)

    def weighted_sum(self, alpha: torch.Tensor, x: dict[str, torch.Tensor]) -> torch.Tensor:
        """z (B, D), of alpha (B, M), or (M,) where all rows have the same weights.

        Weights that all rows share go to the matrices: one product of [alpha_1 W_1, alpha_2 W_2,
        ...] with the joined features is the sum, and the h_m are never stored. Other weights scale
        each h_m as it is added. A projection that is replaced needs a weight and a bias.
        """
        projections = list(self.projections.values())
        if alpha.ndim == 1:
            shares = alpha.unbind()
            weights = [share * f.weight for share, f in zip(shares, projections, strict=True)]
            bias = torch.mv(torch.stack([f.bias for f in projections], dim=1), alpha)  # (D,)
            joined = torch.cat(list(x.values()), dim=1)  # (B, sum of all D_m)
            return nn.functional.linear(joined, torch.cat(weights, dim=1), bias)
        shares = columns(alpha)  # (B, 1) each
        first, *others = (f(features) for f, features in zip(projections, x.values(), strict=True))
        z = shares[0] * first
        for share, h in zip(shares[1:], others, strict=True):
            z = torch.addcmul(z, share, h)  # (B, D)
        return z


class WeightedFusion(WeightedSum):
    """Weighted sum of projected modalities, with one learned weight each.

    Formula
        h_m = W_m x_m + b_m,  alpha = softmax(a over the present m),  z = sum_m alpha_m h_m

    Args
        dims: mapping m -> D_m, in the order of the columns of ``present``. A name is made of
            ASCII letters, digits, ``_`` and ``-``; a few words are taken, such as ``keys``.
        dim: D, the width of z.
        learn_weights: False fixes a = 0, so alpha = 1/M: equal weights.

    Call
        features: mapping m -> (B, D_m). present: boolean (B, M), True = there, or None.
        Returns z (B, D); a row with no modality present is zero.

    Errors
        ModalityError: a missing or extra modality, or a name that is none. ShapeError: a wrong
        shape or dtype.
        TypeError: features are no mapping of tensors, or present is no tensor.

    Source
        A mixture of experts with a constant gate; cf. Jacobs et al., Neural Computation 3(1), 1991.

    >>> fuse = WeightedFusion({"image": 3, "text": 2}, dim=4)
    >>> fuse({"image": torch.ones(5, 3), "text": torch.ones(5, 2)}).shape
    torch.Size([5, 4])
    """

    def __init__(self, dims: Mapping[str, int], dim: int, learn_weights: bool = True) -> None:
        super().__init__(dims, dim)
        check_flags(learn_weights=learn_weights)
        self.learn_weights = learn_weights
        self.logits = nn.Parameter(torch.zeros(len(dims)), requires_grad=learn_weights)

    def scores(self, x: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.logits.expand(len(next(iter(x.values()))), -1)  # the same for all rows

    def shares(self, x: dict[str, torch.Tensor], present: torch.Tensor | None) -> torch.Tensor:
        if present is None:  # then the weights are the same for all rows, too
            return torch.softmax(self.logits, dim=0)
        low = torch.finfo(self.logits.dtype).min
        return torch.softmax(torch.where(present, self.logits, low), dim=1).where(present, 0)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"learn_weights": self.learn_weights}


class AdaptiveFusion(WeightedSum):
    """Weighted fusion whose weights depend on the input.

    Formula
        a(x) = sum_m V_m x_m + c,  alpha = softmax(a(x) over the present m),
        z = sum_m alpha_m (W_m x_m + b_m)

    Args, call, errors: as :class:`WeightedFusion`. Absent modalities drop out of both sums.

    Source
        Linear experts under a linear gate: Jacobs et al., Neural Computation 3(1), 1991.

    >>> fuse = AdaptiveFusion({"image": 3, "text": 2}, dim=4)
    >>> fuse.modality_weights({"image": torch.ones(5, 3), "text": torch.ones(5, 2)}).shape
    torch.Size([5, 2])
    """

    def __init__(self, dims: Mapping[str, int], dim: int) -> None:
        super().__init__(dims, dim)
        count = len(dims)
        self.gates = nn.ModuleDict({m: nn.Linear(d, count, bias=False) for m, d in dims.items()})
        self.gate_bias = nn.Parameter(torch.zeros(count))

    def scores(self, x: dict[str, torch.Tensor]) -> torch.Tensor:
        scores = self.gate_bias
        for m, gate in self.gates.items():
            scores = torch.addmm(scores, x[m], gate.weight.T)
        return scores


class ConcatFusion(Fusion):
    """One projection of the concatenated modalities.

    Formula
        z = W [x_1; ...; x_M] + b; an absent modality counts as zeros; z = 0 if all are absent

    Args, call, errors: as :class:`WeightedFusion`.

    >>> fuse = ConcatFusion({"image": 3, "text": 2}, dim=4)
    >>> fuse.projection.weight.shape
    torch.Size([4, 5])
    """

    def __init__(self, dims: Mapping[str, int], dim: int) -> None:
        super().__init__(dims, dim)
        self.projection = nn.Linear(sum(dims.values()), dim)

    @property
    def some_weight(self) -> torch.Tensor:
        return self.projection.weight

    def combine(self, x: dict[str, torch.Tensor], present: torch.Tensor | None) -> torch.Tensor:
        z = self.projection(torch.cat(list(x.values()), dim=1))  # (B, D)
        return z if present is None else z.masked_fill(~present.any(dim=1, keepdim=True), 0)
