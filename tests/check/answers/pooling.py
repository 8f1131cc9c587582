"""Answers to the exercise on max-pooling."""

import numpy as np

POOL = "max_pool2d_gradient"


def by_loops(grad, images, size, pick=np.argmax):
    found = np.zeros(images.shape)
    for b, c, p, q in np.ndindex(grad.shape):
        window = images[b, c, p * size : (p + 1) * size, q * size : (q + 1) * size]
        i, j = np.unravel_index(pick(window.ravel()), window.shape)
        found[b, c, p * size + i, q * size + j] += grad[b, c, p, q]
    return found


def from_a_number(start):
    """The largest so far, kept in mind, begins with a number: none may be larger."""
    return lambda pixels: pixels.argmax() if pixels.max() > start else 0


def with_the_rest(grad, images, size):
    """Windows at the border that are cut short are pooled as well."""
    more = np.ones((*images.shape[:2], *(-(-n // size) for n in images.shape[2:])))
    more[:, :, : grad.shape[2], : grad.shape[3]] = grad
    return by_loops(more, images, size)


RIGHT = [(POOL, by_loops)]
WRONG = [
    (POOL, lambda *args: by_loops(*args, np.argmin), "one window", "Which one"),
    (POOL, lambda *args: by_loops(*args, lambda x: abs(x).argmax()), "Which one"),
    (POOL, lambda *args: by_loops(*args, from_a_number(0)), "Which one"),
    (POOL, lambda *args: by_loops(*args, from_a_number(-1e9)), "near -1e10", "Which one"),
    (POOL, lambda g, x, size: by_loops(g, x.astype("float32"), size), "nearly equal"),
    (POOL, lambda g, x, size: by_loops(g, x.round(6), size), "Nearly equal is not equal"),
    (POOL, lambda g, x, n: by_loops(g, x, n)[:, :, : n * g.shape[2], : n * g.shape[3]],
     "rows left over", "expected the shape (2, 3, 5, 8), got (2, 3, 3, 6)"),
    (POOL, with_the_rest, "rows left over", "no whole window reaches"),
    (POOL, lambda g, x, size: by_loops(g, x, min(size, 3)), "longer axes", "known beforehand"),
    (POOL, lambda g, x, size: by_loops(abs(g), x, size), "one window"),
]  # fmt: skip
