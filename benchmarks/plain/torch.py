"""The plainest expressions in PyTorch."""

import torch
from torch.nn import functional


def weighted(fusion, x, present=None):
    """softmax(a), then the sum of alpha_m (W_m x_m + b_m)."""
    parts = list(zip(fusion.projections.values(), x, strict=True))
    if present is None:
        alpha = torch.softmax(fusion.logits, dim=0)
        return sum(a * f(x_m) for a, (f, x_m) in zip(alpha, parts, strict=True))
    alpha = torch.softmax(fusion.logits.masked_fill(~present, -1e30), dim=1)
    return sum(a[:, None] * f(x_m) for a, (f, x_m) in zip(alpha.T, parts, strict=True))


def adaptive(fusion, x):
    scores = sum(v(x_m) for v, x_m in zip(fusion.gates.values(), x, strict=True))
    alpha = torch.softmax(scores + fusion.gate_bias, dim=1)
    h = torch.stack([f(x_m) for f, x_m in zip(fusion.projections.values(), x, strict=True)], dim=1)
    return (alpha[:, :, None] * h).sum(dim=1)


def concat(fusion, x):
    return fusion.projection(torch.cat(x, dim=1))


def attention(queries, keys, values, heads):
    """The fused kernel on projected sequences (B, T, D), head by head."""
    split = [x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (queries, keys, values)]
    return functional.scaled_dot_product_attention(*split).transpose(1, 2).flatten(2)


PLAIN = {
    "WeightedFusion": weighted,
    "AdaptiveFusion": adaptive,
    "ConcatFusion": concat,
}
