"""x (N,), w (k,), stride at least 1. Returns y ((N - 1) stride + k,): the sum of N copies of w, the
one of entry i scaled by x_i and beginning at i times stride."""

import numpy as np

from mmref.check.exercise import Exercise, arrays, case
from mmref.reference import transposed

MEET = "Each entry of x adds a copy of w; where copies meet, add."
draw = arrays("N", "k", "stride", N=4, k=3, stride=1)


def conv_transpose2d_of_a_row(x, w, stride):
    images, kernel = x[None, None, None], w[None, None, None]
    return transposed.conv_transpose2d(images, kernel, stride=(1, stride))[0, 0, 0]


def spread(x, stride):
    out = np.zeros((len(x) - 1) * stride + 1)
    out[::stride] = x
    return out


CASES = (
    case("stride 1", MEET),
    case("stride 2", "Entry i puts its copy s places after that of i - 1.", stride=2),
    case("a stride beyond the kernel", "What stands between the copies?", stride=5),
    case("a kernel longer than x", MEET, N=2, k=5, stride=2),
    case("one entry", "How long is the result? One copy, no more.", N=1, stride=2),
    case("a kernel of one", "How long is the result? (N - 1) s + k.", k=1, stride=3),
)
MISTAKES = (
    ("The copy is not turned around.", lambda x, w, s: conv_transpose2d_of_a_row(x, w[::-1], s)),
    ("The copies are s places apart, not one.", lambda x, w, s: conv_transpose2d_of_a_row(x, w, 1)),
    ("The copies are of w, and each entry of x scales one.",
     lambda x, w, s: conv_transpose2d_of_a_row(w, x, s)),
    ("All of it counts: nothing is cut off at the ends.",
     lambda x, w, s: np.convolve(spread(x, s), w, "same")),
    ("That is a convolution, which makes the input shorter.",
     lambda x, w, s: np.convolve(x, w[::-1], "valid")[::s]),
)  # fmt: skip
EXERCISE = Exercise(conv_transpose2d_of_a_row, __doc__, CASES, MISTAKES, draw, axis="place")
