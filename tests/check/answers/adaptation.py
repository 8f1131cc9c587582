"""Answers to the exercises on adapters: right ones by other routes, and wrong ones."""

import numpy as np

ADAPTER, GRADIENT, MERGE = "low_rank_adapter", "low_rank_adapter_gradient", "merge_low_rank"


def by_merging(x, weight, down, up, alpha):
    return np.einsum("bd,od->bo", x, by_ranks(weight, down, up, alpha))


def by_ranks(weight, down, up, alpha):
    """One rank after the other."""
    whole = weight.astype(float)
    for row, column in zip(down, up.T, strict=True):
        whole = whole + alpha / len(down) * np.outer(column, row)
    return whole


def of_rows(grad, x, weight, down, up, alpha):
    share = alpha / len(down)
    dx = grad @ by_ranks(weight, down, up, alpha)
    parts = [np.zeros(a.shape) for a in (weight, down, up)]
    for g, row in zip(grad, x, strict=True):
        parts[0] += np.outer(g, row)
        parts[1] += share * np.outer(up.T @ g, row)
        parts[2] += share * np.outer(g, down @ row)
    return dx, *parts


RIGHT = [(ADAPTER, by_merging), (GRADIENT, of_rows), (MERGE, by_ranks)]
WRONG = [
    (ADAPTER, lambda x, W, A, B, a: by_merging(x, W, A, B, a * 2), "alpha / R"),
    (ADAPTER, lambda x, W, A, B, a: by_merging(x, W, A, B, a).T, "expected the shape"),
    (GRADIENT, lambda g, x, W, A, B, a: of_rows(g, x, W, A, B, a)[1:], "4"),
    (GRADIENT, lambda g, x, W, A, B, a: of_rows(g, x, W, A, 0 * B, a), "up has no effect"),
    (MERGE, lambda W, A, B, a: by_ranks(W, A, B, a * len(A)), "number of rows of A"),
]
