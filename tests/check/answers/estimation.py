"""Answers to the exercises on estimation."""

import numpy as np


def inverse(v):
    return (1 / v) / (1 / v).sum()


def by_loops(variances):
    return np.array([1 / sum(v / other for other in variances) for v in variances])


def by_softmax(v):
    e = np.exp(np.log(v).min() - np.log(v))
    return e / e.sum()


def in_place(variances):
    variances /= variances.sum()
    return inverse(variances)


def minimum(s):
    w = np.linalg.solve(s, np.ones(len(s)))
    return w / w.sum()


def by_inverse(covariance):
    inverted = np.linalg.inv(covariance)
    return np.einsum("ij->i", inverted) / np.einsum("ij->", inverted)


def by_lagrange(covariance):
    m = len(covariance)
    system = np.ones((m + 1, m + 1))
    system[:m, :m], system[m, m] = covariance / np.trace(covariance), 0
    return np.linalg.solve(system, np.eye(m + 1)[m])[:m]


def by_cholesky(covariance):
    half = np.linalg.inv(np.linalg.cholesky(covariance))
    return (half.T @ half).sum(axis=0) / (half.T @ half).sum()


def for_three(covariance):
    inverted = np.linalg.inv(covariance)
    w = inverted[:, 0] + inverted[:, 1] + inverted[:, 2]
    return w / w.sum()


INVERSE, MINIMUM = "inverse_variance_weights", "minimum_variance_weights"
RIGHT = [
    (INVERSE, inverse), (INVERSE, by_loops), (INVERSE, by_softmax),
    (INVERSE, lambda v: inverse(v)[::-1][::-1]),
    (MINIMUM, minimum), (MINIMUM, by_inverse), (MINIMUM, by_lagrange), (MINIMUM, by_cholesky),
]  # fmt: skip
WRONG = [
    (INVERSE, lambda v: inverse(v + 1e-12 * (v < 1e-6)), "near 1e-12", "unit of measurement"),
    (INVERSE, lambda v: inverse(v + 1e-6 * v.max()), "a small constant that was added"),
    (INVERSE, lambda v: inverse(np.maximum(v, v.max() / 1e4)), "1e-6 to 1", "cut off"),
    (INVERSE, lambda v: inverse(np.minimum(v, 100)), "1000 and more", "clipped"),
    (INVERSE, lambda v: np.resize(inverse(v[:3]), 3), "two variances", "got (3,)"),
    (INVERSE, lambda v: list(inverse(v)), "expected a NumPy array, got a list"),
    (INVERSE, lambda v: inverse(v)[None], "got (1, 3)", "Only axes of length 1"),
    (INVERSE, in_place, "changes its argument variances"),
    (MINIMUM, lambda s: minimum(s + 1e-12 * np.eye(len(s)) * (s.max() < 1)), "near 1e-9",
     "a small constant"),
    (MINIMUM, lambda s: minimum(s + 1e-12 * np.trace(s) * np.eye(len(s))), "nearly agree"),
    (MINIMUM, lambda s: minimum(np.where(s == 0, 1e-3, s)), "independent"),
    (MINIMUM, lambda s: minimum(np.minimum(s, 100)), "1000 and more", "clipped"),
    (MINIMUM, lambda s: minimum(s)[:, None], "expected the shape (3,), got (3, 1)"),
    (MINIMUM, lambda s: np.linalg.inv(s) / np.linalg.inv(s).sum(), "(3, 3)", "axis too many"),
    (MINIMUM, for_three, "two correlated sensors", "IndexError", "any number"),
]  # fmt: skip
