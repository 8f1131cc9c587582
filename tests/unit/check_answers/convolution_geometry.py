"""Answers to same_padding and receptive_field."""

import math

import numpy as np

from tests.unit.check_answers.tables import right, wrong

SAME, FIELD = "same_padding", "receptive_field"


@right(SAME)
def same(size, kernel, stride, dilation):
    places = math.ceil(size / stride)
    length = (places - 1) * stride + dilation * (kernel - 1) + 1
    total = max(length - size, 0)
    return np.array([total // 2, (total + 1) // 2])


@right(SAME)
def same_by_trial(size, kernel, stride, dilation):
    """One zero after the other until there are enough places."""
    total = 0
    while (size + total - dilation * (kernel - 1) - 1) // stride + 1 < -(-size // stride):
        total += 1
    return np.array((total // 2, total - total // 2))


@wrong(SAME, "belongs after")
def odd_one_before(*args):
    return same(*args)[::-1].copy()


@wrong(SAME, "a stride of 2", "fewer places")
def half_of_the_kernel(size, kernel, stride, dilation):
    return np.array([(kernel - 1) // 2, kernel // 2])


@wrong(SAME, "fewer places")
def half_of_the_extent(size, kernel, stride, dilation):
    total = dilation * (kernel - 1)
    return np.array([total // 2, total - total // 2])


@wrong(SAME, "a dilation of 3", "A dilated kernel is longer")
def dilation_ignored(size, kernel, stride, dilation):
    return same(size, kernel, stride, 1)


@wrong(SAME, "a dilation of 3", "A dilated kernel is longer")
def extent_of_whole_steps(size, kernel, stride, dilation):
    return same(size, dilation * kernel, stride, 1)


@wrong(SAME, "7 pixels, a kernel of 3, a stride of 2", "rounded up, not down")
def rounded_down(size, kernel, stride, dilation):
    total = max((size // stride - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return np.array([total // 2, total - total // 2])


@wrong(SAME, "a kernel of 1, a stride of 4", "no negative padding")
def negative(size, kernel, stride, dilation):
    total = (-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size
    return np.array([total // 2, total - total // 2])


@wrong(SAME, "one too many")
def larger_half_twice(*args):
    return np.repeat(same(*args)[1], 2)


@wrong(SAME, "one too few")
def smaller_half_twice(*args):
    return np.repeat(same(*args)[0], 2)


@wrong(SAME, "expected the dtype int", "A whole number")
def halves(size, kernel, stride, dilation):
    return np.array([(kernel - 1) / 2, (kernel - 1) / 2])


@wrong(SAME, "expected the shape (2,), got ()")
def total_alone(*args):
    return same(*args).sum()


@right(FIELD)
def field(sizes, strides):
    found, seen, step = [], 1, 1
    for k, s in zip(sizes, strides, strict=True):
        seen += (k - 1) * step
        step *= s
        found.append(seen)
    return np.array(found)


@right(FIELD)
def field_from_the_end(sizes, strides):
    """From one output back to the image: r <- s (r - 1) + k."""
    found = []
    for depth in range(1, len(sizes) + 1):
        r = 1
        for k, s in zip(sizes[:depth][::-1], strides[:depth][::-1], strict=True):
            r = s * (r - 1) + k
        found.append(r)
    return np.array(found)


@wrong(FIELD, "Strides make steps longer")
def strides_ignored(sizes, strides):
    return 1 + np.cumsum(sizes - 1)


@wrong(FIELD, "does not widen what one of them sees")
def own_stride_counted(sizes, strides):
    return 1 + np.cumsum((sizes - 1) * np.cumprod(strides))


@wrong(FIELD, "three layers of 3", "neighbors overlap")
def kernels_added(sizes, strides):
    return np.cumsum(sizes)


@wrong(FIELD, "do not multiply")
def kernels_multiplied(sizes, strides):
    return np.cumprod(sizes)


@wrong(FIELD, "sees one pixel before the first layer")
def one_too_few(sizes, strides):
    return field(sizes, strides) - 1


@wrong(FIELD, "two blocks of convolution and pooling", "Steps multiply")
def last_stride_alone(sizes, strides):
    return 1 + np.cumsum((sizes - 1) * np.concatenate([[1], strides[:-1]]))


@wrong(FIELD, "from the other end")
def reversed_layers(sizes, strides):
    return field(sizes[::-1], strides[::-1])


@wrong(FIELD, "expected the shape (1,), got ()", "A single number")
def last_layer_alone(sizes, strides):
    return field(sizes, strides)[-1]


@wrong(FIELD, "a list")
def as_a_list(sizes, strides):
    return field(sizes, strides).tolist()
