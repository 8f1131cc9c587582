"""Exercise on convolution: stride, padding, channels and bias."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference.convolution import conv2d

KERNEL = "At one place: which pixels does the window cover, and which entry multiplies which?"
CHANNELS = "Each output channel sums over all input channels, with a kernel for each of them."
STRIDE = "The window starts at the rows 0, s, 2 s, ... as long as it fits."
PADDING = "Rows and columns of zeros, the same number on all four sides, then as without."
SEEN = "A NaN is in every place whose window covers it, in all output channels, and nowhere else."
SIZES = "How many places are there? Count the starts at which the window still fits."


def conv2d_cases():
    # All sizes differ, so that no swapped axis goes unnoticed.
    yield _case("one channel, one kernel", (1, 1, 4, 5), (1, 1, 2, 3), 1, 0, KERNEL)
    yield _case("a batch, channels, several kernels", (2, 3, 6, 7), (4, 3, 3, 2), 1, 0, CHANNELS)
    yield _case("a stride of 2", (2, 3, 7, 8), (4, 3, 3, 2), 2, 0, STRIDE)
    yield _case("a padding of 1", (2, 3, 5, 6), (4, 3, 3, 2), 1, 1, PADDING)
    yield _case("stride 3, padding 2", (2, 3, 6, 9), (4, 3, 3, 4), 3, 2, SIZES)
    yield _case("a kernel as large as the image", (2, 3, 4, 5), (2, 3, 4, 5), 1, 0, SIZES)
    yield _case("a kernel of one pixel", (2, 3, 4, 5), (6, 3, 1, 1), 2, 0, CHANNELS)
    hole = _case("an image with a NaN", (2, 3, 5, 6), (4, 3, 3, 2), 1, 1, SEEN)
    hole.args[0][1, 2, 1, 3] = np.nan
    yield hole


def _case(words, images, weight, stride, padding, hint):
    rng = np.random.default_rng(50)
    x, w = rng.normal(size=images).round(2), rng.normal(size=weight).round(2)
    b = rng.normal(size=weight[0]).round(2)
    return Case(words, (x, w, b, stride, padding), hint, axis="image", raised=SIZES)


def _replicated(x, w, b, s, p):
    return conv2d(np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode="edge"), w, b, s)


BIAS = "The bias: one number for each output channel, the same at every place."
FLIPPED = "That is convolution as mathematics defines it; networks leave the kernel as it stands."
MISTAKES = (
    (FLIPPED, lambda x, w, b, s, p: conv2d(x, w[:, :, ::-1, ::-1], b, s, p)),
    (KERNEL, lambda x, w, b, s, p: conv2d(x, w[:, :, :, ::-1], b, s, p)),
    (KERNEL, lambda x, w, b, s, p: conv2d(x, w[:, :, ::-1], b, s, p)),
    (BIAS, lambda x, w, b, s, p: conv2d(x, w, None, s, p)),
    (BIAS, lambda x, w, b, s, p: conv2d(x, w, w.shape[1] * b, s, p)),
    (BIAS, lambda x, w, b, s, p: conv2d(x, w, w[0].size * b, s, p)),
    (CHANNELS, lambda x, w, b, s, p: conv2d(x[:, :1], w[:, :1], b, s, p)),
    (
        "The kernel of one input channel is used for all of them.",
        lambda x, w, b, s, p: conv2d(x, np.repeat(w[:, :1], w.shape[1], axis=1), b, s, p),
    ),
    (
        "The kernel of one output channel is used for all of them.",
        lambda x, w, b, s, p: conv2d(x, np.repeat(w[:1], len(w), axis=0), b, s, p),
    ),
    (
        "Over the channels one sums; their mean is smaller by their number.",
        lambda x, w, b, s, p: conv2d(x, w / w.shape[1], b, s, p),
    ),
    ("Outside the image there are zeros.", _replicated),
)

SIGNATURE = "conv2d(images, weight, bias, stride, padding)"
EXERCISES = {
    "conv2d": Exercise(
        SIGNATURE,
        "The convolution of networks, a cross-correlation: images (B, C, H, W), weight "
        "(O, C, h, w), bias (O,), floats; stride, an integer s for both directions; padding, an "
        "integer p: so many rows and columns of zeros on each of the four sides. Returns "
        "(B, O, H', W'), where H' is (H + 2 p - h) / s, rounded down, plus 1, and W' likewise.",
        compare_function(SIGNATURE, conv2d, conv2d_cases, MISTAKES),
    ),
}
