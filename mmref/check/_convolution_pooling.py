"""Exercises on the gradient of max-pooling, and on batch norm."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference.normalization import batch_norm
from mmref.reference.pooling import avg_pool2d_gradient, max_pool2d, max_pool2d_gradient

ONE = "In each window one pixel decided the result. Which one, and what reaches the others?"
TIES = "Of equal pixels the first, row by row, gets all of it."
REST = "Rows and columns that no whole window reaches are not seen: their gradient is 0."


def pool_cases():
    rng = np.random.default_rng(52)  # four digits: no ties by chance
    yield _pool("one window", rng.normal(size=(1, 1, 2, 2)).round(4), 2, ONE)
    yield _pool("a batch and channels", rng.normal(size=(2, 3, 4, 6)).round(4), 2, ONE)
    yield _pool("windows of 3", rng.normal(size=(2, 3, 6, 9)).round(4), 3, ONE)
    yield _pool("rows left over", rng.normal(size=(2, 3, 5, 8)).round(4), 3, REST)
    yield _pool("negative pixels", -1 - rng.random((2, 2, 4, 4)).round(4), 2, ONE)
    near = rng.normal(size=(2, 2, 1, 1)) + 1e-12 * rng.permuted(np.arange(64.0)).reshape(2, 2, 4, 4)
    yield _pool("pixels that are nearly equal", near, 2, "Nearly equal is not equal: the largest.")
    ties = rng.integers(0, 2, size=(2, 3, 6, 6)).astype(float)
    yield _pool("black and white pixels, with ties", ties, 3, TIES)
    yield _pool("an image of zeros", np.zeros((1, 2, 4, 4)), 2, TIES)


def _pool(words, images, size, hint):
    rng = np.random.default_rng(53)
    shape = (*images.shape[:2], *(n // size for n in images.shape[2:]))
    return Case(words, (rng.normal(size=shape).round(2), images, size), hint, axis="image")


def _max_gradient(grad, images, size):
    return max_pool2d_gradient(grad, images, size)[0]


def _where_equal(grad, images, size, share=False, last=False):
    """Every pixel that equals the maximum; with an equal share, or the last of them."""
    found = np.zeros(images.shape)
    for b, c, p, q in np.ndindex(grad.shape):
        rows, columns = slice(p * size, (p + 1) * size), slice(q * size, (q + 1) * size)
        top = images[b, c, rows, columns] == images[b, c, rows, columns].max()
        if last:
            top = np.arange(size * size).reshape(size, size) == np.flatnonzero(top)[-1]
        found[b, c, rows, columns] = grad[b, c, p, q] * top / (top.sum() if share else 1)
    return found


POOL_MISTAKES = (
    (
        "Of equal pixels only one gets the gradient; together they have no more than g.",
        lambda g, x, k: _where_equal(g, x, k),
    ),
    (
        "Sharing among equals is a subgradient too, but not the one asked for: the first gets all.",
        lambda g, x, k: _where_equal(g, x, k, share=True),
    ),
    (
        "Of equal pixels the first counts, not the last.",
        lambda g, x, k: _where_equal(g, x, k, last=True),
    ),
    (
        "That is the gradient of a mean: here one pixel of the window gets everything.",
        lambda g, x, k: avg_pool2d_gradient(g, x, k)[0],
    ),
    (
        "What did not decide has no part in the result, so its gradient is 0.",
        lambda g, x, k: k * k * avg_pool2d_gradient(g, x, k)[0],
    ),
    (
        "The gradient is passed on; the pixel's value is no factor.",
        lambda g, x, k: _max_gradient(g * max_pool2d(x, k), x, k),
    ),
    ("Where does the gradient that arrives come in?", lambda g, x, k: _max_gradient(g**0, x, k)),
)

CHANNEL = "Each channel is normalized by itself, over all images and all places."
CANCEL = (
    "Both are large: in the mean of squares less the square of the mean all digits cancel. Take "
    "the mean off first."
)
SCALE = "In which order: first the mean goes, then the deviation, then scale and shift."


def norm_cases():
    rng = np.random.default_rng(54)
    yield _norm("four images, three channels", rng.normal(size=(4, 3, 2, 5)), 1e-5, CHANNEL)
    yield _norm("an epsilon of 0.1", rng.normal(size=(4, 3, 2, 5)), 0.1, "Where does eps stand?")
    far = rng.normal(size=(4, 3, 2, 5)) * [[[0.1]], [[1]], [[10]]] + [[[5]], [[-3]], [[0]]]
    yield _norm("channels of different mean and size", far, 1e-3, CHANNEL)
    yield _norm("one image", rng.normal(size=(1, 2, 3, 4)), 1e-5, CHANNEL)
    away = rng.normal(size=(4, 3, 2, 5)) + [[[1e4]], [[-1e4]], [[2e4]]]
    yield _norm("channels far from zero", away, 1e-5, CANCEL)
    flat = np.concatenate([rng.normal(size=(3, 1, 2, 2)), np.full((3, 1, 2, 2), 7.0)], axis=1)
    yield _norm("a channel that is constant", flat, 1e-3, "The variance is 0 there: eps is left.")


def _norm(words, images, eps, hint):
    rng = np.random.default_rng(55)
    scale, shift = rng.normal(size=(2, images.shape[1])).round(2)
    return Case(words, (images.round(2), scale, shift, eps), hint, axis="image")


def _norm_over(axes, correction=0, root=None):
    """Normalized over other axes, or by another deviation."""

    def normalize(images, scale, shift, eps):
        mean = images.mean(axis=axes, keepdims=True)
        variance = images.var(axis=axes, keepdims=True, ddof=correction)
        deviation = np.sqrt(variance + eps) if root is None else root(variance, eps)
        return scale[:, None, None] * (images - mean) / deviation + shift[:, None, None]

    return normalize


EACH = (0, 2, 3)
ARGUMENT = "eps is an argument: take it as it comes."
NORM_MISTAKES = (
    (
        "The batch is normalized by its own variance, divided by m; m - 1 is for what is stored.",
        _norm_over(EACH, correction=1),
    ),
    (
        "eps stands under the root, beside the variance.",
        _norm_over(EACH, root=lambda v, e: np.sqrt(v) + e),
    ),
    (
        "eps is missing: it is always added to the variance, not only to one that is small.",
        _norm_over(EACH, root=lambda v, e: np.sqrt(v)),
    ),
    (ARGUMENT, lambda x, a, b, _: batch_norm(x, a, b, epsilon=1e-5)),
    (ARGUMENT, lambda x, a, b, _: batch_norm(x, a, b, epsilon=1e-3)),
    (
        "Divide by the deviation, the root of the variance.",
        _norm_over(EACH, root=lambda v, e: v + e),
    ),
    ("That normalizes each image by itself: the batch is shared.", _norm_over((2, 3))),
    ("Every place has its own statistics there; they are shared by all places.", _norm_over(0)),
    ("All channels are mixed: each has its own mean.", _norm_over((0, 1, 2, 3))),
    ("That is layer norm: it mixes the channels of an image.", _norm_over((1, 2, 3))),
    ("Scale and shift are missing.", lambda x, a, b, e: batch_norm(x, a**0, 0 * b, epsilon=e)),
    (SCALE, lambda x, a, b, e: batch_norm(x, b, a, epsilon=e)),
    (SCALE, lambda x, a, b, e: a[:, None, None] * (batch_norm(x, a**0, b, epsilon=e))),
)

POOL = "max_pool2d_gradient(grad, images, size)"
NORM = "batch_norm(images, scale, shift, eps)"
EXERCISES = {
    "max_pool2d_gradient": Exercise(
        POOL,
        "images (B, C, H, W) are pooled by the maximum over windows of size x size pixels (an "
        "integer) that lie side by side; rows and columns left over at the bottom and right are "
        "not seen. grad (B, C, H', W') is the gradient of a loss with respect to the result. "
        "Returns the gradient with respect to the images (B, C, H, W); of equal pixels in a "
        "window the first, row by row, gets all of it.",
        compare_function(POOL, _max_gradient, pool_cases, POOL_MISTAKES),
    ),
    "batch_norm": Exercise(
        NORM,
        "images (B, C, H, W), scale (C,) and shift (C,), eps a number. Returns (B, C, H, W), "
        "normalized as in training: each channel less its mean, over the root of its variance "
        "plus eps, times scale, plus shift; mean and variance are those of the batch.",
        compare_function(
            NORM, lambda x, a, b, e: batch_norm(x, a, b, epsilon=e), norm_cases, NORM_MISTAKES
        ),
    ),
}
