"""Answers to conv2d."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.unit.check_answers.tables import right, wrong


def places(images, size, stride):
    return [(n - k) // stride + 1 for n, k in zip(images.shape[2:], size, strict=True)]


def padded(images, p, mode="constant"):
    return np.pad(images, ((0, 0), (0, 0), (p, p), (p, p)), mode=mode)


@right("conv2d")
def by_loops(images, weight, bias, stride, padding):
    x = padded(images, padding)
    h, w = weight.shape[2:]
    y = np.zeros((len(x), len(weight), *places(x, (h, w), stride)))
    for b, o, p, q in np.ndindex(y.shape):
        patch = x[b, :, p * stride : p * stride + h, q * stride : q * stride + w]
        y[b, o, p, q] = bias[o] + (patch * weight[o]).sum()
    return y


@right("conv2d")
def by_windows(images, weight, bias, stride, padding, kernel=lambda w: w):
    view = sliding_window_view(padded(images, padding), weight.shape[2:], axis=(2, 3))
    view = view[:, :, ::stride, ::stride]
    y = np.einsum("bcpqij,ocij->bopq", view, kernel(weight))
    return y + bias[:, None, None]


@right("conv2d")
def by_shifts(images, weight, bias, stride, padding):
    x = padded(images, padding)
    rows, columns = places(x, weight.shape[2:], stride)
    y = np.zeros((len(x), len(weight), rows, columns)) + bias[:, None, None]
    for i, j in np.ndindex(weight.shape[2:]):
        seen = x[:, :, i : i + stride * (rows - 1) + 1 : stride]
        seen = seen[..., j : j + stride * (columns - 1) + 1 : stride]
        y += np.tensordot(weight[:, :, i, j], seen, (1, 1)).transpose(1, 0, 2, 3)
    return y


@wrong("conv2d", "one channel, one kernel", "as mathematics defines it")
def flipped(*args):
    return by_windows(*args, kernel=lambda w: w[:, :, ::-1, ::-1])


@wrong("conv2d", "which entry multiplies which")
def flipped_columns(*args):
    return by_windows(*args, kernel=lambda w: w[..., ::-1])


@wrong("conv2d", "raised ValueError", "still fits")
def kernel_transposed(*args):
    return by_windows(*args, kernel=lambda w: w.swapaxes(2, 3))


@wrong("conv2d", "one number for each output channel")
def without_bias(images, weight, bias, stride, padding):
    return by_windows(images, weight, 0 * bias, stride, padding)


@wrong("conv2d", "The bias")
def bias_inside_the_sum(images, weight, bias, stride, padding):
    return by_windows(images, weight, bias * weight[0].size, stride, padding)


@wrong("conv2d", "a batch, channels", "raised ValueError")
def bias_along_the_last_axis(images, weight, bias, stride, padding):
    return by_windows(images, weight, 0 * bias, stride, padding) + bias


@wrong("conv2d", "one input channel is used for all")
def first_channels_kernel(*args):
    return by_windows(*args, kernel=lambda w: np.repeat(w[:, :1], w.shape[1], axis=1))


@wrong("conv2d", "one output channel is used for all")
def first_kernel(*args):
    return by_windows(*args, kernel=lambda w: np.repeat(w[:1], len(w), axis=0))


@wrong("conv2d", "their mean is smaller")
def mean_over_channels(*args):
    return by_windows(*args, kernel=lambda w: w / w.shape[1])


@wrong("conv2d", "sums over all input channels")
def first_channel_alone(images, weight, *rest):
    return by_windows(images[:, :1], weight[:, :1], *rest)


@wrong("conv2d", "a stride of 2", "expected the shape")
def stride_ignored(images, weight, bias, stride, padding):
    return by_windows(images, weight, bias, 1, padding)


@wrong("conv2d", "a stride of 2")
def stride_of_rows_alone(images, weight, bias, stride, padding):
    return by_windows(images, weight, bias, 1, padding)[:, :, ::stride]


@wrong("conv2d", "a padding of 1", "expected the shape")
def padding_ignored(images, weight, bias, stride, padding):
    return by_windows(images, weight, bias, stride, 0)


@wrong("conv2d", "a padding of 1", "expected the shape")
def padded_on_two_sides(images, weight, bias, stride, padding):
    more = np.pad(images, ((0, 0), (0, 0), (padding, 0), (padding, 0)))
    return by_windows(more, weight, bias, stride, 0)


@wrong("conv2d", "Outside the image there are zeros")
def padded_with_the_border(images, weight, bias, stride, padding):
    return by_windows(padded(images, padding, "edge"), weight, bias, stride, 0)


@wrong("conv2d", "one channel, one kernel", "All the numbers are there")
def flat_list(images, weight, bias, stride, padding):
    return by_windows(images, weight, bias, stride, padding).reshape(len(images), -1)


@wrong("conv2d", "a list")
def published_loops(images, weight, bias, stride, padding):
    """As articles print it: a flat list, one channel, no stride, padding or bias."""
    found = []
    x, w = images[0, 0], weight[0, 0]
    for i in range(x.shape[0] - w.shape[0] + 1):
        for j in range(x.shape[1] - w.shape[1] + 1):
            found.append((x[i : i + w.shape[0], j : j + w.shape[1]] * w).sum())
    return found


@wrong("conv2d", "stride 3, padding 2")
def one_place_too_few(images, weight, bias, stride, padding):
    y = by_windows(images, weight, bias, stride, padding)
    return y[:, :, :-1] if stride == 3 else y


@wrong("conv2d", "an image with a NaN", "A NaN is in every place whose window covers it")
def nan_removed(*args):
    return np.nan_to_num(by_windows(*args))
