"""Exercises on sizes: "same" padding and receptive fields."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference.geometry import receptive_field, same_padding

PLACES = "There shall be size / stride places, rounded up. How long must the padded row be?"
EXTENT = "A dilated kernel is longer than it has entries: count from its first to its last."
NONE = "A window may fit with room to spare; there is no negative padding."
ODD = "Which side gets the odd one?"


def padding_cases():
    yield _padding("8 pixels, a kernel of 3", 8, 3, 1, 1, PLACES)
    yield _padding("8 pixels, a kernel of 4", 8, 4, 1, 1, ODD)
    yield _padding("8 pixels, a kernel of 3, a stride of 2", 8, 3, 2, 1, ODD)
    yield _padding("7 pixels, a kernel of 3, a stride of 2", 7, 3, 2, 1, PLACES)
    yield _padding("9 pixels, a kernel of 5, a stride of 3", 9, 5, 3, 1, PLACES)
    yield _padding("10 pixels, a kernel of 3, a dilation of 3", 10, 3, 1, 3, EXTENT)
    yield _padding("10 pixels, a kernel of 1, a stride of 4", 10, 1, 4, 1, NONE)
    yield _padding("a single pixel, a kernel of 6", 1, 6, 1, 1, ODD)


def _padding(words, size, kernel, stride, dilation, hint):
    return Case(
        words, (size, kernel, stride, dilation), hint, axis="side", rows=("before", "after")
    )


def field_cases():
    hint = "One step in this layer: how many input pixels is that?"
    yield _field("one layer", [5], [1], "A single layer sees as much as its kernel.")
    yield _field("three layers of 3, no strides", [3, 3, 3], [1, 1, 1], hint)
    yield _field("two blocks of convolution and pooling", [3, 2, 3, 2], [1, 2, 1, 2], hint)
    yield _field("a stride in the first layer", [7, 3, 3], [2, 1, 1], hint)
    yield _field("strides of 2 and 3", [3, 5, 2, 4], [2, 3, 1, 2], "Steps multiply.")
    yield _field("kernels of one pixel", [1, 3, 1, 3], [2, 1, 2, 1], hint)


def _field(words, sizes, strides, hint):
    return Case(words, (np.array(sizes), np.array(strides)), hint, axis="layer")


def _same(size, kernel, stride, dilation):
    return np.array(same_padding((size, 1), kernel, stride, dilation)[0])


def _same_by(total):
    """The two sides of a total that is computed otherwise."""

    def sides(size, kernel, stride, dilation):
        both = int(total(size, kernel, stride, dilation))
        return np.array([both // 2, both - both // 2])

    return sides


def _total(n, k, s, d):
    return max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)


FEWER = "With a stride there are fewer places, and less is needed."
PADDING_MISTAKES = (
    (
        "The odd one is put before; it belongs after. PyTorch's padding=1 has it on both sides.",
        lambda *a: _same(*a)[::-1],
    ),
    (EXTENT, _same_by(lambda n, k, s, d: _total(n, k, s, 1))),
    (EXTENT, _same_by(lambda n, k, s, d: max((-(-n // s) - 1) * s + d * k - n, 0))),
    (FEWER, _same_by(lambda n, k, s, d: k - 1)),
    (FEWER, _same_by(lambda n, k, s, d: d * (k - 1))),
    (
        "The number of places is rounded up, not down.",
        _same_by(lambda n, k, s, d: max((n // s - 1) * s + d * (k - 1) + 1 - n, 0)),
    ),
    (NONE, _same_by(lambda n, k, s, d: (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)),
    (
        "Both sides got the larger half: together that is one too many.",
        lambda *a: np.repeat(_same(*a)[1], 2),
    ),
    (
        "Both sides got the smaller half: together that is one too few.",
        lambda *a: np.repeat(_same(*a)[0], 2),
    ),
)
FIELD_MISTAKES = (
    (
        "Strides make steps longer for the layers behind them.",
        lambda k, s: receptive_field(k, np.ones_like(s)),
    ),
    (
        "A layer's own stride moves its neighbors apart; it does not widen what one of them sees.",
        lambda k, s: 1 + np.cumsum((k - 1) * np.cumprod(s)),
    ),
    ("Two layers of 3 see 5 pixels: neighbors overlap.", lambda k, s: np.cumsum(k)),
    ("Fields do not multiply.", lambda k, s: np.cumprod(k)),
    ("One output sees one pixel before the first layer.", lambda k, s: receptive_field(k, s) - 1),
    ("Steps multiply.", lambda k, s: 1 + np.cumsum((k - 1) * np.array([1, *s[:-1]]))),
    (
        "That counts what the last layer sees from the other end.",
        lambda k, s: receptive_field(k[::-1], s[::-1]),
    ),
)

PADDING = "same_padding(size, kernel, stride, dilation)"
FIELD = "receptive_field(sizes, strides)"
EXERCISES = {
    "same_padding": Exercise(
        PADDING,
        "Along one axis, with four integers: size, the number of pixels; kernel, the number of the "
        "kernel's entries; stride; dilation, the distance between neighboring entries. Returns "
        "integers (2,), how many zeros to put before and after so that there are size / stride "
        "places, rounded up, and no more zeros than needed; the odd one comes after.",
        compare_function(PADDING, _same, padding_cases, PADDING_MISTAKES, kind="int"),
    ),
    "receptive_field": Exercise(
        FIELD,
        "sizes (L,) and strides (L,), integers: the kernel and the stride of each layer of a "
        "stack, convolutions and poolings alike, the layer next to the image first. Returns "
        "an array of integers (L,): how many pixels of the image, along one axis, one output of "
        "each layer can see.",
        compare_function(FIELD, receptive_field, field_cases, FIELD_MISTAKES, kind="int"),
    ),
}
