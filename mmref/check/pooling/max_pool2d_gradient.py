"""images (B, C, H, W) are pooled by the maximum over windows of size x size pixels (an integer)
that lie side by side; rows and columns left over at the bottom and right are not seen. grad (B, C,
H', W') is the gradient of a loss with respect to the result. Returns the gradient with respect to
the images (B, C, H, W); of equal pixels in a window the first, row by row, gets all of it."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, times
from mmref.reference import pooling

ONE = "In each window one pixel decided the result. Which one, and what reaches the others?"
TIES = "Of equal pixels the first, row by row, gets all of it."
REST = "Rows and columns that no whole window reaches are not seen: their gradient is 0."


def draw(rng, B=2, C=3, H=4, W=6, size=2):
    images = rng.normal(size=(B, C, H, W)).round(4)  # four digits: no ties by chance
    return *normal(rng, (B, C, H // size, W // size)), images, size


def max_pool2d_gradient(grad, images, size):
    return pooling.max_pool2d_gradient(grad, images, size)[0]


def shared(grad, images, size, share):
    """``share`` says of each window, its pixels in a row, what part of g they get."""
    found = np.zeros(images.shape)
    for b, c, p, q in np.ndindex(grad.shape):
        place = b, c, slice(p * size, (p + 1) * size), slice(q * size, (q + 1) * size)
        found[place] = grad[b, c, p, q] * share(images[place].ravel()).reshape(size, size)
    return found


def turned(x):
    return x.swapaxes(2, 3)


wrong = Wrong(shared)
CASES = (
    case("one window", ONE, B=1, C=1, H=2, W=2),
    case("a batch and channels", ONE),
    case("windows of 3", ONE, H=6, W=9, size=3),
    case("rows left over", REST, H=5, W=8, size=3),
    case("negative pixels", ONE, {"images": lambda x: -1 - abs(x)}),
    case("pixels that are nearly equal", "Nearly equal is not equal: the largest.",
         {"images": lambda x: x[..., :1, :1] + 1e-12 * x}),
    case("pixels near -1e10", ONE, {"images": lambda x: -1e10 - abs(x)}),
    case("black and white pixels, with ties", TIES, {"images": lambda x: 1.0 * (x > 0)}, H=6, W=6,
         size=3),
    case("images of zeros", TIES, {"images": times(0)}),
)  # fmt: skip
MISTAKES = (
    ("Of equal pixels only one gets the gradient; together they have no more than g.",
     wrong(share=lambda x: x == x.max())),
    ("Sharing among equals is a subgradient too, but another one: here the first gets all.",
     wrong(share=lambda x: (x == x.max()) / (x == x.max()).sum())),
    ("Of equal pixels the first counts, not the last.",
     wrong(share=lambda x: np.eye(len(x))[-1 - x[::-1].argmax()])),
    (TIES, lambda g, x, size: turned(max_pool2d_gradient(turned(g), turned(x), size))),
    ("That is the gradient of a mean: here one pixel of the window gets everything.",
     wrong(share=lambda x: x**0 / len(x))),
    ("What did not decide has no part in the result, so its gradient is 0.",
     wrong(share=lambda x: x**0)),
    ("The gradient is passed on; the pixel's value is no factor.",
     wrong(share=lambda x: np.eye(len(x))[x.argmax()] * x)),
    ("Where does the gradient that arrives come in?",
     lambda g, x, size: max_pool2d_gradient(g**0, x, size)),
)  # fmt: skip
EXERCISE = Exercise(
    max_pool2d_gradient, __doc__, CASES, MISTAKES, draw, axis="image",
    long={"H": 50, "W": 57, "size": 7},
)  # fmt: skip
