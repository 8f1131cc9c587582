"""Answers to the exercise on the transposed convolution."""

import numpy as np


def copies(x, w, stride):
    y = np.zeros((len(x) - 1) * stride + len(w))
    for i, value in enumerate(x):
        y[i * stride : i * stride + len(w)] += value * w
    return y


def by_zeros(x, w, stride):
    spread = np.zeros((len(x) - 1) * stride + 1)
    spread[::stride] = x
    return np.convolve(spread, w)


def by_matrix(x, w, stride):
    rows = [np.concatenate([np.zeros(i * stride), w, np.zeros((len(x) - 1 - i) * stride)])
            for i in range(len(x))]  # fmt: skip
    return x @ np.array(rows)


def overwritten(x, w, stride):
    y = np.zeros((len(x) - 1) * stride + len(w))
    for i, value in enumerate(x):
        y[i * stride : i * stride + len(w)] = value * w
    return y


def filled(x, w, stride):
    """The nearest copies in place of what stands between them."""
    y = copies(x, w, stride)
    return np.where(y == 0, 1.0, y)


NAME = "transposed_convolution"
RIGHT = [(NAME, copies), (NAME, by_zeros), (NAME, by_matrix)]
WRONG = [
    (NAME, lambda x, w, s: np.convolve(x, w), "stride 2", "got (6,)", "places apart"),
    (NAME, lambda x, w, s: np.convolve(x, w, "same"), "expected the shape (6,), got (4,)"),
    (NAME, overwritten, "where copies meet, add"),
    (NAME, lambda x, w, s: np.append(copies(x, w, s), 0.0), "got (7,)"),
    (NAME, filled, "a stride beyond the kernel", "between the copies"),
    (NAME, lambda x, w, s: copies(x, w, min(s, 5)), "longer axes"),
    (NAME, lambda x, w, s: copies(x[:4], w, s), "longer axes"),
    (NAME, lambda x, w, s: np.clip(copies(x, w, s), -1e4, 1e4), "1000 and more", "clipped"),
    (NAME, lambda x, w, s: copies(x, w, s) if len(w) <= len(x) else copies(w, x, s)[: len(x)],
     "a kernel longer than x"),
]  # fmt: skip
