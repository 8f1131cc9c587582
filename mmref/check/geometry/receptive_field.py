"""sizes (L,) and strides (L,), integers: the kernel and the stride of each layer of a stack,
convolutions and poolings alike, the layer next to the image first. Returns an array of integers
(L,): how many pixels of the image, along one axis, one output of each layer can see."""

import numpy as np

from mmref.check.exercise import INTEGERS, Exercise, given
from mmref.reference.geometry import receptive_field

PIXELS = "One step in this layer: how many input pixels is that?"
STEPS = "Steps multiply."
LAYERS = "Go over as many layers as there are, however many."


def layers(words, hint, sizes, strides):
    return given(words, hint, np.array(sizes), np.array(strides))


CASES = (
    layers("one layer", "A single layer sees as much as its kernel.", [5], [1]),
    layers("one layer with a stride", "A single layer sees as much as its kernel.", [4], [3]),
    layers("three layers of 3, no strides", PIXELS, [3, 3, 3], [1, 1, 1]),
    layers("two blocks of convolution and pooling", PIXELS, [3, 2, 3, 2], [1, 2, 1, 2]),
    layers("a stride in the first layer", PIXELS, [7, 3, 3], [2, 1, 1]),
    layers("strides of 2 and 3", STEPS, [3, 5, 2, 4], [2, 3, 1, 2]),
    layers("kernels of one pixel", PIXELS, [1, 3, 1, 3], [2, 1, 2, 1]),
    layers("eleven blocks of convolution and pooling", LAYERS, [3, 2] * 11, [1, 2] * 11),
    layers("a kernel of 101 pixels", STEPS, [11, 101, 3], [4, 17, 1]),
)
MISTAKES = (
    ("Strides make steps longer for the layers behind them.",
     lambda k, s: receptive_field(k, s**0)),
    ("A layer's own stride moves its neighbors apart; it does not widen what one of them sees.",
     lambda k, s: 1 + np.cumsum((k - 1) * np.cumprod(s))),
    ("Two layers of 3 see 5 pixels: neighbors overlap.", lambda k, s: np.cumsum(k)),
    ("Fields do not multiply.", lambda k, s: np.cumprod(k)),
    ("One output sees one pixel before the first layer.", lambda k, s: receptive_field(k, s) - 1),
    (STEPS, lambda k, s: 1 + np.cumsum((k - 1) * np.array([1, *s[:-1]]))),
    ("One number for each layer: the image, which sees itself, is none.",
     lambda k, s: np.append(1, receptive_field(k, s))),
    ("Every layer is asked for, not the last one alone.",
     lambda k, s: receptive_field(k, s)[-1], lambda k, s: receptive_field(k, s)[-1:]),
    ("The first layer is one, too.", lambda k, s: receptive_field(k, s)[1:]),
    ("That counts what the last layer sees from the other end.",
     lambda k, s: receptive_field(k[::-1], s[::-1])),
)  # fmt: skip
EXERCISE = Exercise(receptive_field, __doc__, CASES, MISTAKES, kind=INTEGERS, axis="layer")
