"""The plainest expressions in PyTorch."""

import math
from itertools import combinations
from math import prod

import torch
from torch.nn import functional


def projected(fusion, x):
    """W_m x_m + b_m of each modality."""
    return [f(x_m) for f, x_m in zip(fusion.projections.values(), x, strict=True)]


def weighted(fusion, x, present=None):
    """softmax(a), then the sum of alpha_m (W_m x_m + b_m)."""
    if present is None:
        alpha = torch.softmax(fusion.logits, dim=0)
        return sum(a * h for a, h in zip(alpha, projected(fusion, x), strict=True))
    alpha = torch.softmax(fusion.logits.masked_fill(~present, -1e30), dim=1)
    return sum(a[:, None] * h for a, h in zip(alpha.T, projected(fusion, x), strict=True))


def adaptive(fusion, x):
    scores = sum(v(x_m) for v, x_m in zip(fusion.gates.values(), x, strict=True))
    alpha = torch.softmax(scores + fusion.gate_bias, dim=1)
    h = torch.stack(projected(fusion, x), dim=1)
    return (alpha[:, :, None] * h).sum(dim=1)


def concat(fusion, x):
    return fusion.projection(torch.cat(x, dim=1))


def gated(fusion, x):
    h = torch.tanh(torch.stack(projected(fusion, x), dim=1))
    scores = fusion.gates(torch.cat(x, dim=1)).view_as(h)
    return (torch.softmax(scores, dim=1) * h).sum(dim=1)


def film(fusion, x):
    h, *others = projected(fusion, x)
    scale, shift = sum(others).chunk(2, dim=1)
    return (1 + scale) * h + shift


def bilinear(fusion, x):
    pairs = [torch.einsum("bi,bj->bij", *pair).flatten(1) for pair in combinations(x, 2)]
    return fusion.projection(torch.cat(pairs, dim=1))


def tensor(fusion, x):
    one = x[0].new_ones(len(x[0]), 1)
    products = one
    for x_m in x:
        both = torch.einsum("bi,bj->bij", products, torch.cat([one, x_m], dim=1))
        products = both.flatten(1)
    return fusion.projection(products)


def low_rank(fusion, x):
    products = prod(projected(fusion, x))
    return products.unflatten(1, (fusion.rank, -1)).sum(dim=1) + fusion.bias


def attention_fusion(fusion, x):
    """Joint normalization of one vector each."""
    inside = torch.stack([u(x_m) for u, x_m in zip(fusion.scorers.values(), x, strict=True)], dim=1)
    alpha = torch.softmax(torch.tanh(inside) @ fusion.score_weight, dim=1)
    h = torch.stack(projected(fusion, x), dim=1)
    return (alpha[:, :, None] * h).sum(dim=1)


def attention(queries, keys, values, heads):
    """The fused kernel on projected sequences (B, T, D), head by head."""
    split = [x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (queries, keys, values)]
    return functional.scaled_dot_product_attention(*split).transpose(1, 2).flatten(2)


def cross_attention(fusion, x):
    h = torch.stack(projected(fusion, x), dim=1)  # (B, M, D)
    total = h.sum(dim=1)
    for m, attend in enumerate(fusion.attentions.values()):
        others = torch.cat([h[:, :m], h[:, m + 1 :]], dim=1)
        q = attend.query_projection(h[:, m : m + 1])
        k, v = attend.key_projection(others), attend.value_projection(others)
        total = total + attend.output_projection(attention(q, k, v, attend.heads))[:, 0]
    return total / len(x)


def mean_decision(scores):
    """log of the mean of softmax(h), of scores h in a list, with logarithms throughout: the log of
    a mean of softmaxes, two thirds of the work, is -inf where float32 has no number that small."""
    log_p = torch.log_softmax(torch.stack(scores, dim=1), dim=2)
    return torch.logsumexp(log_p, dim=1) - math.log(len(scores))


def decision(fusion, x):
    """The mean of the decisions."""
    return mean_decision(projected(fusion, x))


def hybrid(fusion, x):
    return mean_decision([*projected(fusion, x), fusion.head(concat(fusion.fusion, x))])


PLAIN = {
    "AdaptiveFusion": adaptive,
    "AttentionFusion": attention_fusion,
    "BilinearFusion": bilinear,
    "ConcatFusion": concat,
    "CrossAttentionFusion": cross_attention,
    "DecisionFusion": decision,
    "FiLMFusion": film,
    "GatedFusion": gated,
    "HybridFusion": hybrid,
    "LowRankFusion": low_rank,
    "TensorFusion": tensor,
    "WeightedFusion": weighted,
}
