"""Exercises on the gradients of a convolution."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference.convolution import conv2d_gradient

SUM = "Every place of every image used this entry once: add up all that reaches it."
PAIR = "The entry (i, j) met the pixel (s p + i, s q + j) at the place (p, q)."
REACH = "A pixel has a gradient from each window that covers it; what no window covers has 0."
BACK = "The pixel (r, t) met the entry (r - s p, t - s q) at the place (p, q)."


def weight_cases():
    for words, args, hint in (
        ("one channel, one kernel, one image", (1, 1, 1, 4, 5, 2, 3, 1), PAIR),
        ("a batch and channels", (2, 3, 4, 5, 6, 3, 2, 1), SUM),
        ("a stride of 2", (2, 3, 4, 7, 8, 3, 2, 2), PAIR),
        ("a stride of 2 that leaves rows over", (2, 3, 4, 8, 7, 3, 2, 2), PAIR),
        ("a kernel of one pixel", (3, 2, 4, 5, 6, 1, 1, 1), SUM),
    ):
        x, w, g, stride = _draw(*args)
        case_args = (g, x, w.shape[2:], stride)
        yield Case(words, case_args, hint, axis="output channel", raised=PAIR)


def input_cases():
    for words, args, hint in (
        ("one channel, one kernel, one image", (1, 1, 1, 4, 5, 2, 3, 1), BACK),
        ("a batch and channels", (2, 3, 4, 5, 6, 3, 2, 1), REACH),
        ("a stride of 2", (2, 3, 4, 7, 8, 3, 2, 2), BACK),
        ("a stride of 2 that leaves rows over", (2, 3, 4, 8, 7, 3, 2, 2), REACH),
        ("a stride larger than the kernel", (2, 3, 4, 8, 9, 2, 1, 3), REACH),
        ("a kernel of one pixel", (3, 2, 4, 5, 6, 1, 1, 1), BACK),
    ):
        x, w, g, stride = _draw(*args)
        yield Case(words, (g, w, x.shape[2:], stride), hint, axis="image", raised=BACK)


def _draw(batch, channels, out, height, width, h, w, stride):
    rng = np.random.default_rng(51)
    x = rng.normal(size=(batch, channels, height, width)).round(2)
    weight = rng.normal(size=(out, channels, h, w)).round(2)
    places = (height - h) // stride + 1, (width - w) // stride + 1
    return x, weight, rng.normal(size=(batch, out, *places)).round(2), stride


def _weight(grad, images, size, stride):
    kernels = np.zeros((grad.shape[1], images.shape[1], *size))
    return conv2d_gradient(grad, images, kernels, None, stride)[1]


def _input(grad, weight, size, stride):
    images = np.zeros((len(grad), weight.shape[1], *size))
    return conv2d_gradient(grad, images, weight, None, stride)[0]


def _side_by_side(grad, images, size, stride):
    """The weight gradient as if the stride were 1."""
    rows, columns = (n + k - 1 for n, k in zip(grad.shape[2:], size, strict=True))
    return _weight(grad, images[:, :, :rows, :columns], size, 1)


def _spread_wrong(grad, weight, size, stride):
    """The input gradient as if the stride were 1, the rest zero."""
    rows, columns = (n + k - 1 for n, k in zip(grad.shape[2:], weight.shape[2:], strict=True))
    found = np.zeros((len(grad), weight.shape[1], *size))
    found[:, :, :rows, :columns] = _input(grad, weight, (rows, columns), 1)
    return found


FLIP = "Forward, the kernel slides as it stands. Which entry does a pixel meet first, and last?"
MEAN = "A gradient of shared weights is a sum over all their uses, not a mean."
WEIGHT_MISTAKES = (
    (MEAN, lambda g, x, k, s: _weight(g, x, k, s) / len(g)),
    (MEAN, lambda g, x, k, s: _weight(g, x, k, s) / g[0, 0].size),
    (MEAN, lambda g, x, k, s: _weight(g, x, k, s) / (len(g) * g[0, 0].size)),
    (SUM, lambda g, x, k, s: _weight(g[:1], x[:1], k, s)),
    (SUM, lambda g, x, k, s: _weight(g[-1:], x[-1:], k, s)),
    (FLIP, lambda g, x, k, s: _weight(g, x, k, s)[:, :, ::-1, ::-1]),
    ("The windows start s rows apart here too.", _side_by_side),
    ("The sign is reversed.", lambda g, x, k, s: -_weight(g, x, k, s)),
)
INPUT_MISTAKES = (
    (FLIP, lambda g, w, n, s: _input(g, w[:, :, ::-1, ::-1], n, s)),
    ("Neighbors in the gradient lie s pixels apart in the image.", _spread_wrong),
    (
        "Where windows overlap, what reaches a pixel adds up; the last one does not win.",
        lambda g, w, n, s: _last_wins(g, w, n, s),
    ),
    (
        "Every output channel looked at this pixel.",
        lambda g, w, n, s: _input(g[:, :1], w[:1], n, s),
    ),
    ("The sign is reversed.", lambda g, w, n, s: -_input(g, w, n, s)),
    (
        "A pixel's gradient is a sum over the windows that cover it, not a mean.",
        lambda g, w, n, s: _input(g, w, n, s) / _covered(g, w, n, s),
    ),
)


def _last_wins(grad, weight, size, stride):
    found = np.zeros((len(grad), weight.shape[1], *size))
    h, w = weight.shape[2:]
    for p, q in np.ndindex(grad.shape[2:]):
        patch = np.einsum("bo,ochw->bchw", grad[:, :, p, q], weight)
        found[:, :, stride * p : stride * p + h, stride * q : stride * q + w] = patch
    return found


def _covered(grad, weight, size, stride):
    one = _input(np.ones((1, 1, *grad.shape[2:])), np.ones((1, 1, *weight.shape[2:])), size, stride)
    return np.maximum(one, 1)


WEIGHT = "conv2d_weight_gradient(grad, images, size, stride)"
INPUT = "conv2d_input_gradient(grad, weight, size, stride)"
SHARED = (
    "For the convolution of images (B, C, H, W) with kernels (O, C, h, w), a stride s for both "
    "directions and no padding, grad (B, O, H', W') is the gradient of a loss with respect to the "
    "result. "
)
EXERCISES = {
    "conv2d_weight_gradient": Exercise(
        WEIGHT,
        SHARED + "Given grad, images, size, the tuple (h, w), and stride, the integer s: returns "
        "the gradient with respect to the kernels (O, C, h, w).",
        compare_function(WEIGHT, _weight, weight_cases, WEIGHT_MISTAKES),
    ),
    "conv2d_input_gradient": Exercise(
        INPUT,
        SHARED
        + "Given grad, weight, the kernels (O, C, h, w), size, the tuple (H, W), and stride, "
        "the integer s: returns the gradient with respect to the images (B, C, H, W).",
        compare_function(INPUT, _input, input_cases, INPUT_MISTAKES),
    ),
}
