"""Answers to the exercises on sizes."""

import math

import numpy as np

SAME, FIELD = "same_padding", "receptive_field"


def halves(total):
    return np.array([total // 2, (total + 1) // 2])


def same(size, kernel, stride, dilation):
    places = math.ceil(size / stride)
    return halves(max((places - 1) * stride + dilation * (kernel - 1) + 1 - size, 0))


def same_by_trial(size, kernel, stride, dilation):
    """One zero after the other until there are enough places."""
    total = 0
    while (size + total - dilation * (kernel - 1) - 1) // stride + 1 < -(-size // stride):
        total += 1
    return halves(total).astype("int32")


def same_by_remainder(size, kernel, stride, dilation):
    """As TensorFlow's documentation has it."""
    extent, rest = dilation * (kernel - 1) + 1, size % stride
    return halves(max(extent - (rest or stride), 0))


def field(sizes, strides):
    found, seen, step = [], 1, 1
    for k, s in zip(sizes, strides, strict=True):
        seen += (k - 1) * step
        step *= s
        found.append(seen)
    return np.array(found)


def field_from_the_end(sizes, strides):
    """From one output back to the image: r <- s (r - 1) + k."""
    found = []
    for depth in range(1, len(sizes) + 1):
        r = 1
        for k, s in zip(sizes[:depth][::-1], strides[:depth][::-1], strict=True):
            r = s * (r - 1) + k
        found.append(r)
    return np.array(found)


def field_by_sums(sizes, strides):
    return 1 + np.cumsum((sizes - 1) * np.cumprod([1, *strides[:-1]]))


RIGHT = [
    (SAME, same),
    (SAME, same_by_trial),
    (SAME, same_by_remainder),
    (FIELD, field),
    (FIELD, field_from_the_end),
    (FIELD, field_by_sums),
]
WRONG = [
    (SAME, lambda n, k, s, d: np.array([(k - 1) / 2, (k - 1) / 2]), "dtype int", "whole number"),
    (SAME, lambda *args: same(*args).sum(), "got ()", "A single number"),
    (SAME, lambda *args: tuple(same(*args)), "a tuple"),
    (SAME, lambda *args: same(*args).clip(0, 10), "100 pixels"),
    (SAME, lambda n, k, s, d: same(n, k, min(s, 3), d), "100 pixels"),
    (SAME, lambda n, k, s, d: same(n, k, s, min(d, 3)), "100 pixels"),
    (SAME, lambda n, k, s, d: halves(max(d * (k - 1) + 1 - (n % s), 0)), "8 pixels"),
    (SAME, lambda n, k, s, d: same(max(n, s), k, s, d), "2 pixels"),
    (SAME, lambda n, k, s, d: same(n, min(k, n), s, d), "a single pixel"),
    (FIELD, lambda k, s: field(k, s)[-1], "got ()", "axes of length 1"),
    (FIELD, lambda k, s: field(k, s).squeeze(), "one layer", "squeezed"),
    (FIELD, lambda k, s: field(k, s).tolist(), "a list"),
    (FIELD, lambda k, s: 1.0 * field(k, s), "expected the dtype int"),
    (FIELD, lambda k, s: field(k, s)[:4], "ten blocks", "however many"),
    (FIELD, lambda k, s: field(k, s.clip(1, 2)), "strides of 2 and 3", "multiply"),
    (FIELD, lambda k, s: field(k.clip(1, 7), s), "101 pixels"),
    (FIELD, lambda k, s: field(k, s).clip(1, 1000), "ten blocks"),
    (FIELD, lambda k, s: field(k, np.sort(s)), "two blocks"),
]  # fmt: skip
