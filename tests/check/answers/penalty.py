"""Answers to the exercise on the gradient penalty."""

import numpy as np


def norms(slopes, small=0.0):
    return np.sqrt((slopes**2).sum(axis=tuple(range(1, slopes.ndim))) + small)


def penalty(slopes, center):
    return ((norms(slopes) - center) ** 2).mean()


def penalty_by_loops(slopes, center):
    return sum((np.linalg.norm(g.ravel()) - center) ** 2 for g in slopes) / len(slopes)


def matrices_only(slopes, center):
    axes = tuple(range(1, slopes.ndim))
    return np.mean((np.linalg.norm(slopes, axis=axes or None) - center) ** 2)


NAME = "gradient_penalty_of_slopes"
RIGHT = [(NAME, penalty), (NAME, penalty_by_loops), (NAME, lambda *a: float(penalty(*a)))]
WRONG = [
    (NAME, lambda g, c: penalty(g, 1.0), "another center", "center has no effect"),
    (NAME, matrices_only, "slopes of images", "raised ValueError", "over one example"),
    (NAME, lambda g, c: (norms(g) - c) ** 2, "expected the shape (), got (5,)"),
    (NAME, lambda g, c: np.mean((norms(g, 1e-12) - c) ** 2), "slopes of 0", "a small constant"),
    (NAME, lambda g, c: np.mean((norms(g, 1e-6) - c) ** 2), "a small constant"),
    (NAME, lambda g, c: penalty(g[:5], c), "longer axes"),
    (NAME, lambda g, c: penalty(np.clip(g, -10, 10), c), "1000 and more", "clipped"),
    (NAME, lambda g, c: np.sum((norms(g) - c) ** 2) / max(len(g) - 1, 1), "over the batch"),
]  # fmt: skip
