"""Answers to the exercises on convolution and its gradients."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mmref.check.exercise import Wrong

CONV, WEIGHT, INPUT = "conv2d", "conv2d_weight_gradient", "conv2d_input_gradient"


def padded(images, p, mode="constant"):
    return np.pad(images, ((0, 0), (0, 0), (p, p), (p, p)), mode=mode)


def by_windows(images, weight, bias, stride, padding, mode="constant"):
    view = sliding_window_view(padded(images, padding, mode), weight.shape[2:], axis=(2, 3))
    view = view[:, :, ::stride, ::stride]
    return np.einsum("bcpqij,ocij->bopq", view, weight) + bias[:, None, None]


def by_seven_loops(images, weight, bias, stride, padding):
    """One multiplication after the other."""
    x, kernel = padded(images, padding), weight.shape[2:]
    places = [(n - k) // stride + 1 for n, k in zip(x.shape[2:], kernel, strict=True)]
    y = np.zeros((len(x), len(weight), *places))
    for b, o, p, q in np.ndindex(y.shape):
        total = bias[o]
        for c, i, j in np.ndindex(weight.shape[1:]):
            total += weight[o, c, i, j] * x[b, c, stride * p + i, stride * q + j]
        y[b, o, p, q] = total
    return y


def weight_by_places(grad, images, size, stride, add=True):
    h, w = size
    found = np.zeros((grad.shape[1], images.shape[1], h, w))
    for b, o, p, q in np.ndindex(grad.shape):
        patch = images[b, :, p * stride : p * stride + h, q * stride : q * stride + w]
        found[o] = add * found[o] + grad[b, o, p, q] * patch
    return found


def input_by_places(grad, weight, size, stride):
    (h, w), found = weight.shape[2:], np.zeros((len(grad), weight.shape[1], *size))
    for b, o, p, q in np.ndindex(grad.shape):
        patch = found[b, :, p * stride : p * stride + h, q * stride : q * stride + w]
        patch += grad[b, o, p, q] * weight[o]
    return found


def reached(grad, weight, size, stride):
    """Without the rows and columns that are left over."""
    size = [stride * (n - 1) + k for n, k in zip(grad.shape[2:], weight.shape[2:], strict=True)]
    return input_by_places(grad, weight, size, stride)


RIGHT = [(CONV, by_windows), (CONV, by_seven_loops), (WEIGHT, weight_by_places),
         (INPUT, input_by_places)]  # fmt: skip
WRONG = [
    (CONV, lambda x, w, b, s, p: by_windows(x, w.swapaxes(2, 3), b, s, p), "one channel",
     "which pixels does the window cover"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, 0 * b, s, p) + b, "raised ValueError",
     "second axis of the result"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, b, 1, p)[:, :, ::s], "a stride of 2"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, b, min(s, 2), p), "stride 3, padding 2"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, b, s, min(p, 1)), "stride 3, padding 2"),
    (CONV, lambda x, w, b, s, p: by_windows(padded(x, p)[:, :, : -p or None], w, b, s, 0),
     "a padding of 1", "expected the shape"),
    (CONV, lambda *args: by_windows(*args, "wrap"), "a padding of 1", "Rows and columns of zeros"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, b, s, p)[:, :, : -1 if s == 3 else None],
     "stride 3, padding 2", "still fits"),
    (CONV, Wrong(by_windows).then(np.nan_to_num), "an image with a NaN", "whose window covers it"),
    (CONV, Wrong(by_windows).then(lambda y: y + 0 * y.sum(axis=(1, 2), keepdims=True)),
     "an image with a NaN", "nowhere else"),
    (WEIGHT, lambda *args: weight_by_places(*args, add=False), "one channel", "met the pixel"),
    (WEIGHT, lambda g, x, k, s: weight_by_places(g, x, k, min(s, 2)), "larger than the kernel"),
    (WEIGHT, lambda g, x, k, s: weight_by_places(g, x, k[::-1], s), "raised ValueError"),
    (INPUT, reached, "leaves rows over", "expected the shape"),
    (INPUT, lambda g, w, n, s: input_by_places(g, w.swapaxes(0, 1), n, s), "raised IndexError",
     "The pixel (r, t) met"),
    (INPUT, lambda g, w, n, s: input_by_places(g, w, n[::-1], s), "raised ValueError"),
]  # fmt: skip
