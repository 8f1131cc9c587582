"""Fusion: one vector from several modalities (contract: ``mmref.contract.fusion``)."""

from collections.abc import Mapping

import torch
from torch import nn

from mmref.contract.fusion import check_dims, check_features
from mmref.torch._dtype import layer_dtype
from mmref.torch.softmax import masked_softmax


class WeightedFusion(nn.Module):
    """Weighted sum of projected modalities, with one learned weight each.

    Formula
        h_m = W_m x_m + b_m,  alpha = softmax(a over the present m),  z = sum_m alpha_m h_m

    Args
        dims: mapping m -> D_m, in the order of the columns of ``present``.
        dim: D, the width of z.
        learn_weights: False fixes a = 0, so alpha = 1/M: equal weights.

    Call
        features: mapping m -> (B, D_m). present: boolean (B, M), True = there, or None.
        Returns z (B, D); a row with no modality present is zero.

    Errors
        ModalityError: a missing or extra modality. ShapeError: a wrong shape or dtype.
        TypeError: features are no mapping of tensors, or present is no tensor.

    Source
        A mixture of experts with a constant gate; cf. Jacobs et al., Neural Computation 3(1), 1991.

    >>> fuse = WeightedFusion({"image": 3, "text": 2}, dim=4)
    >>> fuse({"image": torch.ones(5, 3), "text": torch.ones(5, 2)}).shape
    torch.Size([5, 4])
    """

    def __init__(self, dims: Mapping[str, int], dim: int, learn_weights: bool = True) -> None:
        super().__init__()
        self.dims, self.dim = check_dims(dims, dim), dim
        self.projections = nn.ModuleDict({m: nn.Linear(d, dim) for m, d in dims.items()})
        self.logits = nn.Parameter(torch.zeros(len(dims)), requires_grad=learn_weights)

    def modality_weights(
        self, features: Mapping[str, torch.Tensor], present: torch.Tensor | None = None
    ) -> torch.Tensor:
        """alpha (B, M): how much each modality counts in each row."""
        x = present_features(self.dims, features, present, self.logits)
        batch = next(iter(x.values())).shape[0]
        return masked_softmax(self.logits.expand(batch, -1), present)

    def forward(
        self, features: Mapping[str, torch.Tensor], present: torch.Tensor | None = None
    ) -> torch.Tensor:
        x = present_features(self.dims, features, present, self.logits)
        alpha = self.modality_weights(x, present)  # (B, M)
        h = torch.stack([f(x[m]) for m, f in self.projections.items()], dim=1)  # (B, M, D)
        return (alpha.unsqueeze(-1) * h).sum(dim=1)  # (B, D)


class AdaptiveFusion(nn.Module):
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
        super().__init__()
        self.dims, self.dim = check_dims(dims, dim), dim
        self.projections = nn.ModuleDict({m: nn.Linear(d, dim) for m, d in dims.items()})
        count = len(dims)
        self.gates = nn.ModuleDict({m: nn.Linear(d, count, bias=False) for m, d in dims.items()})
        self.gate_bias = nn.Parameter(torch.zeros(count))

    def modality_weights(
        self, features: Mapping[str, torch.Tensor], present: torch.Tensor | None = None
    ) -> torch.Tensor:
        """alpha (B, M): how much each modality counts in each row."""
        x = present_features(self.dims, features, present, self.gate_bias)
        logits = sum(gate(x[m]) for m, gate in self.gates.items()) + self.gate_bias
        return masked_softmax(logits, present)

    def forward(
        self, features: Mapping[str, torch.Tensor], present: torch.Tensor | None = None
    ) -> torch.Tensor:
        x = present_features(self.dims, features, present, self.gate_bias)
        alpha = self.modality_weights(x, present)  # (B, M)
        h = torch.stack([f(x[m]) for m, f in self.projections.items()], dim=1)  # (B, M, D)
        return (alpha.unsqueeze(-1) * h).sum(dim=1)  # (B, D)


class ConcatFusion(nn.Module):
    """One projection of the concatenated modalities.

    Formula
        z = W [x_1; ...; x_M] + b; an absent modality counts as zeros; z = 0 if all are absent

    Args, call, errors: as :class:`WeightedFusion`.

    >>> fuse = ConcatFusion({"image": 3, "text": 2}, dim=4)
    >>> fuse.projection.weight.shape
    torch.Size([4, 5])
    """

    def __init__(self, dims: Mapping[str, int], dim: int) -> None:
        super().__init__()
        self.dims, self.dim = check_dims(dims, dim), dim
        self.projection = nn.Linear(sum(dims.values()), dim)

    def forward(
        self, features: Mapping[str, torch.Tensor], present: torch.Tensor | None = None
    ) -> torch.Tensor:
        x = present_features(self.dims, features, present, self.projection.weight)
        z = self.projection(torch.cat(list(x.values()), dim=1))  # (B, D)
        return z if present is None else z.masked_fill(~present.any(dim=1, keepdim=True), 0)


def present_features(
    dims: Mapping[str, int],
    features: Mapping[str, torch.Tensor],
    present: torch.Tensor | None = None,
    like: torch.Tensor | None = None,
) -> dict[str, torch.Tensor]:
    """Checked features in declared order, the rows of an absent modality set to zero.

    ``like`` is a parameter of the layer: the features must have its dtype.
    """
    dtype = None if like is None else layer_dtype(like)
    check_features(dims, features, present, torch.Tensor, dtype)
    if present is None:
        return {m: features[m] for m in dims}
    # masked_fill, not multiplication: an absent row may hold NaN, and 0 * NaN is NaN.
    return {m: features[m].masked_fill(~present[:, i, None], 0) for i, m in enumerate(dims)}
