"""Given grad, weight, the kernels (O, C, h, w), size, the tuple (H, W), and stride, the integer s:
returns the gradient with respect to the images (B, C, H, W), 0 for a pixel that no window
covers."""

import numpy as np

from mmref.check.convolution._parts import FLIP, LONG, SHARED, cases
from mmref.check.exercise import Exercise, Wrong, normal

REACH = "A pixel has a gradient from each window that covers it; what no window covers has 0."
BACK = "The pixel (r, t) met the entry (r - s p, t - s q) at the place (p, q)."


def draw(rng, B=2, C=3, out=4, P=5, Q=6, h=3, w=2, s=1, rest=False):
    size = (P - 1) * s + h + rest, (Q - 1) * s + w + rest
    return *normal(rng, (B, out, P, Q), (out, C, h, w)), size, s


def conv2d_input_gradient(grad, weight, size, stride, apart=None, add=1):
    """Window after window; in wrong ones they lie otherwise apart, or do not add up."""
    found = np.zeros((len(grad), weight.shape[1], *size))
    (h, w), s = weight.shape[2:], apart or stride
    for p, q in np.ndindex(grad.shape[2:]):
        place = ..., slice(s * p, s * p + h), slice(s * q, s * q + w)
        found[place] = add * found[place] + np.einsum("bo,ochw->bchw", grad[:, :, p, q], weight)
    return found


def mean(grad, weight, size, stride):
    covered = conv2d_input_gradient(grad[:1, :1] ** 0, weight[:1, :1] ** 0, size, stride)
    return conv2d_input_gradient(grad, weight, size, stride) / np.maximum(covered, 1)


wrong = Wrong(conv2d_input_gradient)
CASES = cases(BACK, REACH, uncovered=REACH, pixel=BACK)
MISTAKES = (
    (FLIP, wrong.of(weight=lambda w: w[:, :, ::-1, ::-1])),
    ("Neighbors in the gradient lie s pixels apart in the image.", wrong(apart=1)),
    ("Where windows overlap, what reaches a pixel adds up; the last one does not win.",
     wrong(add=0)),
    ("Every output channel looked at this pixel.",
     wrong.of(grad=lambda g: g[:, :1], weight=lambda w: w[:1])),
    ("A pixel's gradient is a sum over the windows that cover it, not a mean.", mean),
)  # fmt: skip
EXERCISE = Exercise(conv2d_input_gradient, SHARED + __doc__, CASES, MISTAKES, draw, axis="image",
                    long=LONG, raised=BACK)  # fmt: skip
