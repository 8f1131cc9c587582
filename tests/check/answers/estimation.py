"""Answers to the exercises on estimation."""

import numpy as np

INVERSE, MINIMUM = "inverse_variance_weights", "minimum_variance_weights"


def inverse(variances):
    return np.array([1 / sum(v / other for other in variances) for v in variances])


def minimum(s):
    w = np.linalg.solve(s, np.ones(len(s)))
    return w / w.sum()


RIGHT = [(INVERSE, inverse), (MINIMUM, minimum)]
WRONG = [
    (INVERSE, lambda v: inverse(v + 1e-12 * (v < 1e-6)), "near 1e-12", "unit of measurement"),
    (INVERSE, lambda v: inverse(v + 1e-6 * v.max()), "a small constant that was added"),
    (INVERSE, lambda v: inverse(np.maximum(v, v.max() / 1e4)), "1e-6 to 1", "cut off"),
    (INVERSE, lambda v: inverse(np.minimum(v, 100)), "1000 and more", "clipped"),
    (MINIMUM, lambda s: minimum(s + 1e-12 * np.eye(len(s)) * (s.max() < 1)), "near 1e-9",
     "a small constant"),
    (MINIMUM, lambda s: minimum(s + 1e-12 * np.trace(s) * np.eye(len(s))), "nearly agree"),
    (MINIMUM, lambda s: minimum(np.where(s == 0, 1e-3, s)), "independent"),
    (MINIMUM, lambda s: np.linalg.inv(s) / np.linalg.inv(s).sum(), "(3, 3)", "axis too many"),
    (MINIMUM, lambda s: minimum(s[:3, [0, 1, 2]]), "two correlated sensors", "IndexError",
     "any number"),
]  # fmt: skip
