"""Given grad, images, size, the tuple (h, w), and stride, the integer s: returns the gradient with
respect to the kernels (O, C, h, w)."""

import numpy as np

from mmref.check.convolution._parts import FLIP, LONG, SHARED, cases
from mmref.check.exercise import Exercise, Wrong, normal
from mmref.reference.convolution import conv2d_gradient

SUM = "Every place of every image used this entry once: add up all that reaches it."
PAIR = "The entry (i, j) met the pixel (s p + i, s q + j) at the place (p, q)."


def draw(rng, B=2, C=3, out=4, P=5, Q=6, h=3, w=2, s=1, rest=False):
    images = B, C, (P - 1) * s + h + rest, (Q - 1) * s + w + rest
    return *normal(rng, (B, out, P, Q), images), (h, w), s


def conv2d_weight_gradient(grad, images, size, stride):
    kernels = np.zeros((grad.shape[1], images.shape[1], *size))
    return conv2d_gradient(grad, images, kernels, None, stride)[1]


def side_by_side(grad, images, size, stride):
    """As if the stride were 1."""
    rows, columns = (n + k - 1 for n, k in zip(grad.shape[2:], size, strict=True))
    return conv2d_weight_gradient(grad, images[:, :, :rows, :columns], size, 1)


def mean(count):
    """Divided by the number of images, of places or of both, as ``count(grad)`` tells."""
    return lambda grad, *args: conv2d_weight_gradient(grad, *args) / count(grad)


wrong = Wrong(conv2d_weight_gradient)
CASES = cases(PAIR, SUM, uncovered=PAIR, pixel=SUM)
MISTAKES = (
    ("A gradient of shared weights is a sum over all their uses, not a mean.",
     mean(len), mean(lambda g: g[0, 0].size), mean(lambda g: g[:, 0].size)),
    (SUM, wrong.of(grad=lambda g: g[:1], images=lambda x: x[:1]),
     wrong.of(grad=lambda g: g[-1:], images=lambda x: x[-1:])),
    (FLIP, wrong.then(lambda found: found[:, :, ::-1, ::-1])),
    ("The windows start s rows apart here too.", side_by_side),
)  # fmt: skip
EXERCISE = Exercise(conv2d_weight_gradient, SHARED + __doc__, CASES, MISTAKES, draw,
                    axis="output channel", long=LONG, raised=PAIR)  # fmt: skip
