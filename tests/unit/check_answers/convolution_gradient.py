"""Answers to conv2d_weight_gradient and conv2d_input_gradient."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.unit.check_answers.tables import right, wrong

WEIGHT, INPUT = "conv2d_weight_gradient", "conv2d_input_gradient"


@right(WEIGHT)
def weight_by_places(grad, images, size, stride):
    h, w = size
    found = np.zeros((grad.shape[1], images.shape[1], h, w))
    for b, o, p, q in np.ndindex(grad.shape):
        patch = images[b, :, p * stride : p * stride + h, q * stride : q * stride + w]
        found[o] += grad[b, o, p, q] * patch
    return found


@right(WEIGHT)
def weight_by_windows(grad, images, size, stride):
    view = sliding_window_view(images, size, axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("bopq,bcpqij->ocij", grad, view)


@wrong(WEIGHT, "a sum over all their uses")
def weight_mean_over_batch(grad, *args):
    return weight_by_windows(grad, *args) / len(grad)


@wrong(WEIGHT, "a sum over all their uses")
def weight_mean_over_places(grad, *args):
    return weight_by_windows(grad, *args) / grad[0, 0].size


@wrong(WEIGHT, "add up all that reaches it")
def weight_of_last_image(grad, images, *args):
    return weight_by_windows(grad[-1:], images[-1:], *args)


@wrong(WEIGHT, "Forward, the kernel slides as it stands")
def weight_flipped(*args):
    return weight_by_windows(*args)[:, :, ::-1, ::-1]


@wrong(WEIGHT, "a stride of 2", "start s rows apart")
def weight_stride_ignored(grad, images, size, stride):
    view = sliding_window_view(images, size, axis=(2, 3))
    return np.einsum("bopq,bcpqij->ocij", grad, view[:, :, : grad.shape[2], : grad.shape[3]])


@wrong(WEIGHT, "sign is reversed")
def weight_negative(*args):
    return -weight_by_windows(*args)


@wrong(WEIGHT, "one channel, one kernel", "met the pixel")
def weight_last_place_alone(grad, images, size, stride):
    h, w = size
    found = np.zeros((grad.shape[1], images.shape[1], h, w))
    for b, o, p, q in np.ndindex(grad.shape):
        patch = images[b, :, p * stride : p * stride + h, q * stride : q * stride + w]
        found[o] = grad[b, o, p, q] * patch
    return found


@wrong(WEIGHT, "a batch and channels", "expected the shape (4, 3, 3, 2), got (3, 4, 3, 2)")
def weight_transposed(*args):
    return weight_by_windows(*args).swapaxes(0, 1)


@wrong(WEIGHT, "a batch and channels", "An axis too few")
def weight_summed_over_channels(*args):
    found = weight_by_windows(*args)
    return found if found.shape[1] == 1 else found.sum(axis=1)


@right(INPUT)
def input_by_places(grad, weight, size, stride, flip=False, add=True):
    w = weight[:, :, ::-1, ::-1] if flip else weight
    h, v = w.shape[2:]
    found = np.zeros((len(grad), w.shape[1], *size))
    for b, o, p, q in np.ndindex(grad.shape):
        rows, columns = slice(p * stride, p * stride + h), slice(q * stride, q * stride + v)
        if add:
            found[b, :, rows, columns] += grad[b, o, p, q] * w[o]
        else:
            found[b, :, rows, columns] = grad[b, o, p, q] * w[o]
    return found


@right(INPUT)
def input_by_flipped_kernels(grad, weight, size, stride, flip=True):
    """Zeros between the gradient's places and around it, then a convolution."""
    (B, out), (h, v) = grad.shape[:2], weight.shape[2:]
    wide = np.zeros((B, out, size[0] + h - 1, size[1] + v - 1))
    rows, columns = (stride * (n - 1) + 1 for n in grad.shape[2:])
    wide[:, :, h - 1 : h - 1 + rows : stride, v - 1 : v - 1 + columns : stride] = grad
    view = sliding_window_view(wide, (h, v), axis=(2, 3))
    kernel = weight[:, :, ::-1, ::-1] if flip else weight
    return np.einsum("bopqij,ocij->bcpq", view, kernel)


@wrong(INPUT, "Forward, the kernel slides as it stands")
def input_without_flipping(*args):
    return input_by_flipped_kernels(*args, flip=False)


@wrong(INPUT, "Forward, the kernel slides as it stands")
def input_flipped_twice(*args):
    return input_by_places(*args, flip=True)


@wrong(INPUT, "one channel, one kernel")
def input_last_wins(*args):
    return input_by_places(*args, add=False)


@wrong(INPUT, "a stride of 2", "s pixels apart")
def input_stride_ignored(grad, weight, size, stride):
    (h, v), found = weight.shape[2:], np.zeros((len(grad), weight.shape[1], *size))
    for b, o, p, q in np.ndindex(grad.shape):
        found[b, :, p : p + h, q : q + v] += grad[b, o, p, q] * weight[o]
    return found


@wrong(INPUT, "Every output channel looked at this pixel")
def input_first_output_channel(grad, weight, *args):
    return input_by_places(grad[:, :1], weight[:1], *args)


@wrong(INPUT, "a sum over the windows")
def input_mean(grad, weight, size, stride):
    ones = input_by_places(np.ones_like(grad[:1, :1]), np.ones_like(weight[:1, :1]), size, stride)
    return input_by_places(grad, weight, size, stride) / np.maximum(ones, 1)


@wrong(INPUT, "sign is reversed")
def input_negative(*args):
    return -input_by_places(*args)


@wrong(INPUT, "leaves rows over", "expected the shape (2, 3, 8, 7), got (2, 3, 7, 6)")
def input_without_what_is_left_over(grad, weight, size, stride):
    reached = [stride * (n - 1) + k for n, k in zip(grad.shape[2:], weight.shape[2:], strict=True)]
    return input_by_places(grad, weight, reached, stride)


@wrong(INPUT, "a batch and channels", "raised IndexError")
def input_kernels_of_wrong_axis(grad, weight, size, stride):
    return input_by_places(grad, weight.swapaxes(0, 1), size, stride)[:, : weight.shape[1]]
