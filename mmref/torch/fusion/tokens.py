"""Fusions of vectors one by one; attention fusion scores them and averages by the scores."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mmref.contract.fusion import check_masks
from mmref.contract.settings import check_counts, check_flags
from mmref.torch.fusion.base import Features, Fusion
from mmref.torch.softmax import softmax_of_kept

Kept = list[torch.Tensor] | None  # (B, T_m) for each modality; None where all are kept


class TokenFusion(Fusion):
    """A fusion of vectors one by one, of which a modality may bring a sequence.

    A subclass is its ``combine``: of the vectors x_m (B, T_m, D_m), in declared order and zero
    where absent or masked, and of which are kept, it makes z (B, D).
    """

    def __init__(self, dims: Mapping[str, int], dim: int) -> None:
        super().__init__(dims, dim)
        self.projections = nn.ModuleDict({m: nn.Linear(d, dim) for m, d in dims.items()})

    @property
    def some_weight(self) -> torch.Tensor:  # quicker found than by a walk through the parameters
        return next(iter(self.projections.values())).weight

    def forward(
        self,
        features: Features,
        present: torch.Tensor | None = None,
        masks: Features | None = None,
    ) -> torch.Tensor:
        return self.combine(*self.vectors(features, present, masks))

    def vectors(
        self,
        features: Features,
        present: torch.Tensor | None = None,
        masks: Features | None = None,
    ) -> tuple[dict[str, torch.Tensor], Kept]:
        """Checked vectors (B, T_m, D_m), cleared where they count for nothing, and the kept."""
        self.check(features, present, sequences=True)
        if masks is not None:
            check_masks(masks, features, torch.Tensor)
        x = {m: f if f.ndim == 3 else f.unsqueeze(1) for m in self.dims for f in [features[m]]}
        if present is None and not masks:
            return x, None
        kept = []
        for i, m in enumerate(self.dims):
            keep = x[m].new_ones(x[m].shape[:2], dtype=torch.bool)
            keep = keep if masks is None else masks.get(m, keep)
            keep = keep if present is None else keep & present[:, i : i + 1]
            # A choice, not a product: an absent row may hold NaN, and 0 * NaN is NaN.
            x[m] = torch.where(keep.unsqueeze(2), x[m], 0)
            kept.append(keep)
        return x, kept


class AttentionFusion(TokenFusion):
    """The vectors of all modalities in one space, averaged by scores of their own.

    Formula (x_i is vector i, of modality m)
        h_i = W_m x_i + b_m      a_i = v . tanh(U_m x_i + c_m)      z = sum_i alpha_i h_i
        joint: alpha = softmax(a) over all kept vectors of all present modalities
        separate: alpha = softmax(a) over the kept vectors of each modality by itself, so that the
        weights of a row sum to the number of modalities it has

    Args
        dims, dim: as of :class:`WeightedFusion`.
        hidden: H, None for ``dim``. joint: joint or separate normalization.

    Call
        features: mapping m -> (B, D_m), one vector, or (B, T_m, D_m), a sequence.
        present: boolean (B, M), True = there, or None.
        masks: mapping m -> boolean (B, T_m), True = keep, of modalities with a sequence; None, or a
        modality it leaves out, keeps all. One that keeps nothing in a row is absent there.
        Returns z (B, D); a row with no modality present is zero.

    Errors
        As of :class:`WeightedFusion`.

    Source
        Scores and average of one sequence: Yang et al., NAACL 2016, equations 5-7.

    >>> fuse = AttentionFusion({"image": 3, "text": 2}, dim=4)
    >>> fuse({"image": torch.ones(5, 9, 3), "text": torch.ones(5, 2)}).shape
    torch.Size([5, 4])
    """

    def __init__(
        self, dims: Mapping[str, int], dim: int, hidden: int | None = None, joint: bool = True
    ) -> None:
        super().__init__(dims, dim)
        self.hidden, self.joint = dim if hidden is None else hidden, joint
        check_counts(hidden=self.hidden)
        check_flags(joint=joint)
        self.scorers = nn.ModuleDict({m: nn.Linear(d, self.hidden) for m, d in dims.items()})
        # Not zeros: with v = 0 the scorers have no gradient. So scores begin with a variance below
        # 1, and the weights near equal.
        self.score_weight = nn.Parameter(torch.randn(self.hidden) * self.hidden**-0.5)

    def attention_weights(
        self,
        features: Features,
        present: torch.Tensor | None = None,
        masks: Features | None = None,
    ) -> dict[str, torch.Tensor]:
        """alpha: mapping m -> (B, T_m), how much each vector counts in each row."""
        return dict(
            zip(self.dims, self.weigh(*self.vectors(features, present, masks)), strict=True)
        )

    def modality_weights(
        self,
        features: Features,
        present: torch.Tensor | None = None,
        masks: Features | None = None,
    ) -> torch.Tensor:
        """(B, M): how much the vectors of each modality count together."""
        weights = self.weigh(*self.vectors(features, present, masks))
        return torch.stack([alpha.sum(dim=1) for alpha in weights], dim=1)

    def weigh(self, x: dict[str, torch.Tensor], kept: Kept) -> list[torch.Tensor]:
        """alpha (B, T_m) of each modality."""
        inside = [scorer(x[m]) for m, scorer in self.scorers.items()]
        if not self.joint:
            scores = [torch.tanh(a) @ self.score_weight for a in inside]
            masks = [None] * len(scores) if kept is None else kept
            return [_softmax(a, mask) for a, mask in zip(scores, masks, strict=True)]
        scores = torch.tanh(torch.cat(inside, dim=1)) @ self.score_weight  # (B, N)
        alpha = _softmax(scores, None if kept is None else torch.cat(kept, dim=1))
        return list(alpha.split([a.shape[1] for a in inside], dim=1))

    def combine(self, x: dict[str, torch.Tensor], kept: Kept) -> torch.Tensor:
        """Each modality's vectors are averaged before they are projected: T_m times less work."""
        weights, projections = self.weigh(x, kept), list(self.projections.values())
        shares = [alpha if alpha.shape[1] == 1 else alpha.sum(1, keepdim=True) for alpha in weights]
        z = torch.cat(shares, dim=1) @ torch.stack([f.bias for f in projections])  # (B, D)
        for f, alpha, vectors in zip(projections, weights, x.values(), strict=True):
            if alpha.shape[1] == 1:  # scaled as it is added: nothing to average
                z = torch.addcmul(z, alpha, vectors[:, 0] @ f.weight.T)
            else:
                mean = torch.bmm(alpha.unsqueeze(1), vectors).squeeze(1)  # (B, D_m)
                z = z + mean @ f.weight.T
        return z

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"hidden": self.hidden, "joint": self.joint}


def _softmax(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """No score is infinite, as tanh is bounded: without a mask there is nothing to look after."""
    return torch.softmax(scores, dim=1) if mask is None else softmax_of_kept(scores, mask)
