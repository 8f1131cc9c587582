"""Answers to the exercise on the transposed convolution."""

import numpy as np

NAME = "conv_transpose2d_of_a_row"


def copies(x, w, stride, add=1):
    y = np.zeros((len(x) - 1) * stride + len(w))
    for i, value in enumerate(x):
        place = slice(i * stride, i * stride + len(w))
        y[place] = add * y[place] + value * w
    return y


def filled(x, w, stride):
    """Another number in what stands between the copies."""
    y = copies(x, w, stride)
    return np.where(y == 0, 1.0, y)


RIGHT = [(NAME, copies)]
WRONG = [
    (NAME, lambda x, w, s: np.convolve(x, w, "same"), "expected the shape (6,), got (4,)"),
    (NAME, lambda x, w, s: copies(x, w, s, add=0), "where copies meet, add"),
    (NAME, lambda x, w, s: np.append(copies(x, w, s), 0.0), "got (7,)"),
    (NAME, filled, "a stride beyond the kernel", "between the copies"),
    (NAME, lambda x, w, s: copies(x, w, min(s, 5)), "longer axes"),
    (NAME, lambda x, w, s: copies(x, w, s) if len(w) <= len(x) else copies(w, x, s)[: len(x)],
     "a kernel longer than x"),
]  # fmt: skip
