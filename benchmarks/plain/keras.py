"""The plainest expressions in Keras."""

from keras import ops


def weighted(fusion, x):
    """softmax(a), then the sum of alpha_m (W_m x_m + b_m)."""
    alpha = ops.softmax(fusion.logits)
    parts = enumerate(zip(fusion.projections.values(), x, strict=True))
    return sum(alpha[m] * f(x_m) for m, (f, x_m) in parts)


def adaptive(fusion, x):
    scores = sum(v(x_m) for v, x_m in zip(fusion.gates.values(), x, strict=True))
    alpha = ops.softmax(scores + fusion.gate_bias, axis=1)
    h = [f(x_m) for f, x_m in zip(fusion.projections.values(), x, strict=True)]
    return ops.sum(ops.expand_dims(alpha, 2) * ops.stack(h, axis=1), axis=1)


def concat(fusion, x):
    return fusion.projection(ops.concatenate(x, axis=1))


PLAIN = {
    "WeightedFusion": weighted,
    "AdaptiveFusion": adaptive,
    "ConcatFusion": concat,
}
