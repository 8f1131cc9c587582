"""Fusions of decisions: each modality decides between the classes, and a rule joins them."""

from collections.abc import Mapping, Sequence
from math import log
from typing import Any

import torch
from torch import nn

from mmref.contract.fusion import check_inner, check_rule
from mmref.torch.fusion.base import Features, Fusion
from mmref.torch.fusion.sums import ConcatFusion
from mmref.torch.softmax import masked_softmax


class Deciding(Fusion):
    """Every modality decides for itself; ``combine`` of a subclass joins the decisions."""

    decides = True  # z are log-probabilities of classes: a model needs no layer after it

    def __init__(self, dims: Mapping[str, int], dim: int) -> None:
        super().__init__(dims, dim)
        self.projections = nn.ModuleDict({m: nn.Linear(d, dim) for m, d in dims.items()})

    @property
    def some_weight(self) -> torch.Tensor:
        return next(iter(self.projections.values())).weight

    def decisions(self, features: Features, present: torch.Tensor | None = None) -> torch.Tensor:
        """p_m (B, M, K): what each modality says by itself; zeros where it is absent."""
        h, there = self.scores(self.present_features(features, present), present)
        p = torch.softmax(h, dim=-1)
        return p if there is None else torch.where(there.unsqueeze(-1), p, 0)

    def scores(
        self, x: dict[str, torch.Tensor], present: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """h_m = W_m x_m + b_m of all decisions, (B, M, K), and which there are, (B, M)."""
        return torch.stack([f(x[m]) for m, f in self.projections.items()], dim=1), present


def mixture(
    h: torch.Tensor, there: torch.Tensor | None, a: torch.Tensor | None = None
) -> torch.Tensor:
    """log sum_m alpha_m softmax(h_m), alpha = softmax(a) over those there; (B, M, K) to (B, K)."""
    log_p = torch.log_softmax(h, dim=-1)
    if there is None and a is None:
        return torch.logsumexp(log_p, dim=1) - log(h.shape[1])
    a = h.new_zeros(h.shape[1]) if a is None else a
    if there is not None:  # a finite -inf: a row without any stays finite
        a = torch.where(there, a, torch.finfo(h.dtype).min)
    z = torch.logsumexp(log_p + torch.log_softmax(a, dim=-1).unsqueeze(-1), dim=1)
    return z if there is None else torch.where(there.any(dim=1, keepdim=True), z, 0)


class DecisionFusion(Deciding):
    """Every modality decides for itself; a rule makes one decision of all.

    Formula
        p_m = softmax(W_m x_m + b_m), the decision of modality m; over the n present m,
        "mean" (the sum rule)  p(k) = sum_m p_m(k) / n
        "weighted"             p(k) = sum_m alpha_m p_m(k), alpha = softmax(a), learned, a = 0 first
        "product"              p(k) proportional to prod_m p_m(k) / prior(k)^(n - 1)
        z_k = log p(k)

    Args
        dims: mapping m -> D_m, in the order of the columns of ``present``.
        dim: K, the number of classes.
        rule: "mean", "weighted" or "product". A vote has no gradient and cannot be trained: let the
            largest of ``decisions(features, present)`` vote, after training by another rule.
        prior: K positive numbers whose sum is 1, for "product" alone: how frequent the classes
            are; None: equally.

    Call
        features: mapping m -> (B, D_m). present: boolean (B, M), True = there, or None.
        Returns z (B, K), log-probabilities: softmax(z) = p, and a softmax-cross-entropy takes z.
        A row with no modality present is zero, which a softmax makes uniform.
        A FusionClassifier of it adds no layer of its own: K is its num_classes, dropout is 0.

    Errors
        As :class:`WeightedFusion`. ValueError: a rule that is none, or a prior that is none.

    Source
        Kittler, Hatef, Duin and Matas, "On Combining Classifiers", TPAMI 20(3), 1998.

    >>> fuse = DecisionFusion({"image": 3, "text": 2}, dim=4)
    >>> z = fuse({"image": torch.ones(5, 3), "text": torch.ones(5, 2)})
    >>> bool(torch.allclose(z.exp().sum(dim=1), torch.ones(5)))
    True
    """

    def __init__(
        self,
        dims: Mapping[str, int],
        dim: int,
        rule: str = "mean",
        prior: Sequence[float] | None = None,
    ) -> None:
        super().__init__(dims, dim)
        self.prior, self.rule = check_rule(rule, prior, dim), rule
        self.logits = nn.Parameter(torch.zeros(len(dims))) if rule == "weighted" else None

    def combine(self, x: dict[str, torch.Tensor], present: torch.Tensor | None) -> torch.Tensor:
        h, _ = self.scores(x, present)  # (B, M, K)
        if self.rule != "product":
            return mixture(h, present, self.logits)
        # log p_m and h_m differ by what all classes have in common: the log-softmax removes it.
        scores = h.sum(dim=1) if present is None else torch.where(present[..., None], h, 0).sum(1)
        if self.prior is not None:
            count = len(self.dims) if present is None else present.sum(dim=1, keepdim=True)
            scores = scores - (count - 1) * scores.new_tensor(self.prior).log()
        z = torch.log_softmax(scores, dim=-1)
        return z if present is None else torch.where(present.any(dim=1, keepdim=True), z, 0)

    def modality_weights(
        self, features: Features, present: torch.Tensor | None = None
    ) -> torch.Tensor:
        """alpha (B, M): how much each decision counts in each row; all alike, unless learned."""
        x = self.present_features(features, present)
        a = self.some_weight.new_zeros(len(x)) if self.logits is None else self.logits
        return masked_softmax(a.expand(len(next(iter(x.values()))), -1), present)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"rule": self.rule, "prior": self.prior}


class HybridFusion(Deciding):
    """Decisions of all modalities and one of their fused features, averaged.

    Formula
        p_m = softmax(W_m x_m + b_m),  p_0 = softmax(U f(x) + d) of a feature fusion f,
        z_k = log of the mean of p_0(k) and the p_m(k) of the present m

    Args
        dims, dim: as :class:`DecisionFusion`.
        fusion: f, of the same modalities; None: a ConcatFusion(dims, dim).

    Call, errors: as :class:`DecisionFusion`; ``decisions`` gives p_m, p_0 as the last of (B, M + 1,
    K). ValueError: a fusion of other modalities, or one that decides.
    """

    def __init__(self, dims: Mapping[str, int], dim: int, fusion: nn.Module | None = None) -> None:
        super().__init__(dims, dim)
        self.fusion = ConcatFusion(dims, dim) if fusion is None else fusion
        check_inner(self.dims, self.fusion)
        self.head = nn.Linear(self.fusion.dim, dim)

    def scores(
        self, x: dict[str, torch.Tensor], present: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        h, _ = super().scores(x, present)
        h = torch.cat([h, self.head(self.fusion(x, present)).unsqueeze(1)], dim=1)
        if present is None:
            return h, None
        return h, torch.cat([present, present.any(dim=1, keepdim=True)], dim=1)

    def combine(self, x: dict[str, torch.Tensor], present: torch.Tensor | None) -> torch.Tensor:
        return mixture(*self.scores(x, present))

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"fusion": self.fusion}
