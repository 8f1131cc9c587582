"""Answers to the exercises on convolution and its gradients."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

CONV, WEIGHT, INPUT = "conv2d", "conv2d_weight_gradient", "conv2d_input_gradient"


def places(images, size, stride):
    return [(n - k) // stride + 1 for n, k in zip(images.shape[2:], size, strict=True)]


def padded(images, p, mode="constant"):
    return np.pad(images, ((0, 0), (0, 0), (p, p), (p, p)), mode=mode)


def by_windows(images, weight, bias, stride, padding, kernel=lambda w: w, mode="constant"):
    view = sliding_window_view(padded(images, padding, mode), weight.shape[2:], axis=(2, 3))
    view = view[:, :, ::stride, ::stride]
    return np.einsum("bcpqij,ocij->bopq", view, kernel(weight)) + bias[:, None, None]


def by_seven_loops(images, weight, bias, stride, padding):
    """One multiplication after the other."""
    x = padded(images, padding)
    y = np.zeros((len(x), len(weight), *places(x, weight.shape[2:], stride)))
    for b, o, p, q in np.ndindex(y.shape):
        total = bias[o]
        for c, i, j in np.ndindex(weight.shape[1:]):
            total += weight[o, c, i, j] * x[b, c, stride * p + i, stride * q + j]
        y[b, o, p, q] = total
    return y


def by_shifts(images, weight, bias, stride, padding):
    x = padded(images, padding)
    rows, columns = places(x, weight.shape[2:], stride)
    y = np.zeros((len(x), len(weight), rows, columns)) + bias[:, None, None]
    for i, j in np.ndindex(weight.shape[2:]):
        seen = x[:, :, i : i + stride * (rows - 1) + 1 : stride]
        seen = seen[..., j : j + stride * (columns - 1) + 1 : stride]
        y += np.tensordot(weight[:, :, i, j], seen, (1, 1)).transpose(1, 0, 2, 3)
    return y


def by_torch(images, weight, bias, stride, padding):
    import torch

    tensors = (torch.tensor(a) for a in (images, weight, bias))
    return torch.nn.functional.conv2d(*tensors, stride, padding).numpy()


def published_loops(images, weight, bias, stride, padding):
    """As articles print it: a flat list, one channel, no stride, padding or bias."""
    found, x, w = [], images[0, 0], weight[0, 0]
    for i in range(x.shape[0] - w.shape[0] + 1):
        for j in range(x.shape[1] - w.shape[1] + 1):
            found.append((x[i : i + w.shape[0], j : j + w.shape[1]] * w).sum())
    return found


def conv_of(**parts):
    return lambda *args: by_windows(*args, **parts)


def changed(change):
    return lambda *args: change(by_windows(*args))


def fits_stride_3(images, weight, bias, stride, padding):
    y = by_windows(images, weight, bias, stride, padding)
    return y[:, :, :-1] if stride == 3 else y


def weight_by_places(grad, images, size, stride, add=True):
    h, w = size
    found = np.zeros((grad.shape[1], images.shape[1], h, w))
    for b, o, p, q in np.ndindex(grad.shape):
        patch = images[b, :, p * stride : p * stride + h, q * stride : q * stride + w]
        found[o] = add * found[o] + grad[b, o, p, q] * patch
    return found


def weight_by_windows(grad, images, size, stride):
    view = sliding_window_view(images, size, axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("bopq,bcpqij->ocij", grad, view[:, :, : grad.shape[2], : grad.shape[3]])


def input_by_places(grad, weight, size, stride, flip=1):
    w, (h, v) = weight[:, :, ::flip, ::flip], weight.shape[2:]
    found = np.zeros((len(grad), w.shape[1], *size))
    for b, o, p, q in np.ndindex(grad.shape):
        found[b, :, p * stride : p * stride + h, q * stride : q * stride + v] += (
            grad[b, o, p, q] * w[o]
        )
    return found


def input_by_flipped_kernels(grad, weight, size, stride, flip=-1):
    """Zeros between the gradient's places and around it, then a convolution."""
    (B, out), (h, v) = grad.shape[:2], weight.shape[2:]
    wide = np.zeros((B, out, size[0] + h - 1, size[1] + v - 1))
    rows, columns = (stride * (n - 1) + 1 for n in grad.shape[2:])
    wide[:, :, h - 1 : h - 1 + rows : stride, v - 1 : v - 1 + columns : stride] = grad
    view = sliding_window_view(wide, (h, v), axis=(2, 3))
    return np.einsum("bopqij,ocij->bcpq", view, weight[:, :, ::flip, ::flip])


def reached(grad, weight, size, stride):
    """Without the rows and columns that are left over."""
    size = [stride * (n - 1) + k for n, k in zip(grad.shape[2:], weight.shape[2:], strict=True)]
    return input_by_places(grad, weight, size, stride)


RIGHT = [
    (CONV, by_windows),
    (CONV, by_seven_loops),
    (CONV, by_shifts),
    (CONV, by_torch),
    (WEIGHT, weight_by_places),
    (WEIGHT, weight_by_windows),
    (INPUT, input_by_places),
    (INPUT, input_by_flipped_kernels),
]
WRONG = [
    (CONV, conv_of(kernel=lambda w: w.swapaxes(2, 3)), "raised ValueError", "Do the shapes fit?"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, 0 * b, s, p) + b, "raised ValueError",
     "second axis of the result"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, b, 1, p), "a stride of 2", "expected the shape"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, b, 1, p)[:, :, ::s], "a stride of 2"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, b, min(s, 2), p), "stride 3, padding 2"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, b, s, 0), "a padding of 1", "expected the shape"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w, b, s, min(p, 1)), "stride 3, padding 2"),
    (CONV, lambda x, w, b, s, p: by_windows(padded(x, p)[:, :, : -p or None], w, b, s, 0),
     "a padding of 1", "expected the shape"),
    (CONV, conv_of(mode="wrap"), "a padding of 1", "Rows and columns of zeros"),
    (CONV, fits_stride_3, "stride 3, padding 2", "still fits"),
    (CONV, changed(lambda y: y.reshape(len(y), -1)), "All the numbers are there"),
    (CONV, published_loops, "a list"),
    (CONV, changed(np.nan_to_num), "an image with a NaN", "whose window covers it"),
    (CONV, changed(lambda y: np.where(np.isnan(y).any(1, keepdims=True).any(2, keepdims=True),
     np.nan, y)), "an image with a NaN", "nowhere else"),
    (CONV, changed(lambda y: y.squeeze()), "one channel, one kernel", "squeezed"),
    (CONV, changed(lambda y: np.maximum(y, 0)), "one channel, one kernel"),
    (CONV, changed(lambda y: y.clip(-1000, 1000)), "clipped"),
    (CONV, changed(lambda y: y[:, :, :5]), "a padding of 1", "expected the shape"),
    (CONV, lambda x, w, b, s, p: by_windows(x[:, :3], w[:, :3], b, s, p), "longer axes"),
    (CONV, lambda x, w, b, s, p: by_windows(x, w[:4], b[:4], s, p), "longer axes"),
    (CONV, changed(lambda y: y.astype("float32").astype(float)), "is there float32"),
    (WEIGHT, lambda *args: weight_by_places(*args, add=False), "one channel", "met the pixel"),
    (WEIGHT, lambda *args: weight_by_windows(*args).swapaxes(0, 1), "a batch and channels",
     "expected the shape (4, 3, 3, 2), got (3, 4, 3, 2)"),
    (WEIGHT, lambda *args: weight_by_windows(*args).sum(axis=1, keepdims=True), "and channels"),
    (WEIGHT, lambda g, x, k, s: weight_by_windows(g, x, k, min(s, 2)), "larger than the kernel"),
    (WEIGHT, lambda g, x, k, s: weight_by_windows(g, x, k[::-1], s), "raised ValueError"),
    (WEIGHT, lambda *args: weight_by_windows(*args).squeeze(), "one channel", "squeezed"),
    (WEIGHT, lambda *args: weight_by_windows(*args).clip(-100, 100), "clipped"),
    (WEIGHT, lambda g, x, k, s: weight_by_windows(g[:, :, :6, :6], x, k, s), "one pixel"),
    (WEIGHT, lambda g, x, k, s: weight_by_windows(g[:5], x[:5], k, s), "longer axes"),
    (WEIGHT, lambda g, x, k, s: weight_by_windows(g, x, k, s) / len(x) * 2, "one channel"),
    (INPUT, lambda *args: input_by_flipped_kernels(*args, flip=1), "kernel slides as it stands"),
    (INPUT, lambda *args: input_by_places(*args, flip=-1), "kernel slides as it stands"),
    (INPUT, reached, "leaves rows over", "expected the shape"),
    (INPUT, lambda g, w, n, s: input_by_places(g, w.swapaxes(0, 1), n, s), "raised IndexError",
     "The pixel (r, t) met"),
    (INPUT, lambda g, w, n, s: input_by_places(g, w, n[::-1], s), "raised ValueError"),
    (INPUT, lambda g, w, n, s: input_by_places(g[:, :4], w[:4], n, s), "longer axes"),
    (INPUT, lambda g, w, n, s: input_by_places(g[:, :, :6], w, n, s), "one pixel"),
    (INPUT, lambda *args: input_by_places(*args).squeeze(), "one channel", "squeezed"),
    (INPUT, lambda *args: input_by_places(*args).clip(-100, 100), "clipped"),
    (INPUT, lambda *args: input_by_places(*args).astype("float32").astype(float), "float32"),
]  # fmt: skip
