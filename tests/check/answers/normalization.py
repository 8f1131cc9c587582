"""Answers to the exercise on batch norm."""

import numpy as np

NORM = "batch_norm"
EACH = 0, 2, 3


def norm(images, scale, shift, eps, mean=np.mean, variance=np.var):
    center, spread = (f(images, axis=EACH, keepdims=True) for f in (mean, variance))
    normal = (images - center) / np.sqrt(spread + eps)
    return normal * scale[None, :, None, None] + shift[None, :, None, None]


def by_python(images, scale, shift, eps):
    """Sums of plain numbers, one after the other."""
    y = np.empty(images.shape)
    for c in range(images.shape[1]):
        x = images[:, c].ravel().tolist()
        mean = sum(x) / len(x)
        variance = sum((a - mean) ** 2 for a in x) / len(x)
        normal = [(a - mean) / (variance + eps) ** 0.5 for a in x]
        y[:, c] = np.reshape([scale[c] * n + shift[c] for n in normal], images[:, c].shape)
    return y


def floored(images, scale, shift, eps):
    """epsilon is the least variance, not added to it."""
    return norm(images, scale, shift, 0, variance=lambda *x, **o: np.maximum(np.var(*x, **o), eps))


RIGHT = [(NORM, norm), (NORM, by_python)]
WRONG = [
    (NORM, floored, "a small constant"),
    (NORM, lambda x, a, b, eps: norm(x, a, b, max(eps, 1e-5)), "an epsilon of 1e-12"),
    (NORM, lambda *args: norm(*args, mean=np.median), "four images", "by itself"),
    (NORM, lambda *args: norm(*args, mean=lambda x, **o: 0), "four images"),
    (NORM, lambda x, a, b, eps: norm(x, abs(a), b, eps), "hint"),
    (NORM, lambda x, a, b, eps: norm(x, a**0, 0 * b, eps) * a + b, "raised ValueError",
     "Channels are the second axis"),
    (NORM, lambda x, a, b, eps: norm(x.clip(-100, 100), a, b, eps), "far from zero"),
]  # fmt: skip
