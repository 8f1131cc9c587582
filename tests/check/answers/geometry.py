"""Answers to the exercises on sizes."""

import numpy as np

SAME, FIELD = "same_padding", "receptive_field"


def same(size, kernel, stride, dilation):
    """One zero after the other until there are enough places."""
    total = 0
    while (size + total - dilation * (kernel - 1) - 1) // stride + 1 < -(-size // stride):
        total += 1
    return np.array([total // 2, (total + 1) // 2]).astype("int32")


def by_remainder(n, k, s, d):
    """As TensorFlow's documentation has it, but for a remainder of 0."""
    total = max(d * (k - 1) + 1 - (n % s), 0)
    return np.array([total // 2, (total + 1) // 2])


def field(sizes, strides):
    found, seen, step = [], 1, 1
    for k, s in zip(sizes, strides, strict=True):
        seen += (k - 1) * step
        step *= s
        found.append(seen)
    return np.array(found)


RIGHT = [(SAME, same), (FIELD, field)]
WRONG = [
    (SAME, lambda *args: same(*args).clip(0, 10), "100 pixels"),
    (SAME, lambda n, k, s, d: same(n, k, min(s, 3), d), "100 pixels"),
    (SAME, lambda n, k, s, d: same(n, k, s, min(d, 3)), "100 pixels"),
    (SAME, by_remainder, "8 pixels"),
    (SAME, lambda n, k, s, d: same(max(n, s), k, s, d), "2 pixels"),
    (SAME, lambda n, k, s, d: same(n, min(k, n), s, d), "a single pixel"),
    (FIELD, lambda k, s: field(k, s.clip(1, 2)), "strides of 2 and 3", "multiply"),
    (FIELD, lambda k, s: field(k.clip(1, 7), s), "101 pixels"),
    (FIELD, lambda k, s: field(k, s).clip(1, 1000), "eleven blocks"),
    (FIELD, lambda k, s: field(k, np.sort(s)), "two blocks"),
]  # fmt: skip
