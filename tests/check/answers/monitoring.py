"""Answers to the exercises on monitoring: right ones by other routes, and wrong ones."""

import numpy as np

INDEX, GRADIENT = "population_stability_index", "population_stability_index_gradient"


def by_entropies(expected, observed):
    """One relative entropy and the other, bin by bin."""
    found = np.zeros(len(expected))
    for p, q in zip(expected.T, observed.T, strict=True):
        found += q * (np.log(q) - np.log(p)) + p * (np.log(p) - np.log(q))
    return found


def bin_by_bin(grad, expected, observed):
    dp, dq = np.empty(expected.shape), np.empty(observed.shape)
    for at in np.ndindex(*expected.shape):
        p, q = expected[at], observed[at]
        dp[at] = -grad[at[0]] * (np.log(q) - np.log(p) + (q - p) / p)
        dq[at] = grad[at[0]] * (np.log(q) - np.log(p) + (q - p) / q)
    return dp, dq


RIGHT = [(INDEX, by_entropies), (GRADIENT, bin_by_bin)]
WRONG = [
    (INDEX, lambda p, q: by_entropies(p, q) / 2, "five rows"),
    (INDEX, lambda p, q: by_entropies(p, q).sum(), "expected the shape"),
    (GRADIENT, lambda g, p, q: bin_by_bin(g, p, q)[1:], "2"),
]
