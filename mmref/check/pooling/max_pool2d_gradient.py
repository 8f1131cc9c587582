"""images (B, C, H, W) are pooled by the maximum over windows of size x size pixels (an integer)
that lie side by side; rows and columns left over at the bottom and right are not seen. grad (B, C,
H', W') is the gradient of a loss with respect to the result. Returns the gradient with respect to
the images (B, C, H, W); of equal pixels in a window the first, row by row, gets all of it."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, times
from mmref.reference.softmax import masked_softmax

ONE = "In each window one pixel decided the result. Which one, and what reaches the others?"
TIES = "Of equal pixels the first, row by row, gets all of it."
REST = "Rows and columns that no whole window reaches are not seen: their gradient is 0."
LONG = {"C": 3, "H": 50, "W": 57, "size": 21}


def draw(rng, B=2, C=3, H=4, W=6, size=2):
    images = rng.normal(size=(B, C, H, W)).round(4)  # four digits: no ties by chance
    return *normal(rng, (B, C, H // size, W // size)), images, size


def gradient(grad, images, size, to=lambda x: np.eye(x.shape[-1])[x.argmax(axis=-1)]):
    """``to`` says of each window, its pixels in a row, what part of g they get."""
    found = np.zeros(images.shape)
    for p, q in np.ndindex(grad.shape[2:]):
        place = ..., slice(p * size, (p + 1) * size), slice(q * size, (q + 1) * size)
        parts = grad[..., p, q, None] * to(images[place].reshape(*grad.shape[:2], -1))
        found[place] = parts.reshape(images[place].shape)
    return found


wrong = Wrong(gradient)
CASES = (
    case("one window", ONE, B=1, C=1, H=2, W=2),
    case("a batch and channels", ONE),
    case("windows of 3", ONE, H=63, W=66, size=3),
    case("rows left over", REST, H=5, W=8, size=3),
    case("negative pixels", ONE, {"images": lambda x: -1 - abs(x)}, C=21),
    case("pixels that are nearly equal", "Nearly equal is not equal: the largest.",
         {"images": lambda x: x[..., :1, :1] + 1e-12 * x}),
    case("pixels near -1e10", ONE, {"images": lambda x: -1e10 - abs(x)}),
    case("black and white, with ties", TIES, {"images": lambda x: 1.0 * (x > 0)}, H=6, size=3),
    case("images of zeros", TIES, {"images": times(0)}),
)  # fmt: skip
MISTAKES = (
    ("Of equal pixels only one gets a gradient; together they have no more than g.",
     wrong(to=lambda x: x == x.max(axis=-1, keepdims=True))),
    ("Sharing among equals is a subgradient too, but another one: here the first gets all.",
     wrong(to=lambda x: masked_softmax(0 * x, x == x.max(axis=-1, keepdims=True)))),
    ("Of equal pixels the first counts, not the last.",
     wrong(to=lambda x: np.eye(x.shape[-1])[-1 - x[..., ::-1].argmax(axis=-1)])),
    (TIES, lambda g, x, size: gradient(g.swapaxes(2, 3), x.swapaxes(2, 3), size).swapaxes(2, 3)),
    ("That is the gradient of a mean: here one pixel of the window gets everything.",
     wrong(to=lambda x: x**0 / x.shape[-1])),
    ("What did not decide has no part in the result: its gradient is 0.", wrong(to=lambda x: x**0)),
    ("The gradient is passed on; the pixel's value is no factor.",
     lambda g, x, size: gradient(g, x, size) * x),
)  # fmt: skip
EXERCISE = Exercise(gradient, __doc__, CASES, MISTAKES, draw, axis="image", long=LONG)
