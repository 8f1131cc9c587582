"""The plainest expressions in Keras."""

import math
from itertools import combinations
from math import prod

from keras import ops


def projected(fusion, x):
    """W_m x_m + b_m of each modality."""
    return [f(x_m) for f, x_m in zip(fusion.projections.values(), x, strict=True)]


def mean_decision(scores):
    """log of the mean of softmax(h), of scores h in a list; with logarithms, as in PyTorch."""
    log_p = ops.log_softmax(ops.stack(scores, axis=1), axis=2)
    return ops.logsumexp(log_p, axis=1) - math.log(len(scores))


def outer(a, b):
    """The products of each row's vectors, as one vector."""
    return ops.reshape(ops.einsum("bi,bj->bij", a, b), (-1, a.shape[1] * b.shape[1]))


def weighted(fusion, x):
    """softmax(a), then the sum of alpha_m (W_m x_m + b_m)."""
    alpha = ops.softmax(fusion.logits)
    return sum(alpha[m] * h for m, h in enumerate(projected(fusion, x)))


def adaptive(fusion, x):
    scores = sum(v(x_m) for v, x_m in zip(fusion.gates.values(), x, strict=True))
    alpha = ops.softmax(scores + fusion.gate_bias, axis=1)
    return ops.sum(ops.expand_dims(alpha, 2) * ops.stack(projected(fusion, x), axis=1), axis=1)


def concat(fusion, x):
    return fusion.projection(ops.concatenate(x, axis=1))


def gated(fusion, x):
    h = ops.tanh(ops.stack(projected(fusion, x), axis=1))  # (B, M, D)
    scores = ops.reshape(fusion.gates(ops.concatenate(x, axis=1)), (-1, *h.shape[1:]))
    return ops.sum(ops.softmax(scores, axis=1) * h, axis=1)


def film(fusion, x):
    h, *others = projected(fusion, x)
    scale, shift = ops.split(sum(others), 2, axis=1)
    return (1 + scale) * h + shift


def bilinear(fusion, x):
    return fusion.projection(ops.concatenate([outer(*pair) for pair in combinations(x, 2)], axis=1))


def tensor(fusion, x):
    one = ops.ones_like(x[0][:, :1])
    products = one
    for x_m in x:
        products = outer(products, ops.concatenate([one, x_m], axis=1))
    return fusion.projection(products)


def low_rank(fusion, x):
    products = ops.reshape(prod(projected(fusion, x)), (-1, fusion.rank, fusion.dim))
    return ops.sum(products, axis=1) + fusion.bias


def attention_fusion(fusion, x):
    """Joint normalization of one vector each."""
    inside = ops.stack([u(x_m) for u, x_m in zip(fusion.scorers.values(), x, strict=True)], axis=1)
    alpha = ops.softmax(ops.matmul(ops.tanh(inside), fusion.score_weight), axis=1)
    return ops.sum(ops.expand_dims(alpha, 2) * ops.stack(projected(fusion, x), axis=1), axis=1)


def attention(queries, keys, values, heads):
    """Softmax attention on projected sequences (B, T, D), head by head."""
    shape = (heads, queries.shape[2] // heads)
    split = [ops.reshape(x, (-1, x.shape[1], *shape)) for x in (queries, keys, values)]
    context = ops.dot_product_attention(*split)  # (B, T, K, D / K)
    return ops.reshape(context, (-1, *queries.shape[1:]))


def cross_attention(fusion, x):
    h = ops.stack(projected(fusion, x), axis=1)  # (B, M, D)
    total = ops.sum(h, axis=1)
    for m, attend in enumerate(fusion.attentions.values()):
        others = ops.concatenate([h[:, :m], h[:, m + 1 :]], axis=1)
        q = attend.query_projection(h[:, m : m + 1])
        k, v = attend.key_projection(others), attend.value_projection(others)
        total = total + attend.output_projection(attention(q, k, v, attend.heads))[:, 0]
    return total / len(x)


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
