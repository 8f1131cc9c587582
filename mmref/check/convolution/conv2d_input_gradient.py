"""Given grad, weight, the kernels (O, C, h, w), size, the tuple (H, W), and stride, the integer s:
returns the gradient with respect to the images (B, C, H, W), 0 for a pixel that no window
covers."""

import numpy as np

from mmref.check.convolution._parts import EQUAL, FLIP, LONG, ONE, PIXEL, SHARED
from mmref.check.exercise import Exercise, case, normal
from mmref.reference.convolution import conv2d_gradient

REACH = "A pixel has a gradient from each window that covers it; what no window covers has 0."
BACK = "The pixel (r, t) met the entry (r - s p, t - s q) at the place (p, q)."


def draw(rng, B=2, C=3, out=4, P=5, Q=6, h=3, w=2, s=1, rest=False):
    size = (P - 1) * s + h + rest, (Q - 1) * s + w + rest
    return *normal(rng, (B, out, P, Q), (out, C, h, w)), size, s


def conv2d_input_gradient(grad, weight, size, stride):
    images = np.zeros((len(grad), weight.shape[1], *size))
    return conv2d_gradient(grad, images, weight, None, stride)[0]


def side_by_side(grad, weight, size, stride):
    """As if the stride were 1, the rest zero."""
    found = np.zeros((len(grad), weight.shape[1], *size))
    rows, columns = (n + k - 1 for n, k in zip(grad.shape[2:], weight.shape[2:], strict=True))
    found[:, :, :rows, :columns] = conv2d_input_gradient(grad, weight, (rows, columns), 1)
    return found


def last_wins(grad, weight, size, stride):
    found, (h, w) = np.zeros((len(grad), weight.shape[1], *size)), weight.shape[2:]
    for p, q in np.ndindex(grad.shape[2:]):
        rows, columns = slice(stride * p, stride * p + h), slice(stride * q, stride * q + w)
        found[:, :, rows, columns] = np.einsum("bo,ochw->bchw", grad[:, :, p, q], weight)
    return found


def mean(grad, weight, size, stride):
    ones = np.ones_like(grad[:1, :1]), np.ones_like(weight[:1, :1])
    covered = np.maximum(conv2d_input_gradient(*ones, size, stride), 1)
    return conv2d_input_gradient(grad, weight, size, stride) / covered


CASES = (
    case("one channel, one kernel, one image", BACK, **ONE),
    case("a batch and channels", REACH),
    case("a stride of 2", BACK, s=2),
    case("a stride of 2 that leaves rows over", REACH, s=2, rest=True),
    case("a stride larger than the kernel", REACH, h=2, w=1, s=3),
    case("a kernel of one pixel", BACK, **PIXEL),
    case("all axes of one length", BACK, **EQUAL),
)
MISTAKES = (
    (FLIP, lambda g, w, *args: conv2d_input_gradient(g, w[:, :, ::-1, ::-1], *args)),
    ("Neighbors in the gradient lie s pixels apart in the image.", side_by_side),
    ("Where windows overlap, what reaches a pixel adds up; the last one does not win.", last_wins),
    ("Every output channel looked at this pixel.",
     lambda g, w, *args: conv2d_input_gradient(g[:, :1], w[:1], *args)),
    ("The sign is reversed.", lambda *args: -conv2d_input_gradient(*args)),
    ("A pixel's gradient is a sum over the windows that cover it, not a mean.", mean),
)  # fmt: skip
EXERCISE = Exercise(
    conv2d_input_gradient, SHARED + __doc__, CASES, MISTAKES, draw, axis="image", long=LONG,
    raised=BACK,
)  # fmt: skip
