"""Answers to the exercise on the gradient penalty."""

import numpy as np

NAME = "gradient_penalty_of_slopes"


def penalty(slopes, center, small=0.0):
    """By loops; a small number below the roots."""
    norms = [np.sqrt((g**2).sum() + small) for g in slopes]
    return sum((norm - center) ** 2 for norm in norms) / len(slopes)


def matrices_only(slopes, center):
    axes = tuple(range(1, slopes.ndim))
    return np.mean((np.linalg.norm(slopes, axis=axes or None) - center) ** 2)


RIGHT = [(NAME, penalty), (NAME, lambda *args: float(penalty(*args)))]
WRONG = [
    (NAME, matrices_only, "slopes of images", "raised ValueError", "over one example"),
    (NAME, lambda g, c: (np.linalg.norm(g.reshape(len(g), -1), axis=1) - c) ** 2, "got (5,)"),
    (NAME, lambda g, c: penalty(g, c, 1e-12), "slopes of 0", "a small constant"),
    (NAME, lambda g, c: penalty(g, c, 1e-6), "a small constant"),
    (NAME, lambda g, c: penalty(g, c) * len(g) / max(len(g) - 1, 1), "over the batch"),
]
